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
 * The main of {@code leat-demo.jar}. Exit codes: 0 in order, nothing lost; 1 not so, or the demo could not run; 2 wrong use; after a signal that
 * of the signal, such as 130.
 */
@Command(
        name = "leat-demo",
        mixinStandardHelpOptions = true,
        versionProvider = Demo.Version.class,
        subcommands = LocalStreamCommand.class,
        description = {
            "Runs Leat on this machine alone: an embedded PostgreSQL with a small shop, live traffic, pollers, a local"
                    + " stand-in for a Kinesis stream, and a consumer that checks what arrives.",
            "It ends by itself, or at Ctrl-C, with a verdict. Exit codes: 0 in order, nothing lost; 1 not so, or it could not"
                    + " run; 2 wrong use; 130 after Ctrl-C."
        })
public final class Demo implements Callable<Integer> {

    private static final int MOST_SECONDS = 86_400;

    @Option(
            names = "--seconds",
            paramLabel = "<n>",
            description = "How long the traffic lasts (${DEFAULT-VALUE}); 0: until Ctrl-C.")
    private int seconds = 15;

    @Option(names = "--forever", description = "The same as --seconds 0.")
    private boolean forever;

    @Option(names = "--rate", paramLabel = "<n>", description = "Changes per second, about (${DEFAULT-VALUE}).")
    private int rate = 1_000;

    @Option(names = "--pollers", paramLabel = "<n>", description = "Pollers beside each other (${DEFAULT-VALUE}).")
    private int pollers = 2;

    @Option(
            names = "--port",
            paramLabel = "<port>",
            description = "Port of the local stream; 0 takes a free one (${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--seed", paramLabel = "<n>", description = "Seed of the writers' dice; drawn if not given.")
    private long seed = System.nanoTime() & 0xffff_ffffL;

    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    private final PrintStream terminal;

    /**
     * @param terminal takes control sequences, with which a line renews itself
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

    /** The demo says itself what it does; the parts' own logs would be in the way. */
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
            System.err.println("leat-demo: --seconds lies between 0 and " + MOST_SECONDS
                    + ", --rate is at least 1, --pollers between 1 and 16");
            return CommandLine.ExitCode.USAGE;
        }
        // Ctrl-C ends the traffic; the rest goes its way to the verdict while the JVM waits in this hook.
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
