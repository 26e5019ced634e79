package dev.leat.mistakes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Makes {@linkplain KnownMistakes known mistakes}, each in a copy of the project, and runs the test that must catch it. It chooses some
 * mistakes at random. {@code -Dleat.test.mistakes=all} runs all, and any other value those whose name contains it.
 */
@Tag("full")
class KnownMistakesIT {

    private static final int DRAWN = 8;
    private static final List<Mistake> CHOSEN = choose(System.getProperty("leat.test.mistakes", ""));

    private static List<Mistake> choose(String asked) {
        return switch (asked) {
            case "" -> Extent.draw(DRAWN, KnownMistakes.ALL, Mistake::name);
            case "all" -> KnownMistakes.ALL;
            default ->
                KnownMistakes.ALL.stream()
                        .filter(mistake -> mistake.name().contains(asked))
                        .toList();
        };
    }

    static List<Mistake> chosen() {
        return CHOSEN;
    }

    @Test
    void theTestsPassInACopyWithoutAMistake() throws IOException, InterruptedException {
        List<String> tests = CHOSEN.stream().map(Mistake::test).distinct().toList();
        BrokenCopy copy = BrokenCopy.of(BrokenCopy.SOUND, List.of());

        assertThat(run(copy, tests)).as("%s: see %s", tests, copy.log()).isEqualTo(SelectedTests.Result.PASSED);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("chosen")
    void theTestFailsByAnAssertion(Mistake mistake) throws IOException, InterruptedException {
        BrokenCopy copy = BrokenCopy.of(mistake.directory(), mistake.edits());

        assertThat(run(copy, List.of(mistake.test())))
                .as("%s, where %s: see %s", mistake.test(), mistake.name(), copy.log())
                .isEqualTo(SelectedTests.Result.FAILED_BY_ASSERTION);
    }

    private static SelectedTests.Result run(BrokenCopy copy, List<String> tests)
            throws IOException, InterruptedException {
        copy.compile();
        return copy.test(tests, TestServer.shared().superuserUrl("postgres"));
    }
}
