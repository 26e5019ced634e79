package dev.leat.examples;

import dev.leat.consume.Deduplicator;
import dev.leat.consume.Unpacker;
import java.util.function.Consumer;

/** Applies each event once, however often it arrives. Keep one for the life of the consumer. */
final class StreamConsumer {

    private final Deduplicator deduplicator = new Deduplicator();
    private final Consumer<byte[]> effect;

    /**
     * @param effect what an event changes
     */
    StreamConsumer(Consumer<byte[]> effect) {
        this.effect = effect;
    }

    /**
     * Takes the next record of the stream.
     *
     * @param data of the record: one event, or several where the stream has aggregates
     */
    void accept(byte[] data) {
        for (byte[] event : Unpacker.unpack(data)) {
            if (deduplicator.first(event)) {
                effect.accept(event);
            }
        }
    }
}
