/**
 * Stage 5 of 5. Receives a claim and what became of each of its events. Hands on nothing: it deletes (or keeps) what the stream
 * has acknowledged, sets aside what can never be sent and what must wait behind that, leaves the rest, and commits, all in the
 * transaction that holds the lanes.
 *
 * <p>Exactly the rows that were read are deleted, by their ids, and counted: a range would take rows along that became visible
 * since. The commit is as durable as the server's other commits: were it not, a crash could bring rows back below the lows that
 * pollers keep in memory.
 */
@NullMarked
package dev.leat.settle;

import org.jspecify.annotations.NullMarked;
