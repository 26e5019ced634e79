package dev.leat.dms.file;

import dev.leat.dms.Locator;
import dev.leat.dms.RuleName;
import dev.leat.dms.TableSettingsRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads table-settings rules. What they say has no effect here, and a mistake in them is a fault all the same. */
final class TableSettingsReader {

    private static final Map<String, String> LOADS =
            words("partitions-auto", "subpartitions-auto", "partitions-list", "ranges", "none");
    private static final Map<String, String> LOB_MODES = words("limited", "unlimited", "none");

    private TableSettingsReader() {}

    private static Map<String, String> words(String... words) {
        Map<String, String> map = new LinkedHashMap<>();
        for (String word : words) {
            map.put(word, word);
        }
        return map;
    }

    static TableSettingsRule read(RuleName name, RuleFields rule) {
        Locators locators = new Locators(rule);
        Locator locator = locators.exactTable("table-settings");
        locators.rest();
        String load = load(rule);
        String lobMode = lobs(rule);
        rule.rest();
        return new TableSettingsRule(name, locator, load, lobMode);
    }

    private static String load(RuleFields rule) {
        RuleFields load = rule.object("parallel-load");
        if (load == null) {
            return "";
        }
        String type = load.word("type", LOADS, "none");
        List<String> columns = load.texts("columns");
        for (JsonValue boundary : load.array("boundaries")) {
            if (!boundary.array() || !columns.isEmpty() && boundary.items().size() != columns.size()) {
                load.fault(
                        boundary.line(),
                        "parallel-load.boundaries: each is a list with one value for each of parallel-load.columns");
            }
        }
        if (type.equals("ranges")
                && (columns.isEmpty() || load.array("boundaries").isEmpty())) {
            load.fault("parallel-load of type ranges needs columns and boundaries: add them");
        }
        load.array("partitions");
        load.array("subpartitions");
        load.value("number-of-partitions");
        load.value("collection-count-from-metadata");
        load.value("max-records-skip-per-page");
        load.value("batch-size");
        load.rest();
        if (!type.equals("none")) {
            rule.notice("parallel-load " + type + " has no effect: Leat loads tables in chunks of its own");
        }
        return type;
    }

    private static String lobs(RuleFields rule) {
        RuleFields lobs = rule.object("lob-settings");
        if (lobs == null) {
            return "";
        }
        String mode = lobs.word("mode", LOB_MODES, "none");
        lobs.number("bulk-max-size", 0);
        lobs.rest();
        rule.notice("lob-settings have no effect: Leat sends large values whole");
        return mode;
    }
}
