package dev.leat.mistakes;

import dev.leat.testkit.TestServer;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Puts each {@linkplain KnownMistakes known mistake} into a copy of the project and runs the test that must catch it. The same
 * tests must pass in a copy that was left sound. Exits with 1 if a mistake is not caught, or caught by anything but an
 * assertion. An argument runs the mistakes alone whose name contains it.
 */
public final class Mistakes {

    /** The name of the copy without a mistake. */
    static final String SOUND = "sound";

    private static final Path COPIES = Path.of("target", "mistakes");

    private Mistakes() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        List<Mistake> chosen = KnownMistakes.ALL.stream()
                .filter(mistake -> Arrays.stream(args).allMatch(mistake.name()::contains))
                .toList();
        String databaseUrl = TestServer.shared().superuserUrl("postgres");
        int width = chosen.stream().mapToInt(m -> m.name().length()).max().orElse(0);
        boolean good = soundCopyPasses(chosen, databaseUrl);
        for (Mistake mistake : chosen) {
            TestReport report = run(COPIES.resolve(mistake.directory()), mistake.edits(), mistake.test(), databaseUrl);
            boolean caught = report.failedByAssertion();
            good &= caught;
            System.out.printf(
                    "%-" + width + "s  %-90s  %s%n",
                    mistake.name(),
                    mistake.test(),
                    caught ? "caught" : "NOT CAUGHT: " + report.inWords());
        }
        System.out.println(good ? chosen.size() + " mistakes, every one caught" : "not as it should be");
        System.exit(good ? 0 : 1);
    }

    private static boolean soundCopyPasses(List<Mistake> chosen, String databaseUrl)
            throws IOException, InterruptedException {
        TreeSet<String> tests = chosen.stream().map(Mistake::test).collect(Collectors.toCollection(TreeSet::new));
        TestReport report = run(COPIES.resolve(SOUND), List.of(), String.join(",", tests), databaseUrl);
        boolean passed = report.passed(tests.size());
        System.out.println("without a mistake: " + (passed ? tests.size() + " tests pass" : report.inWords()));
        return passed;
    }

    private static TestReport run(Path directory, List<Mistake.Edit> edits, String tests, String databaseUrl)
            throws IOException, InterruptedException {
        BrokenCopy copy = BrokenCopy.of(directory, edits);
        copy.compile(classPath());
        return copy.test(tests, databaseUrl);
    }

    /** That of the tests, as Maven has given it. */
    private static String classPath() {
        if (Mistakes.class.getClassLoader() instanceof URLClassLoader loader) {
            return Arrays.stream(loader.getURLs()).map(URL::getPath).collect(Collectors.joining(File.pathSeparator));
        }
        return System.getProperty("java.class.path");
    }
}
