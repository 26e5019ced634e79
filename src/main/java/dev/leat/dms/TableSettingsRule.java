package dev.leat.dms;

/**
 * How DMS loads one table. Leat loads in chunks of its own and sends large values whole, so nothing of this has an effect; the
 * reader checks it all the same.
 *
 * @param parallelLoad the type, such as ranges; empty: none is given
 * @param lobMode such as limited; empty: none is given
 */
public record TableSettingsRule(RuleName rule, Locator locator, String parallelLoad, String lobMode)
        implements MappingRule {}
