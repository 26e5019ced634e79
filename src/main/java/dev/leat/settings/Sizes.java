package dev.leat.settings;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads and writes sizes in bytes: {@code 1048576}, {@code 512KiB}, {@code 10MiB}. */
public final class Sizes {

    private static final Pattern WRITTEN = Pattern.compile("(\\d{1,9})\\s*(KiB|MiB)?");

    private Sizes() {}

    /**
     * @return bytes
     * @throws IllegalArgumentException when the text is not a size; the message says what is expected
     */
    public static int parse(String text) {
        Matcher written = WRITTEN.matcher(text.strip());
        if (!written.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a size: write bytes, or a number with KiB or MiB, such as 10MiB");
        }
        long number = Long.parseLong(written.group(1));
        String unit = written.group(2);
        long bytes = unit == null ? number : number << (unit.equals("KiB") ? 10 : 20);
        return (int) Math.min(bytes, Integer.MAX_VALUE);
    }

    /** The shortest text that {@link #parse} reads back as the same bytes. */
    public static String format(int bytes) {
        if (bytes == 0 || bytes % 1024 != 0) {
            return Integer.toString(bytes);
        }
        int kibibytes = bytes >> 10;
        return kibibytes % 1024 == 0 ? (kibibytes >> 10) + "MiB" : kibibytes + "KiB";
    }
}
