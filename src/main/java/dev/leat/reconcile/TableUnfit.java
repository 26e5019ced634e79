package dev.leat.reconcile;

/** The table cannot be compared with the stream. The message says why, and what to do. */
public final class TableUnfit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TableUnfit(String message) {
        super(message);
    }
}
