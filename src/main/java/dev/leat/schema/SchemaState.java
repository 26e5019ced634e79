package dev.leat.schema;

import dev.leat.pipeline.SchemaVersions;

/** How the schema in a database stands to this version of Leat. */
public sealed interface SchemaState {

    /** What is wrong and what to do, in one line; empty when pollers may work. */
    String advice();

    /** Whether pollers and commands of this Leat may work with it. */
    default boolean usable() {
        return advice().isEmpty();
    }

    /** There is no schema {@code leat}, or none that is complete. */
    record Absent() implements SchemaState {
        @Override
        public String advice() {
            return "the database holds no schema of Leat: run `leat migrate`";
        }
    }

    /** Made by this Leat, by an earlier or by a later one. */
    record Present(SchemaVersions versions) implements SchemaState {
        @Override
        public String advice() {
            return versions.advice();
        }

        /** Whether a later Leat has made it: then no script of this one may run. */
        public boolean later() {
            return versions.found() > SchemaVersions.MADE;
        }
    }
}
