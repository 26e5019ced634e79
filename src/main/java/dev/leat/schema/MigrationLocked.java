package dev.leat.schema;

/** Another session holds the lock that keeps two migrations apart, and did not let go of it in time. */
public final class MigrationLocked extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MigrationLocked(String message) {
        super(message);
    }
}
