package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;

/** What processes have used, read from /proc: Linux only. */
final class Processes {

    /** Of the kernel's accounting, which is 100 on every Linux that runs Java. */
    private static final double TICKS_PER_SECOND = 100;

    private Processes() {}

    /** CPU-seconds of that process so far, user and system. */
    static double cpuSeconds(long pid) {
        String stat = read(pid, "stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    /** CPU-milliseconds of that process's main thread so far, finely: a backend of PostgreSQL has no other. */
    static double threadCpuMillis(long pid) {
        return Long.parseLong(read(pid, "schedstat").split(" ", -1)[0]) / 1e6;
    }

    /** CPU-seconds of that process, its living children, and those that it has waited for. */
    static double treeCpuSeconds(long pid) {
        String stat = read(pid, "stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        double ended = (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / TICKS_PER_SECOND;
        double living = ProcessHandle.of(pid).stream()
                .flatMap(ProcessHandle::children)
                .mapToDouble(child -> {
                    try {
                        return cpuSeconds(child.pid());
                    } catch (UncheckedIOException e) {
                        // It has just ended: a backend or two, of a few hundredths.
                        return 0;
                    }
                })
                .sum();
        return cpuSeconds(pid) + ended + living;
    }

    /** The most memory that the process had resident, in MiB. */
    static double peakMemory(long pid) {
        return read(pid, "status")
                .lines()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElse(0);
    }

    /** CPU-seconds that the machine has worked so far, all cores and whoever it was for. */
    static double machineCpuSeconds() {
        String[] fields = read("stat").lines().findFirst().orElseThrow().split(" +", -1);
        // user, nice, system, and after idle and iowait: irq, softirq, steal.
        long busy = 0;
        for (int field : new int[] {1, 2, 3, 6, 7, 8}) {
            busy += Long.parseLong(fields[field]);
        }
        return busy / TICKS_PER_SECOND;
    }

    /** The process of the tests' server, whose children are the backends; it must run on this machine. */
    static long postmaster() {
        try (TestDatabase database = TestServer.shared().database();
                Connection connection = database.owner().getConnection()) {
            long backend =
                    Long.parseLong(Objects.requireNonNull(TestDatabase.rows(connection, "SELECT pg_backend_pid()")
                            .get(0)
                            .get(0)));
            return ProcessHandle.of(backend)
                    .flatMap(ProcessHandle::parent)
                    .orElseThrow(() -> new IllegalStateException("the server does not run on this machine"))
                    .pid();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String read(long pid, String name) {
        return read(pid + "/" + name);
    }

    private static String read(String name) {
        try {
            return Files.readString(Path.of("/proc", name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
