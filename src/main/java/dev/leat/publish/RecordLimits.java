package dev.leat.publish;

import dev.leat.StreamRecord;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a single record may be.
 *
 * @param alwaysFits bytes that every stream takes
 * @param largest bytes that a stream takes; asked only of records above {@code alwaysFits}, as the answer may cost a request
 */
record RecordLimits(int alwaysFits, ToIntFunction<String> largest) {

    private static final int LONGEST_KEY = 256;

    /** Why no stream would take the record, or null if nothing speaks against it. */
    @Nullable
    String fault(StreamRecord record) {
        String key = record.partitionKey();
        if (key.isEmpty()) {
            return "its partition key is empty; Kinesis wants 1 to " + LONGEST_KEY + " characters";
        }
        if (key.length() > LONGEST_KEY && key.codePointCount(0, key.length()) > LONGEST_KEY) {
            return "its partition key has " + key.codePointCount(0, key.length()) + " characters; Kinesis takes up to "
                    + LONGEST_KEY;
        }
        int keyBytes = utf8Length(key);
        if (keyBytes < 0) {
            return "its partition key is no valid Unicode text";
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
