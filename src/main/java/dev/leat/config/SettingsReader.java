package dev.leat.config;

import dev.leat.kinesis.Aggregation;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads settings from options and environment, and reports all that is wrong with them at once. */
public final class SettingsReader {

    private final Map<Setting, String> options;
    private final Map<String, String> environment;

    /**
     * @param options what the command line gave; wins over the environment
     * @param environment such as {@link System#getenv()}; an empty value counts as not set
     */
    public SettingsReader(Map<Setting, String> options, Map<String, String> environment) {
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
        Settings.@Nullable Stream stream = part(faults, () -> stream(faults));
        Settings.@Nullable Poller poller = part(faults, () -> poller(faults));
        Aggregation aggregation = aggregation(faults);
        faults.raise();
        if (database == null || stream == null || poller == null) {
            throw new IllegalStateException("a part of the settings is missing without a fault");
        }
        return new Settings(database, stream, poller, aggregation);
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
     * @throws InvalidSettings with every fault
     */
    public Settings.@Nullable Stream streamIfGiven() {
        if (value(Setting.STREAM) == null) {
            return null;
        }
        Faults faults = new Faults();
        Settings.@Nullable Stream stream = part(faults, () -> stream(faults));
        faults.raise();
        return stream;
    }

    private Settings.@Nullable Database database(Faults faults) {
        String url = required(
                faults,
                Setting.DATABASE_URL,
                "the JDBC URL of the database, such as jdbc:postgresql://localhost:5432/shop");
        if (options.containsKey(Setting.DATABASE_URL)
                && url != null
                && !DatabaseUrl.secretsIn(url).isEmpty()) {
            faults.add(Setting.DATABASE_URL.option()
                    + " holds a password, which other users of this machine can read on the command line: give it without,"
                    + " as jdbc:postgresql://<host>:<port>/<database>, and set "
                    + Setting.DATABASE_USERNAME.environment()
                    + " and " + Setting.DATABASE_PASSWORD.environment() + ", or set "
                    + Setting.DATABASE_URL.environment());
            return null;
        }
        return url == null
                ? null
                : new Settings.Database(url, value(Setting.DATABASE_USERNAME), value(Setting.DATABASE_PASSWORD));
    }

    private Settings.@Nullable Stream stream(Faults faults) {
        String stream = required(faults, Setting.STREAM, "the name or ARN of the Kinesis stream");
        Integer size = parsed(faults, Setting.MAX_RECORD_SIZE, Sizes::parse, null);
        // A stand-in for a missing name: the size is judged even so.
        return new Settings.Stream(stream == null ? "unset" : stream, size);
    }

    private Aggregation aggregation(Faults faults) {
        Aggregation wanted = orElse(parsed(faults, Setting.AGGREGATION, Aggregations::parse, null), Aggregation.none());
        int size = orElse(parsed(faults, Setting.AGGREGATION_SIZE, Sizes::parse, null), wanted.recordBytes());
        if (size < Aggregation.LEAST_RECORD_BYTES || size > Aggregation.MOST_RECORD_BYTES) {
            faults.range(Setting.AGGREGATION_SIZE, size, Aggregation.LEAST_RECORD_BYTES, Aggregation.MOST_RECORD_BYTES);
            return wanted;
        }
        return new Aggregation(wanted.otherwise(), wanted.byStream(), size);
    }

    private Settings.Poller poller(Faults faults) {
        Settings.Poller or = Settings.Poller.DEFAULT;
        Duration idle = orElse(parsed(faults, Setting.IDLE_INTERVAL, Durations::parse, null), or.idleInterval());
        // Nobody who wants frequent looks at rest wants fewer of them at work.
        Duration busy = idle.compareTo(or.busyInterval()) < 0 ? idle : or.busyInterval();
        return new Settings.Poller(
                parsed(faults, Setting.RETAIN, Durations::parse, or.retain()),
                orElse(parsed(faults, Setting.WORKERS, SettingsReader::number, null), or.workers()),
                orElse(parsed(faults, Setting.BATCH, SettingsReader::number, null), or.batch()),
                orElse(parsed(faults, Setting.REQUESTS_IN_FLIGHT, SettingsReader::number, null), or.requestsInFlight()),
                orElse(parsed(faults, Setting.BUSY_INTERVAL, Durations::parse, null), busy),
                idle,
                orElse(parsed(faults, Setting.PUBLISH_DEADLINE, Durations::parse, null), or.publishDeadline()),
                orElse(parsed(faults, Setting.STOP_DEADLINE, Durations::parse, null), or.stopDeadline()),
                value(Setting.SERVER_NAME));
    }

    private static <T> @Nullable T part(Faults faults, Supplier<@Nullable T> read) {
        try {
            return read.get();
        } catch (InvalidSettings invalid) {
            faults.addAll(invalid);
            return null;
        }
    }

    private @Nullable String required(Faults faults, Setting setting, String meaning) {
        String value = value(setting);
        if (value == null) {
            faults.add("set " + setting + ": " + meaning);
        }
        return value;
    }

    private <T> @Nullable T parsed(Faults faults, Setting setting, Function<String, T> parse, @Nullable T otherwise) {
        String value = value(setting);
        if (value == null) {
            return otherwise;
        }
        try {
            return parse.apply(value);
        } catch (IllegalArgumentException e) {
            faults.add(setting + ": " + e.getMessage());
            return otherwise;
        }
    }

    private static <T> T orElse(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is not a number", e);
        }
    }

    private @Nullable String value(Setting setting) {
        String given = options.get(setting);
        if (given != null) {
            return given;
        }
        String set = environment.get(setting.environment());
        return set == null || set.isEmpty() ? null : set;
    }
}
