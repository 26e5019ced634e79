package dev.leat.dms.file;

import dev.leat.dms.Locator;
import dev.leat.dms.RuleName;
import dev.leat.dms.SelectionRule;
import dev.leat.dms.SelectionRule.SelectionAction;
import dev.leat.dms.SelectionRule.TableType;
import dev.leat.dms.SourceFilter;
import dev.leat.dms.SourceFilter.FilterCondition;
import dev.leat.dms.SourceFilter.FilterOperator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads selection rules and their filters. */
final class SelectionReader {

    private static final Map<String, SelectionAction> ACTIONS =
            Words.of(SelectionAction.values(), SelectionAction::word);
    private static final Map<String, TableType> TYPES = Words.of(TableType.values(), TableType::word);
    private static final Map<String, FilterOperator> OPERATORS = operators();

    private SelectionReader() {}

    private static Map<String, FilterOperator> operators() {
        Map<String, FilterOperator> operators = new LinkedHashMap<>();
        operators.put("eq", FilterOperator.EQUAL);
        operators.put("noteq", FilterOperator.NOT_EQUAL);
        operators.put("gte", FilterOperator.AT_LEAST);
        operators.put("lte", FilterOperator.AT_MOST);
        // The same operator under the name that older files have.
        operators.put("ste", FilterOperator.AT_MOST);
        operators.put("between", FilterOperator.BETWEEN);
        operators.put("notbetween", FilterOperator.NOT_BETWEEN);
        operators.put("null", FilterOperator.NULL);
        operators.put("notnull", FilterOperator.NOT_NULL);
        return operators;
    }

    static @Nullable SelectionRule read(RuleName name, RuleFields rule) {
        SelectionAction action = rule.requiredWord("rule-action", ACTIONS);
        Locators locators = new Locators(rule);
        Locator locator = action == SelectionAction.EXPLICIT ? locators.exactTable("explicit") : locators.table();
        RuleFields fields = locators.fields();
        TableType types = fields == null ? TableType.TABLE : fields.word("table-type", TYPES, TableType.TABLE);
        locators.rest();
        List<SourceFilter> filters = filters(rule);
        Integer loadOrder = rule.number("load-order", 1);
        rule.rest();
        if (action == null) {
            return null;
        }
        if (!filters.isEmpty() && action != SelectionAction.INCLUDE) {
            rule.fault("filters stand beside the action " + action.word()
                    + ", and only include has them: remove them, or include the table");
        } else if (!filters.isEmpty() && !locator.exact()) {
            rule.notice("DMS takes filters only with exact names, and " + locator
                    + " has wildcards: the filters are taken for each table that matches");
        }
        return new SelectionRule(name, action, locator, types, filters, loadOrder);
    }

    private static List<SourceFilter> filters(RuleFields rule) {
        List<SourceFilter> filters = new ArrayList<>();
        for (JsonValue item : rule.array("filters")) {
            if (!item.object()) {
                rule.fault(item.line(), "a filter is to be an object: write {\"filter-type\": \"source\", …}");
                continue;
            }
            RuleFields filter = rule.inside("filters", item);
            filter.word("filter-type", Map.of("source", true), true);
            String column = filter.required("column-name");
            List<FilterCondition> conditions = conditions(filter);
            filter.rest();
            if (conditions.size() > 1) {
                conditions.stream()
                        .filter(each -> each.operator().negative())
                        .findFirst()
                        .ifPresent(each -> filter.fault("the filter on \"" + column + "\" has " + word(each.operator())
                                + " beside other conditions, and one of them would be enough: give "
                                + word(each.operator())
                                + " a filter of its own"));
            }
            filters.add(new SourceFilter(column, conditions));
        }
        return filters;
    }

    private static List<FilterCondition> conditions(RuleFields filter) {
        List<FilterCondition> conditions = new ArrayList<>();
        for (JsonValue item : filter.array("filter-conditions")) {
            if (!item.object()) {
                filter.fault(
                        item.line(),
                        "a condition is to be an object: write {\"filter-operator\": \"eq\", \"value\": \"…\"}");
                continue;
            }
            FilterCondition condition = condition(filter.inside("filter-conditions", item));
            if (condition != null) {
                conditions.add(condition);
            }
        }
        if (filter.array("filter-conditions").isEmpty()) {
            filter.fault("a filter has no filter-conditions: add one, or remove the filter");
        }
        return conditions;
    }

    private static @Nullable FilterCondition condition(RuleFields condition) {
        FilterOperator operator = condition.requiredWord("filter-operator", OPERATORS);
        if (operator == null) {
            return null;
        }
        List<String> values = new ArrayList<>();
        List<String> names = switch (operator.operands()) {
            case 0 -> List.of();
            case 1 -> List.of("value");
            default -> List.of("start-value", "end-value");
        };
        for (String name : names) {
            String value = condition.text(name);
            if (value == null) {
                condition.fault(word(operator) + " compares with " + name + ", which is missing: add it");
                return null;
            }
            values.add(value);
        }
        condition.rest();
        return new FilterCondition(operator, values);
    }

    private static String word(FilterOperator operator) {
        return OPERATORS.entrySet().stream()
                .filter(each -> each.getValue() == operator)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }
}
