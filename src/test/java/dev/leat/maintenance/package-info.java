@NullMarked
package dev.leat.maintenance;

import org.jspecify.annotations.NullMarked;
