package dev.leat.app.output;

import dev.leat.app.connection.ExitCode;
import dev.leat.database.PinnedDataSource;
import dev.leat.status.LoadReader;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** The option of commands whose work is done by pollers: it waits for its end, and shows meanwhile how far it has come. */
public final class WaitOption {

    private static final long LOOK_MILLIS = 500;

    /** A line is printed whenever something has come so many percent further. */
    private static final int STEP = 5;

    @Option(names = "--wait", description = "Show how far it has come, until it has ended.")
    private boolean given;

    /**
     * How far one thing has come.
     *
     * @param number tells it from others
     * @param well whether it has ended, and as it should
     * @param line for a person
     */
    public record Awaited(int number, boolean underWay, boolean well, int percent, String line) {}

    public boolean given() {
        return given;
    }

    /**
     * Waits until nothing is under way.
     *
     * @param look what was begun, as it is now
     * @param notDone what does not happen while no poller runs
     * @return the exit code
     */
    public int await(
            PinnedDataSource database, Supplier<List<Awaited>> look, String notDone, PrintWriter out, PrintWriter err) {
        LoadReader reader = new LoadReader(database);
        Map<Integer, Integer> shown = new HashMap<>();
        boolean warned = false;
        while (true) {
            List<Awaited> all = look.get();
            for (Awaited each : all) {
                int at = each.underWay() ? each.percent() / STEP : Integer.MAX_VALUE;
                if (!Integer.valueOf(at).equals(shown.put(each.number(), at))) {
                    out.println(each.line());
                    out.flush();
                }
            }
            if (all.stream().noneMatch(Awaited::underWay)) {
                return all.stream().allMatch(Awaited::well) ? ExitCode.DONE : ExitCode.NOT_WELL;
            }
            if (!warned && !reader.polled()) {
                err.println("leat: no poller runs, so " + notDone + " until one does (leat run)");
                err.flush();
                warned = true;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ExitCode.NOT_WELL;
            }
        }
    }
}
