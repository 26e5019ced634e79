package dev.leat.shape;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON in one of DMS's two forms: without white space, or with a line for each member, a tab for each level, and a tab after each
 * colon.
 */
final class DmsObject {

    private static final byte[] COLON = JsonBytes.ascii(":");
    private static final byte[] COLON_AND_TAB = JsonBytes.ascii(":\t");
    private static final byte[] COMMA = JsonBytes.ascii(",");
    private static final byte[] OPEN = JsonBytes.ascii("{");
    private static final byte[] CLOSE = JsonBytes.ascii("}");
    private static final byte[][] LINES = {
        JsonBytes.ascii("\n"), JsonBytes.ascii("\n\t"), JsonBytes.ascii("\n\t\t"), JsonBytes.ascii("\n\t\t\t")
    };

    private final JsonBytes bytes;
    private final boolean indented;
    private int level;
    private boolean first;

    DmsObject(JsonBytes bytes, boolean indented) {
        this.bytes = bytes;
        this.indented = indented;
    }

    void open() {
        bytes.fixed(OPEN);
        level++;
        first = true;
    }

    void close() {
        level--;
        line();
        bytes.fixed(CLOSE);
        first = false;
    }

    void name(String name) {
        begin();
        bytes.string(name);
        colon();
    }

    /** A name that is a JSON string already. */
    void quotedName(byte[] name) {
        begin();
        bytes.fixed(name);
        colon();
    }

    void string(String name, @Nullable String value) {
        name(name);
        bytes.string(value);
    }

    void time(String name, Instant value) {
        name(name);
        bytes.time(value);
    }

    void number(String name, long value) {
        name(name);
        bytes.number(value);
    }

    /** An object that PostgreSQL's {@code row_to_json} wrote, whose members are scalars and such objects. */
    void block(byte[] object) {
        if (indented) {
            bytes.indented(object, LINES, level, COLON_AND_TAB);
        } else {
            bytes.fixed(object);
        }
        first = false;
    }

    private void begin() {
        if (!first) {
            bytes.fixed(COMMA);
        }
        first = false;
        line();
    }

    private void line() {
        if (indented) {
            bytes.fixed(LINES[level]);
        }
    }

    private void colon() {
        bytes.fixed(indented ? COLON_AND_TAB : COLON);
    }
}
