package dev.leat.dms.file;

import dev.leat.dms.MappingRule;
import dev.leat.dms.MappingRule.IgnoredRule;
import dev.leat.dms.RuleName;
import dev.leat.dms.RuleType;
import dev.leat.dms.TableMappings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of table mappings: <code>{"rules": […]}</code>.
 *
 * <p>What decides which data leave, and under which names, is checked: types, actions, targets, locators, filters, data types and
 * mapping parameters. Members that mean nothing are ignored, and a notice names each: DMS's console and tools write some.
 */
public final class MappingFile {

    private static final Map<String, RuleType> TYPES = Words.of(RuleType.values(), RuleType::word);
    private static final Set<String> ORACLE_TARGETS = Set.of("table-tablespace", "index-tablespace");

    private final MappingFindings findings;
    private final Map<RuleType, Map<Long, RuleName>> seen = new HashMap<>();

    private MappingFile(MappingFindings findings) {
        this.findings = findings;
    }

    /**
     * @param name of the file, for messages
     * @throws dev.leat.settings.InvalidSettings with every fault, each with file, line, type, id and name of its rule
     */
    public static TableMappings read(String name, String text) {
        MappingFindings findings = new MappingFindings(name);
        List<MappingRule> rules = new MappingFile(findings).rules(JsonTree.read(text, findings));
        findings.raise();
        return new TableMappings(name, rules, findings.notices());
    }

    private List<MappingRule> rules(JsonValue document) {
        JsonValue given = document.members().get("rules");
        if (given == null || !given.array()) {
            throw findings.raised(document.line(), "there is no list of rules: the file is {\"rules\": […]}");
        }
        document.members().forEach((name, value) -> {
            if (!name.equals("rules")) {
                findings.notice(value.line(), "\"" + name + "\" beside the rules has no effect and is ignored");
            }
        });
        List<MappingRule> rules = new ArrayList<>();
        boolean selects = false;
        for (JsonValue item : given.items()) {
            if (!item.object()) {
                findings.fault(item.line(), "a rule is to be an object: write {\"rule-type\": …}");
                continue;
            }
            RuleName name = name(item);
            if (name != null) {
                selects |= name.type() == RuleType.SELECTION;
                MappingRule rule = rule(name, item);
                if (rule != null) {
                    rules.add(rule);
                }
            }
        }
        if (!selects) {
            findings.fault(given.line(), "there is no selection rule, so no table is selected: add one");
        }
        return rules;
    }

    /** Null after a fault that leaves the rule without a type or an id. */
    private @Nullable RuleName name(JsonValue item) {
        RuleFields fields = new RuleFields(findings, called(item), "", item);
        RuleType type = fields.requiredWord("rule-type", TYPES);
        String id = fields.required("rule-id");
        String name = fields.text("rule-name");
        if (!id.isEmpty() && !id.matches("[0-9]{1,18}")) {
            fields.fault("rule-id is \"" + id + "\": it is a number of at most 18 digits");
            return null;
        }
        if (type == null || id.isEmpty()) {
            return null;
        }
        RuleName rule = new RuleName(type, Long.parseLong(id), id, name == null ? "" : name, item.line());
        RuleName before = seen.computeIfAbsent(type, each -> new HashMap<>()).putIfAbsent(rule.number(), rule);
        if (before != null) {
            fields.fault("the rule-id " + id + " is that of the " + before + " in line " + before.line()
                    + ", and the ids decide which rule comes first: give it another");
        }
        return rule;
    }

    /** What messages call a rule of which not everything can be read. */
    private static String called(JsonValue item) {
        String type = scalar(item, "rule-type");
        String id = scalar(item, "rule-id");
        String name = scalar(item, "rule-name");
        return (type.isEmpty() ? "" : type + " ") + "rule" + (id.isEmpty() ? " without an id" : " " + id)
                + (name.isEmpty() ? "" : " (" + name + ")");
    }

    private static String scalar(JsonValue item, String member) {
        JsonValue value = item.members().get(member);
        return value != null && value.scalar() ? value.text() : "";
    }

    private @Nullable MappingRule rule(RuleName name, JsonValue item) {
        RuleFields fields = new RuleFields(findings, name.toString(), "", item);
        List.of("rule-type", "rule-id", "rule-name").forEach(fields::value);
        return switch (name.type()) {
            case SELECTION -> SelectionReader.read(name, fields);
            case TRANSFORMATION ->
                ORACLE_TARGETS.contains(scalar(item, "rule-target"))
                        ? ignored(name, fields, "tablespaces are Oracle's")
                        : TransformationReader.read(name, fields);
            case OBJECT_MAPPING -> ObjectMappingReader.read(name, fields);
            case TABLE_SETTINGS -> TableSettingsReader.read(name, fields);
            case POST_PROCESSING -> ignored(name, fields, "it tags files in Amazon S3, and a stream has none");
        };
    }

    private static IgnoredRule ignored(RuleName name, RuleFields fields, String reason) {
        fields.notice("it has no effect: " + reason);
        return new IgnoredRule(name, reason);
    }
}
