package dev.leat.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Texts that are committed for people to read and must equal what the code makes. */
public final class KeptText {

    private KeptText() {}

    /** Compares statements with the files in {@code docs/sql}; {@code -Dleat.regenerate=true} writes those anew. */
    public static void assertStatements(Map<String, String> statements) throws IOException {
        for (var statement : statements.entrySet()) {
            Path file = Path.of("docs", "sql", statement.getKey() + ".sql");
            if (Boolean.getBoolean("leat.regenerate")) {
                Files.writeString(file, statement.getValue() + "\n");
            }
            assertThat(file).hasContent(statement.getValue() + "\n");
        }
    }
}
