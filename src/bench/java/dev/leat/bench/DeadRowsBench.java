package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import picocli.CommandLine;

/**
 * Measures the cost of a claim of 500 events with its settlement, while a long transaction prevents vacuum from removing settled events, and
 * on a clean outbox, for Leat and for the plain poller: the CPU of the backend and of the client's thread together, and the duration. All
 * run in turns.
 */
@CommandLine.Command(name = "dead-rows", mixinStandardHelpOptions = true)
public final class DeadRowsBench implements Runnable {

    private static final int EVENTS = 500;
    private static final String SIZE = "SELECT pg_size_pretty(pg_total_relation_size('leat_internal.outbox'))";

    @CommandLine.Option(names = "--dead", split = ",", defaultValue = "100000,1000000", description = "Dead rows.")
    private List<Integer> dead = List.of();

    @CommandLine.Option(names = "--rounds", defaultValue = "200", description = "Claims on each.")
    private int rounds;

    @CommandLine.Option(names = "--slow-rounds", defaultValue = "5", description = "Claims on each without watermarks.")
    private int slowRounds;

    public static void main(String[] args) {
        System.exit(new CommandLine(new DeadRowsBench()).execute(args));
    }

    @Override
    public void run() {
        List<TestDatabase> databases = new ArrayList<>();
        List<Connection> longTransactions = new ArrayList<>();
        try {
            List<Side> sides = new ArrayList<>();
            databases.add(TestServer.shared().database());
            sides.add(new Side(databases.get(0)));
            for (int rows : dead) {
                TestDatabase database = TestServer.shared().database();
                databases.add(database);
                longTransactions.add(hold(database));
                sides.add(new Side(database));
                bury(sides.get(sides.size() - 1), database, rows);
            }
            System.out.println("| CPU of a claim of 500 events | 0 dead rows | "
                    + String.join(
                            " | ", dead.stream().map("%,d | ratio"::formatted).toList()) + " |");
            System.out.println("|---|---" + "|---|---".repeat(dead.size()) + "|");
            compare("a poller at work", sides, rounds, side -> {});
            compare("a poller that has just started", sides, rounds, Side::restart);
            compare("after ANALYZE has seen an empty outbox", sides, Math.min(rounds, 20), Side::analyze);
            compare("without low watermarks", sides, slowRounds, Side::forgetLows);
            databases.forEach(database -> database.run("CREATE INDEX ON leat_internal.outbox (id)"));
            compare("the plain poller", sides, Math.min(rounds, 50), Side::plain);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            longTransactions.forEach(DeadRowsBench::close);
            databases.forEach(TestDatabase::close);
        }
    }

    private static void bury(Side side, TestDatabase database, int rows) {
        for (int made = 0; made < rows; made += 50_000) {
            side.write(50_000);
            side.drain();
        }
        System.out.printf(
                "%s dead rows, outbox on disk: %s%n",
                database.value("SELECT pg_stat_force_next_flush()::text || (SELECT n_dead_tup FROM "
                        + "pg_stat_user_tables WHERE relid = 'leat_internal.outbox'::regclass)"),
                database.value(SIZE));
    }

    private static void compare(String what, List<Side> sides, int rounds, Consumer<Side> before) {
        sides.forEach(Side::forgetTimes);
        List<Side> turns = new ArrayList<>(sides);
        for (int round = 0; round < rounds; round++) {
            Collections.rotate(turns, 1);
            for (Side side : turns) {
                before.accept(side);
                side.write(EVENTS);
                side.time(EVENTS);
            }
        }
        StringBuilder line =
                new StringBuilder("| " + what + " | " + sides.get(0).spread());
        for (Side side : sides.subList(1, sides.size())) {
            line.append(String.format(
                    Locale.ROOT,
                    " | %s | %.2f",
                    side.spread(),
                    side.cpu() / sides.get(0).cpu()));
        }
        System.out.println(line + " |");
    }

    private static Connection hold(TestDatabase database) throws SQLException {
        Connection connection = database.owner().getConnection();
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT count(*) FROM leat_internal.outbox");
        }
        return connection;
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
