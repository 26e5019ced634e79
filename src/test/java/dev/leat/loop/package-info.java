/** The walk through the rooms, with scripted rooms. */
@NullMarked
package dev.leat.loop;

import org.jspecify.annotations.NullMarked;
