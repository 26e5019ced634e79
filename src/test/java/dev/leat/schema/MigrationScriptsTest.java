package dev.leat.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rules for the texts of the scripts in {@code db/migration}. */
class MigrationScriptsTest {

    private static final Path SCRIPTS = Path.of("db", "migration");

    private static List<Path> scripts() throws IOException {
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            return files.sorted().toList();
        }
    }

    /**
     * Flyway runs a repeatable script when its text has changed. The last one restores all grants, so it must run after any other:
     * it names a hash of their texts. {@code -Dleat.regenerate=true} writes it anew.
     */
    @Test
    void theLastScriptChangesWithEachOther() throws IOException, NoSuchAlgorithmException {
        Path last = SCRIPTS.resolve("R__11_rights.sql");
        MessageDigest hash = MessageDigest.getInstance("SHA-256");
        for (Path script : scripts()) {
            if (!script.equals(last)) {
                hash.update(Files.readString(script).getBytes(StandardCharsets.UTF_8));
            }
        }
        String text = Files.readString(last);
        String written = text.replaceFirst(
                "(?m)^-- scripts .*$",
                "-- scripts " + HexFormat.of().formatHex(hash.digest()).substring(0, 16));
        if (Boolean.getBoolean("leat.regenerate")) {
            Files.writeString(last, written);
        }
        assertThat(Files.readString(last)).contains("\n-- scripts ").isEqualTo(written);
        assertThat(text).endsWith("SELECT leat_internal.restore_rights();\n");
    }

    @Test
    void repeatableScriptsAreNumberedWithoutGapsAndTheLastOneIsTheLast() throws IOException {
        List<String> numbers = scripts().stream()
                .map(script -> script.getFileName().toString())
                .filter(name -> name.startsWith("R__"))
                .map(name -> name.substring(3, 5))
                .toList();
        for (int i = 0; i < numbers.size(); i++) {
            assertThat(numbers.get(i)).isEqualTo(String.format(java.util.Locale.ROOT, "%02d", i + 1));
        }
        assertThat(numbers).last().isEqualTo("11");
    }
}
