package dev.leat;

/** The kind of a change, with the codes of Debezium's {@code op} field. */
public enum Operation {
    CREATE("c"),
    UPDATE("u"),
    DELETE("d"),
    /** A row that a full load read. */
    READ("r"),
    /** The table was emptied; one such event goes to every lane. */
    TRUNCATE("t"),
    /** A domain event that the application wrote, without a table. */
    MESSAGE("m");

    private final String code;

    Operation(String code) {
        this.code = code;
    }

    /** The one-letter code, as {@code leat_internal.outbox.op} and the wire format carry it. */
    public String code() {
        return code;
    }

    /**
     * The operation of a code.
     *
     * @throws IllegalArgumentException for a code that no version of Leat's schema has written
     */
    public static Operation of(String code) {
        for (Operation operation : values()) {
            if (operation.code.equals(code)) {
                return operation;
            }
        }
        throw new IllegalArgumentException("no operation has the code '" + code + "'");
    }
}
