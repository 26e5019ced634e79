package dev.leat.pipeline;

import dev.leat.Event;
import dev.leat.Operation;
import java.math.BigInteger;
import java.util.Optional;

/**
 * An event with the bytes that the stream will hold.
 *
 * @param stream a stream's name or ARN
 * @param data the record's data blob; it is not copied and must not be changed
 */
public record StreamRecord(Event event, String stream, byte[] data) {

    public String partitionKey() {
        return event.route().partitionKey();
    }

    /**
     * The record's explicit hash key, if it is not to use the MD5 of its partition key. A truncate marker gets the middle of its lane, so
     * that the markers of all lanes reach every shard that holds a whole lane.
     */
    public Optional<BigInteger> explicitHashKey() {
        if (event.operation() != Operation.TRUNCATE) {
            return Optional.empty();
        }
        return Optional.of(BigInteger.valueOf(2L * event.lane() + 1).shiftLeft(121));
    }
}
