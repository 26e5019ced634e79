package dev.leat.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo of the README's first command, from its jar. */
class DemoIT {

    @TempDir
    private Path temporary;

    @Test
    void itEndsByItselfWithAVerdictAndLeavesNoFiles() {
        try (LeatProcess demo = LeatProcess.demo(temporary, "--seconds", "3", "--rate", "300")) {
            assertThat(demo.exitCode()).as(demo::said).isZero();
            assertThat(demo.said()).contains("a local stand-in for Amazon Kinesis", "Verdict: in order, nothing lost");
            assertThat(temporary).isEmptyDirectory();
        }
    }

    @Tag("full")
    @Test
    void itRunsUntilItIsStoppedAndThenPrintsItsVerdict() {
        try (LeatProcess demo = LeatProcess.demo(temporary, "--forever", "--rate", "300")) {
            Await.until(
                    "the first figures",
                    Duration.ofSeconds(60),
                    () -> demo.said().contains("published"));
            demo.terminate();
            assertThat(demo.exitCode()).as(demo::said).isEqualTo(128 + 15);
            assertThat(demo.said()).contains("Verdict: in order, nothing lost");
            assertThat(temporary).isEmptyDirectory();
        }
    }

    @Test
    void wrongOptionsGiveOneLineAndExitCodeTwo() {
        try (LeatProcess demo = LeatProcess.demo(temporary, "--pollers", "0")) {
            assertThat(demo.exitCode()).isEqualTo(2);
            assertThat(demo.said().lines()).hasSize(1);
        }
    }

    @Tag("full")
    @Test
    void theLocalStreamRunsAlone() {
        try (LeatProcess local = LeatProcess.demo(temporary, "local-stream", "--port", "0", "--stream", "orders")) {
            Await.until(
                    "the local stream to say where it is",
                    Duration.ofSeconds(30),
                    () -> local.said().contains("AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:"));
            assertThat(local.said()).contains("not for production", "stream orders");
        }
    }
}
