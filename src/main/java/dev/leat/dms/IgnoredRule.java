package dev.leat.dms;

/**
 * A rule that means nothing to a stream, such as one that tags files.
 *
 * @param reason why, as the end of a sentence that begins with the rule
 */
public record IgnoredRule(RuleName rule, String reason) implements MappingRule {}
