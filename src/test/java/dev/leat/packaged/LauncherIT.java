package dev.leat.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher beside the jar. */
@Timeout(120)
final class LauncherIT {

    @TempDir
    private Path temporary = Path.of("");

    private Path home = Path.of("");

    private record Ended(int code, String said) {}

    @BeforeEach
    void install() throws IOException {
        install("place");
    }

    private void install(String directory) throws IOException {
        home = Files.createDirectory(temporary.resolve(directory));
        Files.copy(Path.of("target", "leat.jar"), home.resolve("leat.jar"));
        Files.copy(Path.of("target", "leat"), home.resolve("leat"));
        assertThat(home.resolve("leat").toFile().setExecutable(true)).isTrue();
    }

    @Test
    void warmMakesAnArchiveThatLaterStartsUseAndNoneNeeds() throws Exception {
        assertThat(start(Map.of(), "--version").said()).contains("leat ");

        Ended warm = start(Map.of(), "warm");
        assertThat(warm.code()).as(warm.said()).isZero();
        List<Path> archives;
        try (var files = Files.list(home)) {
            archives = files.filter(file -> file.toString().matches(".*\\.(aot|jsa)"))
                    .toList();
        }
        assertThat(archives).hasSize(1);
        // Of all that is loaded, classes of Leat come from an archive only if that one is used.
        String loaded =
                start(Map.of("LEAT_JAVA_OPTS", "-Xlog:class+load"), "--version").said();
        assertThat(loaded).containsPattern("dev\\.leat\\.app\\.Cli source: shared objects file");

        Files.setLastModifiedTime(
                home.resolve("leat.jar"), FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(start(Map.of("LEAT_JAVA_OPTS", "-Xlog:class+load"), "--version")
                        .said())
                .as("a jar newer than the archive")
                .doesNotContainPattern("dev\\.leat\\.app\\.Cli source: shared objects file");

        Files.delete(archives.get(0));
        Files.writeString(archives.get(0), "no archive");
        Files.setLastModifiedTime(archives.get(0), FileTime.from(Instant.now().plusSeconds(120)));
        Ended spoiled = start(Map.of(), "--version");
        assertThat(spoiled.code()).as(spoiled.said()).isZero();
        assertThat(spoiled.said()).startsWith("leat ");
    }

    @Test
    void optionsOfTheUserWin() throws Exception {
        assertThat(start(Map.of("LEAT_JAVA_OPTS", "-Xmx64m -XX:+PrintCommandLineFlags"), "--version")
                        .said())
                .contains("-XX:MaxHeapSize=67108864")
                .contains("-XX:+UseSerialGC");
    }

    @Test
    void itIsFoundThroughALinkAndPassesArgumentsAndExitCodesOn() throws Exception {
        install("a place");
        Path link = Files.createSymbolicLink(temporary.resolve("leat"), Path.of("a place", "leat"));
        Ended ended = start(link, Map.of(), "run", "--no-such option", "$(id)");
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.said()).contains("not known: argument 2, argument 3 (see leat run --help)");
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        assertThat(start(Map.of("JAVA_HOME", "/nowhere"), "--version"))
                .isEqualTo(new Ended(
                        2, "leat: no Java at /nowhere/bin/java: install Java 17 or newer, or set JAVA_HOME\n"));
        Files.delete(home.resolve("leat.jar"));
        Ended withoutJar = start(Map.of(), "--version");
        assertThat(withoutJar.code()).isEqualTo(2);
        assertThat(withoutJar.said()).contains("leat.jar is not there or cannot be read");
    }

    private Ended start(Map<String, String> environment, String... arguments) throws Exception {
        return start(home.resolve("leat"), environment, arguments);
    }

    private static Ended start(Path launcher, Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("LEAT_"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), said);
    }
}
