package dev.leat.chaos;

import dev.leat.chaos.Disturbance.Healing;
import dev.leat.testkit.OwnServer;
import java.util.Random;

/** Disturbances of the database. */
final class DatabaseTrouble {

    /** Holds a segment of the log, and little more than the outbox needs at first. */
    private static final long FILE_LIMIT = 17L << 20;

    private DatabaseTrouble() {}

    /** Ends some sessions of the database, or all. */
    static Healing endSessions(TestSystem system, Random random) {
        endSessions(system, random.nextInt(3) == 0 ? 1 : random.nextDouble());
        return Healing.NOTHING;
    }

    private static void endSessions(TestSystem system, double share) {
        system.database()
                .superuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() <= " + share);
    }

    /** Leaves room for one or two sessions, and ends those there are. */
    static Healing noConnections(TestSystem system, Random random) {
        String limit = "ALTER DATABASE " + system.database().name() + " CONNECTION LIMIT ";
        system.database().superuser(limit + (1 + random.nextInt(2)));
        endSessions(system, 1);
        return () -> system.database().superuser(limit + "-1");
    }

    static Healing restartFast(TestSystem system, Random random) {
        system.ownServer().restart(OwnServer.Stop.FAST);
        return Healing.NOTHING;
    }

    static Healing crash(TestSystem system, Random random) {
        system.ownServer().restart(OwnServer.Stop.IMMEDIATE);
        return Healing.NOTHING;
    }

    static Healing readOnly(TestSystem system, Random random) {
        system.ownServer().readOnly(true);
        return () -> system.ownServer().readOnly(false);
    }

    /**
     * No file can grow any more, and the outbox is filled to the brim by a statement that fails. The restart with the limit is a
     * part of the disturbance, and so is the one without it.
     */
    static Healing fullDisk(TestSystem system, Random random) {
        OwnServer server = system.ownServer();
        server.stop(OwnServer.Stop.FAST);
        server.startWithFileSizeLimit(FILE_LIMIT);
        try {
            system.database()
                    .superuser(
                            "INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, partition_key,"
                                    + " after, db_user) SELECT 0, 'm', false, false, now(), 0, 'full',"
                                    + " to_json(repeat(md5(n::text), 40)), 'nobody' FROM generate_series(1, 200000) n");
            throw new AssertionError("the outbox was to reach its limit of " + FILE_LIMIT + " bytes");
        } catch (IllegalStateException e) {
            // What was wanted: the statement failed, and what it wrote fills the file until vacuum comes.
        }
        return () -> server.restart(OwnServer.Stop.FAST);
    }

    /**
     * Moves every time that the database keeps by up to an hour to either side, as if its clock had jumped the other way. Lanes
     * that are claimed are left out.
     */
    static Healing jumpClock(TestSystem system, Random random) {
        String by = " + interval '" + (random.nextInt(7_200) - 3_600) + " seconds'";
        system.database()
                .superuser("UPDATE leat_internal.poller SET seen_at = seen_at" + by + ", started_at = started_at" + by);
        system.database()
                .superuser("UPDATE leat_internal.lane SET low_set_at = low_set_at" + by
                        + " WHERE lane IN (SELECT lane FROM leat_internal.lane FOR UPDATE SKIP LOCKED)");
        system.database()
                .superuser("UPDATE leat_internal.outbox SET captured_at = captured_at" + by
                        + " WHERE ctid IN (SELECT ctid FROM leat_internal.outbox LIMIT 50 FOR UPDATE SKIP LOCKED)");
        return Healing.NOTHING;
    }
}
