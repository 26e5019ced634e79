package dev.leat.observe;

import org.jspecify.annotations.Nullable;

/** Turns an exception into one line of text. */
public final class Causes {

    private Causes() {}

    /** The messages of an exception and its causes on one line, without repetitions. */
    public static String line(Throwable thrown) {
        StringBuilder line = new StringBuilder();
        int depth = 0;
        for (Throwable each = thrown; each != null && depth < 5; each = next(each)) {
            String message = message(each);
            if (line.indexOf(message) < 0) {
                line.append(line.isEmpty() ? "" : ": ").append(message);
            }
            depth++;
        }
        return line.toString();
    }

    private static @Nullable Throwable next(Throwable thrown) {
        return thrown.getCause() == thrown ? null : thrown.getCause();
    }

    private static String message(Throwable thrown) {
        String message = thrown.getMessage();
        String said = message == null || message.isBlank() ? thrown.getClass().getSimpleName() : message;
        return said.strip().replaceAll("\\s+", " ").replaceAll("\\.$", "");
    }
}
