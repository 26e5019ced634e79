package dev.leat.dms.file;

import dev.leat.dms.DataType;
import dev.leat.dms.Locator;
import dev.leat.dms.NamePattern;
import dev.leat.dms.RuleAction;
import dev.leat.dms.RuleAction.ColumnFilter;
import dev.leat.dms.RuleAction.KeyOrigin;
import dev.leat.dms.RuleAction.MaskKind;
import dev.leat.dms.RuleAction.NameOperation;
import dev.leat.dms.RuleName;
import dev.leat.dms.TransformationRule;
import dev.leat.dms.TransformationRule.RuleTarget;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads transformation rules. */
final class TransformationReader {

    private static final Map<String, RuleTarget> TARGETS = Words.of(RuleTarget.values(), RuleTarget::word);

    /** Reads what an action needs besides the locator; null after a fault. */
    private interface ActionReader {
        @Nullable
        RuleAction read(RuleFields rule);
    }

    /**
     * An action.
     *
     * @param targets what it may be about
     * @param existing whether it is about columns that there are, and names them
     */
    private record ActionKind(List<RuleTarget> targets, boolean existing, ActionReader reader) {}

    private static final Map<String, ActionKind> ACTIONS = actions();

    private TransformationReader() {}

    private static Map<String, ActionKind> actions() {
        Map<String, ActionKind> actions = new LinkedHashMap<>();
        List<RuleTarget> all = List.of(RuleTarget.values());
        List<RuleTarget> column = List.of(RuleTarget.COLUMN);
        names("rename", NameOperation.RENAME, actions);
        actions.put("remove-column", new ActionKind(column, true, rule -> new RuleAction.RemoveColumn()));
        actions.put("include-column", new ActionKind(column, true, rule -> new RuleAction.IncludeColumn()));
        actions.put("add-column", new ActionKind(column, false, TransformationReader::added));
        actions.put("convert-lowercase", new ActionKind(all, true, rule -> letters(NameOperation.LOWERCASE)));
        actions.put("convert-uppercase", new ActionKind(all, true, rule -> letters(NameOperation.UPPERCASE)));
        names("add-prefix", NameOperation.ADD_PREFIX, actions);
        names("remove-prefix", NameOperation.REMOVE_PREFIX, actions);
        names("replace-prefix", NameOperation.REPLACE_PREFIX, actions);
        names("add-suffix", NameOperation.ADD_SUFFIX, actions);
        names("remove-suffix", NameOperation.REMOVE_SUFFIX, actions);
        names("replace-suffix", NameOperation.REPLACE_SUFFIX, actions);
        actions.put(
                "define-primary-key",
                new ActionKind(List.of(RuleTarget.TABLE), true, TransformationReader::primaryKey));
        actions.put("change-data-type", new ActionKind(column, true, TransformationReader::changedType));
        actions.put("add-before-image-columns", new ActionKind(column, false, TransformationReader::beforeImage));
        actions.put("data-masking-digits-mask", new ActionKind(column, true, TransformationReader::digits));
        actions.put(
                "data-masking-digits-randomize",
                new ActionKind(column, true, rule -> new RuleAction.MaskColumn(MaskKind.RANDOM_DIGITS, "")));
        actions.put(
                "data-masking-hash-mask",
                new ActionKind(column, true, rule -> new RuleAction.MaskColumn(MaskKind.HASH, "")));
        return actions;
    }

    private static void names(String word, NameOperation operation, Map<String, ActionKind> actions) {
        actions.put(word, new ActionKind(List.of(RuleTarget.values()), true, rule -> {
            boolean replaced = operation == NameOperation.REPLACE_PREFIX || operation == NameOperation.REPLACE_SUFFIX;
            String oldValue = replaced ? rule.required("old-value") : "";
            // Replaced by nothing, an affix is removed.
            String value = replaced && "".equals(rule.text("value")) ? "" : rule.required("value");
            return new RuleAction.NameChange(operation, value, oldValue);
        }));
    }

    private static RuleAction letters(NameOperation operation) {
        return new RuleAction.NameChange(operation, "", "");
    }

    static @Nullable TransformationRule read(RuleName name, RuleFields rule) {
        RuleTarget target = rule.requiredWord("rule-target", TARGETS);
        ActionKind kind = rule.requiredWord("rule-action", ACTIONS);
        String word = rule.text("rule-action");
        if (target == null || kind == null || word == null) {
            return null;
        }
        if (!kind.targets().contains(target)) {
            rule.fault("rule-action " + word + " does not go with rule-target " + target.word() + ": it goes with "
                    + String.join(
                            ", ", kind.targets().stream().map(RuleTarget::word).toList()));
            return null;
        }
        RuleAction action = kind.reader().read(rule);
        Locator locator = locator(rule, target, kind, action instanceof RuleAction.DefinePrimaryKey);
        if (!rule.array("filters").isEmpty()) {
            rule.fault("filters belong to selection rules: move them there");
        }
        rule.rest();
        return action == null ? null : new TransformationRule(name, target, locator, action);
    }

