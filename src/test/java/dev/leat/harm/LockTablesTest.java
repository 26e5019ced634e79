package dev.leat.harm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.Writers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code leat_internal.lock_tables}: a script that alters Leat's tables gets its locks by it while the application writes. */
@Tag("postgres")
@Timeout(120)
class LockTablesTest {

    private static final String LOCK =
            "SELECT leat_internal.lock_tables('V2', '%s', 'leat_internal.outbox', 'leat_internal.lane')";

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @BeforeEach
    void attached() {
        database.run("CREATE TABLE public.orders (id int PRIMARY KEY, v int); SELECT leat.attach('public.orders')");
    }

    @Test
    void whileALongTransactionKeepsItFromItsLocksWritersGoOn() throws Exception {
        try (Connection holder = database.owner().getConnection();
                Statement statement = holder.createStatement();
                Writers writers = new Writers(database, 2, Duration.ofSeconds(2), "public.orders")) {
            holder.setAutoCommit(false);
            statement.execute("INSERT INTO public.orders VALUES (-1, 0)");
            CompletableFuture<Void> locked =
                    CompletableFuture.runAsync(() -> database.run(LOCK.formatted("60 seconds")));
            Await.until("a try", Duration.ofSeconds(20), this::triedFor);
            writers.awaitMore(20);
            assertThat(locked).isNotDone();
            holder.commit();
            locked.get(60, TimeUnit.SECONDS);
            writers.awaitMore(5);
            assertThat(writers.failures()).isEmpty();
        }
    }

    private boolean triedFor() {
        return "1"
                .equals(database.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%lock_tables(%' AND"
                        + " datname = current_database() AND pid <> pg_backend_pid()"));
    }

    @Test
    void inTheEndItSaysWhoHoldsThemAndHoldsNothing() throws SQLException {
        try (Connection holder = database.owner().getConnection();
                Statement statement = holder.createStatement();
                Connection script = database.owner().getConnection();
                Statement locking = script.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE leat_internal.lane IN ROW SHARE MODE");
            script.setAutoCommit(false);
            locking.execute("SAVEPOINT before; SET LOCAL lock_timeout = '7s'");
            assertThatThrownBy(() -> locking.execute(LOCK.formatted("1 second")))
                    .hasMessageMatching(
                            "(?s).*V2: leat_internal.outbox, leat_internal.lane could not be locked within 00:00:01: in use by"
                                    + " session \\d+ of leat_owner.*");
            locking.execute("ROLLBACK TO before");
            assertThat(database.value("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation ="
                            + " 'leat_internal.outbox'::regclass"))
                    .isEqualTo("0");
        }
    }

    @Test
    void theCallersOwnTimeoutIsLeftAsItWas() throws SQLException {
        try (Connection script = database.owner().getConnection();
                Statement locking = script.createStatement()) {
            script.setAutoCommit(false);
            locking.execute("SET LOCAL lock_timeout = '7s'; " + LOCK.formatted("1 second"));
            assertThat(TestDatabase.rows(script, "SHOW lock_timeout").get(0)).containsExactly("7s");
            script.rollback();
        }
    }
}
