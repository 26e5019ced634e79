package dev.leat.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.PollerSettings;
import dev.leat.settings.Setting;
import dev.leat.testkit.KeptText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps the documentation's tables of settings equal to their definitions. */
class SettingsStatementsTest {

    @Test
    void theTableOfSettingsIsMadeFromTheirDefinitions() throws IOException {
        String table = Stream.concat(Settings.OF_THE_DATABASE.stream(), Settings.OF_A_POLLER.stream())
                .map(SettingsStatementsTest::row)
                .collect(
                        Collectors.joining("\n", "| option | default | limits | meaning |\n|---|---|---|---|\n", "\n"));

        assertThat(table.lines()).allMatch(line -> line.length() < 130);
        KeptText.assertPart(Path.of("docs", "operations.md"), "settings", table);
    }

    @Test
    void theTableOfBuilderCallsIsMadeFromTheSameDefinitions() throws IOException {
        String table = PollerSettings.OPTIONS.stream()
                .map(PollerSettings.Option::setting)
                .map(setting -> row(
                        "`" + setting.option() + "`",
                        "`" + setting.method() + "(" + setting.type().getSimpleName() + ")`",
                        setting.defaultText(),
                        setting.limits()))
                .collect(Collectors.joining(
                        "\n",
                        "| option of `leat run` | method of the builder | default | limits |\n|---|---|---|---|\n",
                        "\n"));

        assertThat(table.lines()).allMatch(line -> line.length() < 130);
        KeptText.assertPart(Path.of("docs", "embedding.md"), "settings", table);
    }

    private static String row(Setting<?> setting) {
        return row(
                "`" + setting.option() + "`",
                setting.defaultText(),
                setting.limits(),
                setting.description().replace("<", "&lt;"));
    }

    private static String row(String... cells) {
        return "| " + String.join(" | ", cells) + " |";
    }
}
