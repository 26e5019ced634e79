package dev.leat.kinesis;

import dev.leat.StreamRecord;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a single record may be, and how many events it may hold.
 *
 * @param alwaysFits bytes that every stream takes
 * @param largest bytes that a stream takes; asked only of records above {@code alwaysFits}, as the answer may cost a request
 * @param aggregation which streams hold several events in a record
 */
record RecordLimits(int alwaysFits, ToIntFunction<String> largest, Aggregation aggregation) {

    private static final int LONGEST_KEY = 256;

    /** One event a record. */
    RecordLimits(int alwaysFits, ToIntFunction<String> largest) {
        this(alwaysFits, largest, Aggregation.none());
    }

    /** What a packed record is filled up to, data and partition key together. */
    int packedBytes() {
        return Math.min(aggregation.recordBytes(), alwaysFits);
    }

    /** Why no stream would take the record, or null if nothing speaks against it. */
    @Nullable
    String fault(StreamRecord record) {
        String key = record.partitionKey();
        int keyBytes = keyBytes(key);
        if (keyBytes < 0) {
            return keyFault(key);
        }
        long bytes = (long) record.data().length + keyBytes;
        if (bytes > alwaysFits) {
            int most = largest.applyAsInt(record.stream());
            if (bytes > most) {
                return "it has " + bytes + " bytes with its partition key; " + record.stream() + " takes up to " + most;
            }
        }
        return null;
    }

    private static String keyFault(String key) {
        if (key.isEmpty()) {
            return "its partition key is empty; Kinesis wants 1 to " + LONGEST_KEY + " characters";
        }
        int characters = key.codePointCount(0, key.length());
        return characters > LONGEST_KEY
                ? "its partition key has " + characters + " characters; Kinesis takes up to " + LONGEST_KEY
                : "its partition key is no valid Unicode text";
    }

    /** Of a partition key in UTF-8; negative if no stream takes that key. */
    static int keyBytes(String key) {
        boolean fits = key.length() <= LONGEST_KEY || key.codePointCount(0, key.length()) <= LONGEST_KEY;
        return key.isEmpty() || !fits ? -1 : utf8Length(key);
    }

    /** What a sound record counts for in a request. */
    static long bytes(StreamRecord record) {
        return (long) record.data().length + utf8Length(record.partitionKey());
    }

    /** Negative if a surrogate stands alone. */
    private static int utf8Length(String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                bytes++;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                return -1;
            }
        }
        return bytes;
    }
}
