package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class LeatPollerTest {

    private static final Duration GRACE = Duration.ofSeconds(20);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(1);

    private LeatPoller.Builder builder(String name) {
        return LeatPoller.builder(database.owner(), stream.client(), name);
    }

    @Test
    void aStreamThatIsMissingIsToldBeforeAnythingStarts() {
        assertThatThrownBy(() -> builder("absent").build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stream absent does not exist")
                .hasMessageContaining("create it");
        assertThatThrownBy(() -> builder("two words").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("neither a stream's name");
    }

    @Test
    void aStreamThatCannotBeReachedIsToldBeforeAnythingStarts() {
        stream.local().close();

        assertThatThrownBy(() -> builder(TestStream.NAME).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no connection to Kinesis");
    }

    @Test
    void whatIsLeftIsTheAnswerOfStop() throws Exception {
        database.run("SELECT leat.publish('a', 'Happened', '1'), leat.publish('b', 'Happened', '2')");
        LeatPoller poller = builder(TestStream.NAME).build();

        Ending ending = poller.stop(GRACE);

        assertThat(ending.finished()).isTrue();
        assertThat(ending.waiting()).isNotNull().extracting(Backlog::events).isEqualTo(2L);
        assertThat(poller.stop(GRACE)).isEqualTo(ending);
        poller.close();
        assertThatThrownBy(poller::start).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void itLogsUnlessToldToBeQuiet() throws Exception {
        assertThat(logged(builder(TestStream.NAME))).contains("dev.leat", "stopped: everything claimed is settled");
        assertThat(logged(builder(TestStream.NAME).quiet())).doesNotContain("dev.leat");
    }

    private static String logged(LeatPoller.Builder builder) throws Exception {
        PrintStream before = System.err;
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        try (LeatPoller poller = builder.build()) {
            poller.start();
            assertThat(poller.id()).isNotNull();
        } finally {
            System.setErr(before);
        }
        return written.toString(StandardCharsets.UTF_8);
    }
}
