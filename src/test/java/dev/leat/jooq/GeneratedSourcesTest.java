package dev.leat.jooq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.codegen.JooqCodegen;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

class GeneratedSourcesTest {

    private static final Path COMMITTED = Path.of("src", "main", "java");

    static boolean onTheirVersion() {
        return TestServer.shared().major() == 18;
    }

    @Test
    @EnabledIf(value = "onTheirVersion", disabledReason = "the committed sources were generated on PostgreSQL 18")
    void theCommittedSourcesAreWhatTheMigratedSchemaGenerates(@TempDir Path fresh) throws Exception {
        boolean regenerate = Boolean.getBoolean("leat.regenerate");
        Path target = regenerate ? COMMITTED : fresh;
        try (TestDatabase database = TestServer.shared().database()) {
            JooqCodegen.generate(database.url(), TestServer.OWNER, TestServer.password(), target);
        }
        assertThat(sources(target)).isEqualTo(sources(COMMITTED));
    }

    private static Map<String, String> sources(Path root) throws IOException {
        Path directory = root.resolve(JooqCodegen.PACKAGE.replace('.', '/'));
        Map<String, String> sources = new TreeMap<>();
        try (var files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sources.put(directory.relativize(file).toString(), Files.readString(file));
            }
        }
        return sources;
    }
}
