/** A real consumer by the Kinesis client library, for the profile {@code kcl} alone. */
@NullMarked
package dev.leat.kcl;

import org.jspecify.annotations.NullMarked;
