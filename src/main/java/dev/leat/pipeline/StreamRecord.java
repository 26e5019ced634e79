package dev.leat.pipeline;

import dev.leat.Event;
import dev.leat.Operation;
import java.math.BigInteger;
import java.util.Optional;

/**
 * An event in the bytes that the stream will hold.
 *
 * @param stream a stream's name or ARN
 * @param data the record's data blob; not copied, so not to be written to
 */
public record StreamRecord(Event event, String stream, byte[] data) {

    public String partitionKey() {
        return event.route().partitionKey();
    }

    /**
     * Where in the hash space the record goes, if not to the MD5 of its key: a truncate marker goes to the middle of its
     * lane, so that the lanes' markers reach every shard that holds a lane.
     */
    public Optional<BigInteger> explicitHashKey() {
        if (event.operation() != Operation.TRUNCATE) {
            return Optional.empty();
        }
        return Optional.of(BigInteger.valueOf(2L * event.lane() + 1).shiftLeft(121));
    }
}
