package dev.leat.app;

import dev.leat.observe.JavaLog;

/** The log of the runnable jar. As a library Leat sets nothing: the application's own binding decides. */
final class Logging {

    private static final String PREFIX = "org.slf4j.simpleLogger.";

    private Logging() {}

    /** Must be called before the first logger is created. System properties of the user are kept. */
    static void prepare(boolean debug) {
        set(PREFIX + "showDateTime", "true");
        set(PREFIX + "dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
        set(PREFIX + "showThreadName", "false");
        set(PREFIX + "showShortLogName", "false");
        set(PREFIX + "showLogName", "false");
        set(PREFIX + "levelInBrackets", "false");
        set(PREFIX + "defaultLogLevel", debug ? "info" : "error");
        set(PREFIX + "log.dev.leat", debug ? "debug" : "info");
        // These loggers repeat, with a stack trace, what Leat reports itself.
        set(PREFIX + "log.com.zaxxer.hikari", debug ? "info" : "off");
        set(PREFIX + "log.org.jooq", debug ? "info" : "off");
        set("org.jooq.no-logo", "true");
        set("org.jooq.no-tips", "true");
        JavaLog.join();
    }

    private static void set(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
