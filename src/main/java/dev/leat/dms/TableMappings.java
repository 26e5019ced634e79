package dev.leat.dms;

import java.util.List;
import java.util.stream.Stream;

/**
 * The rules of a file, which are free of faults in themselves.
 *
 * @param file for messages
 * @param rules by type and by number
 * @param notices what in the file has no effect, one sentence each
 */
public record TableMappings(String file, List<MappingRule> rules, List<String> notices) {

    public TableMappings {
        rules = rules.stream().sorted((a, b) -> a.rule().compareTo(b.rule())).toList();
        notices = List.copyOf(notices);
    }

    /** The rules of a type, in the order of their evaluation. */
    public <R extends MappingRule> List<R> of(Class<R> type) {
        return stream(type).toList();
    }

    private <R extends MappingRule> Stream<R> stream(Class<R> type) {
        return rules.stream().filter(type::isInstance).map(type::cast);
    }
}
