package dev.leat.demo;

import java.util.List;

/**
 * What a {@link Checker} found.
 *
 * @param committed changes that the truth holds
 * @param delivered different events that arrived
 * @param loaded rows that loads have sent
 * @param disagreeing how many of them are older or newer than the changes that had arrived before them
 * @param duplicates records that repeated an event
 * @param replayedBack how many of those came behind a newer one of their key, so that the key went back for whoever reads on
 * @param outOfOrder changes that came after a later one of their history
 * @param fallingIds first deliveries whose id was below one that their partition key had already carried
 * @param missing changes that never arrived
 * @param unexpected events that no committed change stands behind: rolled back, or told twice under two ids
 * @param contradictions changes of the truth that do not continue their history: a fault of the test itself
 * @param examples some of what is wrong, for people
 */
public record Verdict(
        long committed,
        long delivered,
        long loaded,
        long disagreeing,
        long duplicates,
        long replayedBack,
        long outOfOrder,
        long fallingIds,
        long missing,
        long unexpected,
        long contradictions,
        List<String> examples) {

    public Verdict {
        examples = List.copyOf(examples);
    }

    /** Whether everything committed arrived, nothing else did, and all of it in order. Duplicates are allowed. */
    public boolean inOrderNothingLost() {
        return outOfOrder == 0
                && disagreeing == 0
                && fallingIds == 0
                && missing == 0
                && unexpected == 0
                && contradictions == 0;
    }

    /** One line: the verdict itself. */
    public String headline() {
        if (inOrderNothingLost()) {
            return "in order, nothing lost";
        }
        StringBuilder text = new StringBuilder("WRONG");
        append(text, missing, "lost");
        append(text, outOfOrder, "out of order");
        append(text, disagreeing, "loaded out of order");
        append(text, fallingIds, "with an id below its predecessor's");
        append(text, unexpected, "never committed");
        append(text, contradictions, "contradictions in the truth itself");
        return text.toString();
    }

    private static void append(StringBuilder text, long count, String what) {
        if (count > 0) {
            text.append(text.length() > "WRONG".length() ? ", " : ": ")
                    .append(count)
                    .append(' ')
                    .append(what);
        }
    }
}
