package dev.leat.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

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

    private static String read(long pid, String name) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(pid), name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
