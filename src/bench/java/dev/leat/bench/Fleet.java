package dev.leat.bench;

import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Processes of one contender that keep running, with a stream that answers with a delay: how fast they drain backlogs together. */
final class Fleet implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Contender contender;
    private final long server;
    private final TestDatabase database;
    private final TestStream stream = new TestStream(4);
    private final List<Process> processes = new ArrayList<>();
    private final Backlog backlog;
    private final int before;
    private int written;

    /** @param server the process of PostgreSQL */
    Fleet(Contender contender, Duration answer, long server) {
        this.contender = contender;
        this.server = server;
        database = contender.database();
        backlog = new Backlog(database);
        before = backlog.drawn();
        stream.local().faults(Faults.none().delaying(answer));
    }

    TestDatabase database() {
        return database;
    }

    /** Starts one more process. */
    Process join() {
        Process process = contender.start(database, stream);
        processes.add(process);
        return process;
    }

    /** Asks one process to stop, and removes it. */
    void leave(Process process) {
        process.destroy();
        processes.remove(process);
    }

    /** Writes a backlog that becomes visible all at once. */
    void write(int events) {
        try (Connection connection = database.owner().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int n = 0; n < events / Backlog.KEYS; n++) {
                written += statement.executeUpdate("UPDATE item SET version = version + 1");
            }
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * The measurements of a backlog.
     *
     * @param perSecond events a second from its commit to the last arrival
     * @param events that it had
     * @param used meanwhile
     */
    record Drained(double perSecond, int events, Usage used) {

        /** CPU-seconds of the contender's processes for a million events. */
        double cpuPerMillion() {
            return used.pollers() / (events / 1e6);
        }

        /** CPU-seconds of their sessions in PostgreSQL for a million events. */
        double sessionsCpuPerMillion() {
            return used.sessions() / (events / 1e6);
        }
    }

    /** Writes a backlog and waits until it has arrived. */
    Drained drain(int events) {
        write(events);
        Usage begun = Usage.now(processes, database, server);
        long began = System.nanoTime();
        long ended = arrive();
        return new Drained(
                events / ((ended - began) / 1e9),
                events,
                Usage.now(processes, database, server).since(begun));
    }

    /** Waits until everything written has arrived; returns when that was. */
    long arrive() {
        return new Arrivals(stream, processes).awaitAll(records -> backlog.settled());
    }

    /** How many events have not arrived. */
    long waiting() {
        return written - stream.local().recordCount(TestStream.NAME);
    }

    /** The faults in what arrived, once no event waits any more. */
    Backlog.Check check() {
        // Records count repetitions too.
        Await.until("the outbox to be empty", PATIENCE, backlog::settled);
        BitSet expected = new BitSet();
        expected.set(before + 1, before + 1 + written);
        List<KeptRecord> records = stream.local().records(TestStream.NAME);
        return backlog.check(expected, records);
    }

    @Override
    public void close() {
        for (Process process : processes) {
            process.destroy();
        }
        for (Process process : processes) {
            process.onExit().join();
        }
        stream.close();
        database.close();
    }
}
