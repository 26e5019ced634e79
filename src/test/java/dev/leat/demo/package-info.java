/** The demo's own parts: a checker that lets faults pass would prove nothing. */
@NullMarked
package dev.leat.demo;

import org.jspecify.annotations.NullMarked;
