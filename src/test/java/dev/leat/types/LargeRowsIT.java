package dev.leat.types;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A poller with a heap of 192 MB, which {@link LeatProcess} gives it, and rows that together do not fit into it. */
@Tag("full")
class LargeRowsIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(1);

    @BeforeEach
    void create() {
        database.run("CREATE TABLE public.t (id int PRIMARY KEY, v text); SELECT leat.attach('public.t')");
    }

    private LeatProcess poller() {
        LeatProcess.Environment environment = new LeatProcess.Environment(
                database, TestServer.OWNER, stream.local().endpoint(), TestStream.NAME);
        return LeatProcess.start(environment, "run");
    }

    private boolean carried(LeatProcess poller) {
        assertThat(poller.alive()).as(poller::said).isTrue();
        return "0".equals(database.value("SELECT count(*) FROM leat_internal.outbox"));
    }

    @Test
    void fiftyMegabytesGoToQuarantineAndOthersGoOn() {
        database.run("INSERT INTO public.t VALUES (1, repeat('x', 50000000)), (2, 'small');"
                + " UPDATE public.t SET v = 'smaller' WHERE id = 1; INSERT INTO public.t VALUES (3, 'small')");
        try (LeatProcess poller = poller()) {
            Await.until("the outbox to be empty", PATIENCE, () -> carried(poller));

            assertThat(database.rows("SELECT state, partition_key, reason FROM leat_internal.quarantine ORDER BY id"))
                    .hasSize(2)
                    .satisfiesExactly(
                            first -> assertThat(first.toString())
                                    .contains("quarantined, public.t.1, its images, key and context are 500000"),
                            second -> assertThat(second.toString()).contains("waiting, public.t.1"));
            assertThat(stream.texts()).hasSize(2).allMatch(text -> text.contains("\"v\":\"small\""));
            assertThat(poller.said()).doesNotContain("OutOfMemoryError");
        }
    }

    @Tag("full")
    @Test
    void manyRowsOfNineMegabytesArriveOneAfterTheOther() {
        stream.client()
                .updateMaxRecordSize(request -> request.streamARN(stream.client()
                                .describeStreamSummary(summary -> summary.streamName(TestStream.NAME))
                                .streamDescriptionSummary()
                                .streamARN())
                        .maxRecordSizeInKiB(10 * 1024));
        // Letters that take two bytes in Java's memory, and in UTF-8.
        database.run("INSERT INTO public.t SELECT n, repeat('Ж', CASE n % 2 WHEN 0 THEN 4700000 ELSE 2600000 END)"
                + " FROM generate_series(1, 30) n");
        try (LeatProcess poller = poller()) {
            Await.until("the outbox to be empty", PATIENCE, () -> carried(poller));

            Set<String> arrived = new HashSet<>();
            stream.local().records(TestStream.NAME).forEach(record -> arrived.add(record.partitionKey()));
            assertThat(arrived).hasSize(30);
            assertThat(database.value("SELECT count(*) FROM leat_internal.quarantine"))
                    .isEqualTo("0");
            assertThat(poller.said()).doesNotContain("OutOfMemoryError");
        }
    }

    @Tag("full")
    @Test
    void manyRowsThatNoStreamTakesGoToQuarantine() {
        database.run("INSERT INTO public.t SELECT n, repeat('Ж', 2600000) FROM generate_series(1, 64) n");
        try (LeatProcess poller = poller()) {
            Await.until("the outbox to be empty", PATIENCE, () -> carried(poller));

            assertThat(database.value(
                            "SELECT count(*) FROM leat_internal.quarantine WHERE reason LIKE '%takes up to 1048576%'"))
                    .isEqualTo("64");
            assertThat(poller.said()).doesNotContain("OutOfMemoryError");
        }
    }
}
