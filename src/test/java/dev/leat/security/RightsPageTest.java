package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of rights in docs/security.md must equal the catalog; {@code -Dleat.regenerate=true} writes it again. */
class RightsPageTest extends Attack {

    private static final Path PAGE = Path.of("docs", "security.md");
    private static final String BEGIN = "<!-- rights -->\n";
    private static final String END = "<!-- /rights -->";

    @Test
    void theTableOfRightsIsWhatTheCatalogSays() throws IOException {
        String poller = database.role("leat_poller");
        String publisher = database.role("leat_publisher");
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " SELECT leat.grant_poller('" + poller + "'), leat.grant_publisher('" + publisher + "')");
        String table = database.rows("""
                        SELECT format('| %s | %s | %s | %s |', replace(replace(object, 'capture_1()', 'capture_<n>()'), 'FUNCTION ', ''),
                                      coalesce(string_agg(lower(privilege), ', ') FILTER (WHERE grantee = 0), ''),
                                      coalesce(string_agg(lower(privilege), ', ') FILTER (WHERE grantee = 'leat_publisher'::regrole), ''),
                                      coalesce(string_agg(lower(privilege), ', ') FILTER (WHERE grantee = 'leat_poller'::regrole), ''))
                        FROM leat_internal.rights_of_others()
                        GROUP BY object ORDER BY split_part(object, ' ', 1) DESC, object COLLATE "C" """).stream()
                .map(row -> row.get(0) + "\n")
                .collect(Collectors.joining("", "| object | anybody | publisher | poller |\n|---|---|---|---|\n", ""));

        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        String written = page.substring(0, begin) + table + page.substring(page.indexOf(END));
        if (Boolean.getBoolean("leat.regenerate")) {
            Files.writeString(PAGE, written);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(written);
    }
}
