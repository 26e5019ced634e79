package dev.leat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

        /** The messages of AWS DMS. It is chosen for a table, whose columns' types decide how values are captured. */
        DMS,

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

    /** With {@code dms}: one line with a newline at its end, and not DMS's indented form. */
    public static final String JSON_UNFORMATTED = "json-unformatted";

    /** With {@code dms}: nulls and empty texts are written; otherwise they are left out. */
    public static final String NULL_AND_EMPTY = "null-and-empty";

    /** With {@code dms}: {@code metadata} has {@code partition-key-value}. */
    public static final String PARTITION_VALUE = "partition-value";

    /** With {@code dms}: {@code partition-key-value} begins with the schema and the table. */
    public static final String PARTITION_INCLUDE_SCHEMA_TABLE = "partition-include-schema-table";

    /** With {@code dms}: {@code metadata} has the record's place in the transaction, and the time. */
    public static final String TRANSACTION_DETAILS = "transaction-details";

    /** With {@code dms}, followed by a name: updates have the old row in a field of this name. */
    public static final String BEFORE_IMAGE = "before-image=";

    /** With {@code dms}, followed by {@code primary-key}, {@code schema-table}, {@code constant} or {@code attribute-name}: written at capture. */
    public static final String KEY = "key=";

    /** By the format: groups of options of which one is possible. An option that ends with an equals sign has a value. */
    private static final Map<FormatName, List<List<String>>> OPTIONS = Map.of(
            FormatName.DEBEZIUM, List.of(List.of(EVENT_ROUTER)),
            FormatName.CLOUDEVENTS, List.of(),
            FormatName.TRIGGER, List.of(List.of(ROW, OLD, BOTH)),
            FormatName.DMS,
                    List.of(
                            List.of("json", JSON_UNFORMATTED),
                            List.of(NULL_AND_EMPTY),
                            List.of(PARTITION_VALUE),
                            List.of(PARTITION_INCLUDE_SCHEMA_TABLE),
                            List.of(TRANSACTION_DETAILS),
                            List.of("no-hex-prefix"),
                            List.of(BEFORE_IMAGE),
                            List.of("before-image-columns="),
                            List.of(KEY)),
            FormatName.RAW, List.of());

    public WireFormat {
        options = List.copyOf(options);
        Set<List<String>> seen = new HashSet<>();
        for (String option : options) {
            List<String> group = groups(name).stream()
                    .filter(one -> one.contains(word(option)))
                    .findFirst()
                    .orElseThrow(() ->
                            new IllegalArgumentException("the format " + word(name) + " has no option '" + option
                                    + "'"
                                    + (groups(name).isEmpty()
                                            ? ""
                                            : "; it has "
                                                    + groups(name).stream()
                                                            .flatMap(List::stream)
                                                            .collect(Collectors.joining(", ")))));
            if (!seen.add(group)) {
                throw new IllegalArgumentException("one of " + String.join(", ", group)
                        + " is possible, and the format is '" + text(name, options) + "'");
            }
        }
    }

    private static List<List<String>> groups(FormatName name) {
        return OPTIONS.getOrDefault(name, List.of());
    }

    /** An option without its value. */
    private static String word(String option) {
        return option.substring(0, option.indexOf('=') + 1).isEmpty()
                ? option
                : option.substring(0, option.indexOf('=') + 1);
    }

    /** A format without options. */
    public static WireFormat of(FormatName name) {
        return new WireFormat(name, List.of());
    }

    /** Whether the format has the option. */
    public boolean has(String option) {
        return options.contains(option);
    }

    /** The value of an option that ends with an equals sign, if the format has it. */
    public Optional<String> value(String option) {
        return options.stream()
                .filter(one -> one.startsWith(option))
                .findFirst()
                .map(one -> one.substring(option.length()));
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
