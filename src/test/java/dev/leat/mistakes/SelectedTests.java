package dev.leat.mistakes;

import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs the tests that its arguments name, as {@code package.Class#method}, in this JVM. The exit code is that of the {@link Result}. */
final class SelectedTests {

    /** What became of the tests. */
    enum Result {
        /** Every test that was named has run and passed. */
        PASSED(0),
        /** A test failed by an assertion, and none by anything else. */
        FAILED_BY_ASSERTION(3),
        ENDED_OTHERWISE(1);

        private final int exitCode;

        Result(int exitCode) {
            this.exitCode = exitCode;
        }

        static Result of(int exitCode) {
            return Arrays.stream(values())
                    .filter(result -> result.exitCode == exitCode)
                    .findFirst()
                    .orElse(ENDED_OTHERWISE);
        }
    }

    private SelectedTests() {}

    public static void main(String[] arguments) throws ClassNotFoundException {
        List<DiscoverySelector> selectors = new ArrayList<>();
        for (String test : arguments) {
            String[] name = test.split("#", 2);
            Class<?> type = Class.forName(name[0]);
            for (Method method : type.getDeclaredMethods()) {
                if (method.getName().equals(name[1])) {
                    selectors.add(DiscoverySelectors.selectMethod(type, method));
                }
            }
        }
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectors)
                                .build(),
                        listener);
        TestExecutionSummary summary = listener.getSummary();
        PrintWriter out = new PrintWriter(System.out, true);
        summary.printTo(out);
        summary.printFailuresTo(out, Integer.MAX_VALUE);
        System.exit(result(summary, arguments.length).exitCode);
    }

    private static Result result(TestExecutionSummary summary, int expected) {
        if (summary.getFailures().isEmpty()) {
            return summary.getTestsSucceededCount() >= expected ? Result.PASSED : Result.ENDED_OTHERWISE;
        }
        return summary.getFailures().stream().allMatch(failure -> failure.getException() instanceof AssertionError)
                ? Result.FAILED_BY_ASSERTION
                : Result.ENDED_OTHERWISE;
    }
}
