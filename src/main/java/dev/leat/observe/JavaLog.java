package dev.leat.observe;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Forwards what the driver and the JDK log by {@code java.util.logging} to SLF4J. The JDK's own handler would write to the terminal
 * directly, and a line break in a value would begin a new line there.
 */
public final class JavaLog extends Handler {

    private final SimpleFormatter formatter = new SimpleFormatter();

    private JavaLog() {}

    /**
     * Installs this handler, for a process of Leat's own, before anything is logged. A configuration that the user has set for {@code
     * java.util.logging} stays.
     */
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
