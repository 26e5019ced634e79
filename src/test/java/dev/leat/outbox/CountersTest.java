package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Outcome;
import dev.leat.PollerSettings;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What has become of events is counted by the transactions that settle them, so that the figures are exact. */
@Tag("postgres")
@Timeout(300)
class CountersTest {

    /** All events, wherever they are: in one statement, and so in one snapshot. */
    private static final String BALANCE =
            "SELECT (SELECT coalesce(sum(published + discarded), 0) FROM leat_poller.counter)"
                    + " + (SELECT count(*) FROM leat_internal.outbox)"
                    + " + (SELECT count(*) FROM leat_internal.quarantine WHERE state <> 'discarded')";

    private static final String FIGURES =
            "SELECT concat_ws(' ', schema_name, table_name, op, published, retried, quarantined, discarded)"
                    + " FROM leat_poller.counter ORDER BY schema_name, table_name, op";

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final Claims claims = claims(database.owner());

    private static Claims claims(DataSource source) {
        return claims(source, ClaimSettings.DEFAULT);
    }

    private static Claims claims(DataSource source, ClaimSettings settings) {
        return new LaneClaims(source, settings, "changes", () -> 1, System::nanoTime, new Random(1)).forWorker();
    }

    private void table(String name) {
        database.run("CREATE TABLE " + name + " (id int PRIMARY KEY, v text); SELECT leat.attach('"
                + name.replace("'", "''") + "')");
    }

    private List<String> figures() {
        return database.rows(FIGURES).stream()
                .map(row -> String.valueOf(row.get(0)))
                .toList();
    }

    private void sumUp() {
        database.run("SELECT leat_poller.sum_counters()");
    }

    @Test
    void whatWasPublishedIsCountedByTableAndOperation() {
        table("public.orders");
        table("public.items");
        database.run("INSERT INTO public.orders VALUES (1), (2), (3); UPDATE public.orders SET v = 'a' WHERE id < 3;"
                + " DELETE FROM public.orders WHERE id = 1; INSERT INTO public.items VALUES (1);"
                + " SELECT leat.publish('order-1', 'OrderPlaced', '{}'), leat.publish('order-2', 'OrderPlaced', '{}')");
        drain(claims, CountersTest::delivered);
        database.run("TRUNCATE public.items");
        drain(claims, CountersTest::delivered);
        database.run("SELECT leat.load('public.orders')");
        while ("t".equals(database.value("SELECT EXISTS (SELECT FROM leat_internal.load WHERE state = 'running')"))) {
            database.run("UPDATE leat_internal.load SET due_at = clock_timestamp() - interval '1 second';"
                    + "SELECT leat_poller.load_chunk(1000)");
        }
        drain(claims, CountersTest::delivered);
        List<String> expected = List.of(
                "public items c 1 0 0 0",
                "public items t 64 0 0 0",
                "public orders c 3 0 0 0",
                "public orders d 1 0 0 0",
                "public orders r 2 0 0 0",
                "public orders u 2 0 0 0",
                "m 2 0 0 0");
        assertThat(figures()).isEqualTo(expected);
        sumUp();
        assertThat(figures()).isEqualTo(expected);
        assertThat(database.value("SELECT count(*) FROM leat_internal.counter_delta"))
                .isEqualTo("0");
    }

