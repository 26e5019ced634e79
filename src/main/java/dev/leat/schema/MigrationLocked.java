package dev.leat.schema;

/** Another session holds the lock of migrations, and did not release it in time. */
public final class MigrationLocked extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MigrationLocked(String message) {
        super(message);
    }
}
