/** Real parts for the tests: PostgreSQL servers and databases, streams, pollers, and what checks them. */
@NullMarked
package dev.leat.testkit;

import org.jspecify.annotations.NullMarked;
