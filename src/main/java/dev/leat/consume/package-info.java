/** For consumers of the stream, in programs that run no poller: needs the JDK alone, and nothing else of Leat. */
@NullMarked
package dev.leat.consume;

import org.jspecify.annotations.NullMarked;
