@NullMarked
package dev.leat.app;

import org.jspecify.annotations.NullMarked;
