/** The command line: what each command does, and the wiring of a poller that it runs. */
@NullMarked
package dev.leat.app;

import org.jspecify.annotations.NullMarked;
