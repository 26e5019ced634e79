package dev.leat.config;

import dev.leat.kinesis.Aggregation;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Aggregation as people write it: {@code kpl} for every stream, {@code orders=lines}, or {@code kpl,audit=none}. */
public final class Aggregations {

    private static final String EXPECTED = "write none, kpl or lines for every stream, stream=format for one, or both"
            + " with commas between, such as kpl,audit=none";

    private Aggregations() {}

    /**
     * Which stream is packed how; the size is the default's.
     *
     * @throws IllegalArgumentException when the text says no such thing; the message says what is expected
     */
    public static Aggregation parse(String text) {
        Map<String, Aggregation.Format> formats = new HashMap<>();
        for (String part : text.split(",", -1)) {
            String wish = part.strip();
            int sign = wish.indexOf('=');
            // For every stream under the empty name, which no stream has.
            String stream = sign < 0 ? "" : wish.substring(0, sign).strip();
            if (sign >= 0 && stream.isEmpty()) {
                throw new IllegalArgumentException("'" + wish + "' names no stream: " + EXPECTED);
            }
            if (formats.put(stream, format(wish.substring(sign + 1).strip())) != null) {
                throw new IllegalArgumentException("'" + text + "' says twice how "
                        + (stream.isEmpty() ? "every stream" : stream) + " is packed: " + EXPECTED);
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
                .orElseThrow(() -> new IllegalArgumentException("'" + word + "' is no way to pack; there are "
                        + Arrays.stream(Aggregation.Format.values())
                                .map(format -> format.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))
                        + ": " + EXPECTED));
    }
}
