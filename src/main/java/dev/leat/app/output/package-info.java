/** What commands print: text for people, JSON for programs. */
@NullMarked
package dev.leat.app.output;

import org.jspecify.annotations.NullMarked;
