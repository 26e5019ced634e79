package dev.leat.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.app.output.StatusText;
import dev.leat.maintenance.ShardUses;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class StatusReaderTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @Test
    void countingEndsAtALimitAndSaysSo() {
        database.run("SELECT leat.publish('key ' || n, 'Counted', '{}') FROM generate_series(1, 11) n");

        Status all = new StatusReader(database.owner(), 10).read();
        assertThat(StatusText.lines(all))
                .contains("waiting events are counted up to the first 10 only, so more were captured than it says");
        Status.OutboxStatus capped = all.backlog();
        assertThat(capped.events()).isEqualTo(10);
        assertThat(capped.capped()).isTrue();
        assertThat(capped.oldestCapturedAt()).isNotNull();

        Status.OutboxStatus whole =
                new StatusReader(database.owner(), 11).read().backlog();
        assertThat(whole.events()).isEqualTo(11);
        assertThat(whole.capped()).isFalse();
    }

    @Test
    void theLastMinuteOfEachShardIsSummedOverPollers() {
        AtomicLong clock = new AtomicLong();
        ShardUses one = new ShardUses(database.owner(), UUID.randomUUID(), clock::get);
        UUID leaving = UUID.randomUUID();
        ShardUses other = new ShardUses(database.owner(), leaving, clock::get);
        one.shardUsed("orders", "shard-1", 1_000, 5_000, 0);
        clock.addAndGet(Duration.ofMinutes(2).toNanos());
        for (int second = 0; second < 30; second++) {
            one.shardUsed("orders", "shard-1", 600, 60_000, 0);
            other.shardUsed("orders", "shard-1", 300, 30_000, 100);
            clock.addAndGet(Duration.ofSeconds(1).toNanos());
        }
        one.shardUsed("orders", "shard-2", 6, 600, 0);
        one.flush();
        other.flush();

        assertThat(new StatusReader(database.owner()).read().shards())
                .containsExactly(
                        new Status.Shard("orders", "shard-1", 450, 45_000, 0.1),
                        new Status.Shard("orders", "shard-2", 0.1, 10, 0));

        database.run("SELECT leat_poller.deregister('" + leaving + "')");
        clock.addAndGet(Duration.ofMinutes(1).toNanos());
        one.flush();
        database.run("UPDATE leat_internal.shard_use SET measured_at = measured_at - interval '1 minute'");
        assertThat(new StatusReader(database.owner()).read().shards()).isEmpty();
        one.flush();
        assertThat(database.rows("SELECT * FROM leat_internal.shard_use")).isEmpty();
    }
}
