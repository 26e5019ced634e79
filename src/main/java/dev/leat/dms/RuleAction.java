package dev.leat.dms;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a transformation does. */
public sealed interface RuleAction {

    /** A new name for a schema, a table or a column. */
    record NameChange(NameOperation operation, String value, String oldValue) implements RuleAction {

        /** The name after the change; it may be the same. */
        public String of(String name) {
            return switch (operation) {
                case RENAME -> value;
                case LOWERCASE -> name.toLowerCase(Locale.ROOT);
                case UPPERCASE -> name.toUpperCase(Locale.ROOT);
                case ADD_PREFIX -> value + name;
                case ADD_SUFFIX -> name + value;
                case REMOVE_PREFIX -> name.startsWith(value) ? name.substring(value.length()) : name;
                case REMOVE_SUFFIX -> name.endsWith(value) ? name.substring(0, name.length() - value.length()) : name;
                case REPLACE_PREFIX -> name.startsWith(oldValue) ? value + name.substring(oldValue.length()) : name;
                case REPLACE_SUFFIX ->
                    name.endsWith(oldValue) ? name.substring(0, name.length() - oldValue.length()) + value : name;
            };
        }
    }

    /** How a name is changed. */
    enum NameOperation {
        RENAME,
        LOWERCASE,
        UPPERCASE,
        ADD_PREFIX,
        ADD_SUFFIX,
        REMOVE_PREFIX,
        REMOVE_SUFFIX,
        REPLACE_PREFIX,
        REPLACE_SUFFIX
    }

    /** Leaves the column out. */
    record RemoveColumn() implements RuleAction {}

    /** Keeps the column. In a table that such a rule matches, columns that none names are left out. */
    record IncludeColumn() implements RuleAction {}

    /**
     * Adds a column.
     *
     * @param expression in DMS's dialect of SQLite; null: the value is null
     */
    record AddColumn(String name, DataType type, @Nullable String expression) implements RuleAction {}

    /** Gives the column another type. */
    record ChangeDataType(DataType type) implements RuleAction {}

    /** Adds to an update the values that columns had before. At least one affix is not empty. */
    record AddBeforeImageColumns(String prefix, String suffix, ColumnFilter filter) implements RuleAction {}

    /** Of which columns the former value is added. */
    enum ColumnFilter {
        PRIMARY_KEY,
        NO_LOB,
        ALL
    }

    /** Says what the key of the target is. */
    record DefinePrimaryKey(String name, KeyOrigin origin, List<String> columns) implements RuleAction {
        public DefinePrimaryKey {
            columns = List.copyOf(columns);
        }
    }

    /** Where a defined key comes from. */
    enum KeyOrigin {
        PRIMARY_KEY,
        UNIQUE_INDEX
    }

    /**
     * Hides the values of the column.
     *
     * @param digit what stands for each digit with {@link MaskKind#DIGITS}; else empty
     */
    record MaskColumn(MaskKind kind, String digit) implements RuleAction {}

    /** How values are hidden. */
    enum MaskKind {
        DIGITS,
        RANDOM_DIGITS,
        HASH
    }
}
