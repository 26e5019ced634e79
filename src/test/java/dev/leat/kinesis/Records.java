package dev.leat.kinesis;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.pipeline.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;

/** Builds records for the tests of this stage. */
final class Records {

    static final String STREAM = "orders";

    private Records() {}

    static StreamRecord record(long id, String key) {
        return record(id, key, STREAM, 100, false);
    }

    /** The data names the event, so that a test can tell what a stream holds: {@code key|id|padding}. */
    static StreamRecord record(long id, String key, String stream, int bytes, boolean mayPass) {
        byte[] text = (key + "|" + id + "|").getBytes(StandardCharsets.UTF_8);
        byte[] data = new byte[Math.max(bytes, text.length)];
        System.arraycopy(text, 0, data, 0, text.length);
        return new StreamRecord(event(id, laneOf(key), Operation.UPDATE, key, mayPass), stream, data);
    }

    static StreamRecord truncate(long id, int lane) {
        String key = "public.t#" + lane;
        return new StreamRecord(
                event(id, lane, Operation.TRUNCATE, key, false),
                STREAM,
                (key + "|" + id + "|").getBytes(StandardCharsets.UTF_8));
    }

    private static Event event(long id, int lane, Operation operation, String key, boolean mayPass) {
        return new Event(
                id,
                lane,
                operation,
                new Event.Route(key, null),
                new Event.Subject("public", "t", null),
                new Event.Row(null, null, null),
                new Event.Origin(1, Instant.EPOCH, "u", null, null),
                mayPass,
                null);
    }

    static int laneOf(String key) {
        try {
            return (MessageDigest.getInstance("MD5").digest(key.getBytes(StandardCharsets.UTF_8))[0] & 0xff) >> 2;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
