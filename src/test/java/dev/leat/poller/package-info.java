/** The loop through the stages, with scripted stages. */
@NullMarked
package dev.leat.poller;

import org.jspecify.annotations.NullMarked;
