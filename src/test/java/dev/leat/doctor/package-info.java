@NullMarked
package dev.leat.doctor;

import org.jspecify.annotations.NullMarked;
