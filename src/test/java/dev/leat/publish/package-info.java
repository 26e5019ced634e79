@NullMarked
package dev.leat.publish;

import org.jspecify.annotations.NullMarked;
