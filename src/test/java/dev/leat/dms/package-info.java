@NullMarked
package dev.leat.dms;

import org.jspecify.annotations.NullMarked;
