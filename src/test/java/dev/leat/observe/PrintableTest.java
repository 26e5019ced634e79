package dev.leat.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PrintableTest {

    private static final String FORGED = "key\n2026-01-01 ERROR forged\r\u001b[31m\u009b2J\u202e\u2028";
    private static final String WRITTEN = "key\\n2026-01-01 ERROR forged\\r\\u001b[31m\\u009b2J\\u202e\\u2028";

    @Test
    void everyCharacterThatActsIsWrittenOut() {
        List<Integer> acting = IntStream.rangeClosed(0, 0xffff)
                .filter(c -> !Character.isSurrogate((char) c))
                .filter(c -> !Printable.line(String.valueOf((char) c)).equals(String.valueOf((char) c)))
                .boxed()
                .toList();

        assertThat(acting)
                .containsAll(IntStream.rangeClosed(0, 0x1f)
                        .filter(c -> c != '\t')
                        .boxed()
                        .toList())
                .containsAll(IntStream.rangeClosed(0x7f, 0x9f).boxed().toList())
                .containsAll(IntStream.rangeClosed(0x2028, 0x202e).boxed().toList())
                .containsAll(IntStream.rangeClosed(0x2066, 0x2069).boxed().toList())
                .contains(0x061c, 0x200e, 0x200f)
                .hasSize(31 + 33 + 7 + 4 + 3);
        assertThat(Printable.line(FORGED)).isEqualTo(WRITTEN);
        assertThat(Printable.line("größe \\ \t ключ 🙂")).isEqualTo("größe \\ \t ключ 🙂");
    }

    @Test
    void ofSeveralLinesTheBreaksStay() {
        assertThat(Printable.lines("a\nb\r\nc\rd\u0007")).isEqualTo("a\nb\r\nc\\rd\\u0007");
    }

    @Test
    void whatIsPrintedAtOnceIsOneLineOfAWriter() {
        StringWriter text = new StringWriter();
        PrintWriter writer = new PrintableWriter(text, UnaryOperator.identity());
        writer.println(FORGED);
        writer.println((Object) FORGED);
        writer.println(FORGED.toCharArray());
        writer.print("a\nb\u001b");
        writer.printf("%s%n", "c\u0007");
        writer.write('\u009b');
        new IllegalStateException(FORGED, new IllegalArgumentException("x\n\tat forged")).printStackTrace(writer);

        assertThat(text.toString().lines())
                .startsWith(
                        WRITTEN,
                        WRITTEN,
                        WRITTEN,
                        "a",
                        "b\\u001bc\\u0007",
                        "\\u009bjava.lang.IllegalStateException: " + WRITTEN)
                .contains("Caused by: java.lang.IllegalArgumentException: x\\n\tat forged")
                .anyMatch(line -> line.startsWith("\tat dev.leat.observe.PrintableTest."));
    }

    @Test
    void whatIsPrintedAtOnceIsOneLineOfAStream() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintableStream stream = new PrintableStream(bytes, text -> text.replace("hunter2", "***"))) {
            stream.println(FORGED);
            stream.println((Object) FORGED);
            stream.println(FORGED.toCharArray());
            stream.print("a\nb\u001b");
            stream.printf("%s%n", "c\u0007 is hunter2");
            byte[] raw = "ключ\u009b hunter2\n".getBytes(StandardCharsets.UTF_8);
            stream.write(raw, 0, raw.length);
            stream.write(0x1b);
            new IllegalStateException(FORGED + "hunter2").printStackTrace(stream);
        }

        assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
                .startsWith(
                        WRITTEN,
                        WRITTEN,
                        WRITTEN,
                        "a",
                        "b\\u001bc\\u0007 is ***",
                        "ключ\\u009b ***",
                        "\\u001bjava.lang.IllegalStateException: " + WRITTEN + "***")
                .anyMatch(line -> line.startsWith("\tat dev.leat.observe.PrintableTest."));
    }

    @Test
    void anExceptionKeepsItsStoryInPrintableWords() {
        Exception sound = new IllegalStateException("sound", new IllegalArgumentException("too"));
        assertThat(Printable.thrown(sound)).isSameAs(sound);

        Exception forged = new IllegalStateException("outer", new IllegalArgumentException(FORGED));
        forged.addSuppressed(new IllegalStateException("beside"));
        Throwable told = Printable.thrown(forged);

        assertThat(told).hasToString("java.lang.IllegalStateException: outer");
        assertThat(told.getCause()).hasToString("java.lang.IllegalArgumentException: " + WRITTEN);
        assertThat(told.getStackTrace()).isEqualTo(forged.getStackTrace());
        assertThat(told.getSuppressed()).hasSize(1);
    }
}
