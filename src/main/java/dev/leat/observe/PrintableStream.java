package dev.leat.observe;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A stream that escapes its text as {@link PrintableWriter} does, in UTF-8, for logs that write to {@link System#out} and {@link
 * System#err}.
 */
public final class PrintableStream extends PrintStream {

    private final UnaryOperator<String> before;

    /**
     * @param before is applied to each text first, for example to remove passwords
     */
    public PrintableStream(OutputStream out, UnaryOperator<String> before) {
        super(out, true, StandardCharsets.UTF_8);
        this.before = before;
    }

    @Override
    public void println(@Nullable String text) {
        super.println(Printable.line(before.apply(String.valueOf(text))));
    }

    @Override
    public void println(@Nullable Object value) {
        println(String.valueOf(value));
    }

    @Override
    public void println(char[] text) {
        println(String.valueOf(text));
    }

    @Override
    public void print(@Nullable String text) {
        super.print(before.apply(String.valueOf(text)));
    }

    @Override
    public void print(@Nullable Object value) {
        print(String.valueOf(value));
    }

    /** All output comes here, as UTF-8. The superclass encodes only whole characters. */
    @Override
    public void write(byte[] text, int offset, int length) {
        byte[] printable = Printable.lines(before.apply(new String(text, offset, length, StandardCharsets.UTF_8)))
                .getBytes(StandardCharsets.UTF_8);
        super.write(printable, 0, printable.length);
    }

    /** A single byte is an ASCII character, or cannot be shown. */
    @Override
    public void write(int character) {
        write(new byte[] {(byte) character}, 0, 1);
    }
}
