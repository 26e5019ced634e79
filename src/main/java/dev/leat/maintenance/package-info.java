/** What a poller does beside its passes: its heartbeat, its counts, the look at changed tables, and the removal of what was kept. */
@NullMarked
package dev.leat.maintenance;

import org.jspecify.annotations.NullMarked;
