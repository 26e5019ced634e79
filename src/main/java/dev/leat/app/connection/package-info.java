/** How commands reach the database and the stream, and what they say when they cannot. */
@NullMarked
package dev.leat.app.connection;

import org.jspecify.annotations.NullMarked;
