package dev.leat.app;

import dev.leat.app.connection.ExitCode;
import dev.leat.observe.PrintableStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/** {@code java -jar leat.jar}. */
public final class Main {

    private static final CompletableFuture<Integer> ENDED = new CompletableFuture<>();

    private Main() {}

    public static void main(String[] arguments) {
        // Programs read the output too, so its digits, letters and years must not depend on the locale.
        Locale.setDefault(Locale.ROOT);
        ProcessEnvironment process = new ProcessEnvironment(System.getenv(), Main::untilSignal);
        // The log writes there, and so does a thread that ends by an exception.
        System.setOut(new PrintableStream(System.out, UnaryOperator.identity()));
        System.setErr(new PrintableStream(System.err, process.secrets()::hide));
        Logging.prepare(Arrays.asList(arguments).contains("--debug"));
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int code = new Cli(process, out, err).run(arguments);
        ENDED.complete(code);
        System.exit(code);
    }

    /** The process ends with the command's own exit code, not with the signal's. */
    private static CountDownLatch untilSignal(Duration atMost) {
        CountDownLatch stop = new CountDownLatch(1);
        Thread hook = new Thread(
                () -> {
                    stop.countDown();
                    Runtime.getRuntime().halt(ended(atMost));
                },
                "leat-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        return stop;
    }

    private static int ended(Duration atMost) {
        try {
            return ENDED.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            // The claimed events stay in the outbox. The exit code tells that the stop was not orderly.
            return ExitCode.NOT_WELL;
        }
    }
}
