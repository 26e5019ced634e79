/** Listeners of a poller that report to people what happened, in text that is safe to show. */
@NullMarked
package dev.leat.observe;

import org.jspecify.annotations.NullMarked;
