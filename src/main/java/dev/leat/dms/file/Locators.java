package dev.leat.dms.file;

import dev.leat.dms.Locator;
import dev.leat.dms.NamePattern;
import org.jspecify.annotations.Nullable;

/** Reads an object-locator. */
final class Locators {

    /** What stands for a name that could not be read: the fault is noted, and no rule of the file is used. */
    private static final NamePattern NONE = NamePattern.exactly("");

    private final RuleFields rule;
    private final @Nullable RuleFields locator;

    Locators(RuleFields rule) {
        this.rule = rule;
        this.locator = rule.requiredObject("object-locator");
    }

    /** The object-locator's members; null when it is missing, which is noted. */
    @Nullable
    RuleFields fields() {
        return locator;
    }

    NamePattern pattern(String name) {
        if (locator == null) {
            return NONE;
        }
        String text = locator.required(name);
        try {
            return NamePattern.of(text);
        } catch (IllegalArgumentException e) {
            rule.fault(locator.line(), "object-locator." + name + ": " + e.getMessage());
            return NONE;
        }
    }

    /** A name of which no character is a wildcard. */
    NamePattern exact(String name, String who) {
        if (locator == null) {
            return NONE;
        }
        String text = locator.required(name);
        if (text.indexOf('%') >= 0 || text.indexOf('[') >= 0) {
            rule.fault(
                    locator.line(),
                    "object-locator." + name + " is \"" + text + "\", and " + who
                            + " takes one exact name: write it without wildcards");
            return NONE;
        }
        return NamePattern.exactly(text);
    }

    Locator exactTable(String who) {
        return new Locator(exact("schema-name", who), exact("table-name", who));
    }

    Locator table() {
        return new Locator(pattern("schema-name"), pattern("table-name"));
    }

    void rest() {
        if (locator != null) {
            locator.rest();
        }
    }
}
