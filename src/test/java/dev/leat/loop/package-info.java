/** The loop through the stages, with scripted stages. */
@NullMarked
package dev.leat.loop;

import org.jspecify.annotations.NullMarked;
