/** A real consumer by the Kinesis Client Library. Only the profile {@code full} compiles and runs it. */
@NullMarked
package dev.leat.kcl;

import org.jspecify.annotations.NullMarked;