    private static Locator locator(RuleFields rule, RuleTarget target, ActionKind kind, boolean exact) {
        Locators locators = new Locators(rule);
        if (exact) {
            Locator locator = locators.exactTable("define-primary-key");
            locators.rest();
            return locator;
        }
        NamePattern schema = locators.pattern("schema-name");
        NamePattern table = target == RuleTarget.SCHEMA ? null : locators.pattern("table-name");
        NamePattern column = target == RuleTarget.COLUMN && kind.existing() ? locators.pattern("column-name") : null;
        RuleFields fields = locators.fields();
        String dataType = null;
        if (column != null && fields != null) {
            JsonValue value = fields.value("data-type");
            if (value != null && value.object()) {
                RuleFields inside = fields.inside("data-type", value);
                dataType = inside.required("type");
                inside.rest();
            } else if (value != null) {
                dataType = fields.text("data-type");
            }
            if (dataType != null && !DataType.TYPES.contains(dataType)) {
                rule.fault(fields.line(), unknownType("object-locator.data-type", dataType));
            }
        }
        locators.rest();
        return new Locator(schema, table, column, dataType);
    }

    private static RuleAction added(RuleFields rule) {
        String name = rule.required("value");
        String expression = rule.text("expression");
        DataType type = type(rule);
        return new RuleAction.AddColumn(name, type, expression == null || expression.isBlank() ? null : expression);
    }

    private static RuleAction changedType(RuleFields rule) {
        return new RuleAction.ChangeDataType(type(rule));
    }

    private static DataType type(RuleFields rule) {
        RuleFields type = rule.requiredObject("data-type");
        if (type == null) {
            return new DataType("string", null, null, null);
        }
        String name = type.required("type");
        if (!name.isEmpty() && !DataType.TYPES.contains(name)) {
            type.fault(unknownType("data-type.type", name));
        }
        DataType read =
                new DataType(name, type.number("precision", 0), type.number("scale", 0), type.number("length", 0));
        type.rest();
        return read;
    }

    private static String unknownType(String member, String type) {
        return member + " is \"" + type + "\": it is one of " + String.join(", ", DataType.TYPES);
    }

    private static RuleAction beforeImage(RuleFields rule) {
        RuleFields given = rule.requiredObject("before-image-def");
        if (given == null) {
            return new RuleAction.AddBeforeImageColumns("BI_", "", ColumnFilter.PRIMARY_KEY);
        }
        String prefix = given.text("column-prefix");
        String suffix = given.text("column-suffix");
        Map<String, ColumnFilter> filters = new LinkedHashMap<>();
        filters.put("pk-only", ColumnFilter.PRIMARY_KEY);
        filters.put("non-lob", ColumnFilter.NO_LOB);
        filters.put("all", ColumnFilter.ALL);
        ColumnFilter filter = given.word("column-filter", filters, ColumnFilter.PRIMARY_KEY);
        given.rest();
        String before = prefix == null ? "BI_" : prefix;
        String after = suffix == null ? "" : suffix;
        if (before.isEmpty() && after.isEmpty()) {
            given.fault(
                    "column-prefix and column-suffix are both empty, so the columns would have the names that there are"
                            + " already: give one of them");
        }
        return new RuleAction.AddBeforeImageColumns(before, after, filter);
    }

    private static RuleAction primaryKey(RuleFields rule) {
        RuleFields key = rule.requiredObject("primary-key-def");
        if (key == null) {
            return new RuleAction.DefinePrimaryKey("", KeyOrigin.PRIMARY_KEY, List.of());
        }
        String name = key.required("name");
        Map<String, KeyOrigin> origins = new LinkedHashMap<>();
        origins.put("primary-key", KeyOrigin.PRIMARY_KEY);
        origins.put("unique-index", KeyOrigin.UNIQUE_INDEX);
        KeyOrigin origin = key.word("origin", origins, KeyOrigin.PRIMARY_KEY);
        List<String> columns = key.texts("columns");
        if (columns.isEmpty()) {
            key.fault("primary-key-def.columns names no column: name the columns of the key");
        }
        key.rest();
        return new RuleAction.DefinePrimaryKey(name, origin, columns);
    }

    private static RuleAction digits(RuleFields rule) {
        String value = rule.required("value");
        if (!value.isEmpty() && !value.matches("[!-~]")) {
            rule.fault("value is \"" + value + "\": it is one printable character of ASCII, such as #");
        }
        return new RuleAction.MaskColumn(MaskKind.DIGITS, value);
    }
}
