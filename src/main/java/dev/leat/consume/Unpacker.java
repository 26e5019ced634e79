package dev.leat.consume;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a Kinesis record apart into the events that it holds, in their order: one that is packed in the aggregation format of
 * the Kinesis producer library, or as lines, and one that is not packed. For consumers that read without the Kinesis client
 * library, such as functions on Lambda.
 */
public final class Unpacker {

    private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
    private static final int MD5_BYTES = 16;

    private Unpacker() {}

    /**
     * One event.
     *
     * @param partitionKey the event's own; in lines, which have none, that of the record
     * @param explicitHashKey in decimal, of an event that was packed in the aggregation format, else null
     * @param data the envelope, without a line break
     */
    public record Unpacked(String partitionKey, @Nullable String explicitHashKey, byte[] data) {}

    /**
     * The events of a record.
     *
     * @param partitionKey the record's
     * @param data the record's, not written to
     * @throws IllegalArgumentException when the data has magic and checksum of an aggregated record, and is none
     */
    public static List<Unpacked> unpack(String partitionKey, byte[] data) {
        if (isAggregated(data)) {
            return aggregated(ByteBuffer.wrap(data, MAGIC.length, data.length - MAGIC.length - MD5_BYTES));
        }
        if (data.length > 0 && data[data.length - 1] == '\n') {
            return lines(partitionKey, data);
        }
        return List.of(new Unpacked(partitionKey, null, data));
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

    private static List<Unpacked> lines(String partitionKey, byte[] data) {
        List<Unpacked> events = new ArrayList<>();
        int begin = 0;
        for (int at = 0; at < data.length; at++) {
            if (data[at] == '\n') {
                events.add(new Unpacked(partitionKey, null, Arrays.copyOfRange(data, begin, at)));
                begin = at + 1;
            }
        }
        return events;
    }

    private static List<Unpacked> aggregated(ByteBuffer message) {
        try {
            List<String> partitionKeys = new ArrayList<>();
            List<String> hashKeys = new ArrayList<>();
            List<ByteBuffer> records = new ArrayList<>();
            while (message.hasRemaining()) {
                long tag = number(message);
                if (tag == (1 << 3 | 2)) {
                    partitionKeys.add(text(block(message)));
                } else if (tag == (2 << 3 | 2)) {
                    hashKeys.add(text(block(message)));
                } else if (tag == (3 << 3 | 2)) {
                    records.add(block(message));
                } else {
                    skip(message, tag);
                }
            }
            return records.stream()
                    .map(record -> record(record, partitionKeys, hashKeys))
                    .toList();
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("the checksum is right, but this is no aggregated record", e);
        }
    }

    private static Unpacked record(ByteBuffer record, List<String> partitionKeys, List<String> hashKeys) {
        int partitionKey = -1;
        int hashKey = -1;
        ByteBuffer data = ByteBuffer.allocate(0);
        while (record.hasRemaining()) {
            long tag = number(record);
            if (tag == 1 << 3) {
                partitionKey = (int) number(record);
            } else if (tag == 2 << 3) {
                hashKey = (int) number(record);
            } else if (tag == (3 << 3 | 2)) {
                data = block(record);
            } else {
                skip(record, tag);
            }
        }
        return new Unpacked(partitionKeys.get(partitionKey), hashKey < 0 ? null : hashKeys.get(hashKey), bytes(data));
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

    /** A field that is not known, by the kind that its tag gives. */
    private static void skip(ByteBuffer from, long tag) {
        switch ((int) (tag & 7)) {
            case 0 -> number(from);
            case 1 -> from.position(from.position() + Long.BYTES);
            case 2 -> block(from);
            case 5 -> from.position(from.position() + Integer.BYTES);
            default -> throw new IllegalArgumentException("a field of a kind that does not exist: " + tag);
        }
    }

    private static String text(ByteBuffer block) {
        return StandardCharsets.UTF_8.decode(block).toString();
    }

    private static byte[] bytes(ByteBuffer block) {
        byte[] bytes = new byte[block.remaining()];
        block.get(bytes);
        return bytes;
    }
}
