package dev.leat.bench;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.PollerSettings;
import dev.leat.outbox.ClaimSettings;
import dev.leat.outbox.LaneClaims;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.testkit.TestDatabase;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntSupplier;

/** A database on which claims are measured, with the claims of a poller that has worked there before. */
final class Side {

    /** After this time a poller stores what it knows of its lanes. */
    private static final Duration STORED = Duration.ofSeconds(11);

    private final TestDatabase database;
    private final int claimants;
    private final Pool pool;
    private final List<Double> millis = new ArrayList<>();
    private final List<Double> cpuMillis = new ArrayList<>();
    private final long backend;
    private long ahead;
    private Claims claims;
    private IntSupplier claim = this::pass;

    Side(TestDatabase database) {
        this(database, 1);
    }

    /** @param claimants how many share the lanes, so that a claim asks for its part of them */
    Side(TestDatabase database, int claimants) {
        this.database = database;
        this.claimants = claimants;
        this.pool = new Pool(database.owner());
        this.backend = backend();
        this.claims = fresh();
    }

    private Claims fresh() {
        return new LaneClaims(
                        pool,
                        ClaimSettings.of(PollerSettings.builder().batch(20_000).build()),
                        "changes",
                        () -> claimants,
                        () -> System.nanoTime() + ahead,
                        new Random(1))
                .forWorker();
    }

    /** Continues like a poller that has just been started, after another one has stored its lows. */
    void restart() {
        ahead += STORED.toNanos();
        Object unused = pass();
        claims = fresh();
        claim = this::pass;
    }

    /** Makes the planner expect an empty outbox, as it usually is. */
    void analyze() {
        database.run("ANALYZE leat_internal.outbox");
    }

    /** Continues like a poller that has just been started, if no other one has ever stored its lows. */
    void forgetLows() {
        restart();
        database.run("UPDATE leat_internal.lane SET low = 0");
    }

    /** Continues like the plain poller. */
    void plain() {
        claim = this::plainPass;
    }

    void write(int events) {
        database.run("""
                INSERT INTO leat_internal.outbox
                    (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key, db_user, after)
                SELECT n %% 1000 %% 64, 'u', false, false, now(), 1, 'public', 'orders', 'public.orders.' || n %% 1000, 'app',
                       json_build_object('id', n %% 1000, 'note', repeat('x', 200))
                FROM generate_series(1, %s) n""".formatted(events));
    }

    /** Claims and settles until nothing is left; returns how many events that were. */
    int drain() {
        int drained = 0;
        for (int some = pass(); some > 0; some = pass()) {
            drained += some;
        }
        return drained;
    }

    /** Times one claim and its settlement. */
    void time(int expected) {
        int events = timed();
        if (events != expected) {
            throw new IllegalStateException(events + " events were claimed, not " + expected);
        }
    }

    /** Times claims and their settlements until that many events are drained. */
    void timeEach(int expected) {
        int drained = 0;
        while (drained < expected) {
            drained += timed();
        }
    }

    private int timed() {
        double cpu = Processes.threadCpuMillis(backend);
        long own = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long began = System.nanoTime();
        int events = claim.getAsInt();
        millis.add((System.nanoTime() - began) / 1e6);
        cpuMillis.add(Processes.threadCpuMillis(backend)
                - cpu
                + (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - own) / 1e6);
        return events;
    }

    /** The process of the pool's only session. */
    private long backend() {
        try (Connection connection = pool.getConnection()) {
            return Long.parseLong(String.valueOf(TestDatabase.rows(connection, "SELECT pg_backend_pid()")
                    .get(0)
                    .get(0)));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private int pass() {
        try (Claim claim = claims.claim(Set.of())) {
            List<Outcome> outcomes = new ArrayList<>();
            Map<String, Long> last = new HashMap<>();
            for (Event event : claim.events()) {
                Long before = last.put(event.route().partitionKey(), event.id());
                if (before != null && before > event.id()) {
                    throw new IllegalStateException("event " + event.id() + " comes after " + before + " of its key");
                }
                outcomes.add(new Outcome.Delivered(event, "shard", "1"));
            }
            claim.settle(outcomes);
            return outcomes.size();
        }
    }

    private int plainPass() {
        try (Connection connection = pool.getConnection();
                PreparedStatement read = connection.prepareStatement(PlainPoller.CLAIM);
                PreparedStatement delete = connection.prepareStatement(PlainPoller.DELETE)) {
            connection.setAutoCommit(false);
            List<Long> ids = new ArrayList<>();
            try (ResultSet rows = read.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getLong(1));
                }
            }
            delete.setArray(1, connection.createArrayOf("int8", ids.toArray()));
            delete.executeUpdate();
            connection.commit();
            connection.setAutoCommit(true);
            return ids.size();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    void forgetTimes() {
        millis.clear();
        cpuMillis.clear();
    }

    /** The median of the CPU time of a claim with its settlement, on both sides of the connection, in milliseconds. */
    double cpu() {
        return Quantiles.median(cpuMillis, Double::doubleValue);
    }

    /** CPU, and how long it took. */
    String spread() {
        double[] cpu =
                cpuMillis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return String.format(
                Locale.ROOT,
                "%.2f ms (%.2f to %.2f), took %.1f ms",
                Quantiles.of(cpu, 0.5),
                Quantiles.of(cpu, 0.1),
                Quantiles.of(cpu, 0.9),
                Quantiles.median(millis, Double::doubleValue));
    }
}
