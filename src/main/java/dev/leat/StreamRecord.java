package dev.leat;

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
}
