/** A real consumer by the Kinesis Client Library, compiled and run by the profile {@code full} alone. */
@NullMarked
package dev.leat.kcl;

import org.jspecify.annotations.NullMarked;
