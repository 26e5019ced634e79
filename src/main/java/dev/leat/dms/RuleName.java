package dev.leat.dms;

import java.util.Comparator;

/**
 * How a rule is called in messages, and its place in the order of evaluation. Rules of one type are ordered by their number.
 *
 * @param number the rule-id as a number, at least 0
 * @param id the rule-id as the file has it, such as 007
 * @param name the rule-name; empty: it has none
 * @param line where the rule stands in the file, from 1
 */
public record RuleName(RuleType type, long number, String id, String name, int line) implements Comparable<RuleName> {

    @Override
    public int compareTo(RuleName other) {
        return Comparator.comparing(RuleName::type)
                .thenComparingLong(RuleName::number)
                .compare(this, other);
    }

    /** Such as {@code selection rule 4 (only-recent)}. */
    @Override
    public String toString() {
        return type.word() + " rule " + id + (name.isEmpty() ? "" : " (" + name + ")");
    }
}
