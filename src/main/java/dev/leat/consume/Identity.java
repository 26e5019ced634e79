package dev.leat.consume;

import org.jspecify.annotations.Nullable;

/**
 * The identity of an event, from the envelope's {@code source}. Only repetitions of the same event have the same identity.
 *
 * @param sourceName {@code source.name}
 * @param partitionKey {@code source.partition_key}
 * @param id {@code source.id}: within one source name and partition key it rises
 */
public record Identity(String sourceName, String partitionKey, long id) {

    /**
     * Reads it from an envelope. Only the envelope's own {@code source} counts, whatever rows and contexts hold, and wherever it stands.
     *
     * @param envelope one event, as {@link Unpacker#unpack} gives it: a JSON object in UTF-8
     * @throws IllegalArgumentException when this is not an envelope of Leat's, or a record that holds several
     */
    public static Identity of(byte[] envelope) {
        return parse(envelope).identity();
    }

    private static Parser parse(byte[] envelope) {
        JsonScanner json = new JsonScanner(envelope);
        Parser reading = new Parser(json);
        try {
            json.members(reading::envelope);
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the event ends too early", e);
        }
        if (!json.atEnd()) {
            throw new IllegalArgumentException("more than one event: take the record apart by Unpacker.unpack first");
        }
        return reading;
    }

    /**
     * Whether a replay has sent the event again ({@code source.replay}). The id is that of the first time, so {@link Deduplicator}
     * considers it a repetition. A consumer that wants the events of a replay asks a Deduplicator of their own:
     *
     * <pre>{@code (Identity.replayed(event) ? ofTheReplay : ofTheStream).first(event)}</pre>
     *
     * @param envelope as for {@link #of}
     * @throws IllegalArgumentException when this is not an envelope of Leat's
     */
    public static boolean replayed(byte[] envelope) {
        return parse(envelope).replay;
    }

    /** What was found so far. */
    private static final class Parser {

        private final JsonScanner json;
        private @Nullable String sourceName;
        private @Nullable String partitionKey;
        private @Nullable String id;
        private boolean replay;

        Parser(JsonScanner json) {
            this.json = json;
        }

        void envelope(String name) {
            if (name.equals("source") && json.atObject()) {
                json.members(this::source);
            } else {
                json.skip();
            }
        }

        private void source(String name) {
            switch (name) {
                case "name" -> sourceName = json.atString() ? json.string() : null;
                case "partition_key" -> partitionKey = json.atString() ? json.string() : null;
                case "id" -> id = json.skip();
                case "replay" -> replay = json.skip().equals("true");
                default -> json.skip();
            }
        }

        Identity identity() {
            if (sourceName == null || partitionKey == null || id == null) {
                throw new IllegalArgumentException(
                        "the event is no envelope of Leat's: it needs a text in source.name and in"
                                + " source.partition_key, and a number in source.id");
            }
            try {
                return new Identity(sourceName, partitionKey, Long.parseLong(id));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("the event's source.id is no whole number: " + id, e);
            }
        }
    }
}
