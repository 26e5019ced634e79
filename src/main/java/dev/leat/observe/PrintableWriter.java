package dev.leat.observe;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A writer that escapes its text as {@link Printable} does. One {@code println} always writes one line. Use {@code print} for text of
 * several lines.
 */
public final class PrintableWriter extends PrintWriter {

    private final UnaryOperator<String> before;

    /**
     * @param before is applied to each text first, for example to remove passwords
     */
    public PrintableWriter(Writer out, UnaryOperator<String> before) {
        super(out, true);
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
    public void write(String text, int offset, int length) {
        String printable = Printable.lines(before.apply(text.substring(offset, offset + length)));
        super.write(printable, 0, printable.length());
    }

    @Override
    public void write(char[] text, int offset, int length) {
        write(String.valueOf(text, offset, length), 0, length);
    }

    @Override
    public void write(int character) {
        write(String.valueOf((char) character), 0, 1);
    }
}
