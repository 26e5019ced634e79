/** Listeners of a poller: what happened, told to people, in text that is safe to show. */
@NullMarked
package dev.leat.observe;

import org.jspecify.annotations.NullMarked;
