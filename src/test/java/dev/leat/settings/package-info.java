@NullMarked
package dev.leat.settings;

import org.jspecify.annotations.NullMarked;
