package dev.leat.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Records of 1.2 MB and 2 MB on a stream that accepts 1 MiB. */
class OversizedRecordIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Pattern LABEL = Pattern.compile("\"label\":\"([^\"]*)\"");

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(2);

    private final LeatProcess.Environment environment = new LeatProcess.Environment(
            database, TestServer.OWNER, stream.local().endpoint(), TestStream.NAME);

    @AutoClose
    private final LeatProcess poller = LeatProcess.start(environment, "run");

    @BeforeEach
    void attach() {
        for (String policy : List.of("wait", "pass")) {
            database.run("CREATE TABLE public." + policy + " (id integer PRIMARY KEY, label text, body text)");
            database.run(
                    "SELECT leat.attach('public." + policy + "', before => false, on_quarantine => '" + policy + "')");
        }
        put("wait", 1, "first", 1);
        awaitArrival("public.wait.1", "first");
    }

    @AfterEach
    void thePollerLives() {
        assertThat(poller.alive()).as(poller::said).isTrue();
    }

    @Test
    void anOversizedRecordIsSetAsideAloneAndSentInItsPlaceOnceTheStreamTakesIt() {
        put("wait", 1, "large", 1_200_000);
        put("wait", 1, "after", 1);
        put("wait", 2, "very large", 2_000_000);
        put("wait", 3, "other key", 1);
        long began = System.nanoTime();
        awaitArrival("public.wait.3", "other key");
        long otherKey = System.nanoTime() - began;
        awaitQuarantine("quarantined", 2);
        awaitQuarantine("waiting", 1);
        assertThat(database.rows("SELECT reason FROM leat_internal.quarantine WHERE state = 'quarantined' ORDER BY id"))
                .extracting(row -> String.valueOf(row.get(0)))
                .satisfiesExactly(
                        reason -> assertThat(reason).contains("bytes").contains("takes up to 1048576"),
                        reason -> assertThat(reason).contains("bytes").contains("takes up to 1048576"));
        assertThat(labels("public.wait.1")).containsExactly("first");

        stream.client().updateMaxRecordSize(request -> request.streamARN(arn()).maxRecordSizeInKiB(4096));
        long raised = System.nanoTime();
        Await.until("the retried events", SOON, () -> {
            // A poller may know the former limit for ten seconds more, and set the events aside again.
            if (!"0"
                    .equals(database.value(
                            "SELECT count(*) FROM leat_internal.quarantine WHERE state = 'quarantined'"))) {
                LeatProcess.run(environment, "quarantine", "retry", "--all");
            }
            return labels("public.wait.1").size() == 3
                    && labels("public.wait.2").size() == 1;
        });
        System.out.printf(
                "oversized: another key after %d ms; in its place %d ms after the stream's limit was raised%n",
                otherKey / 1_000_000, (System.nanoTime() - raised) / 1_000_000);
        assertThat(labels("public.wait.1")).containsExactly("first", "large", "after");
        assertThat(labels("public.wait.2")).containsExactly("very large");
        Await.until(
                "the quarantine to be empty",
                SOON,
                () -> "0".equals(database.value("SELECT count(*) FROM leat_internal.quarantine")));
    }

    @Tag("full")
    @Test
    void whereTheTableSaysSoLaterEventsOfTheKeyPass() {
        put("pass", 1, "large", 1_200_000);
        put("pass", 1, "after", 1);
        awaitArrival("public.pass.1", "after");
        awaitQuarantine("quarantined", 1);
        assertThat(labels("public.pass.1")).containsExactly("after");
    }

    @Tag("full")
    @Test
    void whatIsDiscardedLeavesATraceAndLetsTheKeyGoOn() {
        put("wait", 1, "large", 2_000_000);
        put("wait", 1, "after", 1);
        awaitQuarantine("quarantined", 1);
        awaitQuarantine("waiting", 1);
        String id =
                String.valueOf(database.value("SELECT id FROM leat_internal.quarantine WHERE state = 'quarantined'"));
        assertThat(LeatProcess.run(environment, "quarantine", "discard", id)).contains("1 events discarded");
        awaitArrival("public.wait.1", "after");
        assertThat(labels("public.wait.1")).containsExactly("first", "after");
        // An event arrives before it is settled.
        List<List<String>> trace = List.of(List.of(id, "discarded", TestServer.OWNER, "t"));
        Await.until(
                "the trace alone",
                SOON,
                () -> database.rows(
                                "SELECT id, state, decided_by, decided_at IS NOT NULL FROM leat_internal.quarantine")
                        .equals(trace));
    }

    private void put(String table, int id, String label, int bytes) {
        database.run("INSERT INTO public." + table + " VALUES (" + id + ", '" + label + "', repeat('x', " + bytes
                + ")) ON CONFLICT (id) DO UPDATE SET label = excluded.label, body = excluded.body");
    }

    private String arn() {
        return stream.client()
                .describeStreamSummary(request -> request.streamName(TestStream.NAME))
                .streamDescriptionSummary()
                .streamARN();
    }

    private void awaitArrival(String key, String label) {
        Await.until(label, SOON, () -> labels(key).contains(label));
    }

    private void awaitQuarantine(String state, int events) {
        Await.until(
                events + " events " + state,
                SOON,
                () -> String.valueOf(events)
                        .equals(database.value(
                                "SELECT count(*) FROM leat_internal.quarantine WHERE state = '" + state + "'")));
    }

    /** The labels of that key's records, in the order of arrival. */
    private List<String> labels(String key) {
        return stream.local().records(TestStream.NAME).stream()
                .filter(record -> record.partitionKey().equals(key))
                .map(OversizedRecordIT::label)
                .toList();
    }

    private static String label(KeptRecord record) {
        Matcher matcher = LABEL.matcher(new String(record.data(), StandardCharsets.UTF_8));
        return matcher.find() ? matcher.group(1) : "";
    }
}
