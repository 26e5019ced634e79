/**
 * Stage 3 of 5. Receives an {@linkplain dev.leat.Event event} as the outbox holds it. Hands on the bytes that the stream will
 * hold, or the reason why there can be none.
 *
 * <p>The images of a row are JSON texts that PostgreSQL wrote. They are copied into the envelope as they are and never parsed:
 * a number keeps its digits, an escape stays an escape, and the cost does not depend on the number of columns. What is not
 * from PostgreSQL's own JSON functions (names, and above all the context, which a writer may set to anything) is checked or
 * escaped here, so that the envelope is always one valid JSON object in UTF-8.
 *
 * <p>{@code docs/formats.md} describes the format to those who read the stream.
 */
@NullMarked
package dev.leat.shape;

import org.jspecify.annotations.NullMarked;