    /** Many events of a lane are settled by another statement than few. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsKeptForATimeIsCountedToo(boolean retain) {
        table("public.orders");
        ClaimSettings settings = retain
                ? ClaimSettings.of(
                        PollerSettings.builder().retain(Duration.ofDays(1)).build())
                : ClaimSettings.DEFAULT;
        Claims keeping = claims(database.owner(), settings);
        database.run("INSERT INTO public.orders SELECT n FROM generate_series(1, 5) n");
        drain(keeping, CountersTest::delivered);
        database.run("INSERT INTO public.orders SELECT n FROM generate_series(6, 3000) n");
        drain(keeping, CountersTest::delivered);
        database.run("DELETE FROM leat_internal.sent");
        assertThat(figures()).containsExactly("public orders c 3000 0 0 0");
    }

    @Test
    void whatLeavesQuarantineIsCountedWhereItGoes() {
        table("public.orders");
        database.run("INSERT INTO public.orders VALUES (1), (2), (3); UPDATE public.orders SET v = 'a' WHERE id = 1");
        List<Long> ids = ids();
        drain(claims, event -> event.id() == ids.get(2) ? delivered(event) : refusedOrWaiting(event, ids));
        assertThat(figures()).containsExactly("public orders c 1 0 2 0", "public orders u 0 0 1 0");
        assertThat(database.value(BALANCE)).isEqualTo("4");

        database.run("SELECT leat.retry(" + ids.get(0) + ")");
        assertThat(database.value(BALANCE)).as("released, and not sent yet").isEqualTo("4");
        drain(claims, event -> refusedOrWaiting(event, ids));
        assertThat(figures())
                .as("refused once more: it has been there all the time")
                .containsExactly("public orders c 1 0 2 0", "public orders u 0 0 1 0");

        database.run("SELECT leat.retry(" + ids.get(0) + "), leat.discard(" + ids.get(1) + ")");
        drain(claims, CountersTest::delivered);
        assertThat(figures()).containsExactly("public orders c 2 1 2 1", "public orders u 1 1 1 0");
        sumUp();
        assertThat(figures()).containsExactly("public orders c 2 1 2 1", "public orders u 1 1 1 0");
        assertThat(database.value(BALANCE)).isEqualTo("4");
        assertThat(database.rows("SELECT quarantined - retried - discarded FROM leat_poller.counter"))
                .as("in quarantine, as it was counted")
                .containsOnly(List.of("0"));
    }

    private static Outcome refusedOrWaiting(Event event, List<Long> ids) {
        return event.id() == ids.get(3) ? new Outcome.Waiting(event, ids.get(0)) : new Outcome.Quarantined(event, "no");
    }

    @ParameterizedTest
    @EnumSource(LostCommits.Fate.class)
    void aClaimCountsOnceOrNotAtAll(LostCommits.Fate fate) {
        table("public.orders");
        AtomicReference<LostCommits.Fate> next = new AtomicReference<>(LostCommits.Fate.ANSWERED);
        Claims losing =
                claims(new LostCommits(database.owner(), () -> next.getAndSet(LostCommits.Fate.ANSWERED)).dataSource());
        // The first claim from a server has commits of its own.
        drain(losing, CountersTest::delivered);
        database.run("INSERT INTO public.orders VALUES (1), (2), (3)");
        next.set(fate);
        try (Claim claim = losing.claim(Set.of())) {
            claim.settle(claim.events().stream().map(CountersTest::delivered).toList());
        } catch (DatabaseUnavailable e) {
            assertThat(fate).isNotEqualTo(LostCommits.Fate.ANSWERED);
        }
        assertThat(figures())
                .isEqualTo(fate == LostCommits.Fate.NOT_SENT ? List.of() : List.of("public orders c 3 0 0 0"));
        drain(losing, CountersTest::delivered);
        assertThat(figures()).containsExactly("public orders c 3 0 0 0");
    }

    /** Random changes, refusals, releases and lost commits: at the end the figures are those of the events that were sent, each once. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void theFiguresAreThoseOfTheStreamWhateverCommitIsLost(long seed) {
        Random random = new Random(seed);
        table("public.orders");
        table("public.items");
        Claims losing = claims(new LostCommits(
                        database.owner(),
                        () -> LostCommits.Fate.values()[random.nextInt(LostCommits.Fate.values().length)])
                .dataSource());
        Map<Long, String> sent = new HashMap<>();
        Set<Long> discarded = new HashSet<>();
        int written = 0;
        for (int step = 0; step < 50; step++) {
            int id = step;
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    database.run("INSERT INTO public.orders SELECT " + id + " * 100 + n FROM generate_series(1, 20) n;"
                            + "INSERT INTO public.items VALUES (" + id
                            + "); UPDATE public.items SET v = 'a' WHERE id = " + id
                            + "; SELECT leat.publish('k', 'T', '{}')");
                    written += 23;
                }
                case 2, 3, 4 -> claimOnce(losing, sent);
                default -> decide(random, discarded);
            }
            if (random.nextInt(4) == 0) {
                sumUp();
            }
            assertThat(database.value(BALANCE)).as("step %s", step).isEqualTo(String.valueOf(written));
        }
        while (!"0".equals(database.value("SELECT count(*) FROM leat_internal.outbox"))
                || !"0"
                        .equals(database.value(
                                "SELECT count(*) FROM leat_internal.quarantine WHERE state <> 'discarded'"))) {
            decide(random, discarded);
            claimOnce(claims, sent);
        }
        Map<String, Integer> published = new TreeMap<>();
        sent.values().forEach(counted -> published.merge(counted, 1, Integer::sum));
        assertThat(database.rows("SELECT concat_ws(' ', table_name, op), published FROM leat_poller.counter"
                        + " WHERE published > 0 ORDER BY 1"))
                .isEqualTo(published.entrySet().stream()
                        .map(entry -> List.of(entry.getKey(), String.valueOf(entry.getValue())))
                        .toList());
        assertThat(database.value("SELECT sum(discarded) FROM leat_poller.counter"))
                .isEqualTo(String.valueOf(discarded.size()));
        assertThat(sent.size() + discarded.size()).isEqualTo(written);
    }

    /** Every ninth event is refused the first time; what was released is sent. */
    private void claimOnce(Claims from, Map<Long, String> sent) {
        try (Claim claim = from.claim(Set.of())) {
            Set<String> released = new HashSet<>();
            database.rows("SELECT id FROM leat_internal.quarantine WHERE state = 'retry'")
                    .forEach(row -> released.add(String.valueOf(row.get(0))));
            List<Outcome> outcomes = new ArrayList<>();
            for (Event event : claim.events()) {
                boolean refused = event.id() % 9 == 0
                        && event.operation() != Operation.MESSAGE
                        && !released.contains(String.valueOf(event.id()));
                if (!refused) {
                    sent.put(
                            event.id(),
                            (event.subject().table() == null
                                            ? ""
                                            : event.subject().table() + " ")
                                    + event.operation().code());
                }
                outcomes.add(refused ? new Outcome.Quarantined(event, "no") : delivered(event));
            }
            claim.settle(outcomes);
        } catch (DatabaseUnavailable e) {
            // The commit was lost: these events are claimed again, or have been settled.
            assertThat(e).isNotNull();
        }
    }

