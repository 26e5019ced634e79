/** Attaching tables, deciding about events in quarantine, and what a role lacks whose request was refused. */
@NullMarked
package dev.leat.admin;

import org.jspecify.annotations.NullMarked;
