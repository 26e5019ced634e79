/**
 * Mistakes put into the real code, each of which a named test must catch. {@link dev.leat.mistakes.KnownMistakes} is the list,
 * {@link dev.leat.mistakes.KnownMistakesIT} tries some of them; that every one of them can still be made is part of the ordinary
 * tests.
 */
@NullMarked
package dev.leat.mistakes;

import org.jspecify.annotations.NullMarked;
