package dev.leat.config;

import java.util.Locale;

/** The settings by name. The option and the environment variable of a setting mean the same; the option wins. */
public enum Setting {
    DATABASE_URL,
    DATABASE_USERNAME,
    DATABASE_PASSWORD,
    STREAM,
    MAX_RECORD_SIZE,
    AGGREGATION,
    AGGREGATION_SIZE,
    RETAIN,
    WORKERS,
    BATCH,
    REQUESTS_IN_FLIGHT,
    BUSY_INTERVAL,
    IDLE_INTERVAL,
    PUBLISH_DEADLINE,
    STOP_DEADLINE,
    SERVER_NAME;

    /** Such as {@code LEAT_IDLE_INTERVAL}. */
    public String environment() {
        return "LEAT_" + name();
    }

    /** Such as {@code --idle-interval}. */
    public String option() {
        return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Both names, as messages give them. */
    @Override
    public String toString() {
        return option() + " (" + environment() + ")";
    }
}
