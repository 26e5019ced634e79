package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;

/**
 * CPU-seconds that the parts of a measurement have used, up to a time or between two times.
 *
 * @param pollers the processes that are measured
 * @param sessions their sessions in PostgreSQL
 * @param server all of PostgreSQL
 * @param instrument this JVM: the writers and the stream
 * @param machine the whole machine, with everything else that runs on it
 * @param wall seconds
 */
record Usage(double pollers, double sessions, double server, double instrument, double machine, double wall) {

    /** What writers call their sessions, which are not the pollers'. */
    static final String INSTRUMENT = "bench";

    /** Up to now. */
    static Usage now(List<Process> pollers, TestDatabase database, long server) {
        return new Usage(
                pollers.stream()
                        .mapToDouble(process -> Processes.cpuSeconds(process.pid()))
                        .sum(),
                sessions(database),
                Processes.treeCpuSeconds(server),
                Processes.cpuSeconds(ProcessHandle.current().pid()),
                Processes.machineCpuSeconds(),
                System.nanoTime() / 1e9);
    }

    Usage since(Usage before) {
        return new Usage(
                pollers - before.pollers,
                sessions - before.sessions,
                server - before.server,
                instrument - before.instrument,
                machine - before.machine,
                wall - before.wall);
    }

    /** As a share of one core, in per cent. */
    double percent(double seconds) {
        return 100 * seconds / wall;
    }

    private static double sessions(TestDatabase database) {
        try (Connection connection = database.server().superuser("postgres")) {
            return TestDatabase.rows(connection, """
                            SELECT pid FROM pg_stat_activity
                            WHERE datname = '%s' AND backend_type = 'client backend' AND application_name <> '%s'""".formatted(database.name(), INSTRUMENT)).stream()
                    .mapToDouble(row -> Processes.cpuSeconds(Long.parseLong(Objects.requireNonNull(row.get(0)))))
                    .sum();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
