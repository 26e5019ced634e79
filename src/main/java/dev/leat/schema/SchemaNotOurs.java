package dev.leat.schema;

import java.util.List;

/** A schema that Leat would write into belongs to another role, or holds objects of another role. */
public final class SchemaNotOurs extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> lines;

    SchemaNotOurs(List<String> lines) {
        super(String.join("; ", lines));
        this.lines = lines;
    }

    /** What was found and what to do about it, a line for each. */
    public List<String> lines() {
        return lines;
    }
}
