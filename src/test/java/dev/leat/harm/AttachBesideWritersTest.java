package dev.leat.harm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.admin.Attachments;
import dev.leat.config.Attachment;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.Writers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attaching and detaching need the table's lock. They must not make the application queue behind them. */
@Tag("postgres")
@Timeout(120)
class AttachBesideWritersTest {

    /** Far more than a try may make anybody wait, and less than a try for the whole five seconds would. */
    private static final Duration WRITERS_PATIENCE = Duration.ofMillis(2500);

    private static final Duration LONG = Duration.ofSeconds(60);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final Attachments attachments = new Attachments(database.owner());

    @BeforeEach
    void tables() {
        database.run("CREATE TABLE public.orders (id int PRIMARY KEY, v int);"
                + " CREATE TABLE public.items (id int PRIMARY KEY, v int)");
    }

    @Test
    void whileALongTransactionKeepsAttachFromItsLockWritersGoOn() throws SQLException {
        try (Connection slow = database.owner().getConnection();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("INSERT INTO public.orders VALUES (-1, 0)");

            goOnBeside(() -> attachments.attach(orders()), "ShareRowExclusiveLock");

            slow.commit();
        }
        assertThat(attachments.attach(orders()).change()).isEqualTo("attached");
        database.run("INSERT INTO public.orders VALUES (-2, 0)");
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("1");
    }

    @Test
    @Tag("full")
    void whileALongReaderKeepsDetachFromItsLockWritersGoOnAndAreCaptured() throws SQLException {
        attachments.attach(orders());
        try (Connection slow = database.owner().getConnection();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("SELECT FROM public.orders");

            goOnBeside(() -> attachments.detach("public.orders"), "AccessExclusiveLock");
        }
        assertThat(Long.parseLong(String.valueOf(database.value("SELECT count(*) FROM leat_internal.outbox"))))
                .isPositive();
        attachments.detach("public.orders");
        assertThat(database.value("SELECT count(*) FROM leat.attached()")).isEqualTo("0");
    }

    private static Attachment orders() {
        return Attachment.of("public.orders");
    }

    private void goOnBeside(Runnable work, String mode) {
        try (Writers writers = new Writers(database, 2, WRITERS_PATIENCE, "public.orders")) {
            writers.awaitMore(10);
            CompletableFuture<Void> waits = CompletableFuture.runAsync(work);
            Await.until(
                    "it waits for its lock",
                    LONG,
                    () -> "1"
                            .equals(database.value("SELECT count(*) FROM pg_locks"
                                    + " WHERE relation = 'public.orders'::regclass AND NOT granted AND mode = '" + mode
                                    + "'")));
            writers.awaitMore(50);
            assertThatThrownBy(waits::join)
                    .isInstanceOf(CompletionException.class)
                    .hasMessageContaining("public.orders could not be locked for its triggers within 00:00:05")
                    .hasMessageContaining("it is in use by session")
                    .hasMessageContaining("xact_start");
            writers.awaitMore(10);
            assertThat(writers.failures()).isEmpty();
        }
    }

    @Test
    void attachingAndDetachingOverAndOverFailsNoWriter() {
        attachments.attach(Attachment.of("public.items"));
        try (Writers writers = new Writers(database, 3, WRITERS_PATIENCE, "public.orders", "public.items")) {
            writers.awaitMore(10);
            for (int round = 0; round < Extent.of(5, 15); round++) {
                attachments.attach(orders());
                writers.awaitMore(5);
                database.run("SELECT leat.attach('public.orders', operations => '{truncate}')");
                database.run("SELECT leat.attach('public.orders', before => false)");
                attachments.detach("public.orders");
                writers.awaitMore(5);
            }
            assertThat(writers.failures()).isEmpty();
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox WHERE fault IS NOT NULL"))
                .isEqualTo("0");
    }
}
