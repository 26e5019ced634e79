/** The main job on one machine, watched: embedded PostgreSQL, local stream, traffic, pollers, and a consumer that checks. */
@NullMarked
package dev.leat.demo;

import org.jspecify.annotations.NullMarked;
