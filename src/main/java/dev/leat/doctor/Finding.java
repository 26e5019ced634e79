package dev.leat.doctor;

/**
 * One line of {@code leat doctor}.
 *
 * @param subject what was looked at, one or two words
 * @param text what was found
 * @param advice what to do about it; empty when there is nothing to do
 */
public record Finding(Level level, String subject, String text, String advice) {

    /** How bad it is. */
    public enum Level {
        OK,
        /** Events are published, but the finding will cause a problem later. */
        WARN,
        /** Events are lost to capture, out of order, or not published. */
        FAIL
    }

    public static Finding ok(String subject, String text) {
        return new Finding(Level.OK, subject, text, "");
    }

    public static Finding warn(String subject, String text, String advice) {
        return new Finding(Level.WARN, subject, text, advice);
    }

    public static Finding fail(String subject, String text, String advice) {
        return new Finding(Level.FAIL, subject, text, advice);
    }
}
