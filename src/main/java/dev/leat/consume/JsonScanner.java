package dev.leat.consume;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A minimal scanner of JSON text in UTF-8 for {@link Identity}: it returns the members of objects and their values unchanged. It
 * finds its way by the structure alone, so no text within a value can be taken for it; that the text is valid JSON is not checked.
 * Past the end it throws IndexOutOfBoundsException.
 */
final class JsonScanner {

    private final byte[] text;
    private int at;

    JsonScanner(byte[] text) {
        this.text = text;
        space();
    }

    boolean atObject() {
        return text[at] == '{';
    }

    boolean atString() {
        return text[at] == '"';
    }

    /** Whether nothing follows. */
    boolean atEnd() {
        return at == text.length;
    }

    /** Walks over an object: its members' names, one after the other, and the visitor walks over each one's value. */
    void members(Consumer<String> visitor) {
        take('{');
        if (text[at] == '}') {
            take('}');
            return;
        }
        while (true) {
            String name = string();
            take(':');
            visitor.accept(name);
            if (text[at] != ',') {
                take('}');
                return;
            }
            take(',');
        }
    }

    /** Walks over a string, and returns what it stands for. */
    String string() {
        int begin = at + 1;
        boolean escaped = quoted();
        int end = at - 1;
        space();
        return escaped ? unescaped(begin, end) : new String(text, begin, end - begin, StandardCharsets.UTF_8);
    }

    /** Walks over a value of any kind, however deep, and returns its text if it is a number or a word, else nothing. */
    String skip() {
        int begin = at;
        int depth = 0;
        do {
            switch (text[at]) {
                case '"' -> quoted();
                case '{', '[' -> {
                    depth++;
                    at++;
                }
                case '}', ']' -> {
                    depth--;
                    at++;
                }
                case ',', ':', ' ', '\t', '\n', '\r' -> at++;
                default -> word();
            }
        } while (depth > 0);
        String word = isPunctuation(text[begin]) ? "" : new String(text, begin, at - begin, StandardCharsets.UTF_8);
        space();
        return word;
    }

    private void word() {
        do {
            at++;
        } while (at < text.length && !isPunctuation(text[at]));
    }

    private static boolean isPunctuation(byte character) {
        return switch (character) {
            case '"', '{', '}', '[', ']', ',', ':', ' ', '\t', '\n', '\r' -> true;
            default -> false;
        };
    }

    /** Walks to behind the closing quote. Returns whether there is an escape before it. */
    private boolean quoted() {
        expect('"');
        boolean escaped = false;
        while (text[at] != '"') {
            if (text[at] == '\\') {
                escaped = true;
                at++;
            }
            at++;
        }
        at++;
        return escaped;
    }

    private String unescaped(int begin, int end) {
        String raw = new String(text, begin, end - begin, StandardCharsets.UTF_8);
        StringBuilder plain = new StringBuilder(raw.length());
        for (int n = 0; n < raw.length(); n++) {
            char c = raw.charAt(n);
            if (c != '\\') {
                plain.append(c);
                continue;
            }
            char letter = raw.charAt(++n);
            switch (letter) {
                case 'b' -> plain.append('\b');
                case 'f' -> plain.append('\f');
                case 'n' -> plain.append('\n');
                case 'r' -> plain.append('\r');
                case 't' -> plain.append('\t');
                case 'u' -> {
                    plain.append((char) Integer.parseInt(raw.substring(n + 1, n + 5), 16));
                    n += 4;
                }
                default -> plain.append(letter);
            }
        }
        return plain.toString();
    }

    private void take(char expected) {
        expect(expected);
        space();
    }

    private void expect(char expected) {
        if (text[at] != expected) {
            throw new IllegalArgumentException("the event is no JSON object: byte " + at + " is not " + expected);
        }
        at++;
    }

    private void space() {
        while (at < text.length && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
            at++;
        }
    }
}
