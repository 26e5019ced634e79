package dev.leat.dms;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a column of a selected table, or which column is added.
 *
 * @param name in the source, or the name of an added column
 * @param type PostgreSQL's, or DMS's of an added column
 * @param added whether the source has no such column
 * @param sent whether the column leaves the database
 * @param target the name under which it leaves
 * @param decisions what rules decided, in the order of their numbers; empty: the column leaves as it is
 */
public record ColumnPlan(
        String name, String type, boolean added, boolean sent, String target, List<ColumnDecision> decisions) {

    public ColumnPlan {
        decisions = List.copyOf(decisions);
    }

    /**
     * What a rule decided about a column.
     *
     * @param rule null: no rule names the column, and others are named
     * @param action the transformation; null where an object mapping leaves the column out
     * @param text for a person, such as {@code renamed to total}
     */
    public record ColumnDecision(
            DecisionKind kind,
            @Nullable RuleName rule,
            @Nullable RuleAction action,
            String text) {}

    /** What can happen to a column. */
    public enum DecisionKind {
        RENAMED,
        REMOVED,
        /** Others are included, and this one is not. */
        NOT_INCLUDED,
        INCLUDED,
        /** An object mapping makes no attribute of it. */
        EXCLUDED,
        ADDED,
        TYPE_CHANGED,
        MASKED,
        BEFORE_IMAGE
    }
}
