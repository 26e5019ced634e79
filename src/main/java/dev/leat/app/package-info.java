/** The one place that wires the stages together: the command line, and the builder for applications that embed a poller. */
@NullMarked
package dev.leat.app;

import org.jspecify.annotations.NullMarked;
