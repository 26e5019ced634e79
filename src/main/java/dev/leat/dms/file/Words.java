package dev.leat.dms.file;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** The words that a member may have, in the order in which messages name them. */
final class Words {

    private Words() {}

    static <E extends Enum<E>> Map<String, E> of(E[] values, Function<E, String> word) {
        Map<String, E> words = new LinkedHashMap<>();
        for (E value : values) {
            words.put(word.apply(value), value);
        }
        return words;
    }
}
