package dev.leat.pipeline;

/**
 * Which schemas this Leat works with: its own scripts make version {@link #MADE}; its pollers work with every older one down to
 * {@link #OLDEST}, and with every later one that says it serves them ({@code leat.oldest_poller()}). So a fleet can be rolled: the new version's
 * {@code leat migrate} first, then its pollers one after the other.
 *
 * @param found what {@code leat.schema_version()} answers
 * @param oldestPoller what {@code leat.oldest_poller()} answers: the version that a poller must have been made for at least
 */
public record SchemaVersions(int found, int oldestPoller) {

    /** What the scripts of this Leat make. */
    public static final int MADE = 1;

    /** The oldest version that the pollers of this Leat work with. */
    public static final int OLDEST = 1;

    /** Whether a poller of this Leat may work with that schema. */
    public boolean serve() {
        return found >= OLDEST && oldestPoller <= MADE;
    }

    /** What a person should know and do, in one line; empty when a poller may work. */
    public String advice() {
        if (serve()) {
            return "";
        }
        return found < OLDEST
                ? "the database's schema of Leat has version " + found + ", and this Leat needs version " + OLDEST
                        + ": run `leat migrate`"
                : "the database's schema of Leat has version " + found + ", which serves pollers from version "
                        + oldestPoller + " on, and this Leat knows version " + MADE + ": upgrade the jar";
    }

    /**
     * @throws IllegalStateException with the advice, unless a poller may work
     */
    public void require() {
        if (!serve()) {
            throw new IllegalStateException(advice());
        }
    }
}
