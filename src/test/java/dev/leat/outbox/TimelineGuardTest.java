package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.PollerSettings;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The work of pollers when the database reports another timeline. {@code FailoverIT} has real timelines. */
@Tag("postgres")
class TimelineGuardTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database().idsFromOne();

    private final DataSource role = poller();
    private final List<String> told = new ArrayList<>();
    private final AtomicLong now = new AtomicLong();

    private DataSource poller() {
        String name = database.role("leat_poller");
        database.run("SELECT leat.grant_poller('" + name + "')");
        return database.as(name);
    }

    private Claims claims() {
        return claims(ClaimSettings.DEFAULT);
    }

    private Claims claims(ClaimSettings settings) {
        PollerListener listener = new PollerListener() {
            @Override
            public synchronized void movedPastGap(long certain, long above, String reason) {
                told.add(certain + " " + reason);
            }
        };
        return new LaneClaims(role, settings, "changes", () -> 1, now::get, new Random(1), listener).forWorker();
    }

    @Test
    void theSameTimelineIsNoNews() {
        write("a");
        assertThat(deliver(claims())).containsExactly(1L);
        write("a");
        assertThat(deliver(claims())).containsExactly(2L);
        assertThat(told).isEmpty();
    }

    @Test
    void onAnotherTimelineDoubtfulEventsAreSentUnderIdsAboveAllThatWerePublished() {
        write("a", "b");
        Claims before = claims();
        assertThat(deliver(before)).containsExactlyInAnyOrder(1L, 2L);
        write("a", "b", "a");
        anotherTimeline();

        List<Event> events = events(claims());
        write("a");
        events.addAll(events(claims()));

        assertThat(ids(events, "a"))
                .hasSize(3)
                .isSorted()
                .doesNotHaveDuplicates()
                .allMatch(id -> id > 1_000_000_000);
        assertThat(ids(events, "b")).hasSize(1).allMatch(id -> id > 1_000_000_000);
        assertThat(told)
                .hasSize(1)
                .first()
                .asString()
                .startsWith("2 the database is on timeline ")
                .endsWith(" and was on other");
    }

    @Test
    void whatTheHistoryBeforeHadForCertainKeepsItsId() {
        Claims before = claims();
        write("a", "b");
        try (Claim claim = before.claim(Set.of())) {
            settle(
                    claim,
                    claim.events().stream()
                            .map(event -> new Outcome.TryLater(event, "throttled"))
                            .toList());
        }
        write("a");
        anotherTimeline();

        assertThat(events(claims())).extracting(Event::id).contains(1L, 2L).hasSize(3);
        assertThat(told).hasSize(1).first().asString().startsWith("2 ");
    }

    @Test
    void aPollerThatRunsNoticesThatAnotherHasMoved() {
        Claims running = claims();
        write("a");
        deliver(running);
        write("a", "b");
        anotherTimeline();
        claims().claim(Set.of()).close();

        List<Event> events = events(running);

        assertThat(events).hasSize(2).allMatch(event -> event.id() > 1_000_000_000);
        assertThat(told).hasSize(1);
    }

    @Test
    void aWriterThatDrewADoubtfulIdAndCommitsAfterTheMoveIsNotOvertaken() throws SQLException {
        write("a");
        deliver(claims());
        try (Connection late = database.owner().getConnection();
                Connection prepared = database.owner().getConnection()) {
            late.setAutoCommit(false);
            prepared.setAutoCommit(false);
            execute(late, insert("a", false));
            execute(prepared, insert("h", true));
            execute(prepared, "PREPARE TRANSACTION 'leat-history'");
            database.run(insert("h", true));
            anotherTimeline();
            Claims claims = claims();
            assertThat(events(claims))
                    .as("held back, since a lower id of the key is undecided")
                    .isEmpty();
            late.commit();
            write("a");
            List<Event> events = events(claims);
            assertThat(ids(events, "a")).hasSize(2).isSorted().allMatch(id -> id > 1_000_000_000);
            anotherTimeline();
            assertThat(events(claims())).isEmpty();
            prepared.setAutoCommit(true);
            execute(prepared, "COMMIT PREPARED 'leat-history'");
            database.run(insert("h", true));
            events = events(claims());
            assertThat(ids(events, "h"))
                    .hasSize(3)
                    .isSorted()
                    .doesNotHaveDuplicates()
                    .allMatch(id -> id > 1_000_000_000);
        }
        assertThat(told).hasSize(2);
    }

    @Test
    void aBacklogIsRenumberedInPieces() {
        deliver(claims());
        writeMany(25_000);
        anotherTimeline();
        Claims claims =
                claims(ClaimSettings.of(PollerSettings.builder().batch(30_000).build()));
        for (int pass = 0; pass < 3; pass++) {
            try (Claim claim = claims.claim(Set.of())) {
                assertThat(claim.events()).isEmpty();
                assertThat(claim.full()).isTrue();
                settle(claim, List.of());
            }
        }
        assertThat(database.rows("SELECT count(*), count(DISTINCT id), min(id) > 1000000000 FROM leat_internal.outbox"))
                .containsExactly(List.of("25000", "25000", "t"));
        assertThat(events(claims)).hasSize(25_000);
    }

    @Test
    void eventsInQuarantineKeepTheirPlace() {
        Claims before = claims();
        write("a");
        deliver(before);
        write("b", "a", "b");
        try (Claim claim = before.claim(Set.of())) {
            settle(
                    claim,
                    claim.events().stream()
                            .map(event -> event.id() == 2
                                    ? new Outcome.Quarantined(event, "a test")
                                    : event.id() == 4
                                            ? new Outcome.Waiting(event, 2)
                                            : new Outcome.Delivered(event, "shard", "1"))
                            .toList());
        }
        write("b");
        anotherTimeline();
        Claims claims = claims();
        assertThat(events(claims)).isEmpty();
        String quarantined =
                String.valueOf(database.value("SELECT id FROM leat_internal.quarantine WHERE state = 'quarantined'"));
        assertThat(Long.parseLong(quarantined)).isGreaterThan(1_000_000_000);
        database.run("SELECT leat.retry(" + quarantined + ")");
        List<Event> events = events(claims);
        write("b");
        events.addAll(events(claims));
        assertThat(ids(events, "b"))
                .hasSize(4)
                .isSorted()
                .doesNotHaveDuplicates()
                .first()
                .asString()
                .isEqualTo(quarantined);
    }

    @Test
    void anEventThatIsReleasedAfterTheMoveBearsNoDoubtfulId() {
        Claims before = claims();
        write("a");
        deliver(before);
        write("a");
        try (Claim claim = before.claim(Set.of())) {
            settle(claim, List.of(new Outcome.Quarantined(claim.events().get(0), "a test")));
        }
        anotherTimeline();
        Claims claims = claims();
        assertThat(events(claims)).isEmpty();
        database.run("SELECT leat.retry(2)");
        List<Event> events = events(claims);
        write("a");
        events.addAll(events(claims));
        assertThat(ids(events, "a"))
                .hasSize(2)
                .isSorted()
                .doesNotHaveDuplicates()
                .allMatch(id -> id > 1_000_000_000);
    }

    @Test
    void manyPollersMoveOnce() {
        write("a");
        anotherTimeline();
        List<CompletableFuture<Integer>> deliveries = new ArrayList<>();
        for (int n = 0; n < 6; n++) {
            Claims claims = claims();
            deliveries.add(CompletableFuture.supplyAsync(() -> events(claims).size()));
        }
        assertThat(deliveries.stream().mapToInt(CompletableFuture::join).sum()).isOne();
        assertThat(told).hasSize(1);
        assertThat(database.value("SELECT count(*) FROM leat_internal.history")).isEqualTo("2");
    }

    @Test
    void aSequenceBehindWhatThisPollerPublishedIsAGap() {
        Claims claims = claims();
        write("a", "a", "a");
        assertThat(deliver(claims)).containsExactly(1L, 2L, 3L);
        // As after a restore under the same timeline: the sequence, the mark and the outbox are those of an earlier
        // time.
        database.run("SELECT setval('leat_internal.outbox_id_seq', 1); UPDATE leat_internal.history SET mark = 1");
        write("a");

        assertThat(events(claims)).hasSize(1).allMatch(event -> event.id() > 1_000_000_000);
        assertThat(told).containsExactly("1 the outbox's sequence stood below ids that were drawn before");
    }

    /** With ids from the clock, as an outbox really has them, and events that wait from before. */
    @ParameterizedTest
    @ValueSource(strings = {"RESTART", "RESTART WITH 1"})
    void howeverTheSequenceIsSetBackNewIdsLieAboveAllThatWaitAndAllThatWerePublished(String setBack) {
        database.run("ALTER TABLE leat_internal.outbox ALTER COLUMN id SET START WITH 200000000000000 RESTART");
        Claims before = claims();
        write("a", "a");
        List<Long> published = deliver(before);
        write("b", "b");
        database.run("ALTER SEQUENCE leat_internal.outbox_id_seq " + setBack);
        write("a");

        Claims claims = claims();
        List<Event> events = events(claims);
        write("b");
        events.addAll(events(claims));

        assertThat(ids(events, "a")).hasSize(1).allMatch(id -> id > published.get(1));
        assertThat(ids(events, "b")).hasSize(3).isSorted().doesNotHaveDuplicates();
        assertThat(events).allMatch(event -> event.id() < 1L << 53);
    }

    @Test
    void aGapLeavesIdsWhereTheClockIs() {
        database.run("ALTER TABLE leat_internal.outbox ALTER COLUMN id SET START WITH 200000000000000 RESTART");
        write("a");
        anotherTimeline();
        List<Event> events = events(claims());
        write("a");
        events.addAll(events(claims()));

        String clock = database.value(
                "SELECT ((extract(epoch FROM clock_timestamp()) - 1577836800) * 1000000)::bigint + 10000000");
        assertThat(ids(events, "a"))
                .hasSize(2)
                .isSorted()
                .allMatch(id -> id > 200_000_000_000_000L && id < Long.parseLong(String.valueOf(clock)));
    }

    @Test
    void lowsAboveTheSequenceHideNothing() {
        database.run("UPDATE leat_internal.lane SET low = 100");
        write("a");

        assertThat(events(claims())).hasSize(1).allMatch(event -> event.id() > 1_000_000_000);
        assertThat(told).containsExactly("0 the outbox's sequence stood below ids that were drawn before");
    }

    @Test
    void aMarkAboveTheSequenceMakesEveryIdDoubtful() {
        Claims before = claims();
        write("a", "a", "a");
        deliver(before);
        database.run("SELECT setval('leat_internal.outbox_id_seq', 1)");
        write("a");

        assertThat(events(claims())).hasSize(1).allMatch(event -> event.id() > 1_000_000_000);
        assertThat(told).hasSize(1).first().asString().startsWith("0 ");
    }

    @Test
    void theOwnerCanSayThatCommitsWereLost() {
        Claims running = claims();
        write("a");
        deliver(running);
        write("a");
        database.run("SELECT leat.move_past_gap(force => true)");
        write("a");

        assertThat(ids(events(running), "a")).hasSize(2).isSorted().allMatch(id -> id > 1_000_000_000);
    }

    @Test
    void twoRestoresOfOneBackupDoNotGiveTheSameIds() {
        write("a");
        deliver(claims());
        String backup = String.valueOf(database.value("SELECT last_value FROM leat_internal.outbox_id_seq"));
        anotherTimeline();
        write("a");
        List<Event> first = events(claims());
        write("a");
        first.addAll(events(claims()));
        // The same backup again, restored to the same moment.
        database.run("DELETE FROM leat_internal.history WHERE history > 1;"
                + " UPDATE leat_internal.history SET mark = 1, moved_to = NULL, timeline = 'other';"
                + " SELECT setval('leat_internal.outbox_id_seq', " + backup + ")");
        // The ids come from the clock; within two seconds they may meet.
        database.run("SELECT pg_sleep(3)");
        write("a");

        assertThat(ids(events(claims()), "a"))
                .hasSize(1)
                .allMatch(id -> id > ids(first, "a").get(1));
    }

    @Test
    void whereTheTimelineIsNotKnownNothingFollows() {
        write("a");
        deliver(claims());
        database.run("CREATE OR REPLACE FUNCTION leat_internal.timeline() RETURNS text LANGUAGE sql AS 'SELECT NULL'");
        write("a");
        assertThat(deliver(claims())).containsExactly(2L);
        database.run("UPDATE leat_internal.history SET timeline = NULL");
        write("a");
        assertThat(deliver(claims())).containsExactly(3L);
        assertThat(told).isEmpty();
    }

    @Test
    void theMarkFollowsWhatIsPublishedOnceASecond() {
        Claims claims = claims();
        write("a");
        deliver(claims);
        assertThat(mark()).isEqualTo("1");
        write("a");
        deliver(claims);
        assertThat(mark()).isEqualTo("1");
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        String unchanged = database.value("SELECT xmin FROM leat_internal.history");
        deliver(claims);
        assertThat(database.value("SELECT xmin FROM leat_internal.history")).isEqualTo(unchanged);
        write("a");
        deliver(claims);
        assertThat(mark()).isEqualTo("3");
    }

    private String mark() {
        return String.valueOf(database.value("SELECT mark FROM leat_internal.history WHERE moved_to IS NULL"));
    }

    /** As if the history so far were that of another timeline. */
    private void anotherTimeline() {
        database.run("UPDATE leat_internal.history SET timeline = 'other' WHERE moved_to IS NULL");
    }

    private void write(String... keys) {
        for (String key : keys) {
            database.run(insert(key, false));
        }
    }

    private void writeMany(int count) {
        database.run("""
                INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, partition_key, db_user)
                SELECT n %% 64, 'c', false, false, now(), 1, 'k' || n, 'me' FROM generate_series(1, %s) n""".formatted(count));
    }

    private static String insert(String key, boolean held) {
        return """
                INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, partition_key, db_user)
                SELECT ('x' || substr(md5('%1$s'), 1, 2))::bit(8)::int >> 2, 'c', %2$s, false, now(), 1, '%1$s', 'me'""".formatted(key, held);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<Long> deliver(Claims claims) {
        return events(claims).stream().map(Event::id).toList();
    }

    /** Claims and delivers until a claim brings nothing and there is no more. */
    private static List<Event> events(Claims claims) {
        List<Event> events = new ArrayList<>();
        while (true) {
            try (Claim claim = claims.claim(Set.of())) {
                boolean more = claim.full() || !claim.events().isEmpty();
                events.addAll(claim.events());
                settle(
                        claim,
                        claim.events().stream()
                                .map(event -> new Outcome.Delivered(event, "shard", "1"))
                                .toList());
                if (!more) {
                    return events;
                }
            }
        }
    }

    private static void settle(Claim claim, List<? extends Outcome> outcomes) {
        claim.settle(new ArrayList<>(outcomes));
    }

    private static List<Long> ids(List<Event> events, String key) {
        return events.stream()
                .filter(event -> event.route().partitionKey().equals(key))
                .map(Event::id)
                .toList();
    }
}
