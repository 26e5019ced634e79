package dev.leat.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Texts in the documents that must equal a text from the code. */
public final class KeptText {

    private KeptText() {}

    /**
     * Compares the block of SQL that stands in a page between {@code <!-- name -->} and {@code <!-- /name -->};
     * {@code -Dleat.regenerate=true} writes it anew.
     */
    public static void assertSql(Path page, String name, String sql) throws IOException {
        String begin = "<!-- " + name + " -->\n";
        String end = "<!-- /" + name + " -->";
        String text = Files.readString(page);
        assertThat(text).contains(begin, end);
        String written = text.substring(0, text.indexOf(begin) + begin.length())
                + "```sql\n" + sql.strip() + "\n```\n"
                + text.substring(text.indexOf(end));
        if (Boolean.getBoolean("leat.regenerate")) {
            Files.writeString(page, written);
        }
        assertThat(Files.readString(page)).isEqualTo(written);
    }

    /**
     * Compares a part of a page with a text; {@code -Dleat.regenerate=true} writes it anew.
     *
     * @param name of the part, which stands between the lines {@code <!-- name -->} and {@code <!-- /name -->}
     */
    public static void assertPart(Path page, String name, String text) throws IOException {
        String whole = Files.readString(page);
        String begin = "<!-- " + name + " -->\n";
        int from = whole.indexOf(begin) + begin.length();
        int to = whole.indexOf("<!-- /" + name + " -->");
        assertThat(to).as("the end of part " + name + " of " + page).isGreaterThanOrEqualTo(from);
        String wanted = "\n" + text.strip() + "\n\n";
        if (Boolean.getBoolean("leat.regenerate")) {
            Files.writeString(page, whole.substring(0, from) + wanted + whole.substring(to));
            return;
        }
        assertThat(whole.substring(from, to))
                .as("part " + name + " of " + page + "; -Dleat.regenerate=true writes it anew")
                .isEqualTo(wanted);
    }
}
