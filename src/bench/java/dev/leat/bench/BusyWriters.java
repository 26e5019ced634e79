package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * The throughput of writers that write as fast as they can: without capture, with capture, and with a contender running beside them. Four
 * clients, each transaction an update of one row.
 *
 * @param perSecond transactions a second
 * @param serverMicros CPU-microseconds of all of PostgreSQL for each transaction
 */
record BusyWriters(double perSecond, double serverMicros) {

    private static final int CLIENTS = 4;

    /**
     * Measures for so long, after a third of that time as warm-up.
     *
     * @param contender whose source is prepared; null: nothing is captured
     * @param works whether it is started
     */
    static BusyWriters measure(@Nullable Contender contender, boolean works, Duration time, long server)
            throws InterruptedException, SQLException {
        try (TestDatabase database = contender == null ? TestServer.shared().database() : contender.database();
                TestStream stream = new TestStream(16)) {
            if (contender == null) {
                database.run(Backlog.TABLE);
            } else {
                Object unused = new Backlog(database, contender.source());
            }
            Process process = works && contender != null ? contender.start(database, stream) : null;
            // Sessions that have ended would not be counted any more.
            List<Connection> clients = connect(database);
            try {
                long unused = write(clients, time.dividedBy(3));
                double before = Processes.treeCpuSeconds(server);
                long began = System.nanoTime();
                long written = write(clients, time);
                double seconds = (System.nanoTime() - began) / 1e9;
                if (process != null && !process.isAlive()) {
                    throw new IllegalStateException(process + " ended by itself: see target/bench.log");
                }
                return new BusyWriters(written / seconds, (Processes.treeCpuSeconds(server) - before) * 1e6 / written);
            } finally {
                for (Connection client : clients) {
                    client.close();
                }
                if (process != null) {
                    process.destroy();
                    process.waitFor();
                }
                if (contender != null) {
                    contender.source().release(database);
                }
            }
        }
    }

    private static List<Connection> connect(TestDatabase database) throws SQLException {
        List<Connection> clients = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            clients.add(database.owner().getConnection());
        }
        return clients;
    }

    private static long write(List<Connection> connections, Duration time) {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        long ends = System.nanoTime() + time.toNanos();
        List<CompletableFuture<Long>> clients = new ArrayList<>();
        for (Connection connection : connections) {
            Random rows = new Random(clients.size());
            clients.add(CompletableFuture.supplyAsync(() -> client(connection, rows, ends), threads));
        }
        long written = clients.stream().mapToLong(CompletableFuture::join).sum();
        threads.shutdown();
        return written;
    }

    private static long client(Connection connection, Random rows, long ends) {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE item SET version = version + 1 WHERE id = ?")) {
            long written = 0;
            for (; System.nanoTime() - ends < 0; written++) {
                update.setInt(1, 1 + rows.nextInt(Backlog.KEYS));
                update.executeUpdate();
            }
            return written;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
