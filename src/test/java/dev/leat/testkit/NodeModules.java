package dev.leat.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Modules for Node, from npm. Node and npm must be on the PATH. */
public final class NodeModules {

    private NodeModules() {}

    /** Aborts the calling test where Node is not on the PATH; with {@code LEAT_REQUIRE_NODE=true} in the environment fails it. */
    public static void needNode() {
        need(onPath("node") ? "" : "node is not on the PATH");
    }

    /**
     * Installs a module below a directory, unless it is there. Where it cannot be had, aborts the calling test; with {@code
     * LEAT_REQUIRE_NODE=true} in the environment fails it.
     */
    public static synchronized void need(Path home, String module, String version) {
        need(missing(home, module, version));
    }

    private static void need(String missing) {
        if (missing.isEmpty()) {
            return;
        }
        if ("true".equals(System.getenv("LEAT_REQUIRE_NODE"))) {
            throw new AssertionError(missing);
        }
        Assumptions.abort(missing);
    }

    /** Why it cannot be had; empty if it can. */
    private static String missing(Path home, String module, String version) {
        for (String tool : List.of("node", "npm")) {
            if (!onPath(tool)) {
                return tool + " is not on the PATH, so " + module + " was not asked";
            }
        }
        if (Files.exists(home.resolve(Path.of("node_modules", module, "package.json")))) {
            return "";
        }
        File log = home.resolve("log").toFile();
        int status = finish(
                new ProcessBuilder(
                        "npm",
                        "install",
                        "--no-audit",
                        "--no-fund",
                        "--prefix",
                        home.toString(),
                        module + "@" + version),
                home,
                log);
        return status == 0 ? "" : "npm could not install " + module + " (status " + status + "; see " + log + ")";
    }

    private static boolean onPath(String tool) {
        String path = System.getenv().getOrDefault("PATH", "");
        for (String directory : path.split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(directory, tool))) {
                return true;
            }
        }
        return false;
    }

    private static int finish(ProcessBuilder command, Path home, File log) {
        try {
            Files.createDirectories(home);
            Process process = command.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                    .start();
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return -1;
            }
            return process.exitValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a process ran", e);
        }
    }
}
