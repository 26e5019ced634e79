package dev.leat.dms;

import dev.leat.dms.ObjectMappingRule.AttributeMapping;
import dev.leat.dms.ObjectMappingRule.PartitionKeyType;
import dev.leat.dms.RuleAction.DefinePrimaryKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a table, and which rules decided.
 *
 * @param selection the rule that selects the table or leaves it out; null: none matches it
 * @param selected whether its changes are carried. If not, nothing below is decided
 * @param target null where the table is not selected
 */
public record TablePlan(
        CatalogTable table,
        @Nullable SelectionRule selection,
        boolean selected,
        @Nullable TargetPlan target) {

    static TablePlan unselected(CatalogTable table, @Nullable SelectionRule selection) {
        return new TablePlan(table, selection, false, null);
    }

    /**
     * How a selected table leaves.
     *
     * @param columns the source's in its order, then those that are added
     * @param definedKey what define-primary-key says; null: nothing
     * @param form the object mapping of the table; null: each column is an attribute
     */
    public record TargetPlan(
            ChangedName schema,
            ChangedName name,
            List<ColumnPlan> columns,
            KeyPlan key,
            @Nullable DefinedKey definedKey,
            @Nullable ObjectMappingRule form) {

        public TargetPlan {
            columns = List.copyOf(columns);
        }

        /** The attributes that are made of columns. */
        public List<AttributeMapping> attributes() {
            return form == null ? List.of() : form.attributes();
        }

        /** Where two tables would meet: the names joined by a dot. */
        @Override
        public String toString() {
            return schema.name() + "." + name.name();
        }
    }

    /**
     * A name under which something leaves.
     *
     * @param rule that decided it; null: it is the source's
     */
    public record ChangedName(String name, @Nullable RuleName rule) {}

    /** A key that a rule defines for the target. */
    public record DefinedKey(RuleName rule, DefinePrimaryKey key) {}

    /**
     * Where the partition key comes from.
     *
     * @param columns the source's columns that its value is made of; empty with the other types
     * @param value the constant, or the text with references to columns; else empty
     * @param alone whether the value is that of the column, or of the primary key's columns, and nothing else
     * @param rule null: no rule says it
     */
    public record KeyPlan(
            PartitionKeyType type,
            List<String> columns,
            String value,
            boolean alone,
            @Nullable RuleName rule) {
        public KeyPlan {
            columns = List.copyOf(columns);
        }
    }
}
