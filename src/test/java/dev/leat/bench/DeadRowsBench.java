package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What a claim of 500 events costs, with its settlement, when a long transaction elsewhere keeps vacuum from removing a million
 * settled events, against the same claim on a clean outbox. Both sides take turns in one run.
 */
public final class DeadRowsBench {

    private static final int DEAD = Integer.getInteger("leat.bench.dead", 1_000_000);
    private static final int ROUNDS = Integer.getInteger("leat.bench.rounds", 300);
    private static final int EVENTS = 500;

    private DeadRowsBench() {}

    public static void main(String[] args) throws SQLException {
        try (TestDatabase cleanDatabase = TestServer.shared().database();
                TestDatabase deadDatabase = TestServer.shared().database();
                Connection longTransaction = deadDatabase.owner().getConnection()) {
            Side clean = new Side(cleanDatabase);
            Side dead = new Side(deadDatabase);
            hold(longTransaction);
            for (int made = 0; made < DEAD; made += 50_000) {
                dead.write(50_000);
                dead.drain();
            }
            System.out.println("dead rows: "
                    + deadDatabase.value("SELECT pg_stat_force_next_flush()::text || (SELECT n_dead_tup FROM "
                            + "pg_stat_user_tables WHERE relid = 'leat.outbox'::regclass)"));
            System.out.println(
                    "outbox on disk: " + cleanDatabase.value(SIZE) + " clean, " + deadDatabase.value(SIZE) + " dead");

            compare("a poller at work", clean, dead);
            dead.restart();
            compare("a poller that has just started", clean, dead);
            deadDatabase.run("UPDATE leat.lane SET low = 0");
            System.out.println("without a low watermark (each claim by a poller that knows none):");
            clean.forgetTimes();
            dead.forgetTimes();
            for (int round = 0; round < 10; round++) {
                for (Side side : new Side[] {clean, dead}) {
                    side.restart();
                    side.write(EVENTS);
                    side.time(EVENTS);
                }
            }
            print(clean, dead);
        }
    }

    private static final String SIZE = "SELECT pg_size_pretty(pg_total_relation_size('leat.outbox'))";

    private static void compare(String what, Side clean, Side dead) {
        clean.forgetTimes();
        dead.forgetTimes();
        for (int round = 0; round < ROUNDS; round++) {
            for (Side side : round % 2 == 0 ? new Side[] {clean, dead} : new Side[] {dead, clean}) {
                side.write(EVENTS);
                side.time(EVENTS);
            }
        }
        System.out.println(what + ":");
        print(clean, dead);
    }

    private static void print(Side clean, Side dead) {
        System.out.println("  clean " + clean.spread() + ", dead " + dead.spread()
                + ", ratio of medians %.2f".formatted(dead.quantile(0.5) / clean.quantile(0.5)));
    }

    private static void hold(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT count(*) FROM leat.outbox");
        }
    }
}
