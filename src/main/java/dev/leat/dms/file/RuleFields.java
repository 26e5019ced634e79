package dev.leat.dms.file;

import com.fasterxml.jackson.core.JsonToken;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The members of a rule, or of an object inside it. It knows which were asked for: the others have no effect. */
final class RuleFields {

    private final MappingFindings findings;
    private final String rule;
    private final String path;
    private final JsonValue object;
    private final Set<String> taken = new HashSet<>();

    /**
     * @param rule how messages call the rule
     * @param path what stands before the names of members in messages, such as {@code object-locator.}
     */
    RuleFields(MappingFindings findings, String rule, String path, JsonValue object) {
        this.findings = findings;
        this.rule = rule;
        this.path = path;
        this.object = object;
    }

    void fault(int line, String text) {
        findings.fault(line, rule + ": " + text);
    }

    void fault(String text) {
        fault(object.line(), text);
    }

    void notice(int line, String text) {
        findings.notice(line, rule + ": " + text);
    }

    void notice(String text) {
        notice(object.line(), text);
    }

    int line() {
        return object.line();
    }

    /** The member, of any kind; null when it is absent or null. */
    @Nullable
    JsonValue value(String name) {
        JsonValue value = object.members().get(name);
        if (value == null || value.absent()) {
            return null;
        }
        taken.add(name);
        return value;
    }

    /** A string, or a number as text; null when the member is absent. */
    @Nullable
    String text(String name) {
        JsonValue value = value(name);
        if (value == null) {
            return null;
        }
        if (!value.scalar()) {
            fault(value.line(), path + name + " is to be a text: write \"" + name + "\": \"…\"");
            return null;
        }
        return value.text();
    }

    /** A string that must be there and not be empty; empty after a fault. */
    String required(String name) {
        String text = text(name);
        if (text == null || text.isEmpty()) {
            if (text != null || value(name) == null) {
                fault(path + name + " is missing: add it");
            }
            return "";
        }
        return text;
    }

    /** One of some words; the fallback when the member is absent, or after a fault. Case matters. */
    <E> E word(String name, Map<String, E> words, E fallback) {
        E found = optionalWord(name, words);
        return found == null ? fallback : found;
    }

    /** As {@link #word}, for a member that must be there; null after a fault. */
    <E> @Nullable E requiredWord(String name, Map<String, E> words) {
        if (value(name) == null) {
            fault(path + name + " is missing: it is one of " + String.join(", ", words.keySet()));
            return null;
        }
        return optionalWord(name, words);
    }

    private <E> @Nullable E optionalWord(String name, Map<String, E> words) {
        String text = text(name);
        if (text == null) {
            return null;
        }
        E found = words.get(text);
        if (found == null) {
            fault(path + name + " is \"" + text + "\": it is one of " + String.join(", ", words.keySet()));
        }
        return found;
    }

    /** A whole number that a number or a text says; null when the member is absent or empty, or after a fault. */
    @Nullable
    Integer number(String name, int atLeast) {
        String text = text(name);
        if (text == null || text.isEmpty()) {
            return null;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= atLeast) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        fault(path + name + " is \"" + text + "\": it is a whole number from " + atLeast + " to " + Integer.MAX_VALUE);
        return null;
    }

    /** An object inside; null when it is absent, or after a fault. */
    @Nullable
    RuleFields object(String name) {
        JsonValue value = value(name);
        if (value == null) {
            return null;
        }
        if (!value.object()) {
            fault(value.line(), path + name + " is to be an object: write {…}");
            return null;
        }
        return inside(name, value);
    }

    /** An object inside that must be there; null after a fault. */
    @Nullable
    RuleFields requiredObject(String name) {
        if (value(name) == null) {
            fault(path + name + " is missing: add it");
            return null;
        }
        return object(name);
    }

    /** The members of an object that stands in this one. */
    RuleFields inside(String name, JsonValue value) {
        return new RuleFields(findings, rule, path + name + ".", value);
    }

    /** The items of an array; empty when the member is absent, or after a fault. */
    List<JsonValue> array(String name) {
        JsonValue value = value(name);
        if (value == null) {
            return List.of();
        }
        if (!value.array()) {
            fault(value.line(), path + name + " is to be a list: write […]");
            return List.of();
        }
        return value.items();
    }

    /** The texts of an array. */
    List<String> texts(String name) {
        return array(name).stream()
                .filter(item -> {
                    if (!item.scalar()) {
                        fault(item.line(), path + name + " is a list of texts: write [\"…\", \"…\"]");
                    }
                    return item.scalar();
                })
                .map(JsonValue::text)
                .toList();
    }

    /** Tells of the members that nobody asked for. */
    void rest() {
        object.members().forEach((name, value) -> {
            if (taken.contains(name)) {
                return;
            }
            if (value.absent()) {
                notice(value.line(), path + name + " is null and has no effect");
            } else if (value.array() && value.items().isEmpty()) {
                notice(value.line(), path + name + " is empty and has no effect");
            } else if (value.token() == JsonToken.VALUE_STRING && value.text().equals("null")) {
                notice(value.line(), path + name + " is \"null\" and has no effect");
            } else {
                notice(value.line(), path + name + " has no effect and is ignored");
            }
        });
    }
}
