package dev.leat.types;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The table of types in docs/formats.md, line by line, from an insert to the stream. */
@Tag("postgres")
class DocumentedTypesTest {

    private static final Pattern LINE =
            Pattern.compile("^\\|[^|`]*(?:`[^`]*`)?[^|`]*\\| `(.*)` \\| `(.*)` \\|$", Pattern.MULTILINE);

    @Test
    void whatThePageSaysIsWhatTheStreamHolds() throws Exception {
        String page = Files.readString(Path.of("docs", "formats.md"));
        String table = page.substring(page.indexOf("## Types"), page.indexOf("## The partition key"));
        List<MatchResult> lines = LINE.matcher(table).results().toList();
        assertThat(lines)
                .hasSameSizeAs(
                        table.lines().filter(line -> line.endsWith("` |")).toList());
        assertThat(lines).hasSizeGreaterThan(40);

        try (TestDatabase database = TestServer.shared().database();
                Changes changes = new Changes(database)) {
            database.superuser("CREATE EXTENSION hstore");
            database.run("CREATE TYPE pair AS (a int, b text); CREATE TYPE mood AS ENUM ('it''s ok');"
                    + " CREATE DOMAIN small AS int");
            StringBuilder create = new StringBuilder("CREATE TABLE public.t AS SELECT 1 AS id");
            StringBuilder expected = new StringBuilder("{\"id\":1");
            for (int i = 0; i < lines.size(); i++) {
                create.append(", ")
                        .append(lines.get(i).group(1))
                        .append(" AS c")
                        .append(i);
                expected.append(",\"c" + i + "\":").append(lines.get(i).group(2));
            }
            database.run(create + "; ALTER TABLE public.t ADD PRIMARY KEY (id); SELECT leat.attach('public.t')");

            database.run("UPDATE public.t SET id = id");

            assertThat(changes.next(1).get(0).text())
                    .startsWith(Received.beginning(expected + "}", expected + "}", "{\"id\":1}"));
        }
    }
}
