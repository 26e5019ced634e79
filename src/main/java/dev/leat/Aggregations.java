package dev.leat;

import dev.leat.kinesis.Aggregation;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Aggregation as people write it: {@code kpl} for every stream, {@code orders=lines}, or {@code kpl,audit=none}. */
final class Aggregations {

    private static final String EXPECTED = "write none, kpl or lines for every stream, stream=format for one, or both"
            + " with commas between, such as kpl,audit=none";

    private Aggregations() {}

    /**
     * Which stream has which format; the size is the default's.
     *
     * @throws IllegalArgumentException when the text says no such thing; the message says what is expected
     */
    static Aggregation parse(String text) {
        Map<String, Aggregation.Format> formats = new HashMap<>();
        for (String part : text.split(",", -1)) {
            String given = part.strip();
            int sign = given.indexOf('=');
            // For every stream under the empty name, which no stream has.
            String stream = sign < 0 ? "" : given.substring(0, sign).strip();
            if (sign >= 0 && stream.isEmpty()) {
                throw new IllegalArgumentException("'" + given + "' names no stream: " + EXPECTED);
            }
            if (formats.put(stream, format(given.substring(sign + 1).strip())) != null) {
                throw new IllegalArgumentException("'" + text + "' says twice how "
                        + (stream.isEmpty() ? "every stream" : stream) + " is aggregated: " + EXPECTED);
            }
        }
        Aggregation.Format everywhere = formats.remove("");
        return new Aggregation(
                everywhere == null ? Aggregation.Format.NONE : everywhere, formats, Aggregation.DEFAULT_RECORD_BYTES);
    }

    private static Aggregation.Format format(String word) {
        return Arrays.stream(Aggregation.Format.values())
                .filter(format -> format.name().equals(word.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + word + "' is no format; there are "
                        + Arrays.stream(Aggregation.Format.values())
                                .map(Aggregations::word)
                                .collect(Collectors.joining(", "))
                        + ": " + EXPECTED));
    }

    /** The text that {@link #parse} reads back as the same formats. */
    static String format(Aggregation aggregation) {
        StringBuilder text = new StringBuilder(word(aggregation.otherwise()));
        aggregation
                .byStream()
                .forEach((stream, format) ->
                        text.append(',').append(stream).append('=').append(word(format)));
        return text.toString();
    }

    private static String word(Aggregation.Format format) {
        return format.name().toLowerCase(Locale.ROOT);
    }
}
