/**
 * Mistakes put into the real code, each of which a named test must catch. {@link dev.leat.mistakes.Mistakes} is the command,
 * {@link dev.leat.mistakes.KnownMistakes} the list; that every one of them can still be made is part of the tests.
 */
@NullMarked
package dev.leat.mistakes;

import org.jspecify.annotations.NullMarked;
