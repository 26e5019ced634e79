@NullMarked
package dev.leat.kinesis;

import org.jspecify.annotations.NullMarked;
