package dev.leat.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Backlog;
import dev.leat.PollerListener;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@Tag("postgres")
class UpkeepTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final PGSimpleDataSource poller = poller();

    private PGSimpleDataSource poller() {
        String role = database.role("leat_poller");
        database.run("SELECT leat.grant_poller('" + role + "')");
        return database.as(role);
    }

    private PollerRegistry registry() {
        return new PollerRegistry(poller, new PollerRegistry.PollerIdentity(UUID.randomUUID(), "here", 42, "test"));
    }

    @Test
    void pollersCountEachOtherAndForgetTheDead() {
        PollerRegistry one = registry();
        PollerRegistry other = registry();
        one.beat();
        assertThat(one.alive()).isOne();
        other.beat();
        one.beat();
        assertThat(one.alive()).isEqualTo(2);
        assertThat(other.alive()).isEqualTo(2);

        database.run("UPDATE leat_internal.poller SET seen_at = now() - interval '6 seconds' WHERE poller = '"
                + other.self().poller() + "'");
        one.beat();
        assertThat(one.alive()).isOne();
        assertThat(database.value("SELECT count(*) FROM leat_internal.poller")).isEqualTo("2");

        database.run("UPDATE leat_internal.poller SET seen_at = now() - interval '61 seconds' WHERE poller = '"
                + other.self().poller() + "'");
        one.beat();
        assertThat(database.value("SELECT count(*) FROM leat_internal.poller")).isEqualTo("1");

        other.beat();
        assertThat(other.alive()).isEqualTo(2);
        one.leave();
        other.beat();
        assertThat(other.alive()).isOne();
    }

    @Test
    void pollersThatDiedBeforeTheClockWasSetBackAreNotAlive() {
        PollerRegistry one = registry();
        PollerRegistry dead = registry();
        one.beat();
        dead.beat();
        database.run("UPDATE leat_internal.poller SET seen_at = seen_at + interval '10 seconds'");
        one.beat();
        assertThat(one.alive()).isOne();
        database.run("UPDATE leat_internal.poller SET seen_at = seen_at + interval '1 hour'");
        one.beat();
        assertThat(one.alive()).isOne();
        assertThat(database.value("SELECT count(*) FROM leat_internal.poller")).isEqualTo("1");
        dead.beat();
        assertThat(dead.alive()).isEqualTo(2);
    }

    @Test
    void whatIsWrongWithLeatsTablesIsTold() {
        database.run("DELETE FROM leat_internal.lane WHERE lane > 60;"
                + "ALTER TABLE leat_internal.counter ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
        Queue<String> told = new ConcurrentLinkedQueue<>();
        PollerRegistry registry = registry();
        Upkeep upkeep = new Upkeep(
                poller,
                registry,
                new ShardUses(poller, registry.self().poller(), System::nanoTime),
                new BacklogWatch(poller, () -> false, seen -> {}),
                () -> {},
                null,
                new PollerListener() {
                    @Override
                    public void notice(String text) {
                        told.add(text);
                    }
                });
        upkeep.start();
        upkeep.stop();
        assertThat(told).anySatisfy(text -> assertThat(text).contains("3 of the 64 rows of leat_internal.lane"));
        assertThat(told)
                .anySatisfy(text -> assertThat(text)
                        .contains("row security is forced on leat_internal.counter", "NO FORCE ROW LEVEL SECURITY"));
        assertThat(database.value("SELECT count(*) FROM leat_internal.lane")).isEqualTo("64");
    }

    @Test
    void aPollerIsListedWhileItRunsAndSumsUpCounters() {
        database.run("INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, published)"
                + " SELECT 'public', 'orders', 'c', 1 FROM generate_series(1, 200)");
        PollerRegistry registry = registry();
        ShardUses shardUses = new ShardUses(poller, registry.self().poller(), System::nanoTime);
        Upkeep upkeep = new Upkeep(
                poller,
                registry,
                shardUses,
                new BacklogWatch(poller, () -> false, seen -> {}),
                () -> {},
                Duration.ofDays(7),
                new PollerListener() {});
        upkeep.start();
        assertThat(database.value("SELECT count(*) FROM leat_internal.poller")).isEqualTo("1");
        assertThat(database.value(
                        "SELECT count(*) > 1 FROM pg_inherits WHERE inhparent = 'leat_internal.sent'::regclass"))
                .as("room for the days to come")
                .isEqualTo("t");
        String seen = database.value("SELECT seen_at FROM leat_internal.poller");
        Await.until(
                "another heartbeat",
                Duration.ofSeconds(20),
                () -> !String.valueOf(seen).equals(database.value("SELECT seen_at FROM leat_internal.poller")));

        Await.until(
                "the counters to be summed up",
                Duration.ofSeconds(20),
                () -> "200".equals(database.value("SELECT sum(published) FROM leat_internal.counter")));
        upkeep.stop();

        assertThat(database.value("SELECT count(*) FROM leat_internal.poller")).isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM leat_internal.counter_delta"))
                .isEqualTo("0");
    }

    @Test
    @Tag("full")
    void aDutyThatFailsIsReportedAndComesRoundAgain() {
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        Queue<Duration> pauses = new ConcurrentLinkedQueue<>();
        Queue<String> done = new ConcurrentLinkedQueue<>();
        Queue<Backlog> seen = new ConcurrentLinkedQueue<>();
        database.run("SELECT leat.publish('topic', 'Told', '{}')");
        PollerListener listener = new PollerListener() {
            @Override
            public void upkeepFailed(String duty, String consequence, RuntimeException cause, Duration pause) {
                failures.add(duty + ": " + cause.getMessage());
                pauses.add(pause);
            }

            @Override
            public void upkeepDone(String duty) {
                done.add(duty);
            }
        };
        PollerRegistry registry = registry();
        database.run("ALTER TABLE leat_internal.poller RENAME TO away");
        Upkeep upkeep = new Upkeep(
                poller,
                registry,
                new ShardUses(poller, registry.self().poller(), System::nanoTime),
                new BacklogWatch(poller, () -> true, seen::add),
                () -> {},
                null,
                listener);
        upkeep.start();
        List<Duration> longest =
                List.of(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(5));
        int seenFailures = Extent.of(2, longest.size());
        Await.until("as many failures", Duration.ofSeconds(40), () -> pauses.size() >= seenFailures);
        List<Duration> paused = List.copyOf(pauses);
        for (int n = 0; n < seenFailures; n++) {
            assertThat(paused.get(n)).isBetween(longest.get(n).dividedBy(2), longest.get(n));
        }
        assertThat(done).doesNotContain("heartbeat");
        assertThat(failures.peek()).startsWith("heartbeat: ERROR: relation \"leat_internal.poller\" does not exist");

        database.run("ALTER TABLE leat_internal.away RENAME TO poller");
        Await.until(
                "a heartbeat",
                Duration.ofSeconds(20),
                () -> "1".equals(database.value("SELECT count(*) FROM leat_internal.poller")));
        Await.until("it to be told", Duration.ofSeconds(20), () -> done.contains("heartbeat"));
        Await.until("a look at the backlog", Duration.ofSeconds(20), () -> !seen.isEmpty());
        assertThat(seen.peek().events()).isEqualTo(1);
        assertThat(seen.peek().oldest()).isPositive();
        upkeep.stop();
    }

    @Test
    void whatARefreshWarnsOfIsSaid() {
        Queue<String> notices = new ConcurrentLinkedQueue<>();
        PollerListener listener = new PollerListener() {
            @Override
            public void notice(String text) {
                notices.add(text);
            }
        };
        PollerRegistry registry = registry();
        database.run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t'); DROP TABLE public.t;"
                + " CREATE TABLE public.t (id int PRIMARY KEY)");
        Upkeep upkeep = new Upkeep(
                poller,
                registry,
                new ShardUses(poller, registry.self().poller(), System::nanoTime),
                new BacklogWatch(poller, () -> false, seen -> {}),
                () -> {},
                null,
                listener);
        upkeep.start();
        Await.until("a notice", Duration.ofSeconds(20), () -> !notices.isEmpty());
        upkeep.stop();
        assertThat(notices.peek()).contains("public.t is not the table that was attached", "attach it");
    }

    @Test
    void theHeartbeatTellsOfALoadAndSoDoesOneThatFails() {
        AtomicInteger told = new AtomicInteger();
        PollerRegistry registry = registry();
        Upkeep upkeep = new Upkeep(
                poller,
                registry,
                new ShardUses(poller, registry.self().poller(), System::nanoTime),
                new BacklogWatch(poller, () -> false, seen -> {}),
                told::incrementAndGet,
                null,
                new PollerListener() {});
        upkeep.start();
        assertThat(told).hasValue(0);

        database.run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " SELECT leat.load('public.t')");
        Await.until("the load to be told of", Duration.ofSeconds(20), () -> told.get() > 0);

        database.run("SELECT leat.cancel_load('public.t'); SELECT leat.publish('topic', 'Told', '{}')");
        String from = seenAt();
        Await.until("a heartbeat after it", Duration.ofSeconds(20), () -> !from.equals(seenAt()));
        database.run("ALTER TABLE leat_internal.poller RENAME TO away");
        int before = told.get();
        Await.until("a heartbeat that fails", Duration.ofSeconds(20), () -> told.get() > before);
        database.run("ALTER TABLE leat_internal.away RENAME TO poller");
        upkeep.stop();
    }

    @Test
    void aHeartbeatTellsOfAReplay() {
        PollerRegistry registry = registry();
        assertThat(registry.beat().loading()).isFalse();
        database.run("SELECT leat.publish('topic', 'Told', '{}');"
                + " INSERT INTO leat_internal.replay (events) VALUES (1)");
        assertThat(registry.beat().loading()).isTrue();
    }

    private String seenAt() {
        return String.valueOf(database.value("SELECT seen_at FROM leat_internal.poller"));
    }
}
