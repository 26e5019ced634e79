/** The demo: an embedded PostgreSQL, a local stream, writers, pollers, and a consumer that checks order and completeness. */
@NullMarked
package dev.leat.demo;

import org.jspecify.annotations.NullMarked;
