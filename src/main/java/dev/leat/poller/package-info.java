/** A poller put together: its parts, wired in one file, and what is looked at before it starts. */
@NullMarked
package dev.leat.poller;

import org.jspecify.annotations.NullMarked;
