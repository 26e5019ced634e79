package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The place where a contender reads the changes of a {@link Backlog}'s table, and how to identify the change of a record. */
enum Source {
    /** Leat's outbox, which the table's triggers fill: an event has its id and its key. */
    OUTBOX("\"sequence\":\"\\[\\\\\"(\\d+)", "\"key\":(\\{[^}]*})") {
        @Override
        void prepare(TestDatabase database) {
            database.run("SELECT leat.attach('item', before => false)");
        }

        @Override
        int number(String record) {
            return Integer.parseInt(which(record));
        }
    },

    /**
     * The server's log, read through a replication slot as Debezium does, from a table without triggers: a change is known by
     * its row and the version it gave it.
     */
    LOG("\"after\":\\{\"id\":\\d+,\"version\":(\\d+)", "\"after\":\\{\"id\":(\\d+)") {
        @Override
        void prepare(TestDatabase database) {
            database.superuser("CREATE PUBLICATION " + SLOT + " FOR TABLE item");
            database.superuser("SELECT pg_create_logical_replication_slot('" + SLOT + "', 'pgoutput')");
        }

        @Override
        void release(TestDatabase database) {
            // Of one that was killed the server learns a moment later.
            database.superuser("SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE active");
            database.superuser("SELECT pg_drop_replication_slot('" + SLOT + "')");
        }

        @Override
        int number(String record) {
            return number(Integer.parseInt(which(record)), Integer.parseInt(key(record)));
        }
    };

    /** Of the slot and of the publication. */
    static final String SLOT = "leat_bench";

    private final Pattern which;
    private final Pattern key;

    Source(String which, String key) {
        this.which = Pattern.compile(which);
        this.key = Pattern.compile(key);
    }

    /** Prepares the source, so that it has all later changes of the table. */
    abstract void prepare(TestDatabase database);

    /** Removes what {@link #prepare} created on the server. */
    void release(TestDatabase database) {}

    /** The number of the change in a record; ascending within a key. */
    abstract int number(String record);

    /** The number of a change by its row and the version it gave it. */
    static int number(int version, int row) {
        return version * (Backlog.KEYS + 1) + row;
    }

    String key(String record) {
        return found(key, record);
    }

    String which(String record) {
        return found(which, record);
    }

    private static String found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + pattern + " in " + text);
        }
        return matcher.group(1);
    }
}
