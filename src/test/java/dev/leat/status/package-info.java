@NullMarked
package dev.leat.status;

import org.jspecify.annotations.NullMarked;
