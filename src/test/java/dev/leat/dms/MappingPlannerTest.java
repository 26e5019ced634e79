package dev.leat.dms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.dms.CatalogTable.TableKind;
import dev.leat.dms.TablePlan.TargetPlan;
import dev.leat.dms.attachment.Applicability;
import dev.leat.dms.attachment.Applicability.TableOptions;
import dev.leat.dms.file.MappingFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MappingPlannerTest {

    private static final List<CatalogTable> TABLES = List.of(
            PlanText.table(
                    "shop.orders(id bigint*, State text, card character varying(20), total numeric(10,2), at date)"),
            PlanText.table("shop.order_lines(id bigint*, order_id bigint*, note text)"),
            PlanText.table("shop.log(at timestamp without time zone, line text)"),
            PlanText.table("hr.people(id integer*, name text)"),
            PlanText.table("view shop.open_orders(id bigint)"));

    private final List<String> rules = new ArrayList<>();
    private final List<CatalogTable> tables = new ArrayList<>(TABLES);

    /** Adds a rule; its name is r and its id. */
    private MappingPlannerTest rule(int id, String type, String locator, String rest) {
        String[] names = locator.split("\\.");
        String[] members = {"schema-name", "table-name", "column-name"};
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            parts.add("\"" + members[i] + "\": \"" + names[i] + "\"");
        }
        rules.add("{\"rule-type\": \"" + type + "\", \"rule-id\": " + id + ", \"rule-name\": \"r" + id
                + "\", \"object-locator\": {" + String.join(", ", parts) + "}, " + rest + "}");
        return this;
    }

    private MappingPlannerTest select(int id, String action, String locator) {
        return rule(id, "selection", locator, "\"rule-action\": \"" + action + "\"");
    }

    private MappingPlannerTest change(int id, String target, String action, String locator, String rest) {
        return rule(
                id,
                "transformation",
                locator,
                "\"rule-target\": \"" + target + "\", \"rule-action\": \"" + action + "\""
                        + (rest.isEmpty() ? "" : ", " + rest));
    }

    private MappingPlannerTest map(int id, String locator, String parameters) {
        return rule(
                id,
                "object-mapping",
                locator,
                "\"rule-action\": \"map-record-to-record\", \"mapping-parameters\": " + parameters);
    }

    private MappingPlan plan() {
        return MappingPlanner.plan(
                MappingFile.read("m.json", "{\"rules\": [" + String.join(",\n", rules) + "]}"), tables);
    }

    private MappingPlan sound() {
        MappingPlan plan = plan();
        assertThat(plan.faults()).isEmpty();
        return plan;
    }

    private static TablePlan of(MappingPlan plan, String table) {
        return plan.tables().stream()
                .filter(each -> each.table().toString().equals(table))
                .findFirst()
                .orElseThrow();
    }

    private static TargetPlan target(MappingPlan plan, String table) {
        return Objects.requireNonNull(of(plan, table).target());
    }

    private static String decider(MappingPlan plan, String table) {
        SelectionRule rule = of(plan, table).selection();
        return (of(plan, table).selected() ? "+" : "-")
                + (rule == null ? "" : rule.rule().id());
    }

    private static ColumnPlan column(MappingPlan plan, String table, String column) {
        return target(plan, table).columns().stream()
                .filter(each -> each.name().equals(column))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> sent(MappingPlan plan, String table) {
        return target(plan, table).columns().stream()
                .filter(ColumnPlan::sent)
                .map(ColumnPlan::target)
                .toList();
    }

    private static TableOptions options(MappingPlan plan, String table) {
        return Objects.requireNonNull(Applicability.of(of(plan, table)).options());
    }

    private static List<String> unsupported(MappingPlan plan, String table) {
        return Applicability.of(of(plan, table)).unsupported().stream()
                .map(Applicability.Unsupported::feature)
                .toList();
    }

    @Test
    void anExcludeBeatsAnIncludeWhateverTheirOrder() {
        select(1, "include", "shop.%").select(2, "exclude", "shop.order%");
        assertThat(decider(sound(), "shop.orders")).isEqualTo("-2");
        assertThat(decider(sound(), "shop.log")).isEqualTo("+1");
        assertThat(decider(sound(), "hr.people")).isEqualTo("-");
        select(3, "explicit", "shop.orders");
        assertThat(decider(sound(), "shop.orders")).isEqualTo("-2");
        assertThat(plan().notices())
                .anyMatch(notice -> notice.contains(
                        "selection rule 3 (r3): it has no effect on shop.orders: selection rule 2 (r2) comes first"));
    }

    @Test
    void anExactIncludeBeatsAWildcardAndOtherwiseTheLowestIdDecides() {
        select(1, "include", "shop.%").select(2, "include", "%.%").select(9, "include", "shop.orders");
        assertThat(decider(sound(), "shop.orders")).isEqualTo("+9");
        assertThat(decider(sound(), "shop.log")).isEqualTo("+1");
        assertThat(decider(sound(), "hr.people")).isEqualTo("+2");
        select(5, "explicit", "shop.orders");
        assertThat(decider(sound(), "shop.orders")).isEqualTo("+5");
    }

    /** Most who write order_lines do not think of a wildcard. */
    @Test
    void aNameWithAnUnderscoreIsExactForThatTableAlone() {
        tables.add(PlanText.table("shop.orderXlines(id bigint*)"));
        select(1, "include", "shop.%").select(2, "include", "shop.order_lines");
        assertThat(decider(sound(), "shop.order_lines")).isEqualTo("+2");
        assertThat(decider(sound(), "shop.orderXlines")).isEqualTo("+1");
    }

    @Test
    void viewsAreSelectedWhereARuleSaysSo() {
        select(1, "include", "shop.%");
        assertThat(decider(sound(), "shop.open_orders")).isEqualTo("-");
        rules.clear();
        rules.add("{\"rule-type\": \"selection\", \"rule-id\": 1, \"rule-action\": \"include\", \"object-locator\":"
                + " {\"schema-name\": \"shop\", \"table-name\": \"%\", \"table-type\": \"view\"}}");
        assertThat(decider(sound(), "shop.open_orders")).isEqualTo("+1");
        assertThat(decider(sound(), "shop.orders")).isEqualTo("-");
        assertThat(unsupported(sound(), "shop.open_orders")).containsExactly("a view");
        assertThat(Applicability.of(of(sound(), "shop.open_orders")).attachable())
                .isFalse();
    }

    @Test
    void anUnknownTableIsAFaultAndAWildcardThatMatchesNothingANotice() {
        select(1, "include", "shop.Orders").select(2, "include", "hr.nobody").select(3, "include", "x%.%");
        assertThat(plan().faults())
                .satisfiesExactly(
                        fault -> assertThat(fault)
                                .startsWith(
                                        "m.json:1: selection rule 1 (r1): no table of this database matches shop.Orders")
                                .contains("there is shop.orders"),
                        fault -> assertThat(fault).contains("selection rule 2 (r2)", "hr.nobody", "correct the name"));
        assertThat(plan().notices()).anyMatch(notice -> notice.contains("selection rule 3 (r3): no table"));
    }

    @Test
    void aPartitionIsSelectedByItsExactNameOnly() {
        tables.add(new CatalogTable("shop", "parted", TableKind.PARTITIONED, List.of(), List.of(), null));
        tables.add(new CatalogTable("shop", "parted_1", TableKind.TABLE, List.of(), List.of(), "shop.parted"));
        select(1, "include", "shop.%");
        assertThat(sound().tables())
                .extracting(plan -> plan.table().toString())
                .contains("shop.parted")
                .doesNotContain("shop.parted_1");
        select(2, "explicit", "shop.parted_1");
        assertThat(plan().faults())
                .singleElement()
                .asString()
                .contains("a partition of shop.parted, which is selected too");
        select(3, "exclude", "shop.parted");
        assertThat(decider(sound(), "shop.parted_1")).isEqualTo("+2");
        rules.clear();
        select(1, "include", "shop.%").select(2, "exclude", "shop.parted_1");
        assertThat(plan().faults()).singleElement().asString().contains("its changes cannot be left out");
        rules.clear();
        select(1, "include", "shop.%").select(2, "exclude", "shop.%_1");
        assertThat(sound().notices()).anyMatch(notice -> notice.contains("its changes are not left out"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            total  | "filter-operator": "gte", "value": "1.5e3"  | none
            total  | "filter-operator": "eq", "value": "many"    | compares with "many", and the column is numeric(10,2)
            at     | "filter-operator": "lte", "value": "2024-02-01" | none
            at     | "filter-operator": "lte", "value": "1.2.2024" | write a value of that type
            state  | "filter-operator": "null"                   | it has "State", and case counts
            nobody | "filter-operator": "null"                   | it has id, State, card
            """)
    void aFilterComparesWithAColumnOfItsType(String column, String condition, String fault) {
        rule(
                1,
                "selection",
                "shop.orders",
                "\"rule-action\": \"include\", \"filters\": [{\"filter-type\": \"source\"," + "\"column-name\": \""
                        + column + "\", \"filter-conditions\": [{" + condition + "}]}]");
        if (fault.equals("none")) {
            assertThat(unsupported(sound(), "shop.orders")).isEmpty();
            assertThat(options(sound(), "shop.orders").filter())
                    .startsWith("[{\"column\":\"" + column + "\",\"any\":[{\"operator\":\"");
        } else {
            assertThat(plan().faults()).singleElement().asString().contains("selection rule 1 (r1)", fault);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rename            | "value": "new"                          | new
            convert-uppercase | ''                                      | STATE
            convert-lowercase | ''                                      | state
            add-prefix        | "value": "p_"                           | p_State
            add-suffix        | "value": "_s"                           | State_s
            remove-prefix     | "value": "St"                           | ate
            remove-prefix     | "value": "st"                           | State
            remove-suffix     | "value": "te"                           | Sta
            replace-prefix    | "value": "x", "old-value": "Sta"        | xte
            replace-suffix    | "value": "", "old-value": "te"          | Sta
            replace-suffix    | "value": "y", "old-value": "x"          | State
            """)
    void eachChangeOfANameIsThatOfSchemaTableAndColumn(String action, String rest, String name) {
        select(1, "include", "%.orders");
        change(2, "column", action, "shop.orders.State", rest);
        assertThat(column(sound(), "shop.orders", "State").target()).isEqualTo(name);
        assertThat(unsupported(sound(), "shop.orders")).isEmpty();
        assertThat(options(sound(), "shop.orders").rename())
                .isEqualTo(name.equals("State") ? List.of() : List.of("State=" + name));
        tables.add(PlanText.table("State.State(id bigint*)"));
        select(3, "include", "State.%");
        change(4, "schema", action, "State", rest).change(5, "table", action, "State.%", rest);
        assertThat(target(sound(), "State.State")).hasToString(name + "." + name);
    }

    @Test
    void aColumnHasTheActionOfTheLowestId() {
        select(1, "include", "shop.orders");
        change(30, "column", "remove-column", "shop.orders.card", "");
        change(20, "column", "convert-uppercase", "shop.%.%", "");
        assertThat(column(sound(), "shop.orders", "card").target()).isEqualTo("CARD");
        assertThat(column(sound(), "shop.orders", "card").sent()).isTrue();
        assertThat(plan().notices())
                .anyMatch(notice -> notice.contains("transformation rule 30 (r30): it has no effect on"
                        + " shop.orders.card: transformation rule 20 (r20) comes first"));
        change(3, "column", "remove-column", "shop.orders.c%", "");
        assertThat(column(sound(), "shop.orders", "card").sent()).isFalse();
        assertThat(options(sound(), "shop.orders").exclude()).containsExactly("card");
    }

    @Test
    void aMaskAndAnotherTypeGoTogether() {
        select(1, "include", "shop.orders");
        change(4, "column", "data-masking-hash-mask", "shop.orders.card", "");
        change(5, "column", "rename", "shop.orders.card", "\"value\": \"x\"");
        change(3, "column", "change-data-type", "shop.orders.card", "\"data-type\": {\"type\": \"string\"}");
        assertThat(unsupported(sound(), "shop.orders")).isEmpty();
        assertThat(options(sound(), "shop.orders").mask()).containsExactly("card=hash");
        assertThat(options(sound(), "shop.orders").transform()).isNull();
        assertThat(column(sound(), "shop.orders", "card").target()).isEqualTo("card");
        assertThat(Applicability.of(of(sound(), "shop.orders")).attachable()).isTrue();
    }

    @Test
    void columnsBecomeStringsAndNumbersStayWhole() {
        select(1, "include", "shop.orders");
        change(2, "column", "change-data-type", "shop.orders.id", "\"data-type\": {\"type\": \"int4\"}");
        change(
                3,
                "column",
                "change-data-type",
                "shop.orders.total",
                "\"data-type\": {\"type\": \"wstring\", \"length\": 5}");
        assertThat(unsupported(sound(), "shop.orders")).isEmpty();
        assertThat(options(sound(), "shop.orders").transform()).isEqualTo("{\"types\":{\"total\":\"string\"}}");
        change(4, "column", "change-data-type", "shop.orders.card", "\"data-type\": {\"type\": \"date\"}");
        assertThat(unsupported(sound(), "shop.orders")).containsExactly("another data type");
    }

    @Test
    void anAddedColumnReadsNothingThatIsHidden() {
        select(1, "include", "shop.orders");
        add(2, "shop.orders", "a", "$CARD || '-'");
        add(3, "shop.orders", "b", "randomblob(8)");
        assertThat(unsupported(sound(), "shop.orders")).containsExactly("adding a column");
        assertThat(options(sound(), "shop.orders").transform())
                .isEqualTo(
                        "{\"add\":[{\"name\":\"a\",\"type\":\"string\",\"value\":{\"call\":\"||\",\"of\":[{\"column\":\"card\"},\"-\"]}}]}");
        change(4, "column", "data-masking-hash-mask", "shop.orders.card", "");
        assertThat(Applicability.of(of(sound(), "shop.orders")).unsupported())
                .extracting(Applicability.Unsupported::what)
                .containsExactly(
                        "shop.orders.a: adding a column ($CARD, which is no column that leaves as it is) is not supported yet",
                        "shop.orders.b: adding a column (randomblob(…)) is not supported yet");
    }

    private void add(int id, String table, String name, String expression) {
        change(
                id,
                "column",
                "add-column",
                table,
                "\"value\": \"" + name + "\", \"expression\": \"" + expression
                        + "\", \"data-type\": {\"type\": \"string\", \"length\": 50}");
    }

    @Test
    void aMaskOfAnotherTypeIsAFault() {
        select(1, "include", "shop.orders");
        change(2, "column", "data-masking-hash-mask", "shop.orders.total", "");
        change(3, "column", "data-masking-digits-randomize", "shop.orders.id", "");
        assertThat(plan().faults())
                .singleElement()
                .asString()
                .contains("transformation rule 2 (r2)", "shop.orders.total is numeric(10,2)");
    }

    @Test
    void includedColumnsLeaveOutAllOthers() {
        select(1, "include", "shop.%");
        change(2, "column", "include-column", "shop.orders.id", "");
        change(3, "column", "include-column", "shop.orders.t%", "");
        assertThat(sent(sound(), "shop.orders")).containsExactly("id", "total");
        assertThat(options(sound(), "shop.orders").exclude()).containsExactly("State", "card", "at");
        assertThat(sent(sound(), "shop.log")).containsExactly("at", "line");
        change(1, "column", "convert-uppercase", "shop.orders.total", "");
        assertThat(sent(sound(), "shop.orders")).containsExactly("id", "TOTAL");
    }

    @Test
    void aColumnOfThePartitionKeyCannotBeLeftOut() {
        select(1, "include", "shop.orders").change(2, "column", "remove-column", "shop.orders.id", "");
        assertThat(unsupported(sound(), "shop.orders")).containsExactly("leaving out a column of the partition key");
        assertThat(Applicability.of(of(sound(), "shop.orders")).attachable()).isFalse();
    }

    @Test
    void aMisspelledColumnToHideIsAFaultAndAnotherOneANotice() {
        select(1, "include", "shop.orders");
        change(2, "column", "remove-column", "shop.orders.Card", "");
        change(3, "column", "data-masking-hash-mask", "shop.orders.kard", "");
        change(4, "column", "rename", "shop.orders.kard", "\"value\": \"x\"");
        change(5, "column", "remove-column", "shop.%.kard", "");
        map(1, "shop.orders", "{\"exclude-columns\": [\"kard\", \"STATE\"]}");
        assertThat(plan().faults())
                .satisfiesExactlyInAnyOrder(
                        fault -> assertThat(fault)
                                .contains("transformation rule 2 (r2)", "it has \"card\", and case counts"),
                        fault -> assertThat(fault).contains("transformation rule 3 (r3)", "has no column \"kard\""),
                        fault -> assertThat(fault)
                                .contains("object-mapping rule 1 (r1)", "exclude-columns names \"kard\""));
        assertThat(plan().notices())
                .anyMatch(notice -> notice.contains("transformation rule 4 (r4): it has no effect"))
                .anyMatch(notice -> notice.contains("transformation rule 5 (r5): it has no effect"));
        assertThat(sent(plan(), "shop.orders")).doesNotContain("State");
    }

    @Test
    void columnsAreAddedBehindTheOthersByTheirIds() {
        select(1, "include", "shop.log");
        change(
                3,
                "column",
                "add-column",
                "shop.log",
                "\"value\": \"b\", \"data-type\": {\"type\": \"string\", \"length\": 9},"
                        + " \"expression\": \"$AR_H_OPERATION\"");
        change(2, "column", "add-column", "%.%", "\"value\": \"a\", \"data-type\": {\"type\": \"int4\"}");
        change(4, "column", "data-masking-hash-mask", "shop.log.b", "");
        assertThat(sent(sound(), "shop.log")).containsExactly("at", "line", "a", "b");
        assertThat(column(sound(), "shop.log", "b").decisions())
                .extracting(ColumnPlan.ColumnDecision::text)
                .containsExactly("added as string(9) = $AR_H_OPERATION", "its value becomes a hash");
        assertThat(Applicability.of(of(sound(), "shop.log")).attachable()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            primary-key-columns | pk-only | BI_id_
            all-but-lobs        | non-lob | BI_id_, BI_card_, BI_total_, BI_at_
            all                 | all     | BI_id_, BI_State_, BI_card_, BI_total_, BI_at_
            """)
    void columnsWithTheValueBeforeAreAdded(String name, String filter, String added) {
        select(1, "include", "shop.orders");
        change(
                2,
                "column",
                "add-before-image-columns",
                "shop.orders",
                "\"before-image-def\": {\"column-suffix\": \"_\", \"column-filter\": \"" + filter + "\"}");
        assertThat(sent(sound(), "shop.orders").stream().filter(each -> each.startsWith("BI_")))
                .as(name)
                .containsExactly(added.split(", "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            int8    | id
            numeric | total
            date    | at
            nclob   | State
            string  | card
            """)
    void oneTypeIsChangedByTheLocatorsType(String type, String column) {
        select(1, "include", "shop.orders");
        rules.add("{\"rule-type\": \"transformation\", \"rule-id\": 2, \"rule-target\": \"column\", \"rule-action\":"
                + " \"change-data-type\", \"object-locator\": {\"schema-name\": \"%\", \"table-name\": \"%\", \"column-name\": \"%\","
                + " \"data-type\": \"" + type + "\"}, \"data-type\": {\"type\": \"string\"}}");
        assertThat(target(sound(), "shop.orders").columns().stream()
                        .filter(each -> !each.decisions().isEmpty())
                        .map(ColumnPlan::name))
                .containsExactly(column);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            add-column | shop.orders      | "value": "id", "data-type": {"type": "int4"}    | has a column "id" already
            add-column | shop.orders      | "value": "new", "data-type": {"type": "int4"}   | which transformation rule 2 (r2) adds already
            rename     | shop.orders.card | "value": "total"                                | would both be called "total"
            rename     | shop.orders.card | "value": "new"                                  | would both be called "new"
            remove-prefix | shop.orders.card | "value": "card"                              | would have no name left
            """)
    void columnsThatWouldMeetAreAFault(String action, String locator, String rest, String fault) {
        select(1, "include", "shop.orders");
        change(2, "column", "add-column", "shop.orders", "\"value\": \"new\", \"data-type\": {\"type\": \"int4\"}");
        change(3, "column", action, locator, rest);
        assertThat(plan().faults()).singleElement().asString().contains(fault).contains(" rule ");
    }

    @Test
    void tablesThatWouldMeetAreAFault() {
        select(1, "include", "shop.order%").change(2, "table", "rename", "shop.%", "\"value\": \"all\"");
        assertThat(plan().faults())
                .singleElement()
                .asString()
                .contains("transformation rule 2 (r2): shop.order_lines and shop.orders would both be called shop.all");
        rules.clear();
        tables.add(PlanText.table("hr.orders(id bigint*)"));
        select(1, "include", "%.orders").change(2, "schema", "rename", "hr", "\"value\": \"shop\"");
        assertThat(plan().faults()).singleElement().asString().contains("hr.orders and shop.orders");
    }

    @Test
    void aDefinedKeyIsOfColumnsThatThereAre() {
        select(1, "include", "shop.log");
        change(
                2,
                "table",
                "define-primary-key",
                "shop.log",
                "\"primary-key-def\": {\"name\": \"k\", \"columns\": [\"at\"]}");
        assertThat(unsupported(sound(), "shop.log")).isEmpty();
        assertThat(options(sound(), "shop.log").key()).containsExactly("at");
        assertThat(options(sound(), "shop.log").withoutKey()).isNull();
        change(
                1,
                "table",
                "define-primary-key",
                "shop.log",
                "\"primary-key-def\": {\"name\": \"k\", \"columns\": [\"id\"]}");
        assertThat(plan().faults()).singleElement().asString().contains("no column \"id\" for the key");
    }

    /** The options of attach that stand for each partition key, and what is not supported. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            orders | {}                                        | []      | none  | none
            log    | {}                                        | []      | table | none
            orders | {"partition-key-type": "primary-key"}     | []      | none  | none
            log    | {"partition-key-type": "primary-key"}     | []      | table | none
            log    | {"partition-key-type": "schema-table"}    | []      | none  | none
            orders | {"partition-key-type": "schema-table"}    | []      | none  | none
            orders | {"partition-key-type": "transaction-id"}  | []      | none  | the partition key transaction-id
            log    | {"partition-key": {"value": "k"}}         | []      | none  | none
            orders | {"partition-key-name": "card"}            | [card]  | none  | none
            orders | {"partition-key-name": "CARD"}            | [card]  | none  | none
            orders | {"partition-key-name": "${state}"}        | [State] | none  | none
            orders | {"partition-key-name": "id"}              | []      | none  | none
            log    | {"partition-key-name": "line"}            | [line]  | none  | none
            orders | {"partition-key-name": "${id}-${card}"}   | []      | none  | none
            orders | {"partition-key-name": "x${id}"}          | []      | none  | none
            """)
    void thePartitionKeyIsThatOfTheRule(String table, String parameters, String key, String withoutKey, String not) {
        select(1, "include", "shop.%").map(2, "shop." + table, parameters);
        assertThat(options(sound(), "shop." + table).key()).hasToString(key);
        assertThat(String.valueOf(options(sound(), "shop." + table).withoutKey())
                        .replace("null", "none"))
                .isEqualTo(withoutKey);
        assertThat(String.join("", unsupported(sound(), "shop." + table))).isEqualTo(not.replace("none", ""));
    }

    /** The keys that are no columns alone, as leat.attach takes them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            log    | {"partition-key-type": "schema-table"}  | {"key":{"type":"schema-table"}}
            orders | {"partition-key-type": "schema-table"}  | {"key":{"type":"schema-table"}}
            orders | {"partition-key": {"value": "k"}}       | {"key":{"type":"constant","text":["k"]}}
            orders | {"partition-key-name": "x${ID}"}        | {"key":{"type":"attribute-name","text":["x",{"column":"id"}]}}
            orders | {"partition-key-name": "${id}-${state}"} | {"key":{"type":"attribute-name","text":[{"column":"id"},"-",{"column":"State"}]}}
            orders | {"partition-key-name": "card", "exclude-columns": ["card"]} | {"key":{"type":"attribute-name","text":[{"column":"card"}]}}
            orders | {"partition-key-name": "card"}          | null
            orders | {}                                      | null
            """)
    void aKeyThatIsNoColumnIsAMapping(String table, String parameters, String mapping) {
        select(1, "include", "shop.%").map(2, "shop." + table, parameters);
        assertThat(unsupported(sound(), "shop." + table)).isEmpty();
        assertThat(String.valueOf(options(sound(), "shop." + table).mapping())).isEqualTo(mapping);
    }

    @Test
    void aTextOfTheKeyHasNoColumnThatAnotherRuleHides() {
        select(1, "include", "shop.orders").map(2, "shop.orders", "{\"partition-key-name\": \"x${card}\"}");
        change(3, "column", "remove-column", "shop.orders.card", "");
        assertThat(unsupported(sound(), "shop.orders")).containsExactly("leaving out a column of the partition key");
        assertThat(Applicability.of(of(sound(), "shop.orders")).attachable()).isFalse();
        rules.remove(2);
        change(3, "column", "data-masking-hash-mask", "shop.orders.card", "");
        assertThat(unsupported(sound(), "shop.orders")).containsExactly("masking a column of the partition key");
        rules.remove(2);
        change(3, "column", "remove-column", "shop.orders.id", "");
        assertThat(unsupported(sound(), "shop.orders"))
                .as("the primary key is no part of it")
                .isEmpty();
    }

    /** The attributes of a rule as leat.attach takes them; else why they are not supported. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "a", "value": "${STATE}, ${card}" | {"name":"a","text":[{"column":"State"},", ",{"column":"card"}]}
            "id", "value": "${id}", "attribute-sub-type": "string" | {"name":"id","text":[{"column":"id"}]}
            "a", "value": "${id}", "attribute-sub-type": "number" | {"name":"a","column":"id"}
            "a", "value": "" | {"name":"a","text":[""]}
            "a", "attribute-type": "document", "attribute-sub-type": "json", "value": {"b": {"c": "${id}"}, "d": "x"} | {"name":"a","members":[{"name":"b","members":[{"name":"c","text":[{"column":"id"}]}]},{"name":"d","text":["x"]}]}
            "a", "value": "${card}", "attribute-sub-type": "number" | attribute-sub-type number of the text ${card}
            "a", "value": "x${id}", "attribute-sub-type": "number" | attribute-sub-type number of the text x${id}
            "a", "value": "${card}", "attribute-sub-type": "json" | attribute-sub-type json of the text ${card}
            "a", "value": {} | it is an object without members
            "a", "value": {"": "x"} | a name has 1 to 63 bytes
            "_doc", "value": "x" | the document has this name
            """)
    void attributesAreAMapping(String attribute, String outcome) {
        select(1, "include", "shop.orders");
        map(2, "shop.orders", "{\"attribute-mappings\": [{\"target-attribute-name\": " + attribute + "}]}");
        if (attribute.contains("_doc")) {
            rules.set(1, rules.get(1).replace("map-record-to-record", "map-record-to-document"));
        }
        Applicability applicability = Applicability.of(of(sound(), "shop.orders"));
        if (outcome.startsWith("{")) {
            assertThat(applicability.unsupported()).isEmpty();
            assertThat(options(sound(), "shop.orders").mapping()).isEqualTo("{\"attributes\":[" + outcome + "]}");
        } else {
            assertThat(applicability.unsupported()).singleElement().satisfies(each -> {
                assertThat(each.what()).contains("shop.orders: the attribute \"", "(" + outcome + ")");
                assertThat(each.withholds()).isFalse();
            });
        }
    }

    @Test
    void anAttributeShowsNothingThatAnotherRuleHides() {
        select(1, "include", "shop.orders");
        map(
                2,
                "shop.orders",
                "{\"exclude-columns\": [\"card\"], \"attribute-mappings\": [{\"target-attribute-name\": \"k\", \"value\": {\"x\": \"${card}\"}}]}");
        assertThat(unsupported(sound(), "shop.orders")).isEmpty();
        for (String action : List.of("remove-column", "data-masking-hash-mask")) {
            change(3, "column", action, "shop.orders.card", "");
            assertThat(unsupported(sound(), "shop.orders"))
                    .containsExactly("an attribute of a column that another rule leaves out or masks");
            assertThat(Applicability.of(of(sound(), "shop.orders")).attachable())
                    .isFalse();
            rules.remove(2);
        }
    }

    @Test
    void thePartitionKeyMayBeAMappedAttributeOrARenamedColumn() {
        select(1, "include", "shop.orders");
        map(
                2,
                "shop.orders",
                "{\"partition-key-name\": \"k\", \"attribute-mappings\":"
                        + " [{\"target-attribute-name\": \"k\", \"value\": \"${card}\"}]}");
        assertThat(options(sound(), "shop.orders").key()).containsExactly("card");
        assertThat(unsupported(sound(), "shop.orders")).isEmpty();
        rules.remove(1);
        map(2, "shop.orders", "{\"partition-key-name\": \"k\"}");
        change(3, "column", "rename", "shop.orders.card", "\"value\": \"k\"");
        assertThat(options(sound(), "shop.orders").key()).containsExactly("card");
        rules.remove(2);
        assertThat(plan().faults())
                .singleElement()
                .asString()
                .contains("neither an attribute nor a column of shop.orders");
    }

    @Test
    void whatNoRuleSaysOfTheKeyIsTold() {
        select(1, "include", "shop.%");
        assertThat(sound().notices())
                .containsExactly(
                        "m.json: shop.order_lines and 1 more: no rule says the partition key, so it is the primary key; DMS takes"
                                + " schema and table for changes",
                        "m.json: shop.log: there is no primary key, so the whole table has one order");
    }

    @Test
    void attributesAreMadeOfColumnsThatThereAre() {
        select(1, "include", "shop.orders");
        map(
                2,
                "shop.orders",
                "{\"attribute-mappings\": [{\"target-attribute-name\": \"a\", \"value\":"
                        + " {\"x\": {\"y\": \"${nobody}\"}, \"z\": \"${STATE}\"}}]}");
        assertThat(plan().faults()).singleElement().asString().contains("the attribute \"a\" takes ${nobody}");
    }

    @Test
    void anExactObjectMappingBeatsAWildcard() {
        select(1, "include", "shop.%");
        map(1, "shop.%", "{\"partition-key-type\": \"transaction-id\"}").map(2, "shop.orders", "{}");
        assertThat(unsupported(sound(), "shop.orders")).isEmpty();
        assertThat(unsupported(sound(), "shop.log")).containsExactly("the partition key transaction-id");
    }

    @Test
    void namesAreQuotedAsSqlNeedsIt() {
        tables.add(PlanText.table("Shop.my \"orders(id bigint*)"));
        select(1, "include", "Shop.%");
        assertThat(options(sound(), "Shop.my \"orders").table()).isEqualTo("\"Shop\".\"my \"\"orders\"");
        assertThat(Arrays.asList(TABLES.get(0).sqlName())).containsExactly("shop.orders");
    }
}
