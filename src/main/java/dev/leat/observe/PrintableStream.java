package dev.leat.observe;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The same as {@link PrintableWriter}, in UTF-8, for what writes to {@link System#out} and {@link System#err} by itself: logs. */
public final class PrintableStream extends PrintStream {

    private final UnaryOperator<String> before;

    /**
     * @param before what is done to each text first, such as to leave out what must not be read
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

    /** Everything ends here, as UTF-8: the class above encodes whole characters. */
    @Override
    public void write(byte[] text, int offset, int length) {
        byte[] printable = Printable.lines(before.apply(new String(text, offset, length, StandardCharsets.UTF_8)))
                .getBytes(StandardCharsets.UTF_8);
        super.write(printable, 0, printable.length);
    }

    /** A lone byte is a character of ASCII, or of no use. */
    @Override
    public void write(int character) {
        write(new byte[] {(byte) character}, 0, 1);
    }
}
