package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Aggregation;
import dev.leat.LeatPoller;
import dev.leat.PollerSettings;
import dev.leat.consume.Deduplicator;
import dev.leat.consume.Identity;
import dev.leat.consume.Unpacker;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kept events are sent again by pollers, to a stream that is read back. */
@Tag("postgres")
@Timeout(180)
class ReplayedStreamTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int ROWS = 700;

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(4);

    private LeatPoller poller(Aggregation.Format aggregation) throws SQLException {
        LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .settings(PollerSettings.builder()
                        .retain(Duration.ofDays(7))
                        .aggregation(Aggregation.all(aggregation))
                        .build())
                .build();
        poller.start();
        return poller;
    }

    /** Publishes the history of a table, of a few changes for each row. */
    private void history() throws Exception {
        database.run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t')");
        database.run("INSERT INTO public.t SELECT i, 0 FROM generate_series(1, " + ROWS + ") i");
        database.run(
                "UPDATE public.t SET v = 1; DELETE FROM public.t WHERE id % 7 = 0; SELECT leat.publish('k', 'T', '{}'::json)");
        drained();
    }

    private void drained() throws Exception {
        Await.until(
                "the outbox to be empty", PATIENCE, () -> is("SELECT NOT EXISTS (SELECT FROM leat_internal.outbox)"));
    }

    private void finished() throws Exception {
        Await.until(
                "the replay to finish",
                PATIENCE,
                () -> is("SELECT NOT EXISTS (SELECT FROM leat_internal.replay WHERE state = 'running')"));
    }

    private boolean is(String condition) {
        return "t".equals(database.value(condition));
    }

    private List<byte[]> events(String name) {
        return stream.local().records(name).stream()
                .flatMap(record -> Unpacker.unpack(record.data()).stream())
                .toList();
    }

    /** The ids by partition key, in the order of arrival, of events that were sent for the first time or by a replay. */
    private static Map<String, List<Long>> ids(List<byte[]> events, boolean replayed) {
        Map<String, List<Long>> ids = new LinkedHashMap<>();
        for (byte[] event : events) {
            if (Identity.replayed(event) == replayed) {
                Identity identity = Identity.of(event);
                ids.computeIfAbsent(identity.partitionKey(), key -> new ArrayList<>())
                        .add(identity.id());
            }
        }
        return ids;
    }

    static Stream<Aggregation.Format> formats() {
        return Extent.some(1, List.of(Aggregation.Format.values())).stream();
    }

    @ParameterizedTest
    @MethodSource("formats")
    void theReplayHasTheSameEventsOfEachKeyInTheSameOrder(Aggregation.Format aggregation) throws Exception {
        LeatPoller one = poller(aggregation);
        LeatPoller other = poller(aggregation);
        history();
        Map<String, List<Long>> sent = ids(events(TestStream.NAME), false);
        assertThat(ids(events(TestStream.NAME), true)).isEmpty();

        String count = database.value("SELECT events FROM leat.replay(dry_run => true)");
        database.run("SELECT leat.replay()");
        // New events meanwhile, of keys that are replayed.
        database.run("UPDATE public.t SET v = 2");
        finished();
        drained();

        List<byte[]> all = events(TestStream.NAME);
        Map<String, List<Long>> replayed = ids(all, true);
        assertThat(replayed).isEqualTo(sent);
        assertThat(replayed.values().stream().mapToInt(List::size).sum()).hasToString(count);
        // Who goes by the one rule sees each event once, and no old one after a new one.
        Deduplicator rule = new Deduplicator();
        List<byte[]> first = all.stream().filter(rule::first).toList();
        assertThat(ids(first, true)).isEmpty();
        assertThat(ids(first, false)).isEqualTo(ids(all, false));
        // Who wants the replay has a Deduplicator for it.
        Deduplicator replay = new Deduplicator();
        assertThat(all.stream().filter(event -> Identity.replayed(event) && replay.first(event)))
                .hasSize(Integer.parseInt(String.valueOf(count)));
        assertThat(one.stop(Duration.ofSeconds(20)).orderly()).isTrue();
        assertThat(other.stop(Duration.ofSeconds(20)).orderly()).isTrue();
    }

    @Test
    void anotherStreamGetsTheReplayAndOnlyThat() throws Exception {
        stream.local().createStream("repair", 2);
        LeatPoller poller = poller(Aggregation.Format.NONE);
        history();
        int before = events(TestStream.NAME).size();
        database.run("SELECT leat.replay('{public.t}', stream => 'repair')");
        finished();
        assertThat(events(TestStream.NAME)).hasSize(before);
        Map<String, List<Long>> sent = ids(events(TestStream.NAME), false);
        sent.remove("k");
        assertThat(ids(events("repair"), true)).isEqualTo(sent);
        assertThat(ids(events("repair"), false)).isEmpty();
        assertThat(poller.stop(Duration.ofSeconds(20)).orderly()).isTrue();
    }

    /** It waits for that stream, and nothing waits for it. */
    @Test
    @Tag("full")
    void aReplayToAStreamThatIsGoneHoldsUpNoNewEvents() throws Exception {
        LeatPoller poller = poller(Aggregation.Format.NONE);
        history();
        database.run("SELECT leat.replay(stream => 'gone')");
        Await.until(
                "the replay to be queued", PATIENCE, () -> is("SELECT EXISTS (SELECT FROM leat_internal.quarantine)"));
        for (int i = 3; i < 6; i++) {
            database.run("UPDATE public.t SET v = " + i);
            drained();
        }
        assertThat(database.value("SELECT concat_ws(' ', state, sent) FROM leat_poller.replay"))
                .isEqualTo("running 0");
        database.run("SET lock_timeout = '30s'; SELECT leat.cancel_replay()");
        assertThat(database.value("SELECT count(*) FROM leat_internal.quarantine"))
                .isEqualTo("0");
        poller.stop(Duration.ofSeconds(20));
    }

    /** Its earlier events were sent, and are sent again; what is in quarantine is a person's. */
    @Test
    void aKeyThatIsInQuarantineIsReplayedAsFarAsItWasSent() throws Exception {
        LeatPoller poller = poller(Aggregation.Format.NONE);
        history();
        database.run(
                "INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key, db_user, fault)"
                        + " SELECT lane, 'u', false, false, now(), 1, 'public', 't', partition_key, 'x', 'a test' FROM leat_internal.sent"
                        + " WHERE partition_key = 'public.t.1' LIMIT 1");
        database.run("UPDATE public.t SET v = 8 WHERE id = 1");
        Await.until(
                "a waiting event",
                PATIENCE,
                () -> is("SELECT EXISTS (SELECT FROM leat_internal.quarantine WHERE state = 'waiting')"));
        database.run("SELECT leat.replay(key => 'public.t.1')");
        finished();
        List<byte[]> events = events(TestStream.NAME);
        assertThat(ids(events, true))
                .hasSize(1)
                .isEqualTo(Map.of("public.t.1", ids(events, false).get("public.t.1")));
        assertThat(database.rows("SELECT state, replay FROM leat_internal.quarantine ORDER BY id"))
                .hasToString("[[quarantined, null], [waiting, null]]");
        assertThat(poller.stop(Duration.ofSeconds(20)).orderly()).isTrue();
    }

    /** Another poller goes on; what was sent and not settled is sent once more, in order. */
    @Test
    @Tag("full")
    void aPollerThatIsKilledLosesNothingOfTheReplay() throws Exception {
        LeatPoller first = poller(Aggregation.Format.NONE);
        history();
        assertThat(first.stop(Duration.ofSeconds(20)).orderly()).isTrue();
        Map<String, List<Long>> sent = ids(events(TestStream.NAME), false);
        String role = database.role("leat_replayer");
        database.run("SELECT leat.grant_poller('" + role + "'); SELECT leat.replay()");
        LeatProcess.Environment environment =
                new LeatProcess.Environment(database, role, stream.local().endpoint(), TestStream.NAME);
        try (LeatProcess killed = LeatProcess.startUnpackaged(environment, List.of(), "run")) {
            Await.until(
                    "some of the replay to arrive",
                    PATIENCE,
                    () -> !ids(events(TestStream.NAME), true).isEmpty());
            killed.kill();
        }
        try (LeatProcess next = LeatProcess.startUnpackaged(environment, List.of(), "run")) {
            finished();
            assertThat(next).isNotNull();
        }
        Deduplicator replay = new Deduplicator();
        List<byte[]> replayed = events(TestStream.NAME).stream()
                .filter(event -> Identity.replayed(event) && replay.first(event))
                .toList();
        assertThat(ids(replayed, true)).isEqualTo(sent);
        assertThat(database.value("SELECT count(*) = count(DISTINCT id) FROM leat_internal.sent"))
                .isEqualTo("t");
    }
}
