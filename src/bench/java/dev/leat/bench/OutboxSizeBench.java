package dev.leat.bench;

import dev.leat.Event;
import dev.leat.Shaper;
import dev.leat.outbox.ClaimSettings;
import dev.leat.outbox.LaneClaims;
import dev.leat.pipeline.Claim;
import dev.leat.shape.Shapers;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

/**
 * Measures the size of an event for rows of some sizes: on disk while it waits in the outbox, with its index; in the write-ahead log, in
 * addition to the change itself; and in the stream, with its key. It also measures the CPU for capturing it. It writes single rows, each by
 * a statement of its own in one transaction, and counts the pages afterwards.
 */
public final class OutboxSizeBench {

    private static final int EVENTS = Integer.getInteger("leat.bench.events", 20_000);

    /** What a row of the table below weighs apart from its note, in bytes, as {@code pg_column_size} counts. */
    private static final int FRAME = 80;

    private OutboxSizeBench() {}

    public static void main(String[] args) {
        System.out.printf(
                "%-8s %-26s %12s %14s %14s %14s %14s %14s %14s%n",
                "row",
                "change",
                "images",
                "table/event",
                "index/event",
                "together",
                "log/event",
                "cpu/event",
                "record");
        for (int row : new int[] {100, 300, 1000}) {
            measure(row);
        }
    }

    private static void measure(int row) {
        try (TestDatabase database = TestServer.shared().database()) {
            database.run("""
                    CREATE TABLE public.orders (
                        id bigint PRIMARY KEY, customer_id bigint, state text, amount numeric(12, 2), placed_at timestamptz,
                        note text);
                    CREATE TABLE public.uncaptured (LIKE public.orders INCLUDING ALL);
                    SELECT leat.attach('public.orders')""");
            String note = "left((SELECT string_agg(md5(n || '-' || m || random()), '') FROM generate_series(1, 40) m), "
                    + Math.max(1, row - FRAME) + ")";
            String insert = "INSERT INTO public.orders VALUES (n, n % 1000, 'paid', n * 1.25, now(), " + note + ")";
            measure(database, row, "insert", insert);
            String update = "UPDATE public.orders SET state = 'sent', note = " + note + " WHERE id = n";
            measure(database, row, "update, with the old row", update);
            database.run("SELECT leat.attach('public.orders', before => false)");
            measure(database, row, "update, --no-before", update);
            database.run("SELECT leat.attach('public.orders')");
            measure(database, row, "delete, with the old row", "DELETE FROM public.orders WHERE id = n");
        }
    }

    private static void measure(TestDatabase database, int row, String change, String statement) {
        database.run("TRUNCATE leat_internal.outbox");
        Cost uncaptured = cost(database, statement.replace("public.orders", "public.uncaptured"));
        Cost captured = cost(database, statement);
        List<String> sizes =
                database.rows("""
                        SELECT count(*), avg(coalesce(octet_length(before::text), 0) + coalesce(octet_length(after::text), 0))::int,
                               pg_table_size('leat_internal.outbox') / count(*), pg_indexes_size('leat_internal.outbox') / count(*),
                               pg_total_relation_size('leat_internal.outbox') / count(*)
                        FROM leat_internal.outbox""").get(0).stream().map(String::valueOf).toList();
        if (!sizes.get(0).equals(Integer.toString(EVENTS))) {
            throw new IllegalStateException(sizes.get(0) + " events were captured, not " + EVENTS);
        }
        System.out.printf(
                "%-8s %-26s %12s %14s %14s %14s %14s %14s %14s%n",
                row + " B",
                change,
                sizes.get(1),
                sizes.get(2),
                sizes.get(3),
                sizes.get(4),
                captured.logged() - uncaptured.logged(),
                String.format(Locale.ROOT, "%.1f µs", captured.micros() - uncaptured.micros()),
                record(database));
    }

    /**
     * The costs of a change.
     *
     * @param logged bytes of write-ahead log
     * @param micros of the backend's CPU
     */
    private record Cost(long logged, double micros) {}

    private static Cost cost(TestDatabase database, String statement) {
        database.superuser("CHECKPOINT");
        String before = database.value("SELECT pg_current_wal_insert_lsn()");
        double cpu;
        try (Connection connection = database.owner().getConnection();
                Statement loop = connection.createStatement()) {
            long backend = Long.parseLong(String.valueOf(TestDatabase.rows(connection, "SELECT pg_backend_pid()")
                    .get(0)
                    .get(0)));
            double began = Processes.threadCpuMillis(backend);
            loop.execute("DO $$ BEGIN FOR n IN 1.." + EVENTS + " LOOP " + statement + "; END LOOP; END $$");
            cpu = Processes.threadCpuMillis(backend) - began;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        long logged = Long.parseLong(String.valueOf(
                database.value("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '" + before + "')::bigint")));
        return new Cost(logged / EVENTS, 1_000 * cpu / EVENTS);
    }

    /** Bytes of a record of what waits now, its partition key included. */
    private static long record(TestDatabase database) {
        Shapers shaper = Shapers.debezium(new Shapers.EnvelopeSource("1.0", "shop", "shop"), Clock.systemUTC());
        try (Pool pool = new Pool(database.owner());
                Claim claim = new LaneClaims(
                                pool, ClaimSettings.DEFAULT, "changes", () -> 1, System::nanoTime, new Random(1))
                        .forWorker()
                        .claim(Set.of())) {
            long bytes = 0;
            for (Event event : claim.events()) {
                bytes += shaper.shape(event).length
                        + event.route().partitionKey().length();
            }
            return bytes / claim.events().size();
        } catch (Shaper.Unshapeable e) {
            throw new IllegalStateException(e);
        }
    }
}
