/**
 * Stage 3 of 5, shape. It turns an {@linkplain dev.leat.Event event} of the outbox into the bytes that the stream will hold, or gives the
 * reason why it cannot.
 *
 * <p>The images of a row are JSON texts that PostgreSQL wrote. They are copied into the envelope as they are and never parsed:
 * a number keeps its digits, an escape stays an escape, and the cost does not depend on the number of columns. Text that does not come
 * from PostgreSQL's JSON functions (names, and the context, which a writer may set to anything) is checked or escaped here, so that the
 * envelope is always one valid JSON object in UTF-8.
 *
 * <p>{@code docs/formats.md} describes the format for consumers.
 */
@NullMarked
package dev.leat.shape;

import org.jspecify.annotations.NullMarked;
