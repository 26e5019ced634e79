package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.KeptText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClaimStatementsTest {

    private static final Path STATEMENTS = Path.of("src", "main", "resources", "dev", "leat", "sql");

    @Test
    void thePageShowsTheStatementsThatRun() throws IOException {
        try (Stream<Path> files = Files.list(STATEMENTS)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString().replace(".sql", "");
                KeptText.assertSql(Path.of("docs", "statements.md"), name, Files.readString(file));
            }
        }
    }

    @Test
    void whatRunsHasNoCommentAndNothingElseIsLeftOut() throws IOException {
        assertThat(ClaimStatements.OUTBOX_EVENTS).startsWith("SELECT id").doesNotContain("--");
        String file = Files.readString(STATEMENTS.resolve("claim-8-outbox-events.sql"));
        assertThat(ClaimStatements.OUTBOX_EVENTS.replaceAll("\\s+", " "))
                .isEqualTo(file.replaceAll("(?m)^ *--.*$", "").strip().replaceAll("\\s+", " "));
    }
}
