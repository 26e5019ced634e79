package dev.leat.upkeep;

/** How the schema in a database stands to this version of Leat. */
public sealed interface SchemaState {

    /** What a person should know and do, in one line; empty when all is well. */
    String advice();

    /** There is no schema {@code leat}, or none that is complete. */
    record Absent() implements SchemaState {
        @Override
        public String advice() {
            return "the database holds no schema of Leat: run `leat migrate`";
        }
    }

    /** Made by an earlier Leat. */
    record Older(int found, int wanted) implements SchemaState {
        @Override
        public String advice() {
            return "the database's schema of Leat has version " + found + ", and this Leat needs version " + wanted
                    + ": run `leat migrate`";
        }
    }

    /** Made for this Leat. */
    record Current(int found) implements SchemaState {
        @Override
        public String advice() {
            return "";
        }
    }

    /** Made by a later Leat. */
    record Newer(int found, int known) implements SchemaState {
        @Override
        public String advice() {
            return "the database's schema of Leat has version " + found + ", and this Leat knows version " + known
                    + ": upgrade the jar";
        }
    }
}
