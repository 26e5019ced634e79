package dev.leat.pipeline;

/**
 * The versions of Leat's schema that this Leat works with. Its own scripts create version {@link #MADE}. Its pollers work with older
 * versions down to {@link #OLDEST}, and with later versions that support them ({@code leat.oldest_poller()}). So pollers can be upgraded
 * one after the other, after the new version's {@code leat migrate}.
 *
 * @param found the result of {@code leat.schema_version()}
 * @param oldestPoller the result of {@code leat.oldest_poller()}: the lowest schema version for which a supported poller was made
 */
public record SchemaVersions(int found, int oldestPoller) {

    /** The version that the scripts of this Leat create. */
    public static final int MADE = 1;

    /** The oldest version that the pollers of this Leat work with. */
    public static final int OLDEST = 1;

    /** Whether a poller of this Leat may work with that schema. */
    public boolean serve() {
        return found >= OLDEST && oldestPoller <= MADE;
    }

    /** What is wrong and what to do, in one line; empty when a poller may work. */
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
