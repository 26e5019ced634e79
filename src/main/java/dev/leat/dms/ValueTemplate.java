package dev.leat.dms;

import java.util.ArrayList;
import java.util.List;

/**
 * A text with references to columns, such as <code>${last_name}, ${first_name}</code>.
 *
 * @param text as the file has it
 */
public record ValueTemplate(String text, List<TemplatePart> parts) {

    public ValueTemplate {
        parts = List.copyOf(parts);
    }

    /**
     * A part of the text.
     *
     * @param text the name of a column, or what stands between references
     */
    public record TemplatePart(boolean column, String text) {}

    /**
     * @throws IllegalArgumentException when a reference is not closed or names nothing
     */
    public static ValueTemplate of(String text) {
        List<TemplatePart> parts = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int begin = text.indexOf("${", at);
            if (begin != at) {
                parts.add(new TemplatePart(false, text.substring(at, begin < 0 ? text.length() : begin)));
            }
            if (begin < 0) {
                break;
            }
            int end = text.indexOf('}', begin);
            if (end < 0) {
                throw new IllegalArgumentException("in \"" + text + "\" a ${ has no }: close it");
            }
            if (end == begin + 2) {
                throw new IllegalArgumentException("in \"" + text + "\" ${} names no column: name one");
            }
            parts.add(new TemplatePart(true, text.substring(begin + 2, end)));
            at = end + 1;
        }
        return new ValueTemplate(text, parts);
    }

    /** The columns that it refers to, in their order. */
    public List<String> columns() {
        return parts.stream()
                .filter(TemplatePart::column)
                .map(TemplatePart::text)
                .toList();
    }

    /** Whether it is one column's value and nothing else. */
    public boolean single() {
        return parts.size() == 1 && parts.get(0).column();
    }

    @Override
    public String toString() {
        return text;
    }
}
