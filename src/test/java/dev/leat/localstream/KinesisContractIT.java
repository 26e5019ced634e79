package dev.leat.localstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.Difference.Agrees;
import dev.leat.testkit.KinesisLocal;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same cases against the local stream and against kinesis-local. Where the two differ, {@link Difference} says how, and which
 * of them agrees with the service's documentation; docs/local-stream.md repeats it.
 */
class KinesisContractIT {

    @Nested
    class OfTheLocalStream extends KinesisContract {

        private @Nullable LocalStream stream;

        @Override
        URI start() {
            stream = LocalStream.start(0, LocalStreamOptions.defaults().withThrottling(true));
            return stream.endpoint();
        }

        @Override
        void stop() {
            if (stream != null) {
                stream.close();
            }
        }

        @Override
        String expected(ContractCase question) {
            return Difference.of(question).map(Difference::ours).orElse(question.documented());
        }
    }

    @Nested
    @Tag("full")
    class OfKinesisLocal extends KinesisContract {

        private @Nullable KinesisLocal emulator;

        @Override
        URI start() {
            emulator = KinesisLocal.start();
            return emulator.endpoint();
        }

        @Override
        void stop() {
            if (emulator != null) {
                emulator.close();
            }
        }

        @Override
        String expected(ContractCase question) {
            return Difference.of(question).map(Difference::theirs).orElse(question.documented());
        }
    }

    @Test
    void everyDifferenceIsRealAndSaysWhoAgreesWithTheDocumentation() {
        Map<String, String> documented =
                ContractCases.all().collect(Collectors.toMap(ContractCase::name, ContractCase::documented));
        assertThat(Difference.ALL).allSatisfy(d -> {
            assertThat(documented).containsKey(d.caseName());
            String right = documented.get(d.caseName());
            assertThat(d.ours()).isNotEqualTo(d.theirs());
            assertThat(d.ours().equals(right)).isEqualTo(d.agrees() == Agrees.OURS);
            assertThat(d.theirs().equals(right)).isEqualTo(d.agrees() == Agrees.THEIRS);
        });
    }

    @Test
    void theDocumentationNamesEveryDifference() throws IOException {
        String page = Files.readString(Path.of("docs", "local-stream.md"));
        assertThat(Difference.ALL).allSatisfy(d -> assertThat(page).contains(d.row()));
    }
}
