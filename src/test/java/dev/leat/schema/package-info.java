@NullMarked
package dev.leat.schema;

import org.jspecify.annotations.NullMarked;
