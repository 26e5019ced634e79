package dev.leat.kinesis;

import dev.leat.pipeline.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Events in the aggregation format of the Kinesis Producer Library: four magic bytes, a Protocol Buffers message, and the MD5 of that
 * message.
 *
 * <pre>
 * message AggregatedRecord {
 *   repeated string partition_key_table     = 1;
 *   repeated string explicit_hash_key_table = 2;
 *   repeated Record records                 = 3;
 * }
 * message Record {
 *   required uint64 partition_key_index     = 1;
 *   optional uint64 explicit_hash_key_index = 2;
 *   required bytes  data                    = 3;
 * }
 * </pre>
 *
 * <p>Each event keeps its partition key, which is in the table once. All events have the hash key of the lane, which is the only one in
 * its table. The length is known before anything is written, so the bytes of an event are copied once.
 */
final class KplAggregate implements RequestEntry.Aggregate {

    private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
    private static final int MD5_BYTES = 16;

    /** A tag: the number of the field, and the wire type (2 for bytes with a length, 0 for a number). */
    private static final byte PARTITION_KEY = 1 << 3 | 2;

    private static final byte EXPLICIT_HASH_KEY = 2 << 3 | 2;
    private static final byte RECORD = 3 << 3 | 2;
    private static final byte PARTITION_KEY_INDEX = 1 << 3;
    private static final byte EXPLICIT_HASH_KEY_INDEX = 2 << 3;
    private static final byte DATA = 3 << 3 | 2;

    private final RequestEntry.LaneKey laneKey;
    private final int maxDataBytes;
    private final Map<String, Integer> keys = new HashMap<>();
    private final List<String> keyTable = new ArrayList<>();
    private StreamRecord[] records = new StreamRecord[16];
    private int[] keyIndexes = new int[16];
    private int count;
    private long length;

    KplAggregate(RequestEntry.LaneKey laneKey, int maxBytes) {
        this.laneKey = laneKey;
        this.maxDataBytes = maxBytes - laneKey.partitionKey().length();
        this.length = MAGIC.length + field(laneKey.hashKey().length()) + MD5_BYTES;
    }

    @Override
    public boolean add(StreamRecord record, int keyBytes) {
        String key = record.partitionKey();
        Integer known = keys.get(key);
        int index = known == null ? keyTable.size() : known;
        long grown = length + field(body(index, record.data().length)) + (known == null ? field(keyBytes) : 0);
        if (grown > maxDataBytes) {
            return false;
        }
        if (known == null) {
            keys.put(key, index);
            keyTable.add(key);
        }
        if (count == records.length) {
            records = Arrays.copyOf(records, 2 * count);
            keyIndexes = Arrays.copyOf(keyIndexes, 2 * count);
        }
        records[count] = record;
        keyIndexes[count++] = index;
        length = grown;
        return true;
    }

    @Override
    public int events() {
        return count;
    }

    @Override
    public long bytes() {
        return length + laneKey.partitionKey().length();
    }

    @Override
    public String partitionKey() {
        return laneKey.partitionKey();
    }

    @Override
    public String explicitHashKey() {
        return laneKey.hashKey();
    }

    @Override
    public byte[] data() {
        Encoder out = new Encoder(new byte[(int) length]);
        out.raw(MAGIC);
        for (String key : keyTable) {
            out.field(PARTITION_KEY, key.getBytes(StandardCharsets.UTF_8));
        }
        out.field(EXPLICIT_HASH_KEY, laneKey.hashKey().getBytes(StandardCharsets.US_ASCII));
        for (int n = 0; n < count; n++) {
            byte[] data = records[n].data();
            out.number(RECORD, body(keyIndexes[n], data.length));
            out.number(PARTITION_KEY_INDEX, keyIndexes[n]);
            out.number(EXPLICIT_HASH_KEY_INDEX, 0);
            out.field(DATA, data);
        }
        out.digest();
        return out.bytes;
    }

    private static int body(int keyIndex, int dataLength) {
        return 1 + varintLength(keyIndex) + 2 + field(dataLength);
    }

    /** The length of a field with its tag and its length. */
    private static int field(int valueLength) {
        return 1 + varintLength(valueLength) + valueLength;
    }

    private static int varintLength(int value) {
        return Math.max(1, (38 - Integer.numberOfLeadingZeros(value)) / 7);
    }

    private static final class Encoder {

        final byte[] bytes;
        private int at;

        Encoder(byte[] bytes) {
            this.bytes = bytes;
        }

        void raw(byte[] value) {
            System.arraycopy(value, 0, bytes, at, value.length);
            at += value.length;
        }

        void field(byte tag, byte[] value) {
            number(tag, value.length);
            raw(value);
        }

        /** Writes a number in groups of seven bits, the lowest first. The eighth bit says that more groups follow. */
        void number(byte tag, int value) {
            bytes[at++] = tag;
            int left = value;
            while (left > 0x7f) {
                bytes[at++] = (byte) (left | 0x80);
                left >>>= 7;
            }
            bytes[at++] = (byte) left;
        }

        void digest() {
            try {
                MessageDigest md5 = MessageDigest.getInstance("MD5");
                md5.update(bytes, MAGIC.length, at - MAGIC.length);
                md5.digest(bytes, at, MD5_BYTES);
            } catch (NoSuchAlgorithmException | DigestException e) {
                throw new IllegalStateException("every Java platform has MD5, of 16 bytes", e);
            }
        }
    }
}
