package dev.leat.mistakes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KnownMistakesTest {

    static Iterable<Mistake> mistakes() {
        return KnownMistakes.ALL;
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void everyMistakeCanStillBeMade(Mistake mistake, @TempDir Path copy) throws IOException {
        for (Mistake.Edit edit : mistake.edits()) {
            Path file = copy.resolve(edit.file());
            if (Files.notExists(file)) {
                Files.createDirectories(file.getParent());
                Files.copy(Path.of(edit.file()), file);
            }
            edit.in(copy);
        }
        assertThat(mistake.edits()).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void theTestThatCatchesItIsThere(Mistake mistake) throws ClassNotFoundException {
        assertThat(Class.forName(mistake.testClass()).getDeclaredMethods())
                .extracting(Method::getName)
                .contains(mistake.testMethod());
    }

    @Test
    void everyMistakeHasADirectoryOfItsOwn() {
        assertThat(KnownMistakes.ALL.stream().map(Mistake::directory))
                .doesNotHaveDuplicates()
                .doesNotContain(BrokenCopy.SOUND);
    }
}
