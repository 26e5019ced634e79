/**
 * A poller's periodic duties beside its passes: heartbeats, counts, the refresh of changed tables, and the removal of old sent events.
 */
@NullMarked
package dev.leat.maintenance;

import org.jspecify.annotations.NullMarked;
