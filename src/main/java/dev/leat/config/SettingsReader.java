package dev.leat.config;

import dev.leat.PollerSettings;
import dev.leat.settings.Faults;
import dev.leat.settings.InvalidSettings;
import dev.leat.settings.Setting;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads settings from options and environment, and reports all that is wrong with them at once. */
public final class SettingsReader {

    private final Map<String, String> options;
    private final Map<String, String> environment;

    /**
     * @param options what the command line gave, by the name of the option, such as {@code --workers}; wins over the environment
     * @param environment such as {@link System#getenv()}; an empty value counts as not set
     */
    public SettingsReader(Map<String, String> options, Map<String, String> environment) {
        this.options = Map.copyOf(options);
        this.environment = Map.copyOf(environment);
    }

    /**
     * Everything that {@code run} needs.
     *
     * @throws InvalidSettings with every fault
     */
    public Settings settings() {
        Faults faults = new Faults();
        Settings.@Nullable Database database = part(faults, () -> database(faults));
        String stream = required(faults, PollerSettings.STREAM, "the name or ARN of the Kinesis stream");
        faults.check(PollerSettings.STREAM, stream);
        PollerSettings poller = part(faults, () -> poller(faults));
        faults.raise();
        if (database == null || stream == null || poller == null) {
            throw new IllegalStateException("a part of the settings is missing without a fault");
        }
        return new Settings(database, stream, poller);
    }

    /**
     * The database alone, for commands that do not publish.
     *
     * @throws InvalidSettings with every fault
     */
    public Settings.Database database() {
        Faults faults = new Faults();
        Settings.@Nullable Database database = part(faults, () -> database(faults));
        faults.raise();
        if (database == null) {
            throw new IllegalStateException("the database's settings are missing without a fault");
        }
        return database;
    }

    /**
     * The stream if one is named, for {@code doctor}.
     *
     * @throws InvalidSettings when it is neither a name nor an ARN
     */
    public @Nullable String streamIfGiven() {
        Faults faults = new Faults();
        String stream = value(PollerSettings.STREAM);
        faults.check(PollerSettings.STREAM, stream);
        faults.raise();
        return stream;
    }

    /**
     * The name of the source if one is given, for {@code reconcile}.
     *
     * @throws InvalidSettings when it is blank
     */
    public @Nullable String serverNameIfGiven() {
        Faults faults = new Faults();
        String name = value(PollerSettings.SERVER_NAME);
        faults.check(PollerSettings.SERVER_NAME, name);
        faults.raise();
        return name;
    }

    private Settings.@Nullable Database database(Faults faults) {
        String url = required(
                faults,
                Settings.DATABASE_URL,
                "the JDBC URL of the database, such as jdbc:postgresql://localhost:5432/shop");
        if (options.containsKey(Settings.DATABASE_URL.option())
                && url != null
                && !DatabaseUrl.secretsIn(url).isEmpty()) {
            faults.add(Settings.DATABASE_URL.option()
                    + " holds a password, which other users of this machine can read on the command line: give it without,"
                    + " as jdbc:postgresql://<host>:<port>/<database>, and set "
                    + Settings.DATABASE_USERNAME.environment()
                    + " and " + Settings.DATABASE_PASSWORD.environment() + ", or set "
                    + Settings.DATABASE_URL.environment());
            return null;
        }
        return url == null
                ? null
                : new Settings.Database(url, value(Settings.DATABASE_USERNAME), value(Settings.DATABASE_PASSWORD));
    }

    private PollerSettings poller(Faults faults) {
        PollerSettings.Builder builder = PollerSettings.builder();
        for (PollerSettings.Option<?> option : PollerSettings.OPTIONS) {
            String value = value(option.setting());
            if (value != null) {
                try {
                    option.read(builder, value);
                } catch (IllegalArgumentException e) {
                    faults.add(option.setting() + ": " + e.getMessage());
                }
            }
        }
        return builder.build();
    }

    private static <T> @Nullable T part(Faults faults, Supplier<@Nullable T> read) {
        try {
            return read.get();
        } catch (InvalidSettings invalid) {
            faults.addAll(invalid);
            return null;
        }
    }

    private @Nullable String required(Faults faults, Setting<String> setting, String meaning) {
        String value = value(setting);
        if (value == null) {
            faults.add("set " + setting + ": " + meaning);
        }
        return value;
    }

    private @Nullable String value(Setting<?> setting) {
        String given = options.get(setting.option());
        if (given != null) {
            return given;
        }
        String set = environment.get(setting.environment());
        return set == null || set.isEmpty() ? null : set;
    }
}
