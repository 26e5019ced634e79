/** Helpers for consumers of the stream, in programs without a poller. They need only the JDK and nothing else of Leat. */
@NullMarked
package dev.leat.consume;

import org.jspecify.annotations.NullMarked;
