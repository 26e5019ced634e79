package dev.leat.shape;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Builds a JSON text in UTF-8. JSON values are copied as one block, and fixed parts are encoded only once. Jackson's generator took twice
 * the time, because it looks at each character and tracks the nesting. Not thread-safe.
 */
final class JsonBytes {

    /** The largest buffer, in bytes, that is kept for the next text. */
    private static final int MOST_KEPT = 1 << 16;

    private static final byte[] NULL = ascii("null");
    private static final byte[] TAB = ascii("\t");
    private static final int MOST_DIGITS = 20;

    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private byte[] bytes = new byte[2048];
    private int size;
    private long second = Long.MIN_VALUE;
    private byte[] secondText = {};

    /** For {@link #fixed}. */
    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** A JSON string with its quotes. A lone surrogate becomes a question mark, because UTF-8 cannot encode it. */
    static byte[] quoted(String text) {
        JsonBytes one = new JsonBytes();
        one.string(text);
        return one.take();
    }

    void fixed(byte[] part) {
        ensureCapacity(part.length);
        System.arraycopy(part, 0, bytes, size, part.length);
        size += part.length;
    }

    /** Appends a JSON value unchanged, or null. */
    void json(@Nullable String value) {
        fixed(value == null ? NULL : value.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Appends an object without white space whose members are scalars and such objects, with other text between the members.
     *
     * @param lines by the level: what stands before each member and before a closing brace. A level below the last has a tab more
     * @param level of the object
     * @param colon what stands between a name and its value
     */
    void indented(byte[] object, byte[][] lines, int level, byte[] colon) {
        int depth = level;
        int at = 0;
        while (at < object.length) {
            byte next = object[at];
            if (next == '}') {
                depth--;
                line(lines, depth);
                fixed(object, at, ++at);
            } else if (next == '{') {
                depth++;
                fixed(object, at, ++at);
            } else {
                if (next == ',') {
                    fixed(object, at, ++at);
                }
                line(lines, depth);
                int name = afterString(object, at);
                fixed(object, at, name);
                fixed(colon);
                at = name + 1;
                if (object[at] != '{') {
                    int value = at;
                    at = object[at] == '"' ? afterString(object, at) : afterScalar(object, at);
                    fixed(object, value, at);
                }
            }
        }
    }

    private void line(byte[][] lines, int depth) {
        fixed(lines[Math.min(depth, lines.length - 1)]);
        for (int more = lines.length; more <= depth; more++) {
            fixed(TAB);
        }
    }

    private static int afterScalar(byte[] text, int from) {
        int at = from;
        while (text[at] != ',' && text[at] != '}') {
            at++;
        }
        return at;
    }

    /** Where the text goes on after the string that begins here. */
    private static int afterString(byte[] text, int quote) {
        int at = quote + 1;
        while (text[at] != '"') {
            at += text[at] == '\\' ? 2 : 1;
        }
        return at + 1;
    }

    private void fixed(byte[] part, int from, int to) {
        ensureCapacity(to - from);
        System.arraycopy(part, from, bytes, size, to - from);
        size += to - from;
    }

    /** Appends a string, or null. */
    void string(@Nullable String text) {
        if (text == null) {
            fixed(NULL);
            return;
        }
        int length = text.length();
        ensureCapacity(length + 2);
        bytes[size] = '"';
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') {
                escaped(text);
                return;
            }
            bytes[size + 1 + i] = (byte) c;
        }
        bytes[size + 1 + length] = '"';
        size += length + 2;
    }

    private void escaped(String text) {
        byte[] wellFormed = text.getBytes(StandardCharsets.UTF_8);
        byte[] content = JsonStringEncoder.getInstance().quoteAsUTF8(new String(wellFormed, StandardCharsets.UTF_8));
        ensureCapacity(content.length + 2);
        bytes[size++] = '"';
        fixed(content);
        ensureCapacity(1);
        bytes[size++] = '"';
    }

    void number(long value) {
        ensureCapacity(MOST_DIGITS);
        if (value < 0) {
            fixed(ascii(Long.toString(value)));
            return;
        }
        int digits = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        long rest = value;
        for (int at = size + digits - 1; at >= size; at--) {
            bytes[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += digits;
    }

    /** Appends a time in UTC with six decimals, in quotes. The text of its second is kept: most events of a claim share it. */
    void time(Instant at) {
        if (at.getEpochSecond() != second) {
            second = at.getEpochSecond();
            secondText = ascii("\"" + SECONDS.format(at) + ".");
        }
        fixed(secondText);
        ensureCapacity(MOST_DIGITS);
        int micros = at.getNano() / 1_000;
        for (int digit = 5; digit >= 0; digit--) {
            bytes[size + digit] = (byte) ('0' + micros % 10);
            micros /= 10;
        }
        bytes[size + 6] = 'Z';
        bytes[size + 7] = '"';
        size += 8;
    }

    private void ensureCapacity(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * (size + (long) more)));
        }
    }

    /** Returns the whole text, and starts an empty one. */
    byte[] take() {
        byte[] text = Arrays.copyOf(bytes, size);
        size = 0;
        if (bytes.length > MOST_KEPT) {
            bytes = new byte[2048];
        }
        return text;
    }
}
