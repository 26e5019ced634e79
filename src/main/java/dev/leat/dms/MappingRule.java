package dev.leat.dms;

/** A rule of a file of table mappings. */
public sealed interface MappingRule
        permits SelectionRule, TransformationRule, ObjectMappingRule, TableSettingsRule, IgnoredRule {

    RuleName rule();
}
