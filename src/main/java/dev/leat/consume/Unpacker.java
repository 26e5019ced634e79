package dev.leat.consume;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Unpacks the events of a Kinesis record, in their order. The record may hold an aggregate of the Kinesis Producer Library, lines of
 * JSON, or one event. For consumers that read without the Kinesis Client Library, such as functions on Lambda.
 */
public final class Unpacker {

    private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
    private static final int MD5_BYTES = 16;

    private Unpacker() {}

    /**
     * The events of a record: each one an envelope, without a line break behind it. Which key an event is of stands in the envelope
     * ({@link Identity#of}); the partition key of a record that holds several is that of their lane.
     *
     * @param data the record's, not written to
     * @throws IllegalArgumentException when the data has magic and checksum of an aggregated record, and is none
     */
    public static List<byte[]> unpack(byte[] data) {
        if (isAggregated(data)) {
            return aggregated(ByteBuffer.wrap(data, MAGIC.length, data.length - MAGIC.length - MD5_BYTES));
        }
        if (data.length > 0 && data[data.length - 1] == '\n') {
            return lines(data);
        }
        return List.of(data);
    }

    private static boolean isAggregated(byte[] data) {
        int end = data.length - MD5_BYTES;
        if (end < MAGIC.length || !Arrays.equals(data, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            return false;
        }
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(data, MAGIC.length, end - MAGIC.length);
            return Arrays.equals(md5.digest(), 0, MD5_BYTES, data, end, data.length);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    private static List<byte[]> lines(byte[] data) {
        List<byte[]> events = new ArrayList<>();
        int begin = 0;
        for (int at = 0; at < data.length; at++) {
            if (data[at] == '\n') {
                events.add(Arrays.copyOfRange(data, begin, at));
                begin = at + 1;
            }
        }
        return events;
    }

    private static List<byte[]> aggregated(ByteBuffer message) {
        try {
            List<byte[]> events = new ArrayList<>();
            while (message.hasRemaining()) {
                long tag = number(message);
                if (tag == (3 << 3 | 2)) {
                    events.add(event(block(message)));
                } else {
                    skip(message, tag);
                }
            }
            return events;
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("the checksum is right, but this is no aggregated record", e);
        }
    }

    private static byte[] event(ByteBuffer record) {
        byte[] data = {};
        while (record.hasRemaining()) {
            long tag = number(record);
            if (tag == (3 << 3 | 2)) {
                data = bytes(block(record));
            } else {
                skip(record, tag);
            }
        }
        return data;
    }

    /** Groups of seven bits, the lowest first; the eighth bit says that more come. */
    private static long number(ByteBuffer from) {
        long number = 0;
        for (int shift = 0; ; shift += 7) {
            byte group = from.get();
            number |= (long) (group & 0x7f) << shift;
            if (group >= 0) {
                return number;
            }
        }
    }

    private static ByteBuffer block(ByteBuffer from) {
        int length = Math.toIntExact(number(from));
        ByteBuffer block = from.slice(from.position(), length);
        from.position(from.position() + length);
        return block;
    }

    /** A field that is not needed, by the kind that its tag gives. */
    private static void skip(ByteBuffer from, long tag) {
        switch ((int) (tag & 7)) {
            case 0 -> number(from);
            case 1 -> from.position(from.position() + Long.BYTES);
            case 2 -> block(from);
            case 5 -> from.position(from.position() + Integer.BYTES);
            default -> throw new IllegalArgumentException("a field of a kind that does not exist: " + tag);
        }
    }

    private static byte[] bytes(ByteBuffer block) {
        byte[] bytes = new byte[block.remaining()];
        block.get(bytes);
        return bytes;
    }
}