    /** Releases or discards the first event in quarantine. */
    private void decide(Random random, Set<Long> discarded) {
        @Nullable
        String id = database.value("SELECT min(id) FROM leat_internal.quarantine WHERE state = 'quarantined'");
        if (id != null) {
            boolean discard = random.nextBoolean();
            database.run("SELECT leat." + (discard ? "discard" : "retry") + "(" + id + ")");
            if (discard) {
                discarded.add(Long.valueOf(id));
            }
        }
    }

    /** Several workers settle, two sessions sum up, and whoever looks meanwhile finds every event once. */
    @Test
    void atEveryLookTheFiguresAddUp() throws Exception {
        table("public.orders");
        int events = 6_000;
        database.run("INSERT INTO public.orders SELECT n FROM generate_series(1, " + events + ") n");
        int workers = 3;
        AtomicInteger atWork = new AtomicInteger(workers);
        ExecutorService threads = Executors.newCachedThreadPool();
        List<Future<?>> all = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            long seed = worker;
            all.add(threads.submit((Callable<Void>) () -> {
                try {
                    Claims own = new LaneClaims(
                                    database.owner(),
                                    ClaimSettings.DEFAULT,
                                    "changes",
                                    () -> workers,
                                    System::nanoTime,
                                    new Random(seed))
                            .forWorker();
                    while (!"0".equals(database.value("SELECT count(*) FROM leat_internal.outbox"))) {
                        try (Claim claim = own.claim(Set.of())) {
                            // A few at a time, so that there are many settlements.
                            claim.settle(claim.events().stream()
                                    .map(event -> event.id() % 5 == 0 ? delivered(event) : later(event))
                                    .toList());
                        }
                        try (Claim claim = own.claim(Set.of())) {
                            claim.settle(claim.events().stream()
                                    .map(CountersTest::delivered)
                                    .toList());
                        }
                    }
                } finally {
                    atWork.decrementAndGet();
                }
                return null;
            }));
        }
        for (int summing = 0; summing < 2; summing++) {
            all.add(threads.submit(() -> {
                while (atWork.get() > 0) {
                    sumUp();
                }
            }));
        }
        int looks = 0;
        while (atWork.get() > 0) {
            assertThat(database.value(BALANCE)).isEqualTo(String.valueOf(events));
            looks++;
        }
        for (Future<?> each : all) {
            each.get(60, TimeUnit.SECONDS);
        }
        threads.shutdown();
        assertThat(looks).isPositive();
        sumUp();
        assertThat(figures()).containsExactly("public orders c " + events + " 0 0 0");
    }

    @Test
    void whatIsNotCommittedIsSummedUpLater() throws Exception {
        String count = "INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, published)"
                + " VALUES ('public', 'orders', 'c', 1)";
        database.run(count);
        try (Connection writer = database.owner().getConnection();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute(count);
            sumUp();
            assertThat(database.value("SELECT published FROM leat_internal.counter"))
                    .isEqualTo("1");
            statement.execute("SELECT leat_poller.sum_counters()");
            sumUp();
            assertThat(figures()).containsExactly("public orders c 1 0 0 0");
            writer.commit();
        }
        sumUp();
        assertThat(database.rows("SELECT published FROM leat_internal.counter")).containsExactly(List.of("2"));
        assertThat(figures()).containsExactly("public orders c 2 0 0 0");
    }

    /** The session that sums up stops between what it reads and what it deletes, should these ever be two statements. */
    @Test
    void whatIsCountedWhileSummingUpIsKept() throws Exception {
        String count = "INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, published)"
                + " VALUES ('public', 'orders', 'c', 1)";
        database.run(count + """
                ;
                CREATE FUNCTION public.gate() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_advisory_xact_lock(11);
                    RETURN NULL;
                END $$;
                CREATE TRIGGER gate AFTER INSERT ON leat_internal.counter FOR EACH ROW EXECUTE FUNCTION public.gate()""");
        CompletableFuture<Void> summing;
        try (Connection holder = database.owner().getConnection();
                Statement statement = holder.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(11)");
            summing = CompletableFuture.runAsync(this::sumUp);
            Await.until(
                    "it to stop at the gate",
                    Duration.ofSeconds(30),
                    () -> "1"
                            .equals(database.value("SELECT count(*) FROM pg_stat_activity"
                                    + " WHERE datname = current_database() AND wait_event = 'advisory'")));
            database.run(count);
            statement.execute("SELECT pg_advisory_unlock(11)");
        }
        summing.get(30, TimeUnit.SECONDS);
        assertThat(figures()).containsExactly("public orders c 2 0 0 0");
        sumUp();
        assertThat(figures()).containsExactly("public orders c 2 0 0 0");
    }

    @Test
    void namesAreThoseThatTheEventsHave() {
        String awkward = "public.\"<img> \"\"o'r\\d%s\u001b[2J\"";
        table(awkward);
        database.run("INSERT INTO " + awkward + " VALUES (1)");
        database.run("ALTER TABLE " + awkward + " RENAME TO later; SELECT leat.refresh();"
                + "INSERT INTO public.later VALUES (2); SELECT leat.detach('public.later'); DROP TABLE public.later");
        drain(claims, CountersTest::delivered);
        sumUp();
        assertThat(figures()).containsExactly("public <img> \"o'r\\d%s\u001b[2J c 1 0 0 0", "public later c 1 0 0 0");
    }

    @Test
    void moreNamesThanAnybodyHasAreCountedTogether() {
        database.run(
                "INSERT INTO leat_internal.counter SELECT 's', n::text, 'c', 1, 0, 0, 0 FROM generate_series(1, 100000) n");
        database.run("INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, published)"
                + " VALUES ('s', '7', 'c', 1), ('s', 'new', 'c', 2), ('s', 'newer', 'c', 3), ('s', 'newer', 'd', 4)");
        sumUp();
        assertThat(database.rows("SELECT schema_name, table_name, op, published FROM leat_internal.counter"
                        + " WHERE published <> 1 ORDER BY 1, 2, 3"))
                .containsExactly(
                        List.of("", "(other tables)", "c", "5"),
                        List.of("", "(other tables)", "d", "4"),
                        List.of("s", "7", "c", "2"));
    }

    private List<Long> ids() {
        return database.rows("SELECT id FROM leat_internal.outbox ORDER BY id").stream()
                .map(row -> Long.valueOf(String.valueOf(row.get(0))))
                .toList();
    }

    private static Outcome delivered(Event event) {
        return new Outcome.Delivered(event, "shard", "1");
    }

    private static Outcome later(Event event) {
        return new Outcome.TryLater(event, "not yet");
    }

    /** Claims until nothing is claimed. */
    private static void drain(Claims from, Function<Event, Outcome> outcome) {
        for (int i = 0; ; i++) {
            assertThat(i).as("claims").isLessThan(1_000);
            try (Claim claim = from.claim(Set.of())) {
                claim.settle(claim.events().stream().map(outcome).toList());
                if (claim.events().isEmpty() && !claim.full()) {
                    return;
                }
            }
        }
    }
}
