@NullMarked
package dev.leat.dms.file;

import org.jspecify.annotations.NullMarked;
