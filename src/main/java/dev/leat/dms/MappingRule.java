package dev.leat.dms;

/** A rule of a file of table mappings. */
public sealed interface MappingRule
        permits SelectionRule, TransformationRule, ObjectMappingRule, TableSettingsRule, MappingRule.IgnoredRule {

    RuleName rule();

    /**
     * A rule that means nothing to a stream, such as one that tags files.
     *
     * @param reason why, as the end of a sentence that begins with the rule
     */
    record IgnoredRule(RuleName rule, String reason) implements MappingRule {}
}
