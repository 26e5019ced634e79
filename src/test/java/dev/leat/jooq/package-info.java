@NullMarked
package dev.leat.jooq;

import org.jspecify.annotations.NullMarked;
