package dev.leat.app;

import dev.leat.config.Settings;
import dev.leat.settings.Setting;
import picocli.CommandLine.Model.OptionSpec;

/** Makes the command line's options from the settings. The values stay texts: they are parsed later, together with the environment. */
final class Options {

    private Options() {}

    static OptionSpec of(Setting<?> setting) {
        OptionSpec.Builder option = OptionSpec.builder(setting.option())
                .type(String.class)
                .description(help(setting).replace("%", "%%"));
        // Other users of the machine could read a value on the command line, so Leat prompts for it.
        return setting.equals(Settings.DATABASE_PASSWORD)
                ? option.arity("0").interactive(true).prompt("Password: ").build()
                : option.paramLabel(setting.placeholder()).build();
    }

    private static String help(Setting<?> setting) {
        String otherwise = setting.defaultText().isEmpty() ? "" : " Default: " + setting.defaultText() + ".";
        String limits = setting.limits().isEmpty() ? "" : " From " + setting.limits() + ".";
        return setting.description() + otherwise + limits + " " + setting.environment();
    }
}
