@NullMarked
package dev.leat.reconcile;

import org.jspecify.annotations.NullMarked;
