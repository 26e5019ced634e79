package dev.leat.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server that belongs to one test. It can be stopped, crash, start again at the same port with its data, run out of disk, be
 * read-only, and have a standby that is promoted. It uses the embedded binaries, and a directory that is deleted when it is closed.
 */
public final class OwnServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** How a server is stopped. */
    public enum Stop {
        /** Ends sessions and writes everything out. */
        FAST("INT"),
        /** As in a crash: the next start recovers from the log. */
        IMMEDIATE("QUIT");

        private final String signal;

        Stop(String signal) {
            this.signal = signal;
        }
    }

    private final Path data;
    private final int port = freePort();
    private final Map<String, String> settings;
    private final TestServer server =
            new TestServer("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres&password=any", true);
    private final List<OwnServer> standbys = new ArrayList<>();
    private @Nullable Postmaster postmaster;

    private OwnServer(Path data, Map<String, String> settings) {
        this.data = data;
        this.settings = settings;
        Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
    }

    /** Starts a server of the PostgreSQL version that the tests run on. */
    public static OwnServer create() {
        return create(Map.of());
    }

    /** The same with further settings of the server, such as {@code max_connections}. */
    public static OwnServer create(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>();
        settings.put("listen_addresses", "127.0.0.1");
        settings.put("unix_socket_directories", "");
        settings.put("max_prepared_transactions", "20");
        settings.put("max_connections", "100");
        // A server that is killed has handed its writes to the system: nothing is lost without it.
        settings.put("fsync", "off");
        settings.putAll(more);
        OwnServer created = new OwnServer(DataDirectory.create(), settings);
        created.start();
        return created;
    }

    /** For statements of the superuser. */
    public TestServer server() {
        return server;
    }

    /** The port on 127.0.0.1 that it keeps. */
    public int port() {
        return port;
    }

    /** A new database, migrated, owned by {@link TestServer#OWNER}. */
    public TestDatabase database() {
        return server.database();
    }

    /** A database that is there already, as on a standby. */
    public TestDatabase database(String name) {
        return new TestDatabase(server, name);
    }

    /** Starts it, and returns when it answers. */
    public void start() {
        start(List.of());
    }

    /**
     * Starts it with a limit for the size of each of its files, in whole KiB: a table that would grow beyond fails as on a full
     * disk. Segments of the log, of 16 MiB, must fit.
     */
    public void startWithFileSizeLimit(long bytes) {
        start(List.of("bash", "-c", "ulimit -f " + bytes / 1024 + " && exec \"$@\"", "postgres"));
    }

    private void start(List<String> prefix) {
        List<String> arguments = new ArrayList<>(List.of("-p", Integer.toString(port)));
        settings.forEach((name, value) -> arguments.addAll(List.of("-c", name + "=" + value)));
        Postmaster started = new Postmaster(prefix, data, arguments);
        postmaster = started;
        Await.until("PostgreSQL to answer on port " + port, PATIENCE, () -> {
            if (!started.running()) {
                throw new AssertionError("PostgreSQL did not start:\n" + started.said());
            }
            return answers();
        });
    }

    private boolean answers() {
        try (Connection connection = server.superuser("postgres")) {
            return connection.isValid(5);
        } catch (SQLException e) {
            return false;
        }
    }

    /** Stops it, and returns when it is gone. */
    public void stop(Stop how) {
        if (postmaster != null) {
            postmaster.stop(how.signal);
            postmaster = null;
        }
    }

    /** Stops and starts it. */
    public void restart(Stop how) {
        stop(how);
        start();
    }

    /** Whether transactions are read-only unless they say otherwise, as while a failover goes on; for sessions there are, too. */
    public void readOnly(boolean on) {
        server.superuser("postgres", "ALTER SYSTEM SET default_transaction_read_only = " + (on ? "on" : "off"));
        server.superuser("postgres", "SELECT pg_reload_conf()");
        Await.until(
                "the setting to be in force",
                PATIENCE,
                () -> server.value("SHOW default_transaction_read_only").equals(on ? "on" : "off"));
    }

    /**
     * A hot standby that has everything committed so far and follows by asynchronous streaming. It is closed with this one, or
     * before.
     */
    public OwnServer standby() {
        Path copy;
        boolean since15 = Integer.parseInt(server.value("SHOW server_version_num")) >= 150_000;
        try (Connection connection = server.superuser("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(
                    since15 ? "SELECT pg_backup_start('copy', true)" : "SELECT pg_start_backup('copy', true, false)");
            copy = DataDirectory.copy(data);
            try (ResultSet label = statement.executeQuery(
                    since15
                            ? "SELECT labelfile FROM pg_backup_stop(false)"
                            : "SELECT labelfile FROM pg_stop_backup(false, false)")) {
                label.next();
                Files.writeString(copy.resolve("backup_label"), label.getString(1));
            }
            Files.deleteIfExists(copy.resolve("postmaster.pid"));
            Files.createFile(copy.resolve("standby.signal"));
            Files.writeString(
                    copy.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=127.0.0.1 port=" + port + " user=postgres'\n",
                    StandardOpenOption.APPEND);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        OwnServer standby = new OwnServer(copy, settings);
        standbys.add(standby);
        standby.start();
        return standby;
    }

    /**
     * Another server, not started yet, with a copy of this one's data; this one must be stopped. It is closed with this one, or
     * before.
     */
    public OwnServer copy() {
        OwnServer copy = new OwnServer(DataDirectory.copy(data), settings);
        standbys.add(copy);
        return copy;
    }

    /** Starts it as after a restore to a point in time: it recovers as far as its own log goes, on a new timeline. */
    public void startRestored() {
        try {
            Files.createFile(data.resolve("recovery.signal"));
            Files.writeString(
                    data.resolve("postgresql.auto.conf"), "restore_command = 'false'\n", StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
        Await.until("the recovery to end", PATIENCE, () -> "f".equals(server.value("SELECT pg_is_in_recovery()")));
    }

    /** Waits until this standby has applied what the primary has written by now. */
    public void catchUpWith(OwnServer primary) {
        String written = primary.server.value("SELECT pg_current_wal_insert_lsn()");
        Await.until(
                "the standby to reach " + written,
                PATIENCE,
                () -> "t".equals(server.value("SELECT pg_last_wal_replay_lsn() >= '" + written + "'::pg_lsn")));
    }

    /** Ends a standby's streaming: what its primary commits from now on it will never see. */
    public void stopFollowing() {
        server.superuser("postgres", "ALTER SYSTEM SET primary_conninfo = ''");
        server.superuser("postgres", "SELECT pg_reload_conf()");
        Await.until(
                "the streaming to end",
                PATIENCE,
                () -> "0".equals(server.value("SELECT count(*) FROM pg_stat_wal_receiver")));
    }

    /** Makes a standby a primary, on a timeline of its own. */
    public void promote() {
        server.superuser("postgres", "SELECT pg_promote()");
        Await.until("the promotion", PATIENCE, () -> "f".equals(server.value("SELECT pg_is_in_recovery()")));
    }

    /** What it has said since it was started last, and before. */
    public String said() {
        return postmaster == null ? "" : postmaster.said();
    }

    private void kill() {
        if (postmaster != null) {
            postmaster.kill();
        }
    }

    /** A port outside of the range from which systems give out ports by themselves, so that it stays free over a restart. */
    private static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                continue;
            }
        }
    }

    @Override
    public void close() {
        standbys.forEach(OwnServer::close);
        if (Files.exists(data)) {
            stop(Stop.IMMEDIATE);
            DataDirectory.delete(data);
        }
    }
}
