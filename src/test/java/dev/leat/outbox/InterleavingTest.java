package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** The rare interleavings for which the lane protocol is designed. Locks force each of them on the real server. */
@Tag("postgres")
@Timeout(120)
class InterleavingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database().idsFromOne();

    private final Claims claims = claims(database.owner());

    private static Claims claims(DataSource source) {
        return new LaneClaims(source, ClaimSettings.DEFAULT, "changes", () -> 1, System::nanoTime, new Random(1))
                .forWorker();
    }

    /** The second poller's locking statement begins while the first holds the lane, and gets the lane after its commit. */
    @Test
    void aLaneTakenOverIsReadAsItIsAfterTheLock() throws Exception {
        database.run("""
                CREATE FUNCTION public.gate() RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '60s' AS $$
                BEGIN
                    IF current_setting('application_name') = 'second' THEN
                        PERFORM pg_advisory_lock_shared(7);
                        PERFORM pg_advisory_unlock_shared(7);
                    END IF;
                    RETURN true;
                END $$;
                CREATE POLICY gate ON leat_internal.lane USING (public.gate())""");
        // Both have met the server before: a poller does not start under row security, and the statement which waits at
        // the gate is to
        // be the one that locks.
        PGSimpleDataSource later = database.owner();
        later.setApplicationName("second");
        Claims other = claims(later);
        deliver(other);
        deliver(claims);
        database.run("ALTER TABLE leat_internal.lane ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
        database.run(insert("a", false));
        CompletableFuture<List<Long>> takenOver;
        try (Claim first = claims.claim(Set.of());
                Connection gate = database.owner().getConnection();
                Statement statement = gate.createStatement()) {
            assertThat(ids(first)).containsExactly(1L);
            statement.execute("SELECT pg_advisory_lock(7)");
            takenOver = CompletableFuture.supplyAsync(() -> {
                try (Claim second = other.claim(Set.of())) {
                    return ids(second);
                }
            });
            awaitCount("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
            settle(first);
        }
        assertThat(takenOver.get(60, TimeUnit.SECONDS))
                .as("what the poller before has published and settled")
                .isEmpty();
    }

    @Test
    void aWriterThatComesBetweenTheTwoLooksIsWaitedFor() throws Exception {
        BetweenStatements between =
                new BetweenStatements(database.owner(), Set.of("leat_poller.drawn", "leat_poller.writers"));
        Claims interrupted = claims(between.dataSource());
        database.run(insert("a", false));
        assertThat(deliver(interrupted)).containsExactly(1L);
        database.run(insert("a", false));
        try (Connection slow = database.owner().getConnection();
                Statement writer = slow.createStatement();
                Connection gate = database.owner().getConnection();
                Statement keeper = gate.createStatement()) {
            slow.setAutoCommit(false);
            keeper.execute("SELECT pg_advisory_lock(" + BetweenStatements.GATE + ")");
            CompletableFuture<List<Long>> delivered = CompletableFuture.supplyAsync(() -> deliver(interrupted));
            awaitCount("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
            writer.execute(insert("a", false));
            keeper.execute("SELECT pg_advisory_unlock(" + BetweenStatements.GATE + ")");
            assertThat(delivered.get(60, TimeUnit.SECONDS)).containsExactly(2L);
            slow.commit();
            assertThat(deliver(interrupted)).containsExactly(3L);
        }
    }

    @Test
    void noIdIsDrawnBeforeTheLockOnTheOutbox() throws Exception {
        database.run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");
        CompletableFuture<Void> writer;
        try (Connection blocker = database.owner().getConnection();
                Statement statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            statement.execute("LOCK TABLE leat_internal.outbox IN SHARE MODE");
            writer = CompletableFuture.runAsync(() -> database.run("INSERT INTO public.t VALUES (1)"));
            awaitCount(
                    "SELECT count(*) FROM pg_locks WHERE relation = 'leat_internal.outbox'::regclass AND NOT granted");
            assertThat(deliver(claims)).isEmpty();
            assertThat(deliver(claims)).isEmpty();
            blocker.rollback();
        }
        writer.get(60, TimeUnit.SECONDS);
        assertThat(deliver(claims)).hasSize(1);
    }

    @Test
    void anEventThatCommitsWhileAClaimIsOpenIsNotSettledWithIt() throws SQLException {
        try (Connection slow = database.owner().getConnection();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute(insert("a", false));
            database.run(insert("a", false));
            try (Claim claim = claims.claim(Set.of())) {
                assertThat(ids(claim)).containsExactly(2L);
                slow.commit();
                settle(claim);
            }
        }
        assertThat(deliver(claims)).containsExactly(1L);
    }

    @Test
    void aClaimWhoseCommitFailsTeachesNothing() {
        database.run("""
                CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'the commit fails';
                END $$;
                CREATE CONSTRAINT TRIGGER refuse AFTER DELETE ON leat_internal.outbox
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.refuse()""");
        database.run(insert("a", false));
        assertThatThrownBy(() -> deliver(claims)).isInstanceOf(DatabaseUnavailable.class);
        database.run("DROP TRIGGER refuse ON leat_internal.outbox");
        assertThat(deliver(claims)).containsExactly(1L);
    }

    private void awaitCount(String sql) {
        Await.until(sql, PATIENCE, () -> !"0".equals(database.value(sql)));
    }

    private static String insert(String key, boolean held) {
        return """
                INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, partition_key, db_user)
                SELECT ('x' || substr(md5('%1$s'), 1, 2))::bit(8)::int >> 2, 'c', %2$s, false, now(), 1, '%1$s', 'me'""".formatted(key, held);
    }

    private static List<Long> deliver(Claims claims) {
        try (Claim claim = claims.claim(Set.of())) {
            settle(claim);
            return ids(claim);
        }
    }

    private static void settle(Claim claim) {
        claim.settle(claim.events().stream()
                .<Outcome>map(event -> new Outcome.Delivered(event, "shard", "1"))
                .toList());
    }

    private static List<Long> ids(Claim claim) {
        return claim.events().stream().map(Event::id).toList();
    }
}
