package dev.leat.dms;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A name in a rule, with DMS's wildcards: {@code %} is any number of characters, {@code _} one character, {@code [ab]} one of
 * these, {@code [a-d]} one of a range, and {@code [_]} the character itself. Upper and lower case differ.
 */
public final class NamePattern {

    /** One place of the pattern: a run of any length, any one character, or one of some ranges. */
    private record Place(boolean run, boolean any, List<int[]> ranges) {

        static final Place RUN = new Place(true, false, List.of());
        static final Place ANY = new Place(false, true, List.of());

        static Place of(int character) {
            return new Place(false, false, List.of(new int[] {character, character}));
        }

        boolean takes(int character) {
            return any || ranges.stream().anyMatch(range -> range[0] <= character && character <= range[1]);
        }

        /** The only character that it takes, or −1. */
        int single() {
            return ranges.size() == 1 && ranges.get(0)[0] == ranges.get(0)[1] ? ranges.get(0)[0] : -1;
        }
    }

    private final String text;
    private final List<Place> places;

    private NamePattern(String text, List<Place> places) {
        this.text = text;
        this.places = List.copyOf(places);
    }

    /**
     * @throws IllegalArgumentException when the pattern cannot be read; the message says why and what to do
     */
    public static NamePattern of(String text) {
        int[] characters = text.codePoints().toArray();
        List<Place> places = new ArrayList<>();
        int at = 0;
        while (at < characters.length) {
            switch (characters[at]) {
                case '%' -> places.add(Place.RUN);
                case '_' -> places.add(Place.ANY);
                case '[' -> {
                    int end = end(text, characters, at);
                    places.add(new Place(false, false, ranges(text, characters, at + 1, end)));
                    at = end;
                }
                default -> places.add(Place.of(characters[at]));
            }
            at++;
        }
        return new NamePattern(text, places);
    }

    /** The name itself: no character of it is a wildcard. */
    public static NamePattern exactly(String name) {
        return new NamePattern(name, name.codePoints().mapToObj(Place::of).toList());
    }

    private static int end(String text, int[] characters, int begin) {
        for (int at = begin + 1; at < characters.length; at++) {
            if (characters[at] == ']') {
                return at;
            }
        }
        throw new IllegalArgumentException(
                "in \"" + text + "\" a [ has no ]: close it, such as [_] for the character _ itself");
    }

    private static List<int[]> ranges(String text, int[] characters, int begin, int end) {
        List<int[]> ranges = new ArrayList<>();
        for (int at = begin; at < end; at++) {
            if (at + 2 < end && characters[at + 1] == '-') {
                if (characters[at] > characters[at + 2]) {
                    throw new IllegalArgumentException(
                            "in \"" + text + "\" a range ends before it begins: write it as [a-d]");
                }
                ranges.add(new int[] {characters[at], characters[at + 2]});
                at += 2;
            } else {
                ranges.add(new int[] {characters[at], characters[at]});
            }
        }
        if (ranges.isEmpty()) {
            throw new IllegalArgumentException(
                    "in \"" + text + "\" the brackets are empty: name characters, such as [ab]");
        }
        return ranges;
    }

    /**
     * Whether the pattern matches the whole name. It takes at most (length of the name) × (length of the pattern) steps: after a
     * mismatch only the last {@code %} takes one character more.
     */
    public boolean matches(String name) {
        int[] characters = name.codePoints().toArray();
        int at = 0;
        int place = 0;
        int lastRun = -1;
        int runEnd = 0;
        while (at < characters.length) {
            if (place < places.size() && places.get(place).run()) {
                lastRun = place++;
                runEnd = at;
            } else if (place < places.size() && places.get(place).takes(characters[at])) {
                place++;
                at++;
            } else if (lastRun >= 0) {
                place = lastRun + 1;
                at = ++runEnd;
            } else {
                return false;
            }
        }
        return places.subList(place, places.size()).stream().allMatch(Place::run);
    }

    /**
     * The name that the pattern was meant for, if it has neither {@code %} nor a choice: many names contain {@code _}, and few
     * who write it mean a wildcard. Null: it has.
     */
    public @Nullable String name() {
        StringBuilder name = new StringBuilder();
        for (Place place : places) {
            int single = place.any() ? '_' : place.single();
            if (single < 0) {
                return null;
            }
            name.appendCodePoint(single);
        }
        return name.toString();
    }

    /** Whether the pattern is this name, rather than a wildcard that matches it. */
    public boolean names(String name) {
        return name.equals(name());
    }

    /** Whether every name matches. */
    public boolean all() {
        return !places.isEmpty() && places.stream().allMatch(Place::run);
    }

    /** As the file has it. */
    @Override
    public String toString() {
        return text;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NamePattern pattern && text.equals(pattern.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }
}
