package dev.leat.faults;

import dev.leat.demo.Truth;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Audit;
import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An attached table, a stream, pollers that may log in as different roles, a continuous writer, and a consumer that checks. */
final class Scene implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final TestDatabase database;
    private final TestStream stream = new TestStream(4);
    private final List<LeatProcess> pollers = new ArrayList<>();
    private final Audit audit;
    private @Nullable PersistentWriter writer;

    /**
     * @param database migrated; closed with the scene
     */
    Scene(TestDatabase database) throws SQLException {
        this.database = database;
        Truth truth = new Truth(database.owner());
        truth.install();
        database.run("CREATE TABLE public.item (id integer PRIMARY KEY, body text)");
        database.run("SELECT truth.watch('public.item', '{id}', '{id}')");
        database.run("SELECT leat.attach('public.item')");
        audit = new Audit(truth, stream.client(), TestStream.NAME);
    }

    TestDatabase database() {
        return database;
    }

    LocalStream stream() {
        return stream.local();
    }

    Audit audit() {
        return audit;
    }

    List<LeatProcess> pollers() {
        return pollers;
    }

    /** Where a poller that logs in as that role finds everything; the role is created. */
    LeatProcess.Environment as(String role) {
        database.role(role);
        database.run("SELECT leat.grant_poller('" + role + "')");
        return new LeatProcess.Environment(database, role, stream.local().endpoint(), TestStream.NAME);
    }

    LeatProcess start(LeatProcess.Environment environment, String... options) {
        List<String> arguments = new ArrayList<>(List.of("run"));
        arguments.addAll(List.of(options));
        LeatProcess poller = LeatProcess.start(environment, arguments.toArray(String[]::new));
        pollers.add(poller);
        return poller;
    }

    void awaitPollers() {
        Await.until(
                "the pollers to be alive",
                PATIENCE,
                () -> String.valueOf(pollers.size())
                        .equals(database.value("SELECT count(*) FROM leat_internal.poller")));
    }

    /** Whether a session of that role is within a transaction: its poller holds lanes, or is about to. */
    boolean claims(String role) {
        // Only a superuser sees what another role's session does.
        return !"0"
                .equals(database.server()
                        .value(
                                "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND usename = '"
                                        + role + "' AND datname = '" + database.name() + "'"));
    }

    PersistentWriter write(int keys, Duration pause) {
        writer = new PersistentWriter(database.owner(), keys, pause);
        return writer;
    }

    /** Lets time go by; the database need not answer meanwhile. */
    static void pause(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        Await.until("time to go by", time.plusSeconds(60), () -> System.nanoTime() - end > 0);
    }

    void stopWriting() {
        if (writer != null) {
            writer.close();
            writer = null;
        }
    }

    /** One key for each lane, for events of their own. */
    List<String> keysInEveryLane(String prefix) {
        List<String> keys = database
                .rows("SELECT min(key) FROM (SELECT '" + prefix
                        + "-' || n FROM generate_series(1, 2000) n) AS k(key) GROUP BY leat_internal.lane_of(key)")
                .stream()
                .map(row -> String.valueOf(row.get(0)))
                .toList();
        if (keys.size() != 64) {
            throw new IllegalStateException("keys of " + keys.size() + " lanes");
        }
        return keys;
    }

    /** Publishes an event of each key. */
    void publish(List<String> keys) {
        database.run(
                "SELECT truth.publish(key, 'Fresh', '{}') FROM unnest('{" + String.join(",", keys) + "}'::text[]) key");
    }

    boolean arrived(List<String> keys) {
        return keys.stream().allMatch(key -> audit.arrivedAt(key) > 0);
    }

    /** Waits until everything committed has arrived and been read. The writers have ended. */
    Duration drain() throws SQLException {
        long began = System.nanoTime();
        audit.drain(PATIENCE);
        Await.until(
                "the stream to be read",
                PATIENCE,
                () -> audit.read() == stream.local().recordCount(TestStream.NAME));
        return Duration.ofNanos(System.nanoTime() - began);
    }

    @Override
    public void close() {
        stopWriting();
        pollers.forEach(LeatProcess::close);
        audit.close();
        stream.close();
        database.close();
    }
}
