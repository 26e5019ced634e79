package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.PollerSettings;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.pipeline.Lanes;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("postgres")
class LaneClaimsTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database().idsFromOne();

    private Claims claims(int claimants, ClaimSettings settings) {
        return new LaneClaims(database.owner(), settings, "changes", () -> claimants, System::nanoTime, new Random(1))
                .forWorker();
    }

    private final Claims claims = claims(1, ClaimSettings.DEFAULT);

    @Test
    void eventsComeInAscendingOrderAndAreGoneOnceSettled() {
        write("a", "b", "a", "c", "a");
        assertThat(deliver(claims)).containsExactlyInAnyOrder(1L, 2L, 3L, 4L, 5L);
        assertThat(deliver(claims)).isEmpty();
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("0");
    }

    @Test
    void theEventsOfAKeyComeInTheOrderOfTheirIds() {
        write("a", "b", "a", "c", "a", "b");
        try (Claim claim = claims.claim(Set.of())) {
            assertThat(ids(claim, "a")).containsExactly(1L, 3L, 5L);
            assertThat(ids(claim, "b")).containsExactly(2L, 6L);
        }
    }

    @Test
    void aHeldLaneIsNotClaimedTwiceAndComesBackWhenItsHolderEnds() {
        write("a");
        Claims other = claims(1, ClaimSettings.DEFAULT);
        try (Claim claim = claims.claim(Set.of())) {
            assertThat(claim.events()).hasSize(1);
            try (Claim second = other.claim(Set.of())) {
                assertThat(second.events()).isEmpty();
            }
        }
        assertThat(deliver(other)).containsExactly(1L);
    }

    @Test
    void claimantsShareTheLanes() {
        writeMany(640);
        Claims first = claims(2, ClaimSettings.DEFAULT);
        Claims second = claims(2, ClaimSettings.DEFAULT);
        try (Claim one = first.claim(Set.of());
                Claim two = second.claim(Set.of())) {
            assertThat(lanes(one)).hasSize(32);
            assertThat(lanes(two)).hasSize(32).doesNotContainAnyElementsOf(lanes(one));
        }
    }

    @Test
    void lanesThatBackOffAreLeftOutWhoeverClaims() {
        writeMany(640);
        Lanes backingOff = new Lanes(0xffffL << 16 | 1L << 63);
        Set<Integer> left = new TreeSet<>(Set.of(63));
        IntStream.range(16, 32).forEach(left::add);
        Claims other = claims(1, ClaimSettings.DEFAULT);
        try (Claim claim = claims.claim(Set.of(), backingOff);
                Claim whole = other.claim(Set.of())) {
            assertThat(lanes(claim)).hasSize(64 - 17).doesNotContainAnyElementsOf(left);
            assertThat(lanes(whole)).containsExactlyInAnyOrderElementsOf(left);
        }
        try (Claim nothing = claims.claim(Set.of(), Lanes.ALL)) {
            assertThat(nothing.events()).isEmpty();
            assertThat(nothing.full()).isFalse();
        }
    }

    @Test
    void aSmallClaimHasLanesOfEveryPartOfTheHashSpace() {
        writeMany(640);
        try (Claim claim = claims(16, ClaimSettings.DEFAULT).claim(Set.of())) {
            assertThat(lanes(claim)).extracting(lane -> lane / 16).containsExactlyInAnyOrder(0, 1, 2, 3);
        }
    }

    @Test
    void aBacklogIsReadInBatchesUntilItIsGone() {
        writeMany(1000);
        Claims small =
                claims(1, ClaimSettings.of(PollerSettings.builder().batch(128).build()));
        List<Long> seen = new ArrayList<>();
        for (int pass = 0; pass < 100 && seen.size() < 1000; pass++) {
            List<Long> some = deliver(small);
            assertThat(some.size()).isBetween(1, 128 * 4);
            seen.addAll(some);
        }
        assertThat(seen).hasSize(1000).doesNotHaveDuplicates();
    }

    @Test
    void aClaimHoldsNoMoreBytesThanABatchOrOneEventThatIsLarger() {
        writeMany(200);
        database.run(
                "UPDATE leat_internal.outbox SET after = to_json(repeat('x', CASE id % 10 WHEN 0 THEN 9000 ELSE 1500 END))");
        Claims small = claims(1, ClaimSettings.DEFAULT.withBatchBytes(8000));
        Set<Long> seen = new HashSet<>();
        for (int pass = 0; pass < 200 && seen.size() < 200; pass++) {
            try (Claim claim = small.claim(Set.of())) {
                int bytes = claim.events().stream()
                        .mapToInt(event -> String.valueOf(event.row().after()).length())
                        .sum();
                assertThat(claim.events().size() == 1 || bytes <= 8000)
                        .as("%s events of %s bytes", claim.events().size(), bytes)
                        .isTrue();
                assertThat(claim.events()).isNotEmpty();
                assertThat(claim.full()).isEqualTo(seen.size() + claim.events().size() < 200);
                claim.events().forEach(event -> assertThat(seen.add(event.id())).isTrue());
                settle(claim, delivered(claim));
            }
        }
        assertThat(seen).hasSize(200);
        assertThat(deliver(small)).isEmpty();
    }

    /** All of the outbox was read, and not all of the replay. */
    @Test
    void aLaneInWhichMoreOfAReplayWaitsIsFull() {
        replayed();
        write("a");
        try (Claim claim = small.claim(Set.of())) {
            assertThat(claim.events()).extracting(Event::id).containsExactly(1L, 2L, 5L);
            assertThat(claim.full()).isTrue();
            settle(claim, delivered(claim));
        }
        assertThat(deliver(small)).containsExactly(3L);
    }

    @Test
    void aLaneThatWasPassedOverIsReadSoon() {
        // The other lanes always have more than a claim holds, and the large event fits into none that has begun.
        writeMany(1000);
        database.run(
                "DELETE FROM leat_internal.outbox WHERE lane = 63 AND id <> 63;"
                        + " UPDATE leat_internal.outbox SET after = to_json(repeat('x', CASE id WHEN 63 THEN 7900 ELSE 900 END))");
        Claims small = claims(1, ClaimSettings.DEFAULT.withBatchBytes(8000));
        Set<Long> seen = new HashSet<>();
        for (int pass = 0; pass < 64 && !seen.contains(63L); pass++) {
            try (Claim claim = small.claim(Set.of())) {
                claim.events().forEach(event -> seen.add(event.id()));
                settle(
                        claim,
                        claim.events().stream()
                                .map(event -> new Outcome.TryLater(event, "throttled"))
                                .toList());
            }
        }
        assertThat(seen).contains(63L);
    }

    @Test
    void whatWasNotDeliveredIsClaimedAgainAndNothingBeforeItIsSkipped() {
        write("a", "b");
        try (Claim claim = claims.claim(Set.of())) {
            settle(
                    claim,
                    claim.events().stream()
                            .map(event -> event.id() == 1
                                    ? new Outcome.TryLater(event, "throttled")
                                    : new Outcome.Delivered(event, "shard", "1"))
                            .toList());
        }
        assertThat(deliver(claims)).containsExactly(1L);
    }

    @Test
    void aLaneThatFallsBehindKeepsNoOtherWaiting() {
        LaneClaims poller = new LaneClaims(
                database.owner(), ClaimSettings.DEFAULT, "changes", () -> 1, System::nanoTime, new Random(1));
        Claims one = poller.forWorker();
        Claims other = poller.forWorker();
        write("hot");
        try (Claim claim = one.claim(Set.of())) {
            settle(claim, List.of(new Outcome.TryLater(claim.events().get(0), "it goes on with the next claim")));
        }
        write("cool");
        try (Claim slow = one.claim(Set.of());
                Claim rest = other.claim(Set.of())) {
            assertThat(slow.events()).extracting(Event::id).containsExactly(1L);
            assertThat(rest.events()).extracting(Event::id).containsExactly(2L);
        }
    }

    @Test
    void anEventThatCommitsLateIsNotPassedByTheWatermark() throws SQLException {
        write("a");
        deliver(claims);
        try (Connection slow = database.owner().getConnection();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute(insert("a", false));
            write("b", "c");
            assertThat(deliver(claims)).containsExactlyInAnyOrder(3L, 4L);
            assertThat(deliver(claims)).isEmpty();
            slow.commit();
        }
        assertThat(deliver(claims)).containsExactly(2L);
    }

    @Test
    void aPreparedTransactionIsWaitedForToo() throws SQLException {
        write("a");
        deliver(claims);
        try (Connection slow = database.owner().getConnection();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute(insert("a", false));
            write("b");
            assertThat(deliver(claims)).containsExactly(3L);
            statement.execute("PREPARE TRANSACTION 'leat-test'");
            assertThat(deliver(claims)).isEmpty();
            slow.setAutoCommit(true);
            statement.execute("COMMIT PREPARED 'leat-test'");
        }
        assertThat(deliver(claims)).containsExactly(2L);
    }

    @Test
    void heldEventsWaitUntilEveryLowerIdIsDecided() throws SQLException {
        try (Connection slow = database.owner().getConnection();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute(insert("a", true));
            database.run(insert("a", true));
            database.run(insert("b", false));
            assertThat(deliver(claims)).containsExactly(3L);
            assertThat(deliver(claims)).isEmpty();
            slow.commit();
        }
        assertThat(deliver(claims)).containsExactly(1L, 2L);
    }

    /** The outbox holds nothing then: a poller that looks before the commit must not take the lane for empty up to the id drawn. */
    @ParameterizedTest
    @ValueSource(strings = {"leat.retry(1)", "leat.discard(1)"})
    void aPollerThatLooksWhileEventsAreBeingReleasedFindsThemLater(String release) throws Exception {
        write("a");
        quarantine(1);
        write("a");
        deliver(claims);
        try (Connection operator = database.owner().getConnection();
                Statement statement = operator.createStatement()) {
            operator.setAutoCommit(false);
            statement.execute("SELECT " + release);
            for (int look = 0; look < 3; look++) {
                assertThat(deliver(claims)).isEmpty();
            }
            operator.commit();
        }
        CompletableFuture<Void> woken = CompletableFuture.runAsync(() -> {
            try {
                claims.awaitWork(() -> Lanes.NONE);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        woken.get(20, TimeUnit.SECONDS);
        assertThat(deliver(claims)).isNotEmpty();
    }

    @Test
    void aFreshSequenceHasDrawnNothing() {
        deliver(claims);
        write("a");
        assertThat(deliver(claims)).containsExactly(1L);
    }

    @Test
    void aBlockedKeyWaitsBehindItsQuarantinedEventWhileOthersGoOn() {
        write("a", "b");
        quarantine(1);
        write("a", "b");
        try (Claim claim = claims.claim(Set.of())) {
            assertThat(claim.events()).extracting(Event::id).containsExactly(4L);
            assertThat(((LaneClaim) claim).waiting())
                    .extracting(waiting -> waiting.event().id(), Outcome.Waiting::behind)
                    .containsExactly(org.assertj.core.api.Assertions.tuple(3L, 1L));
            settle(claim, delivered(claim));
        }
        assertThat(database.rows("SELECT id, state FROM leat_internal.quarantine ORDER BY id"))
                .containsExactly(List.of("1", "quarantined"), List.of("3", "waiting"));
    }

    @Test
    void releasedEventsGoBeforeAnythingInTheOutbox() {
        write("a");
        quarantine(1);
        write("a");
        deliver(claims);
        database.run("UPDATE leat_internal.quarantine SET state = 'retry'");
        write("a");
        assertThat(deliver(claims)).containsExactly(1L, 2L);
        assertThat(deliver(claims)).containsExactly(3L);
        assertThat(database.value("SELECT count(*) FROM leat_internal.quarantine"))
                .isEqualTo("0");
    }

    private final Claims small =
            claims(1, ClaimSettings.of(PollerSettings.builder().batch(2).build()));

    /** Three events of one key that a replay sends again. */
    private void replayed() {
        write("a", "a", "a", "a");
        try (Claim claim = claims.claim(Set.of())) {
            settle(
                    claim,
                    claim.events().stream()
                            .map(event -> (Outcome) new Outcome.Quarantined(event, "a test"))
                            .toList());
        }
        database.run("UPDATE leat_internal.quarantine SET state = 'retry', replay = 1, may_pass = true WHERE id <= 3");
        database.run("DELETE FROM leat_internal.quarantine WHERE id = 4");
    }

    /** A large replay must not hold up new events, nor the low of their lane. */
    @Test
    void whatAReplaySendsAgainIsReadTogetherWithTheOutbox() {
        replayed();
        write("a", "a");
        try (Claim claim = small.claim(Set.of())) {
            assertThat(claim.events()).extracting(Event::id).containsExactly(1L, 2L, 5L, 6L);
            assertThat(claim.events()).extracting(Event::replay).containsExactly(true, true, false, false);
            assertThat(claim.full()).isTrue();
            settle(claim, delivered(claim));
        }
        write("a");
        try (Claim claim = small.claim(Set.of())) {
            assertThat(claim.events()).extracting(Event::id).containsExactly(3L, 7L);
            settle(claim, delivered(claim));
        }
        assertThat(deliver(small)).isEmpty();
        assertThat(database.value("SELECT count(*) FROM leat_internal.quarantine"))
                .isEqualTo("0");
    }

    @Test
    void releasedEventsDoNotOvertakeOneOfTheirKeyThatIsRefusedAgain() {
        Claims small =
                claims(1, ClaimSettings.of(PollerSettings.builder().batch(1).build()));
        write("a", "a", "a");
        try (Claim claim = claims.claim(Set.of())) {
            settle(
                    claim,
                    claim.events().stream()
                            .map(event -> event.id() == 1
                                    ? new Outcome.Quarantined(event, "a test")
                                    : new Outcome.Waiting(event, 1))
                            .toList());
        }
        database.run("SELECT leat.retry(1)");
        try (Claim claim = small.claim(Set.of())) {
            assertThat(claim.events()).extracting(Event::id).containsExactly(1L);
            settle(claim, List.of(new Outcome.Quarantined(claim.events().get(0), "a test")));
        }

        for (int pass = 0; pass < 4; pass++) {
            assertThat(deliver(small)).isEmpty();
        }
        assertThat(database.rows("SELECT id, state FROM leat_internal.quarantine ORDER BY id"))
                .containsExactly(List.of("1", "quarantined"), List.of("2", "waiting"), List.of("3", "waiting"));
        database.run("SELECT leat.retry(1)");
        assertThat(deliver(claims)).containsExactly(1L, 2L, 3L);
    }

    @Test
    void eventsOfRestingStreamsAreLeftAndCrowdOutNobody() {
        Claims small =
                claims(1, ClaimSettings.of(PollerSettings.builder().batch(64).build()));
        for (int n = 0; n < 10; n++) {
            database.run(insert("a", false));
        }
        database.run("UPDATE leat_internal.outbox SET stream = 'missing'");
        write("a");
        try (Claim claim = small.claim(Set.of("missing"))) {
            assertThat(claim.events()).extracting(Event::id).containsExactly(11L);
            settle(claim, delivered(claim));
        }
        try (Claim claim = small.claim(Set.of("changes"))) {
            assertThat(claim.events()).extracting(Event::id).contains(1L);
            settle(claim, delivered(claim));
        }
        List<Long> rest = new ArrayList<>();
        for (int pass = 0; pass < 10; pass++) {
            rest.addAll(deliver(small));
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("0");
    }

    @Test
    void imagesTooLargeForAnyStreamAreNotRead() {
        Claims narrow = claims(1, ClaimSettings.DEFAULT.withMaxImageBytes(1000));
        database.run("""
                INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, partition_key, db_user, after)
                VALUES (1, 'c', false, false, now(), 1, 'a', 'me', to_json(repeat('x', 5000)))""");
        try (Claim claim = narrow.claim(Set.of())) {
            Event event = claim.events().get(0);
            assertThat(event.row().after()).isNull();
            assertThat(event.fault()).contains("5002 bytes").contains("1000");
        }
    }

    /** An error's text can be as long as whoever raises it likes. */
    @Test
    void aFaultCountsForWhatAClaimHolds() {
        Claims narrow = claims(1, ClaimSettings.DEFAULT.withMaxImageBytes(1000));
        database.run("""
                INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, partition_key, db_user, fault)
                VALUES (1, 'c', false, false, now(), 1, 'a', 'me', repeat('x', 5000))""");
        try (Claim claim = narrow.claim(Set.of())) {
            assertThat(claim.events().get(0).fault()).contains("5000 bytes").doesNotContain("xx");
        }
    }

    @Test
    void anIdlePollerIsWokenByTheFirstEvent() throws Exception {
        for (int pass = 0; pass < 3; pass++) {
            deliver(claims);
        }
        Thread writer = new Thread(() -> write("a"));
        writer.start();
        claims.awaitWork(() -> Lanes.NONE);
        writer.join();
        assertThat(deliver(claims)).containsExactly(1L);
    }

    @Test
    void lowsAreStoredForPollersThatStartLater() {
        long[] now = {0};
        Claims clocked = new LaneClaims(
                        database.owner(), ClaimSettings.DEFAULT, "changes", () -> 1, () -> now[0], new Random(1))
                .forWorker();
        write("a", "b");
        deliver(clocked);
        now[0] = Duration.ofSeconds(11).toNanos();
        deliver(clocked);
        assertThat(database.value("SELECT min(low) FROM leat_internal.lane")).isEqualTo("2");
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

    private void quarantine(long id) {
        try (Claim claim = claims.claim(Set.of())) {
            settle(
                    claim,
                    claim.events().stream()
                            .map(event -> event.id() == id
                                    ? new Outcome.Quarantined(event, "a test")
                                    : new Outcome.Delivered(event, "shard", "1"))
                            .toList());
        }
    }

    private static List<Long> deliver(Claims claims) {
        try (Claim claim = claims.claim(Set.of())) {
            settle(claim, delivered(claim));
            return claim.events().stream().map(Event::id).toList();
        }
    }

    private static List<? extends Outcome> delivered(Claim claim) {
        return claim.events().stream()
                .map(event -> new Outcome.Delivered(event, "shard", "1"))
                .toList();
    }

    private static void settle(Claim claim, List<? extends Outcome> outcomes) {
        claim.settle(new ArrayList<>(outcomes));
    }

    private static List<Long> ids(Claim claim, String key) {
        return claim.events().stream()
                .filter(event -> event.route().partitionKey().equals(key))
                .map(Event::id)
                .toList();
    }

    private static List<Integer> lanes(Claim claim) {
        return claim.events().stream().map(Event::lane).distinct().toList();
    }
}
