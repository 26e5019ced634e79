package dev.leat.observe;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Leads what the driver and the JDK say by {@code java.util.logging} into the log of everything else: the JDK's own handler
 * writes to the terminal itself, and a line break in a value would begin a line there.
 */
public final class JavaLog extends Handler {

    private final SimpleFormatter formatter = new SimpleFormatter();

    private JavaLog() {}

    /** For a process of Leat's own, before anything is logged. What the user has set for that log stays. */
    public static void join() {
        if (System.getProperty("java.util.logging.config.file") == null
                && System.getProperty("java.util.logging.config.class") == null) {
            LogManager.getLogManager().reset();
            java.util.logging.Logger.getLogger("").addHandler(new JavaLog());
        }
    }

    @Override
    public void publish(LogRecord record) {
        String name = record.getLoggerName();
        LoggingEventBuilder event = LoggerFactory.getLogger(name == null || name.isEmpty() ? "java" : name)
                .atLevel(level(record.getLevel()));
        if (record.getThrown() != null) {
            event = event.setCause(record.getThrown());
        }
        event.log("{}", formatter.formatMessage(record));
    }

    private static org.slf4j.event.Level level(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return org.slf4j.event.Level.ERROR;
        }
        if (level.intValue() >= Level.WARNING.intValue()) {
            return org.slf4j.event.Level.WARN;
        }
        return level.intValue() >= Level.INFO.intValue() ? org.slf4j.event.Level.INFO : org.slf4j.event.Level.DEBUG;
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
