package dev.leat.pipeline;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/** The statements of a claim, each in a file of its own with its comments; {@code docs/statements.md} shows them. */
public final class KeptSql {

    private KeptSql() {}

    /**
     * A statement's text, without the lines that hold only a comment.
     *
     * @param name the name of its file, without {@code .sql}
     */
    public static String of(String name) {
        try (InputStream file = KeptSql.class.getResourceAsStream("/dev/leat/sql/" + name + ".sql")) {
            if (file == null) {
                throw new IllegalStateException("the statement " + name + " is missing from the jar");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.stripLeading().startsWith("--"))
                    .collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
