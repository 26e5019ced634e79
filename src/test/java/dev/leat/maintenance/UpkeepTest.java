package dev.leat.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Backlog;
import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
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
    void whatWasDeliveredIsCountedByTableAndOperation() {
        Tallies tallies = new Tallies(poller, UUID.randomUUID());
        tallies.settled(
                List.of(
                        delivered(Operation.CREATE, "orders"),
                        delivered(Operation.CREATE, "orders"),
                        delivered(Operation.DELETE, "orders"),
                        delivered(Operation.MESSAGE, null),
                        new Outcome.TryLater(event(Operation.UPDATE, "orders"), "throttled"),
                        new Outcome.Quarantined(event(Operation.UPDATE, "orders"), "too large")),
                Duration.ZERO);
        tallies.flush();
        tallies.settled(
                List.of(delivered(Operation.CREATE, "orders"), delivered(Operation.MESSAGE, null)), Duration.ZERO);
        tallies.flush();
        tallies.flush();

        assertThat(database.rows("SELECT schema_name, table_name, op, settled FROM leat_poller.tally ORDER BY 2, 3"))
                .containsExactly(
                        List.of("public", "orders", "c", "3"),
                        List.of("public", "orders", "d", "1"),
                        java.util.Arrays.asList(null, null, "m", "2"));
    }

    @Test
    void countsThatCouldNotBeWrittenAreKeptForTheNextTime() {
        Tallies tallies = new Tallies(poller, UUID.randomUUID());
        tallies.settled(List.of(delivered(Operation.CREATE, "orders")), Duration.ZERO);
        database.run("ALTER TABLE leat_internal.tally RENAME TO away");
        try {
            tallies.flush();
            throw new AssertionError("the flush should have failed");
        } catch (DatabaseUnavailable e) {
            database.run("ALTER TABLE leat_internal.away RENAME TO tally");
        }
        tallies.flush();

        assertThat(database.value("SELECT settled FROM leat_internal.tally")).isEqualTo("1");
    }

    @Test
    void countsOfPollersThatAreGoneAreSummedUp() {
        UUID self = UUID.randomUUID();
        UUID alive = UUID.randomUUID();
        database.run("INSERT INTO leat_internal.poller (poller, host, pid, version) VALUES ('" + alive
                + "', 'there', 1, 'test')");
        database.run("INSERT INTO leat_internal.tally (poller, schema_name, table_name, op, settled) VALUES"
                + " ('" + new UUID(0, 0) + "', 'public', 'orders', 'c', 100), ('" + new UUID(0, 0)
                + "', '', '', 'm', 15),"
                + " (gen_random_uuid(), 'public', 'orders', 'c', 20), (gen_random_uuid(), 'public', 'orders', 'c', 3),"
                + " (gen_random_uuid(), '', '', 'm', 1),"
                + " ('" + alive + "', 'public', 'orders', 'c', 7), ('" + self + "', 'public', 'orders', 'c', 9)");

        new Tallies(poller, self).foldGone();

        String rows = "SELECT poller IS NULL, table_name, op, settled FROM leat_poller.tally ORDER BY 1, 2, 4";
        assertThat(database.rows(rows))
                .containsExactly(
                        List.of("f", "orders", "c", "7"),
                        List.of("f", "orders", "c", "9"),
                        List.of("t", "orders", "c", "123"),
                        java.util.Arrays.asList("t", null, "m", "16"));
        List<List<@Nullable String>> before = database.rows("SELECT ctid, xmin FROM leat_internal.tally ORDER BY 1");
        new Tallies(poller, self).foldGone();
        assertThat(database.rows("SELECT ctid, xmin FROM leat_internal.tally ORDER BY 1"))
                .isEqualTo(before);
    }

    @Test
    void twoThatSumUpAtOnceCountNothingTwice() {
        database.run("INSERT INTO leat_internal.tally (poller, schema_name, table_name, op, settled)"
                + " SELECT gen_random_uuid(), 'public', 'orders', 'c', 1 FROM generate_series(1, 200)");
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(new Tallies(poller, UUID.randomUUID())::foldGone),
                        CompletableFuture.runAsync(new Tallies(poller, UUID.randomUUID())::foldGone))
                .join();
        assertThat(database.rows("SELECT poller, settled FROM leat_poller.tally"))
                .containsExactly(java.util.Arrays.asList(null, "200"));
    }

    @Test
    void whatIsWrongWithLeatsTablesIsTold() {
        database.run("DELETE FROM leat_internal.lane WHERE lane > 60;"
                + "ALTER TABLE leat_internal.tally ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
        Queue<String> told = new ConcurrentLinkedQueue<>();
        PollerRegistry registry = registry();
        Upkeep upkeep = new Upkeep(
                poller,
                registry,
                new Tallies(poller, registry.self().poller()),
                new ShardUses(poller, registry.self().poller(), System::nanoTime),
                new BacklogWatch(poller, () -> false, seen -> {}),
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
                        .contains("row security is forced on leat_internal.tally", "NO FORCE ROW LEVEL SECURITY"));
        assertThat(database.value("SELECT count(*) FROM leat_internal.lane")).isEqualTo("64");
    }

    @Test
    void aPollerIsListedWhileItRunsAndItsLastCountsAreWritten() {
        PollerRegistry registry = registry();
        Tallies tallies = new Tallies(poller, registry.self().poller());
        ShardUses shardUses = new ShardUses(poller, registry.self().poller(), System::nanoTime);
        Upkeep upkeep = new Upkeep(
                poller,
                registry,
                tallies,
                shardUses,
                new BacklogWatch(poller, () -> false, seen -> {}),
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

        tallies.settled(List.of(delivered(Operation.CREATE, "orders")), Duration.ZERO);
        upkeep.stop();

        assertThat(database.value("SELECT count(*) FROM leat_internal.poller")).isEqualTo("0");
        assertThat(database.value("SELECT settled FROM leat_internal.tally")).isEqualTo("1");
    }

    @Test
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
                new Tallies(poller, registry.self().poller()),
                new ShardUses(poller, registry.self().poller(), System::nanoTime),
                new BacklogWatch(poller, () -> true, seen::add),
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
                new Tallies(poller, registry.self().poller()),
                new ShardUses(poller, registry.self().poller(), System::nanoTime),
                new BacklogWatch(poller, () -> false, seen -> {}),
                null,
                listener);
        upkeep.start();
        Await.until("a notice", Duration.ofSeconds(20), () -> !notices.isEmpty());
        upkeep.stop();
        assertThat(notices.peek()).contains("public.t is not the table that was attached", "attach it");
    }

    private static Outcome delivered(Operation operation, @Nullable String table) {
        return new Outcome.Delivered(event(operation, table), "shard", "1");
    }

    private static Event event(Operation operation, @Nullable String table) {
        return new Event(
                1,
                3,
                operation,
                new Event.Route("key", null),
                new Event.Subject(table == null ? null : "public", table, table == null ? "type" : null),
                new Event.Row("{}", null, "{}"),
                new Event.Origin(1, Instant.EPOCH, "app", null, null),
                false,
                null);
    }
}
