package dev.leat.cluster;

import dev.leat.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Writers of a few hot rows: orders, whose partition key is the primary key, and notes, whose partition key is their owner. Each change has
 * a unique version. Each transaction logs its versions, so that a server knows which it has committed.
 */
final class Application {

    static final int ORDERS = 12;
    static final int NOTES = 9;

    private final Random random;
    private final AtomicLong version = new AtomicLong();

    Application(Random random) {
        this.random = random;
    }

    /** Creates and attaches the tables. */
    void open(TestDatabase database) {
        database.run("""
                CREATE TABLE public.orders (id int PRIMARY KEY, version bigint);
                CREATE TABLE public.notes (id int PRIMARY KEY, owner int, version bigint);
                CREATE TABLE public.log (version bigint PRIMARY KEY)""");
        database.run("SELECT leat.attach('public.orders'); SELECT leat.attach('public.notes', key => '{owner}')");
        for (int id = 0; id < ORDERS; id++) {
            database.run("INSERT INTO public.orders VALUES (%s, %s)".formatted(id, logged(database)));
        }
        for (int id = 0; id < NOTES; id++) {
            database.run("INSERT INTO public.notes VALUES (%s, %s, %s)".formatted(id, id % 3, logged(database)));
        }
    }

    private long logged(TestDatabase database) {
        long next = version.incrementAndGet();
        database.run("INSERT INTO public.log VALUES (" + next + ")");
        return next;
    }

    /** That many transactions of one to three changes, some of which are rolled back. */
    void write(TestDatabase database, int transactions) throws SQLException {
        try (Connection connection = database.owner().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int n = 0; n < transactions; n++) {
                for (int change = random.nextInt(3); change >= 0; change--) {
                    statement.execute(
                            random.nextInt(3) == 0
                                    ? change("notes", random.nextInt(NOTES))
                                    : change("orders", random.nextInt(ORDERS)));
                }
                if (random.nextInt(20) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
            }
        }
    }

    /** The statements of one logged change. */
    String change(String table, int id) {
        long next = version.incrementAndGet();
        return "UPDATE public.%s SET version = %s WHERE id = %s; INSERT INTO public.log VALUES (%s)"
                .formatted(table, next, id, next);
    }

    /** Changes every row once more. */
    void touchAll(TestDatabase database) {
        for (int id = 0; id < ORDERS; id++) {
            database.run(change("orders", id));
        }
        for (int id = 0; id < NOTES; id++) {
            database.run(change("notes", id));
        }
    }

    /** What that server has committed, by version. */
    static Set<Long> committed(TestDatabase database) {
        return database.rows("SELECT version FROM public.log").stream()
                .map(row -> Long.valueOf(String.valueOf(row.get(0))))
                .collect(Collectors.toSet());
    }

    /** The orders as that server has them: by row as a consumer names it, the version. */
    static Map<String, Long> orders(TestDatabase database) {
        return database.rows("SELECT id, version FROM public.orders").stream()
                .collect(Collectors.toMap(
                        row -> "public.orders." + row.get(0) + "|" + row.get(0),
                        row -> Long.valueOf(String.valueOf(row.get(1)))));
    }
}
