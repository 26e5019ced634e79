/** Listeners of a poller: what happened, told to people. */
@NullMarked
package dev.leat.observe;

import org.jspecify.annotations.NullMarked;
