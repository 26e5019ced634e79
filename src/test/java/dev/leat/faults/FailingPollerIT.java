package dev.leat.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.Faults;
import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The messages of a poller while it fails, when the failure is over, and when it ends. */
@Tag("postgres")
@Timeout(180)
class FailingPollerIT {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String ROLE = "leat_failing";
    private static final String SETTLED = "everything claimed is settled";

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(1);

    @BeforeEach
    void prepare() {
        database.role(ROLE);
        database.run("SELECT leat.grant_poller('" + ROLE + "'); CREATE TABLE orders (id bigint PRIMARY KEY, note text);"
                + "SELECT leat.attach('public.orders')");
    }

    private LeatProcess start() {
        LeatProcess poller = LeatProcess.start(
                new LeatProcess.Environment(database, ROLE, stream.local().endpoint(), TestStream.NAME), "run");
        Await.until("the poller to begin", LONG, () -> said(poller, " publishes from "));
        return poller;
    }

    private static boolean said(LeatProcess poller, String text) {
        if (!poller.alive()) {
            throw new AssertionError("it has ended: " + poller.said());
        }
        return poller.said().contains(text);
    }

    private static void awaitSaid(LeatProcess poller, String text) {
        Await.until(text, LONG, () -> said(poller, text));
    }

    private void write(int id) {
        database.run("INSERT INTO orders VALUES (" + id + ", 'a')");
    }

    private static void assertEndsWhileFailing(LeatProcess poller, String... says) {
        poller.terminate();
        assertThat(poller.exitCode()).as(poller::said).isEqualTo(1);
        assertThat(poller.said())
                .contains("stopped while this was failing")
                .contains(says)
                .doesNotContain(SETTLED);
    }

    private static void assertEndsInOrder(LeatProcess poller) {
        poller.terminate();
        assertThat(poller.exitCode()).as(poller::said).isZero();
        assertThat(poller.said()).contains(SETTLED);
    }

    @Test
    void aRightThatIsRevokedIsToldAgainWithWhatWaitsAndItsReturn() {
        String settle = "FUNCTION "
                + database.value("SELECT oid::regprocedure FROM pg_proc WHERE proname = 'settle'"
                        + " AND pronamespace = 'leat_poller'::regnamespace");
        try (LeatProcess poller = start()) {
            database.run("REVOKE EXECUTE ON " + settle + " FROM " + ROLE);
            write(1);
            awaitSaid(poller, "a pass failed: ");
            awaitSaid(poller, "passes have failed for ");
            awaitSaid(poller, "; 1 event waits, for ");
            database.run("GRANT EXECUTE ON " + settle + " TO " + ROLE);
            awaitSaid(poller, "passes succeed again, after ");
            assertEndsInOrder(poller);
        }
    }

    @Tag("full")
    @Test
    void whoIsStoppedWithARightRevokedSaysWhatFailsAndWhatWaits() {
        String settle = "FUNCTION "
                + database.value("SELECT oid::regprocedure FROM pg_proc WHERE proname = 'settle'"
                        + " AND pronamespace = 'leat_poller'::regnamespace");
        try (LeatProcess poller = start()) {
            database.run("REVOKE EXECUTE ON " + settle + " FROM " + ROLE);
            write(1);
            awaitSaid(poller, "a pass failed: ");
            assertEndsWhileFailing(
                    poller, "permission denied for function settle", "not everything was published; 1 event waits");
        }
    }

    @Tag("full")
    @Test
    void aStreamThatIsDeletedIsToldWithTheServicesWordsAndItsReturn() {
        try (LeatProcess poller = start()) {
            stream.client().deleteStream(request -> request.streamName(TestStream.NAME));
            write(1);
            awaitSaid(poller, "a request to stream changes failed: ResourceNotFoundException (");
            awaitSaid(poller, "request id");
            awaitSaid(poller, "stream changes has accepted nothing for ");
            stream.local().createStream(TestStream.NAME, 1);
            awaitSaid(poller, "stream changes accepts records again, after ");
            assertEndsInOrder(poller);
        }
    }

    @Test
    void whoIsStoppedWithoutTheRightToTheKeySaysSo() {
        try (LeatProcess poller = start()) {
            stream.local().faults(Faults.none().failingEntries(1, "KMSAccessDeniedException"));
            write(1);
            awaitSaid(poller, "a request to stream changes failed: KMSAccessDeniedException (");
            assertEndsWhileFailing(poller, "KMSAccessDeniedException", "not everything was published; 1 event waits");
        }
    }

    @Tag("full")
    @Test
    void aSchemaThatIsDroppedIsNotCalledPublishing() {
        try (LeatProcess poller = start()) {
            database.run(
                    "DROP SCHEMA leat CASCADE; DROP SCHEMA leat_poller CASCADE; DROP SCHEMA leat_internal CASCADE");
            awaitSaid(poller, "the heartbeat failed");
            awaitSaid(poller, "passes have failed for ");
            assertThat(poller.said()).contains("Leat's schema is missing").doesNotContain("published meanwhile");
            assertEndsWhileFailing(poller, "the number of waiting events could not be read");
        }
    }

    @Tag("full")
    @Test
    void aTableOfLeatsThatIsDroppedIsTold() {
        try (LeatProcess poller = start()) {
            database.run("DROP TABLE leat_internal.lane CASCADE");
            write(1);
            awaitSaid(poller, "a pass failed: ");
            assertEndsWhileFailing(poller, "Leat's schema is missing, or has another version", "1 event waits");
        }
    }
}
