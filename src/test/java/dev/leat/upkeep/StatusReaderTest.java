package dev.leat.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
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

        Status.Backlog capped = new StatusReader(database.owner(), 10).read().backlog();
        assertThat(capped.events()).isEqualTo(10);
        assertThat(capped.capped()).isTrue();
        assertThat(capped.oldestCapturedAt()).isNotNull();

        Status.Backlog whole = new StatusReader(database.owner(), 11).read().backlog();
        assertThat(whole.events()).isEqualTo(11);
        assertThat(whole.capped()).isFalse();
    }
}
