/** How commands connect to the database and the stream, and the messages if they cannot. */
@NullMarked
package dev.leat.app.connection;

import org.jspecify.annotations.NullMarked;
