/**
 * Full loads: a poller's part in writing the rows that a table has already into the outbox, where they are claimed and published as any
 * other event.
 *
 * <p>The database is authoritative. A row of {@code leat_internal.load} says how far a load has come. {@code leat_poller.load_chunk} locks that
 * row, reads the next rows, writes them into the outbox and notes the place, all in one transaction. So any poller can do the next chunk,
 * two never do the same one, and a poller that is killed leaves nothing half done. {@link dev.leat.load.Loader} calls it again and again, as long as
 * {@link dev.leat.load.Backpressure} allows it.
 */
@NullMarked
package dev.leat.load;

import org.jspecify.annotations.NullMarked;
