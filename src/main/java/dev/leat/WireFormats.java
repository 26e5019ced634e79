package dev.leat;

import java.util.Map;
import java.util.stream.Stream;

/**
 * Which stream has which wire format. A table that was attached with a format of its own has that one in every stream.
 *
 * @param otherwise the format of streams that {@code byStream} does not name
 * @param byStream the format by a stream's name or ARN, written as the table's attachment or the poller's default stream writes it
 */
public record WireFormats(WireFormat otherwise, Map<String, WireFormat> byStream) {

    private static final String EXPECTED =
            "write debezium, cloudevents, trigger or raw for every stream, stream=format for"
                    + " one, or both with commas between, such as debezium,events=raw";

    /**
     * @throws IllegalArgumentException when a stream is to have {@code dms}
     */
    public WireFormats {
        byStream = Map.copyOf(byStream);
        if (Stream.concat(Stream.of(otherwise), byStream.values().stream())
                .anyMatch(format -> format.name() == WireFormat.FormatName.DMS)) {
            throw new IllegalArgumentException(
                    "the format dms is chosen for a table, whose columns' types decide how values"
                            + " are captured: leat attach --format dms");
        }
    }

    /** One format for every stream. */
    public static WireFormats all(WireFormat format) {
        return new WireFormats(format, Map.of());
    }

    /** The format of one stream. */
    public WireFormat of(String stream) {
        return byStream.isEmpty() ? otherwise : byStream.getOrDefault(stream, otherwise);
    }

    /**
     * @throws IllegalArgumentException when the text names no formats; the message says what is expected
     */
    static WireFormats parse(String text) {
        WireFormat debezium = WireFormat.of(WireFormat.FormatName.DEBEZIUM);
        ByStream<WireFormat> formats = ByStream.parse(text, debezium, WireFormats::format, "is written", EXPECTED);
        return new WireFormats(formats.otherwise(), formats.byStream());
    }

    private static WireFormat format(String text) {
        try {
            return WireFormat.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + ": " + EXPECTED, e);
        }
    }

    /** The text that {@link #parse} reads back as the same formats. */
    String text() {
        return new ByStream<>(otherwise, byStream).text(WireFormat::toString);
    }
}
