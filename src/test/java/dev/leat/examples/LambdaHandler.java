package dev.leat.examples;

import static java.util.Objects.requireNonNull;

import dev.leat.consume.Unpacker;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A function on Lambda whose source is the stream. Lambda does not unpack aggregates; this does. */
final class LambdaHandler {

    private final Consumer<byte[]> effect;

    /**
     * @param effect what an event changes
     */
    LambdaHandler(Consumer<byte[]> effect) {
        this.effect = effect;
    }

    /**
     * @param batch as Lambda gives it: {@code {"Records": [{"kinesis": {"data": "<base64>", …}, …}, …]}}
     */
    void handleRequest(Map<String, ? extends List<? extends Map<String, ? extends Map<String, String>>>> batch) {
        for (var record : requireNonNull(batch.get("Records"))) {
            String data = requireNonNull(requireNonNull(record.get("kinesis")).get("data"));
            for (byte[] event : Unpacker.unpack(Base64.getDecoder().decode(data))) {
                effect.accept(event);
            }
        }
    }
}
