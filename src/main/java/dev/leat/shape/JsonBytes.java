package dev.leat.shape;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A JSON text in the making, in UTF-8. What is JSON already is copied as one block, and what is fixed was encoded once; a
 * generator, which looks at each character and keeps account of its nesting, took twice the time. Not thread-safe.
 */
final class JsonBytes {

    /** Larger buffers are not kept for the next text. */
    private static final int MOST_KEPT = 1 << 16;

    private static final byte[] NULL = ascii("null");
    private static final int MOST_DIGITS = 20;

    private byte[] bytes = new byte[2048];
    private int size;

    /** For {@link #fixed}. */
    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** A string's text with its quotes; a lone surrogate becomes a question mark, as no UTF-8 can stand for it. */
    static byte[] quoted(String text) {
        JsonBytes one = new JsonBytes();
        one.string(text);
        return one.take();
    }

    void fixed(byte[] part) {
        room(part.length);
        System.arraycopy(part, 0, bytes, size, part.length);
        size += part.length;
    }

    /** A JSON value as it is, or null. */
    void json(@Nullable String value) {
        fixed(value == null ? NULL : value.getBytes(StandardCharsets.UTF_8));
    }

    /** A string, or null. */
    void string(@Nullable String text) {
        if (text == null) {
            fixed(NULL);
            return;
        }
        int length = text.length();
        room(length + 2);
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
        room(content.length + 2);
        bytes[size++] = '"';
        fixed(content);
        room(1);
        bytes[size++] = '"';
    }

    void number(long value) {
        room(MOST_DIGITS);
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

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * (size + (long) more)));
        }
    }

    /** The whole text; the next begins empty. */
    byte[] take() {
        byte[] text = Arrays.copyOf(bytes, size);
        size = 0;
        if (bytes.length > MOST_KEPT) {
            bytes = new byte[2048];
        }
        return text;
    }
}
