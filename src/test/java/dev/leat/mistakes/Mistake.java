package dev.leat.mistakes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A mistake that somebody could make.
 *
 * @param name in words
 * @param edits what makes it
 * @param test the test that must fail then, as {@code package.Class#method}
 */
record Mistake(String name, String test, List<Edit> edits) {

    /**
     * One text in a file, and what takes its place.
     *
     * @param file below the project's directory
     * @param was stands there exactly once
     */
    record Edit(String file, String was, String becomes) {

        /**
         * Makes the edit in the project that lies there.
         *
         * @throws IllegalStateException unless the text stands in the file exactly once
         */
        void in(Path project) throws IOException {
            Path path = project.resolve(file);
            String text = Files.readString(path);
            int at = text.indexOf(was);
            if (at < 0 || text.indexOf(was, at + 1) >= 0) {
                throw new IllegalStateException(
                        file + (at < 0 ? " no longer has: " : " has more than once: ") + was.strip());
            }
            Files.writeString(path, text.substring(0, at) + becomes + text.substring(at + was.length()));
        }
    }

    static Mistake of(String name, String test, Edit... edits) {
        return new Mistake(name, test, List.of(edits));
    }

    String testClass() {
        return test.substring(0, test.indexOf('#'));
    }

    String testMethod() {
        return test.substring(test.indexOf('#') + 1);
    }

    String directory() {
        return name.replaceAll("[^a-z0-9]+", "-");
    }
}
