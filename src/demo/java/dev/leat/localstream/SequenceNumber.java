package dev.leat.localstream;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Sequence numbers: 56 decimal digits like the service's. The leading 21 name the shard (a fixed 49, the shard's time of creation
 * in milliseconds, its ordinal), so that a child's numbers are greater than its parents'; the rest counts the shard's records
 * from 1.
 */
final class SequenceNumber {

    static final Pattern PATTERN = Pattern.compile("0|([1-9]\\d{0,128})");

    private static final int LENGTH = 56;
    private static final int PREFIX = 21;

    private SequenceNumber() {}

    static String prefix(long createdMillis, int ordinal) {
        return "49" + String.format(Locale.ROOT, "%013d%06d", createdMillis, ordinal);
    }

    static String of(String prefix, long count) {
        char[] digits = new char[LENGTH];
        prefix.getChars(0, PREFIX, digits, 0);
        Arrays.fill(digits, PREFIX, LENGTH, '0');
        int at = LENGTH;
        for (long rest = count; rest > 0; rest /= 10) {
            digits[--at] = (char) ('0' + rest % 10);
        }
        return new String(digits);
    }

    /** The count within the shard, or -1 if the number is of another shard or of no shard at all. */
    static long count(String prefix, String sequenceNumber) {
        if (sequenceNumber.length() != LENGTH || !sequenceNumber.startsWith(prefix)) {
            return -1;
        }
        try {
            return Long.parseLong(sequenceNumber, PREFIX, LENGTH, 10);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
