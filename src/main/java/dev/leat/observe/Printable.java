package dev.leat.observe;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Escapes characters that a terminal or a log would act on instead of showing. A key or a server's message can hold control characters,
 * and with a line break it could imitate a line of the log. Such characters are escaped as in JSON, so that JSON text keeps its meaning.
 */
public final class Printable {

    private Printable() {}

    /** The text on one line: line breaks are escaped too, and tabs stay. */
    public static String line(String text) {
        return written(text, false);
    }

    /** The text on its own lines: line breaks and tabs stay. */
    public static String lines(String text) {
        return written(text, true);
    }

    private static String written(String text, boolean breaks) {
        int first = 0;
        while (first < text.length() && !acts(text, first, breaks)) {
            first++;
        }
        if (first == text.length()) {
            return text;
        }
        StringBuilder plain = new StringBuilder(text.length() + 16).append(text, 0, first);
        for (int i = first; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!acts(text, i, breaks)) {
                plain.append(c);
            } else if (c == '\n') {
                plain.append("\\n");
            } else if (c == '\r') {
                plain.append("\\r");
            } else {
                plain.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            }
        }
        return plain.toString();
    }

    private static boolean acts(String text, int at, boolean breaks) {
        char c = text.charAt(at);
        if (c == '\n') {
            return !breaks;
        }
        if (c == '\r' && breaks) {
            // The line separator of Windows.
            return at + 1 == text.length() || text.charAt(at + 1) != '\n';
        }
        return c != '\t' && Character.isISOControl(c) || separatesLines(c) || turnsDirection(c);
    }

    private static boolean separatesLines(char c) {
        return c == '\u2028' || c == '\u2029';
    }

    /** Characters that make a terminal show text in another order. */
    private static boolean turnsDirection(char c) {
        return c == '\u061c'
                || c == '\u200e'
                || c == '\u200f'
                || c >= '\u202a' && c <= '\u202e'
                || c >= '\u2066' && c <= '\u2069';
    }

    /** The exception itself if all its messages are printable, else a copy with escaped messages. */
    public static Throwable thrown(Throwable thrown) {
        return printable(thrown, none()) ? thrown : told(thrown, none());
    }

    private static Set<Throwable> none() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    private static boolean printable(@Nullable Throwable thrown, Set<Throwable> seen) {
        if (thrown == null || !seen.add(thrown)) {
            return true;
        }
        String text = thrown.toString();
        boolean all = line(text).equals(text) && printable(thrown.getCause(), seen);
        for (Throwable suppressed : thrown.getSuppressed()) {
            all = all && printable(suppressed, seen);
        }
        return all;
    }

    private static Told told(Throwable thrown, Set<Throwable> seen) {
        seen.add(thrown);
        Throwable cause = thrown.getCause();
        Told told = new Told(line(thrown.toString()), cause == null || seen.contains(cause) ? null : told(cause, seen));
        told.setStackTrace(thrown.getStackTrace());
        for (Throwable suppressed : thrown.getSuppressed()) {
            if (!seen.contains(suppressed)) {
                told.addSuppressed(told(suppressed, seen));
            }
        }
        return told;
    }

    /** Stands for another exception, whose class its message names. */
    private static final class Told extends Exception {
        private static final long serialVersionUID = 1L;

        Told(String text, @Nullable Throwable cause) {
            super(text, cause);
        }

        @Override
        public String toString() {
            return String.valueOf(getMessage());
        }
    }
}
