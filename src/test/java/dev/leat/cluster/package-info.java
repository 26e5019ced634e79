/** Several pollers beside each other, in processes of their own: killed, stopped, refused by the stream, and checked. */
@NullMarked
package dev.leat.cluster;

import org.jspecify.annotations.NullMarked;
