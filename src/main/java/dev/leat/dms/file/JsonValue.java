package dev.leat.dms.file;

import com.fasterxml.jackson.core.JsonToken;
import java.util.List;
import java.util.Map;

/**
 * A value of a JSON document, with its place.
 *
 * @param token START_OBJECT, START_ARRAY or a scalar's
 * @param line where it begins, from 1
 * @param text of a scalar; else empty
 * @param items of an array; else empty
 * @param members of an object, in the order of the file; else empty
 */
record JsonValue(JsonToken token, int line, String text, List<JsonValue> items, Map<String, JsonValue> members) {

    boolean object() {
        return token == JsonToken.START_OBJECT;
    }

    boolean array() {
        return token == JsonToken.START_ARRAY;
    }

    boolean absent() {
        return token == JsonToken.VALUE_NULL;
    }

    /** Whether it is a string, a number or a truth value. */
    boolean scalar() {
        return token.isScalarValue() && !absent();
    }

    /** Whether both say the same, wherever they stand. */
    boolean same(JsonValue other) {
        return token == other.token
                && text.equals(other.text)
                && items.size() == other.items.size()
                && members.keySet().equals(other.members.keySet())
                && sameItems(other)
                && members.entrySet().stream().allMatch(each -> {
                    JsonValue others = other.members.get(each.getKey());
                    return others != null && each.getValue().same(others);
                });
    }

    private boolean sameItems(JsonValue other) {
        for (int i = 0; i < items.size(); i++) {
            if (!items.get(i).same(other.items.get(i))) {
                return false;
            }
        }
        return true;
    }
}
