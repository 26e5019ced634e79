package dev.leat.app;

import dev.leat.config.Setting;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Hands options on to the reader of settings, as the texts that were given. */
final class Options {

    private Options() {}

    static void put(Map<Setting, String> given, Setting setting, @Nullable String value) {
        if (value != null) {
            given.put(setting, value);
        }
    }
}
