package dev.leat.app;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** Runs the command line in this JVM, with an environment of its own, and captures its output. */
public final class CliRun {

    public final Map<String, String> environment = new HashMap<>();
    public final CountDownLatch stop = new CountDownLatch(1);

    /** What one command left behind. */
    public record Result(int exitCode, String out, String err) {

        public List<String> errLines() {
            return err.lines().toList();
        }
    }

    public static CliRun on(TestDatabase database, String role) {
        CliRun run = new CliRun();
        run.environment.put("LEAT_DATABASE_URL", database.url());
        run.environment.put("LEAT_DATABASE_USERNAME", role);
        run.environment.put("LEAT_DATABASE_PASSWORD", TestServer.password());
        return run;
    }

    public static CliRun on(TestDatabase database) {
        return on(database, TestServer.OWNER);
    }

    public Result leat(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        ProcessEnvironment process = new ProcessEnvironment(environment, atMost -> stop);
        int code = new Cli(process, new PrintWriter(out), new PrintWriter(err)).run(arguments);
        return new Result(code, out.toString(), err.toString());
    }
}
