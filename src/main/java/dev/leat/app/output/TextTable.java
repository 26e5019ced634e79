package dev.leat.app.output;

import dev.leat.observe.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Aligned columns for a person. */
public final class TextTable {

    private final List<List<String>> rows = new ArrayList<>();
    private final int leftAligned;

    /**
     * @param leftAligned how many columns contain words; the columns after them contain numbers and are aligned to the right
     */
    public TextTable(int leftAligned, String... headings) {
        this.leftAligned = leftAligned;
        rows.add(List.of(headings));
    }

    public void add(String... cells) {
        // A tab would break the alignment.
        rows.add(Arrays.stream(cells)
                .map(cell -> Printable.line(cell).replace("\t", "\\t"))
                .toList());
    }

    /** The lines, without white space at their ends. */
    public List<String> lines() {
        int columns = rows.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int column = 0; column < columns; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                String cell = row.get(column);
                String blank = " ".repeat(widths[column] - cell.length());
                line.append(column == 0 ? "" : "  ").append(column < leftAligned ? cell + blank : blank + cell);
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }
}
