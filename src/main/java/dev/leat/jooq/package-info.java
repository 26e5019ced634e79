/** jOOQ as Leat uses it: for the command line's work, not for what a poller does all the time. */
@NullMarked
package dev.leat.jooq;

import org.jspecify.annotations.NullMarked;
