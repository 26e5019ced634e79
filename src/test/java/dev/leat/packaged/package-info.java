/** The jar that runs in production, as a person starts it. */
@NullMarked
package dev.leat.packaged;

import org.jspecify.annotations.NullMarked;
