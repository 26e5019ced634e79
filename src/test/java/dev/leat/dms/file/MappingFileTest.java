package dev.leat.dms.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.leat.dms.MappingRule.IgnoredRule;
import dev.leat.dms.ObjectMappingRule;
import dev.leat.dms.ObjectMappingRule.PartitionKeyType;
import dev.leat.dms.RuleAction;
import dev.leat.dms.SelectionRule;
import dev.leat.dms.SelectionRule.SelectionAction;
import dev.leat.dms.TableMappings;
import dev.leat.dms.TableSettingsRule;
import dev.leat.dms.TransformationRule;
import dev.leat.settings.InvalidSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MappingFileTest {

    private static final String SELECTION = """
            {"rule-type": "selection", "rule-id": "900", "rule-name": "all", "rule-action": "include",
             "object-locator": {"schema-name": "%", "table-name": "%"}}""";

    private static TableMappings read(String... rules) {
        return MappingFile.read("m.json", text(rules));
    }

    private static String text(String... rules) {
        return "{\"rules\": [\n" + SELECTION + (rules.length == 0 ? "" : ",\n") + String.join(",\n", rules) + "]}";
    }

    private static List<String> faults(String text) {
        InvalidSettings thrown = catchThrowableOfType(InvalidSettings.class, () -> MappingFile.read("m.json", text));
        assertThat(thrown).as(text).isNotNull();
        return thrown.faults();
    }

    private static String rule(String type, String rest) {
        return "{\"rule-type\": \"" + type + "\", \"rule-id\": \"7\", \"rule-name\": \"seven\", " + rest + "}";
    }

    private static String column(String action, String rest) {
        return rule(
                "transformation",
                "\"rule-target\": \"column\", \"rule-action\": \"" + action
                        + "\", \"object-locator\": {\"schema-name\": \"s\", \"table-name\": \"t\", \"column-name\": \"c\"}"
                        + rest);
    }

    @Test
    void rulesOfEachTypeAreRead() {
        TableMappings mappings = read(
                rule("transformation", """
                        "rule-target": "table", "rule-action": "add-prefix", "value": "p_",
                        "object-locator": {"schema-name": "s", "table-name": "t%"}"""),
                rule("table-settings", """
                        "object-locator": {"schema-name": "s", "table-name": "t"},
                        "lob-settings": {"mode": "limited", "bulk-max-size": "16"}"""),
                rule("object-mapping", """
                        "rule-action": "map-record-to-document", "object-locator": {"schema-name": "s", "table-name": "t"}"""),
                rule("post-processing", """
                        "rule-action": "add-tag", "object-locator": {"schema-name": "s", "table-name": "t"}"""));
        assertThat(mappings.rules())
                .extracting(rule -> (Object) rule.getClass())
                .containsExactly(
                        SelectionRule.class,
                        TransformationRule.class,
                        TableSettingsRule.class,
                        ObjectMappingRule.class,
                        IgnoredRule.class);
        assertThat(mappings.of(TransformationRule.class).get(0).rule())
                .hasToString("transformation rule 7 (seven)")
                .extracting(name -> name.line())
                .isEqualTo(4);
    }

    @Test
    void theIdIsANumberHoweverItIsWritten() {
        assertThat(MappingFile.read("m.json", """
                        {"rules": [
                        {"rule-type": "selection", "rule-id": 10, "rule-name": 3, "rule-action": "include",
                         "object-locator": {"schema-name": "a", "table-name": "%"}, "load-order": "4"},
                        {"rule-type": "selection", "rule-id": "009", "rule-action": "exclude",
                         "object-locator": {"schema-name": "b", "table-name": "%"}, "load-order": 2}]}
                        """).of(SelectionRule.class))
                .extracting(each -> each.rule().toString(), SelectionRule::action, SelectionRule::loadOrder)
                .containsExactly(
                        org.assertj.core.api.Assertions.tuple("selection rule 009", SelectionAction.EXCLUDE, 2),
                        org.assertj.core.api.Assertions.tuple("selection rule 10 (3)", SelectionAction.INCLUDE, 4));
    }

    @Test
    void whatMeansNothingIsANotice() {
        assertThat(MappingFile.read("m.json", """
                        {"isAutoSegmentationChecked": false, "rules": [
                        {"rule-type": "selection", "rule-id": "1", "rule-name": "all", "rule-action": "include",
                         "object-locator": {"schema-name": "%", "table-name": "%"}, "filters": [],
                         "parallel-load": null, "isAutoSegmentationChecked": false},
                        {"rule-type": "transformation", "rule-id": "2", "rule-name": "low", "rule-action": "convert-lowercase",
                         "rule-target": "schema", "object-locator": {"schema-name": "%", "table-name": "%"},
                         "filters": [], "value": null, "old-value": "null"}]}
                        """).notices())
                .containsExactlyInAnyOrder(
                        "m.json:1: \"isAutoSegmentationChecked\" beside the rules has no effect and is ignored",
                        "m.json:4: selection rule 1 (all): parallel-load is null and has no effect",
                        "m.json:4: selection rule 1 (all): isAutoSegmentationChecked has no effect and is ignored",
                        "m.json:6: transformation rule 2 (low): object-locator.table-name has no effect and is ignored",
                        "m.json:7: transformation rule 2 (low): value is null and has no effect",
                        "m.json:7: transformation rule 2 (low): old-value is \"null\" and has no effect");
    }

    @Test
    void allFaultsAreReportedAtOnce() {
        assertThat(faults("""
                        {"rules": [
                        {"rule-type": "selektion", "rule-id": "1"},
                        {"rule-type": "selection", "rule-id": "2", "rule-name": "two", "rule-action": "Include",
                         "object-locator": {"schema-name": "%"}},
                        {"rule-type": "selection", "rule-id": "2", "rule-name": "again", "rule-action": "include",
                         "object-locator": {"schema-name": "a[b", "table-name": "%"}}]}
                        """))
                .hasSize(5)
                .satisfiesExactly(
                        fault -> assertThat(fault)
                                .startsWith("m.json:2: selektion rule 1: rule-type is \"selektion\"")
                                .contains("table-settings"),
                        fault -> assertThat(fault)
                                .startsWith("m.json:3: selection rule 2 (two): rule-action is \"Include\"")
                                .contains("include, exclude, explicit"),
                        fault -> assertThat(fault).contains("object-locator.table-name is missing"),
                        fault -> assertThat(fault)
                                .contains("m.json:5: selection rule 2 (again)", "selection rule 2 (two) in line 3"),
                        fault -> assertThat(fault).contains("a [ has no ]"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                          | m.json:1: the file is empty
            {"rules": [                 | cut off
            {"rules": [{"rule-type": "s | m.json:1:
            {"rules": [] x}             | m.json:1: not JSON
            {"rules": []} {}            | after the document's end
            []                          | no list of rules
            {"rules": {}}               | no list of rules
            {"rules": []}               | no selection rule
            {"rules": [7]}              | a rule is to be an object
            {"a": 1, "a": 2, "rules": []} | "a" stands twice
            """)
    void whatIsNoFileOfMappingsIsSaid(String text, String fault) {
        assertThat(faults(text)).anyMatch(each -> each.contains(fault));
    }

    @Test
    void aByteOrderMarkIsNoFault() {
        assertThat(MappingFile.read("m.json", "\uFEFF" + text()).rules()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.5", "x", "-1", "1234567890123456789"})
    void anIdThatIsNoNumberIsAFault(String id) {
        assertThat(faults("{\"rules\": [" + SELECTION.replace("\"900\"", "\"" + id + "\"") + "]}")
                        .get(0))
                .contains("rule-id is \"" + id + "\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "rule-action": "explicit", "object-locator": {"schema-name": "s", "table-name": "t%"} | explicit takes one exact name
            "rule-action": "explicit", "object-locator": {"schema-name": "[_]", "table-name": "t"} | explicit takes one exact name
            "rule-action": "include", "object-locator": "s.t"                                     | object-locator is to be an object
            "rule-action": "include"                                                              | object-locator is missing
            "rule-action": "include", "object-locator": {"schema-name": "s", "table-name": "t", "table-type": "tables"} | table-type is "tables"
            "rule-action": "include", "object-locator": {"schema-name": "s", "table-name": "t"}, "load-order": 0 | load-order is "0"
            "rule-action": "include", "object-locator": {"schema-name": "s", "table-name": "t"}, "load-order": "2147483648" | load-order is "2147483648"
            "rule-action": "include", "object-locator": {"schema-name": "s", "table-name": "t"}, "load-order": "" | none
            """)
    void aSelectionIsChecked(String rest, String fault) {
        if (fault.equals("none")) {
            assertThat(read(rule("selection", rest)).rules()).hasSize(2);
        } else {
            assertThat(faults(text(rule("selection", rest))).get(0)).contains("selection rule 7 (seven)", fault);
        }
    }

    private static String filtered(String action, String conditions) {
        return rule(
                "selection",
                "\"rule-action\": \"" + action + "\","
                        + "\"object-locator\": {\"schema-name\": \"s\", \"table-name\": \"t\"}, \"filters\": [{\"filter-type\": \"source\","
                        + "\"column-name\": \"c\", \"filter-conditions\": [" + conditions + "]}]");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"filter-operator": "eq", "value": "1"}      | "c" = '1'
            {"filter-operator": "eq", "value": 1}        | "c" = '1'
            {"filter-operator": "noteq", "value": "x'y"} | "c" <> 'x''y'
            {"filter-operator": "gte", "value": "1"}     | "c" >= '1'
            {"filter-operator": "lte", "value": "1"}     | "c" <= '1'
            {"filter-operator": "ste", "value": "1"}     | "c" <= '1'
            {"filter-operator": "between", "start-value": "1", "end-value": 2}    | "c" BETWEEN '1' AND '2'
            {"filter-operator": "notbetween", "start-value": 1, "end-value": "2"} | "c" NOT BETWEEN '1' AND '2'
            {"filter-operator": "null"}                  | "c" IS NULL
            {"filter-operator": "notnull"}               | "c" IS NOT NULL
            {"filter-operator": "eq", "value": "1"}, {"filter-operator": "eq", "value": "2"} | ("c" = '1' OR "c" = '2')
            """)
    void eachOperatorIsRead(String conditions, String sql) {
        assertThat(dev.leat.dms.SourceFilter.sql(read(filtered("include", conditions))
                        .of(SelectionRule.class)
                        .get(0)
                        .filters()))
                .isEqualTo(sql);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            include | {"filter-operator": "gt", "value": "1"}  | filter-operator is "gt"
            include | {"filter-operator": "eq"}                | which is missing
            include | {"filter-operator": "between", "start-value": "1"} | end-value
            include | {"filter-operator": "eq", "value": ["1"]} | is to be a text
            include | {"value": "1"}                           | filter-operator is missing
            include | ''                                       | has no filter-conditions
            include | {"filter-operator": "noteq", "value": "1"}, {"filter-operator": "eq", "value": "2"} | noteq beside other
            include | {"filter-operator": "notnull"}, {"filter-operator": "eq", "value": "2"} | notnull beside other
            include | {"filter-operator": "eq", "value": "2"}, {"filter-operator": "notbetween", "start-value": 1, "end-value": 2} | notbetween beside
            exclude | {"filter-operator": "eq", "value": "1"}  | only include has them
            """)
    void aFilterIsChecked(String action, String conditions, String fault) {
        assertThat(faults(text(filtered(action, conditions))).get(0)).contains("selection rule 7 (seven)", fault);
    }

    @Test
    void aFilterOnWildcardsIsANotice() {
        assertThat(read(filtered("include", "{\"filter-operator\": \"null\"}").replace("\"s\"", "\"s%\""))
                        .notices())
                .singleElement()
                .asString()
                .contains("DMS takes filters only with exact names, and s%.t has wildcards");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rename           | , "value": "x"
            remove-column    | ''
            include-column   | ''
            convert-lowercase | ''
            convert-uppercase | ''
            add-prefix       | , "value": "x"
            remove-prefix    | , "value": "x"
            replace-prefix   | , "value": "x", "old-value": "y"
            add-suffix       | , "value": "x"
            remove-suffix    | , "value": "x"
            replace-suffix   | , "value": "", "old-value": "y"
            change-data-type | , "data-type": {"type": "string", "length": "20", "scale": ""}
            add-column       | , "value": "x", "data-type": {"type": "decimal", "precision": 10, "scale": 2}
            add-before-image-columns | , "before-image-def": {"column-prefix": "", "column-suffix": "_b", "column-filter": "non-lob"}
            data-masking-digits-mask | , "value": "#"
            data-masking-digits-randomize | ''
            data-masking-hash-mask | ''
            """)
    void eachColumnActionIsRead(String action, String rest) {
        assertThat(read(column(action, rest)).of(TransformationRule.class)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rename           | ''                                       | value is missing
            rename           | , "value": null                          | value is missing
            rename-column    | , "value": "x"                           | rule-action is "rename-column"
            Rename           | , "value": "x"                           | rule-action is "Rename"
            add-prefix       | , "value": ""                            | value is missing
            replace-prefix   | , "value": "x"                           | old-value is missing
            change-data-type | ''                                       | data-type is missing
            change-data-type | , "data-type": {"type": "varchar"}       | data-type.type is "varchar"
            change-data-type | , "data-type": {"type": "string", "length": "long"} | length is "long"
            add-column       | , "value": "x"                           | data-type is missing
            add-before-image-columns | , "before-image-def": {"column-prefix": ""} | both empty
            add-before-image-columns | , "before-image-def": {"column-filter": "pk"} | column-filter is "pk"
            data-masking-digits-mask | , "value": "##"                  | one printable character
            data-masking-digits-mask | , "value": "é"                   | one printable character
            define-primary-key | , "primary-key-def": {"name": "k", "columns": ["c"]} | does not go with rule-target column
            remove-column    | , "filters": [{}]                        | filters belong to selection rules
            """)
    void aTransformationIsChecked(String action, String rest, String fault) {
        assertThat(faults(text(column(action, rest))))
                .anySatisfy(each -> assertThat(each).contains("transformation rule 7 (seven)", fault));
    }

    @Test
    void aKeyIsDefinedForOneTable() {
        String rule = rule("transformation", """
                "rule-target": "table", "rule-action": "define-primary-key", "primary-key-def": {"name": "k", "columns": ["c"]},
                "object-locator": {"schema-name": "s", "table-name": "t"}""");
        assertThat(read(rule).of(TransformationRule.class).get(0).action())
                .isEqualTo(new RuleAction.DefinePrimaryKey("k", RuleAction.KeyOrigin.PRIMARY_KEY, List.of("c")));
        assertThat(faults(text(rule.replace("\"t\"", "\"%\""))).get(0))
                .contains("define-primary-key takes one exact name");
    }

    @Test
    void whatIsOraclesIsIgnored() {
        assertThat(read(rule(
                                "transformation",
                                "\"rule-target\": \"table-tablespace\", \"rule-action\": \"rename\","
                                        + " \"object-locator\": {\"schema-name\": \"s\"}, \"value\": \"x\""))
                        .of(IgnoredRule.class))
                .hasSize(1);
    }

    private static ObjectMappingRule mapping(String parameters) {
        return read(mappingRule(parameters)).of(ObjectMappingRule.class).get(0);
    }

    private static String mappingRule(String parameters) {
        return rule(
                "object-mapping",
                "\"rule-action\": \"map-record-to-record\","
                        + " \"object-locator\": {\"schema-name\": \"s\", \"table-name\": \"t\"}, \"mapping-parameters\": "
                        + parameters);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
            {}                                                        | DEFAULT        | none
            null                                                      | DEFAULT        | none
            {"partition-key-type": "schema-table"}                    | SCHEMA_TABLE   | none
            {"partition-key-type": "primary-key"}                     | PRIMARY_KEY    | none
            {"partition-key-type": "transaction-id"}                  | TRANSACTION_ID | none
            {"partition-key-type": "constant", "partition-key-name": "k"} | CONSTANT   | k
            {"partition-key-type": "attribute-name", "partition-key-name": "a"} | ATTRIBUTE_NAME | a
            {"partition-key-name": "a"}                               | ATTRIBUTE_NAME | a
            {"partition-key": {"value": "k"}}                         | CONSTANT       | k
            {"partition-key": {"value": "${a}"}}                      | ATTRIBUTE_NAME | ${a}
            """)
    void thePartitionKeyIsRead(
            String parameters, PartitionKeyType type, @org.jspecify.annotations.Nullable String value) {
        ObjectMappingRule rule = mapping(parameters);
        assertThat(rule.key().type()).isEqualTo(type);
        assertThat(rule.key().value() == null ? null : rule.key().value().text())
                .isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"partition-key-type": "table"}                       | partition-key-type is "table"
            {"partition-key-type": "default"}                     | partition-key-type is "default"
            {"partition-key-type": "constant"}                    | constant needs a value
            {"partition-key-type": "attribute-name"}              | attribute-name needs a value
            {"partition-key-name": "${a"}                         | a ${ has no }
            {"exclude-columns": "a"}                              | exclude-columns is to be a list
            {"exclude-columns": [["a"]]}                          | exclude-columns is a list of texts
            {"attribute-mappings": [{"value": "x"}]}              | target-attribute-name is missing
            {"attribute-mappings": [{"target-attribute-name": "x"}]} | has no value
            {"attribute-mappings": [{"target-attribute-name": "x", "value": ["a"]}]} | a text or an object
            {"attribute-mappings": [{"target-attribute-name": "x", "attribute-type": "list", "value": "a"}]} | attribute-type is "list"
            {"attribute-mappings": [{"attribute-name": "x", "value": "a"}, {"attribute-name": "x", "value": "b"}]} | two mappings make
            """)
    void mappingParametersAreChecked(String parameters, String fault) {
        assertThat(faults(text(mappingRule(parameters))).get(0)).contains("object-mapping rule 7 (seven)", fault);
    }

    @Test
    void anObjectMappingOfWildcardsIsANotice() {
        assertThat(read(mappingRule("{}").replace("\"t\"", "\"%\"")).notices().get(0))
                .contains("DMS from 3.5 on refuses wildcards here: s.% is taken for each table");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "object-locator": {"schema-name": "s", "table-name": "%"}  | table-settings takes one exact name
            "object-locator": {"schema-name": "s", "table-name": "t"}, "parallel-load": {"type": "range"} | type is "range"
            "object-locator": {"schema-name": "s", "table-name": "t"}, "parallel-load": {"type": "ranges"} | needs columns and boundaries
            "object-locator": {"schema-name": "s", "table-name": "t"}, "parallel-load": {"type": "ranges", "columns": ["a", "b"], "boundaries": [["1"]]} | one value for each
            "object-locator": {"schema-name": "s", "table-name": "t"}, "lob-settings": {"mode": "full"} | mode is "full"
            """)
    void tableSettingsAreChecked(String rest, String fault) {
        assertThat(faults(text(rule("table-settings", rest))).get(0)).contains("table-settings rule 7 (seven)", fault);
    }

    @Test
    void oneIdMayBeGivenOnceForEachType() {
        assertThat(read(
                                column("remove-column", ""),
                                rule(
                                        "table-settings",
                                        "\"object-locator\": {\"schema-name\": \"s\", \"table-name\": \"t\"}"))
                        .rules())
                .hasSize(3);
        assertThat(faults(text(
                                column("remove-column", ""),
                                column("remove-column", "").replace("\"7\"", "\"07\"")))
                        .get(0))
                .contains(
                        "transformation rule 07 (seven): the rule-id 07 is that of the transformation rule 7 (seven)");
    }
}
