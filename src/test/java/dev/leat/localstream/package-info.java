/** The local stream, asked by the real SDK and by raw requests, and held against another emulator. */
@NullMarked
package dev.leat.localstream;

import org.jspecify.annotations.NullMarked;
