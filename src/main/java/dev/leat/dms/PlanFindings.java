package dev.leat.dms;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What planning finds: conflicts, rules that another one overrides, and rules that matched something. */
final class PlanFindings {

    private final String file;
    private final Set<String> faults = new LinkedHashSet<>();
    private final Set<String> notices = new LinkedHashSet<>();
    private final Set<RuleName> matched = new LinkedHashSet<>();
    private final Map<List<RuleName>, List<String>> overridden = new LinkedHashMap<>();

    PlanFindings(String file) {
        this.file = file;
    }

    void fault(RuleName rule, String text) {
        faults.add(at(rule, text));
    }

    void notice(RuleName rule, String text) {
        notices.add(at(rule, text));
    }

    /** That the rule is about something which the database has. */
    void matched(RuleName rule) {
        matched.add(rule);
    }

    boolean hasMatched(RuleName rule) {
        return matched.contains(rule);
    }

    /** That the rule matches something which another one decides. */
    void overridden(RuleName rule, RuleName by, String what) {
        overridden.computeIfAbsent(List.of(rule, by), pair -> new ArrayList<>()).add(what);
    }

    List<String> faults() {
        return List.copyOf(faults);
    }

    List<String> notices() {
        List<String> all = new ArrayList<>(notices);
        overridden.forEach((pair, what) -> all.add(at(
                pair.get(0),
                "it has no effect on " + what.get(0)
                        + (what.size() == 1 ? "" : " and " + (what.size() - 1) + " more") + ": " + pair.get(1)
                        + " comes first")));
        return all;
    }

    private String at(RuleName rule, String text) {
        return file + ":" + rule.line() + ": " + rule + ": " + text;
    }
}
