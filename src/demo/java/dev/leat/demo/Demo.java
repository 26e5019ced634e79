package dev.leat.demo;

import dev.leat.localstream.LocalStreamCommand;
import dev.leat.observe.JavaLog;
import dev.leat.observe.PrintableStream;
import dev.leat.observe.PrintableWriter;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/**
 * The main class of {@code leat-demo.jar}. Exit codes: 0 everything arrived in order; 1 it did not, or the demo could not run; 2 wrong use;
 * after a signal, that of the signal, such as 130.
 */
@Command(
        name = "leat-demo",
        mixinStandardHelpOptions = true,
        versionProvider = Demo.Version.class,
        subcommands = LocalStreamCommand.class,
        description = {
            "Runs Leat on this machine: an embedded PostgreSQL with the tables of a small shop, writers, pollers, a local"
                    + " stand-in for a Kinesis stream, and a consumer that checks what arrives.",
            "It ends by itself, or at Ctrl-C, with a verdict. Exit codes: 0 everything arrived in order; 1 it did not, or the"
                    + " demo could not run; 2 wrong use; 130 after Ctrl-C."
        })
public final class Demo implements Callable<Integer> {

    private static final int MOST_SECONDS = 86_400;

    @Option(
            names = "--seconds",
            paramLabel = "<n>",
            description = "For how many seconds the writers write (${DEFAULT-VALUE}); 0: until Ctrl-C.")
    private int seconds = 15;

    @Option(names = "--forever", description = "The same as --seconds 0.")
    private boolean forever;

    @Option(names = "--rate", paramLabel = "<n>", description = "About how many changes per second (${DEFAULT-VALUE}).")
    private int rate = 1_000;

    @Option(names = "--pollers", paramLabel = "<n>", description = "Number of pollers (${DEFAULT-VALUE}).")
    private int pollers = 2;

    @Option(
            names = "--port",
            paramLabel = "<port>",
            description = "Port of the local stream; 0 takes a free one (${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--seed",
            paramLabel = "<n>",
            description = "Seed of the writers' random choices; random by default.")
    private long seed = System.nanoTime() & 0xffff_ffffL;

    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    private final PrintStream terminal;

    /**
     * @param terminal accepts control sequences, with which the line of figures is overwritten
     */
    private Demo(PrintStream terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        quiet();
        Demo demo = new Demo(System.out);
        System.setOut(new PrintableStream(System.out, UnaryOperator.identity()));
        System.setErr(new PrintableStream(System.err, UnaryOperator.identity()));
        System.exit(new CommandLine(demo)
                .setOut(printable(System.out))
                .setErr(printable(System.err))
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .setExpandAtFiles(false)
                .setExecutionExceptionHandler((thrown, command, parsed) -> {
                    thrown.printStackTrace(command.getErr());
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args));
    }

    private static PrintWriter printable(PrintStream stream) {
        return new PrintableWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), UnaryOperator.identity());
    }

    /** The demo prints what it does; log lines of its parts would only disturb that. */
    private static void quiet() {
        for (String property : new String[] {
            "org.slf4j.simpleLogger.defaultLogLevel=error", "org.jooq.no-logo=true", "org.jooq.no-tips=true"
        }) {
            int equals = property.indexOf('=');
            System.getProperties().putIfAbsent(property.substring(0, equals), property.substring(equals + 1));
        }
        JavaLog.join();
    }

    @Override
    public Integer call() {
        if (seconds < 0 || seconds > MOST_SECONDS || rate < 1 || pollers < 1 || pollers > 16) {
            System.err.println(
                    "leat-demo: --seconds must be 0 to " + MOST_SECONDS + ", --rate at least 1, --pollers 1 to 16");
            return CommandLine.ExitCode.USAGE;
        }
        // Ctrl-C stops the writers. The JVM waits in this hook until the verdict is printed.
        Runtime.getRuntime().addShutdownHook(new Thread(this::endEarly, "ctrl-c"));
        Progress progress = new Progress(terminal, isTerminal());
        try {
            DemoRun.Plan plan = new DemoRun.Plan(forever ? 0 : seconds, rate, pollers, port, seed);
            return new DemoRun(plan, progress).run(stop) ? 0 : 1;
        } catch (DemoRun.CannotRun e) {
            progress.line("");
            progress.line("leat-demo: " + e.getMessage());
            return 1;
        } finally {
            ended.countDown();
        }
    }

    private void endEarly() {
        if (ended.getCount() == 0) {
            return;
        }
        stop.countDown();
        try {
            ended.await(2, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = Demo.class.getPackage().getImplementationVersion();
            return new String[] {"leat-demo " + (version == null ? "unpackaged" : version)};
        }
    }

    private static boolean isTerminal() {
        String term = System.getenv("TERM");
        return System.console() != null && term != null && !term.equals("dumb");
    }
}
