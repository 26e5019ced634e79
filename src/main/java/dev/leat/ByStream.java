package dev.leat;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A value for every stream, with other values for some of them.
 *
 * @param otherwise the value of streams that {@code byStream} does not name
 * @param byStream the value by a stream's name or ARN, written as the table's attachment or the poller's default stream writes it
 */
record ByStream<T>(T otherwise, Map<String, T> byStream) {

    ByStream {
        byStream = Map.copyOf(byStream);
    }

    T of(String stream) {
        return byStream.isEmpty() ? otherwise : byStream.getOrDefault(stream, otherwise);
    }

    /**
     * Reads a list with commas, of values for every stream and {@code stream=value} for one.
     *
     * @param otherwise the value of streams that the text does not name
     * @param what the text says of a stream, such as "is aggregated"
     * @param expected what is expected, for messages
     * @throws IllegalArgumentException when the text is no such list; the message says what is expected
     */
    static <T> ByStream<T> parse(String text, T otherwise, Function<String, T> value, String what, String expected) {
        Map<String, T> values = new HashMap<>();
        for (String part : text.split(",", -1)) {
            String given = part.strip();
            int sign = given.indexOf('=');
            // For every stream under the empty name, which no stream has.
            String stream = sign < 0 ? "" : given.substring(0, sign).strip();
            if (sign >= 0 && stream.isEmpty()) {
                throw new IllegalArgumentException("'" + given + "' names no stream: " + expected);
            }
            if (values.put(stream, value.apply(given.substring(sign + 1).strip())) != null) {
                throw new IllegalArgumentException("'" + text + "' says twice how "
                        + (stream.isEmpty() ? "every stream" : stream) + " " + what + ": " + expected);
            }
        }
        T everywhere = values.remove("");
        return new ByStream<>(everywhere == null ? otherwise : everywhere, values);
    }

    /** The text that {@link #parse} reads back as the same values. */
    String text(Function<T, String> word) {
        StringBuilder text = new StringBuilder(word.apply(otherwise));
        byStream.forEach(
                (stream, value) -> text.append(',').append(stream).append('=').append(word.apply(value)));
        return text.toString();
    }
}
