package dev.leat.dms.file;

import dev.leat.dms.Locator;
import dev.leat.dms.ObjectMappingRule;
import dev.leat.dms.ObjectMappingRule.AttributeMapping;
import dev.leat.dms.ObjectMappingRule.KeyChoice;
import dev.leat.dms.ObjectMappingRule.MappedDocument;
import dev.leat.dms.ObjectMappingRule.MappedText;
import dev.leat.dms.ObjectMappingRule.MappedValue;
import dev.leat.dms.ObjectMappingRule.PartitionKeyType;
import dev.leat.dms.RuleName;
import dev.leat.dms.ValueTemplate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads object-mapping rules. */
final class ObjectMappingReader {

    private static final Map<String, Boolean> ACTIONS = actions();
    private static final Map<String, PartitionKeyType> KEY_TYPES = keyTypes();

    private ObjectMappingReader() {}

    private static Map<String, Boolean> actions() {
        Map<String, Boolean> actions = new LinkedHashMap<>();
        actions.put("map-record-to-record", false);
        actions.put("map-record-to-document", true);
        return actions;
    }

    private static Map<String, PartitionKeyType> keyTypes() {
        Map<String, PartitionKeyType> types = Words.of(PartitionKeyType.values(), PartitionKeyType::word);
        // What a rule has that says nothing about the key; no word of a file.
        types.remove(PartitionKeyType.DEFAULT.word());
        return types;
    }

    static @Nullable ObjectMappingRule read(RuleName name, RuleFields rule) {
        Boolean document = rule.requiredWord("rule-action", ACTIONS);
        Locators locators = new Locators(rule);
        Locator locator = locators.table();
        locators.rest();
        if (!rule.array("filters").isEmpty()) {
            rule.fault("filters belong to selection rules: move them there");
        }
        RuleFields parameters = rule.object("mapping-parameters");
        KeyChoice key = KeyChoice.DEFAULT;
        List<String> excluded = List.of();
        List<AttributeMapping> attributes = List.of();
        if (parameters != null) {
            key = key(parameters);
            excluded = parameters.texts("exclude-columns");
            attributes = attributes(parameters);
            parameters.rest();
        }
        rule.rest();
        if (document == null) {
            return null;
        }
        if (!locator.exact()) {
            rule.notice("DMS from 3.5 on refuses wildcards here: " + locator + " is taken for each table that matches");
        }
        return new ObjectMappingRule(name, locator, document, key, excluded, attributes);
    }

    private static KeyChoice key(RuleFields parameters) {
        PartitionKeyType type = parameters.word("partition-key-type", KEY_TYPES, PartitionKeyType.DEFAULT);
        String name = parameters.text("partition-key-name");
        RuleFields former = parameters.object("partition-key");
        ValueTemplate value = name == null || name.isEmpty() ? null : template(parameters, "partition-key-name", name);
        if (former != null) {
            ValueTemplate older = template(former, "partition-key.value", former.required("value"));
            former.rest();
            if (type == PartitionKeyType.DEFAULT && value == null) {
                return new KeyChoice(
                        older.columns().isEmpty() ? PartitionKeyType.CONSTANT : PartitionKeyType.ATTRIBUTE_NAME, older);
            }
            value = value == null ? older : value;
        }
        return switch (type) {
            // Files for DynamoDB name the key and no type.
            case DEFAULT -> value == null ? KeyChoice.DEFAULT : new KeyChoice(PartitionKeyType.ATTRIBUTE_NAME, value);
            case CONSTANT, ATTRIBUTE_NAME -> {
                if (value == null) {
                    parameters.fault("partition-key-type " + type.word()
                            + " needs a value: add partition-key-name"
                            + (type == PartitionKeyType.CONSTANT ? " with the constant" : " with a column's name"));
                }
                yield new KeyChoice(type, value);
            }
            case SCHEMA_TABLE, PRIMARY_KEY, TRANSACTION_ID -> {
                if (value != null) {
                    parameters.notice("partition-key-name has no effect beside partition-key-type " + type.word());
                }
                yield new KeyChoice(type, null);
            }
        };
    }

    private static List<AttributeMapping> attributes(RuleFields parameters) {
        List<AttributeMapping> attributes = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonValue item : parameters.array("attribute-mappings")) {
            if (!item.object()) {
                parameters.fault(
                        item.line(), "a mapping is to be an object: write {\"target-attribute-name\": \"…\", …}");
                continue;
            }
            RuleFields mapping = parameters.inside("attribute-mappings", item);
            String older = mapping.text("attribute-name");
            String name = older == null ? mapping.required("target-attribute-name") : older;
            if (older != null && mapping.value("target-attribute-name") != null) {
                mapping.fault("attribute-name and target-attribute-name both name the attribute: keep one");
            }
            Map<String, String> types = new LinkedHashMap<>();
            types.put("scalar", "scalar");
            types.put("document", "document");
            mapping.word("attribute-type", types, "scalar");
            String subType = mapping.text("attribute-sub-type");
            JsonValue given = mapping.value("value");
            mapping.rest();
            if (!name.isEmpty() && !names.add(name)) {
                mapping.fault("two mappings make the attribute \"" + name + "\": keep one");
            }
            if (given == null) {
                mapping.fault("the attribute \"" + name + "\" has no value: add one, such as \"${column}\"");
                continue;
            }
            MappedValue value = value(mapping, name, given);
            if (value != null) {
                attributes.add(new AttributeMapping(name, subType == null ? "" : subType, value));
            }
        }
        return attributes;
    }

    private static @Nullable MappedValue value(RuleFields mapping, String attribute, JsonValue given) {
        if (given.scalar()) {
            return new MappedText(template(mapping, "the attribute \"" + attribute + "\"", given.text()));
        }
        if (!given.object()) {
            mapping.fault(
                    given.line(),
                    "the value of the attribute \"" + attribute + "\" is to be a text or an object of texts");
            return null;
        }
        Map<String, MappedValue> members = new LinkedHashMap<>();
        given.members().forEach((name, each) -> {
            MappedValue value = value(mapping, attribute, each);
            if (value != null) {
                members.put(name, value);
            }
        });
        return new MappedDocument(members);
    }

    private static ValueTemplate template(RuleFields fields, String what, String text) {
        try {
            return ValueTemplate.of(text);
        } catch (IllegalArgumentException e) {
            fields.fault(what + ": " + e.getMessage());
            return new ValueTemplate(text, List.of());
        }
    }
}
