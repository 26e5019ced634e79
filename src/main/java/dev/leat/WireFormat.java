package dev.leat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The form in which an event is written into a record. {@code docs/formats.md} describes each to consumers.
 *
 * @param options each at most once
 */
public record WireFormat(FormatName name, List<String> options) {

    /** The names, as settings and {@code leat.attach} write them in lower case. */
    public enum FormatName {
        /** Debezium's JSON envelope without schema: the default. */
        DEBEZIUM,

        /** CloudEvents 1.0, structured JSON. */
        CLOUDEVENTS,

        /** The operation and the row, as a trigger would send them to a function. */
        TRIGGER,

        /** The payload of a domain event alone, its bytes unchanged. */
        RAW
    }

    /** With {@code debezium}: a domain event has the form of Debezium's outbox event router. */
    public static final String EVENT_ROUTER = "event-router";

    /** With {@code trigger}: {@code data} is the new row, of a delete the old one. The default. */
    public static final String ROW = "row";

    /** With {@code trigger}: {@code data} is the old row. */
    public static final String OLD = "old";

    /** With {@code trigger}: {@code data} has both rows. */
    public static final String BOTH = "both";

    private static final Map<FormatName, List<String>> OPTIONS = Map.of(
            FormatName.DEBEZIUM, List.of(EVENT_ROUTER),
            FormatName.CLOUDEVENTS, List.of(),
            FormatName.TRIGGER, List.of(ROW, OLD, BOTH),
            FormatName.RAW, List.of());

    public WireFormat {
        options = List.copyOf(options);
        for (String option : options) {
            if (!OPTIONS.getOrDefault(name, List.of()).contains(option)) {
                throw new IllegalArgumentException("the format " + word(name) + " has no option '" + option + "'"
                        + (OPTIONS.getOrDefault(name, List.of()).isEmpty()
                                ? ""
                                : "; it has " + String.join(", ", OPTIONS.getOrDefault(name, List.of()))));
            }
        }
        if (options.stream().distinct().count() < options.size() || name == FormatName.TRIGGER && options.size() > 1) {
            throw new IllegalArgumentException(
                    "the format '" + text(name, options) + "' has more options than can hold at once");
        }
    }

    /** A format without options. */
    public static WireFormat of(FormatName name) {
        return new WireFormat(name, List.of());
    }

    /** Whether the format has the option. */
    public boolean has(String option) {
        return options.contains(option);
    }

    /**
     * Reads a name, and options after colons, such as {@code trigger:both}.
     *
     * @throws IllegalArgumentException when there is no such format; the message says what is expected
     */
    public static WireFormat parse(String text) {
        List<String> words = Arrays.asList(text.split(":", -1));
        FormatName name = Arrays.stream(FormatName.values())
                .filter(one -> word(one).equals(words.get(0)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + words.get(0) + "' is no format; there are "
                        + Arrays.stream(FormatName.values())
                                .map(WireFormat::word)
                                .collect(Collectors.joining(", "))));
        return new WireFormat(name, words.subList(1, words.size()));
    }

    /** The text that {@link #parse} reads back as the same format. */
    @Override
    public String toString() {
        return text(name, options);
    }

    private static String text(FormatName name, List<String> options) {
        return options.isEmpty() ? word(name) : word(name) + ":" + String.join(":", options);
    }

    private static String word(FormatName name) {
        return name.name().toLowerCase(Locale.ROOT);
    }
}
