package dev.leat.settings;

import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one definition of a setting: its name, default, limits and meaning. The option of the command line, the environment
 * variable, the checks, their messages and the tables in the documentation are made from it.
 *
 * @param <T> of its values
 */
public final class Setting<T> {

    private final String name;
    private final ValueType<T> valueType;
    private final @Nullable T defaultValue;
    private final String defaultText;
    private final @Nullable T least;
    private final @Nullable T most;
    private final String description;

    /**
     * How values are written.
     *
     * @param placeholder such as {@code <duration>}
     * @param type of the builder's argument
     * @param order for limits; null: there are none
     * @param fault what is wrong with a value, to follow the setting's name; null: nothing
     */
    private record ValueType<T>(
            String placeholder,
            Class<?> type,
            Function<String, T> parse,
            Function<T, String> format,
            @Nullable Comparator<T> order,
            Function<T, @Nullable String> fault) {

        static <T> ValueType<T> ordered(
                String placeholder,
                Class<?> type,
                Function<String, T> parse,
                Function<T, String> format,
                Comparator<T> order) {
            return new ValueType<>(placeholder, type, parse, format, order, value -> null);
        }
    }

    private static final ValueType<Integer> NUMBER = ValueType.ordered(
            "<n>", int.class, Setting::parseNumber, number -> Integer.toString(number), Integer::compare);
    private static final ValueType<Integer> SIZE =
            ValueType.ordered("<size>", int.class, Sizes::parse, Sizes::format, Integer::compare);
    private static final ValueType<Duration> DURATION =
            ValueType.ordered("<duration>", Duration.class, Durations::parse, Durations::format, Duration::compareTo);

    private Setting(
            String name,
            ValueType<T> valueType,
            @Nullable T defaultValue,
            String defaultText,
            @Nullable T least,
            @Nullable T most,
            String description) {
        this.name = name;
        this.valueType = valueType;
        this.defaultValue = defaultValue;
        this.defaultText = defaultText;
        this.least = least;
        this.most = most;
        this.description = description;
    }

    private static <T> Setting<T> of(String name, ValueType<T> valueType) {
        return new Setting<>(name, valueType, null, "", null, null, "");
    }

    /** A whole number. */
    public static Setting<Integer> number(String name) {
        return of(name, NUMBER);
    }

    /** A number of bytes. */
    public static Setting<Integer> size(String name) {
        return of(name, SIZE);
    }

    public static Setting<Duration> duration(String name) {
        return of(name, DURATION);
    }

    /**
     * A text.
     *
     * @param fault what is wrong with a text that is not blank, such as "is no name"; null: nothing
     */
    public static Setting<String> text(String name, String placeholder, Function<String, @Nullable String> fault) {
        return of(
                name,
                new ValueType<>(
                        placeholder,
                        String.class,
                        text -> text,
                        text -> text,
                        null,
                        text -> text.isBlank() ? "is blank" : fault.apply(text)));
    }

    /** A value with a form of its own. */
    public static <T> Setting<T> value(
            String name, String placeholder, Class<T> type, Function<String, T> parse, Function<T, String> format) {
        return of(name, new ValueType<>(placeholder, type, parse, format, null, value -> null));
    }

    /** The same with this default. */
    public Setting<T> orElse(T value) {
        return new Setting<>(name, valueType, value, valueType.format.apply(value), least, most, description);
    }

    /** The same without a default value; the text says what holds while nothing is set. */
    public Setting<T> orElseWhat(String text) {
        return new Setting<>(name, valueType, null, text, least, most, description);
    }

    /** The same with these limits, both of them allowed. */
    public Setting<T> between(T lowest, T highest) {
        return new Setting<>(name, valueType, defaultValue, defaultText, lowest, highest, description);
    }

    /** The same with this meaning: one sentence for the help and the documentation. */
    public Setting<T> meaning(String sentence) {
        return new Setting<>(name, valueType, defaultValue, defaultText, least, most, sentence);
    }

    /**
     * The default.
     *
     * @throws IllegalStateException when it has none
     */
    public T defaultValue() {
        if (defaultValue == null) {
            throw new IllegalStateException(this + " has no default");
        }
        return defaultValue;
    }

    /** What holds while nothing is set; empty when it must be set, or nothing holds. */
    public String defaultText() {
        return defaultText;
    }

    /** Such as {@code 1 to 64}; empty where there are none. */
    public String limits() {
        return least == null || most == null
                ? ""
                : valueType.format.apply(least) + " to " + valueType.format.apply(most);
    }

    public String description() {
        return description;
    }

    /** What stands for a value, such as {@code <duration>}. */
    public String placeholder() {
        return valueType.placeholder;
    }

    /**
     * Reads a value; its limits are checked by {@link #fault}.
     *
     * @throws IllegalArgumentException when the text is no such value; the message says what is expected
     */
    public T parse(String text) {
        return valueType.parse.apply(text);
    }

    /** What is wrong with a value, as a whole sentence; null when nothing is. */
    public @Nullable String fault(T value) {
        if (valueType.order != null
                && least != null
                && most != null
                && (valueType.order.compare(value, least) < 0 || valueType.order.compare(value, most) > 0)) {
            return this + " is " + valueType.format.apply(value) + ", but must lie between "
                    + valueType.format.apply(least) + " and " + valueType.format.apply(most);
        }
        String fault = valueType.fault.apply(value);
        return fault == null ? null : this + " " + fault;
    }

    /** Such as {@code LEAT_PUBLISH_DEADLINE}. */
    public String environment() {
        return "LEAT_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Such as {@code --publish-deadline}. */
    public String option() {
        return "--" + name;
    }

    /** The builder's method, such as {@code publishDeadline}. */
    public String method() {
        StringBuilder method = new StringBuilder();
        for (String word : name.split("-", -1)) {
            method.append(method.isEmpty() ? word : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
        }
        return method.toString();
    }

    /** Of the builder's argument. */
    public Class<?> type() {
        return valueType.type;
    }

    /** Both names, as messages give them. */
    @Override
    public String toString() {
        return option() + " (" + environment() + ")";
    }

    private static int parseNumber(String text) {
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is not a number", e);
        }
    }
}
