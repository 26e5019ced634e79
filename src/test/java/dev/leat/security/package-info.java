/** What strangers have made in the database, or hold there, does not reach Leat: none of their code runs with its rights. */
@NullMarked
package dev.leat.security;

import org.jspecify.annotations.NullMarked;
