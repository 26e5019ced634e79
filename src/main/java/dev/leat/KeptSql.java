package dev.leat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Statements as they are kept in {@code docs/sql}. Most are written in jOOQ's DSL against the generated schema, and rendered when
 * they change, not when a poller starts.
 */
public final class KeptSql {

    private KeptSql() {}

    /**
     * A statement's text.
     *
     * @param name of its file, without ending
     */
    public static String of(String name) {
        try (InputStream file = KeptSql.class.getResourceAsStream("sql/" + name + ".sql")) {
            if (file == null) {
                throw new IllegalStateException("the statement " + name + " is missing from the jar");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
