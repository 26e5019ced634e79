@NullMarked
package dev.leat.observe;

import org.jspecify.annotations.NullMarked;
