package dev.leat.demo;

import java.util.List;

/**
 * The result of a {@link Checker}.
 *
 * @param committed changes that were committed
 * @param delivered different events that arrived
 * @param loaded rows that loads have sent
 * @param disagreeing how many of them are older or newer than the changes that had arrived before them
 * @param duplicates records that repeated an event
 * @param replayedBack how many of those came after a newer event of their key, so that a consumer that does not drop repeats sees an old value
 * @param outOfOrder changes that came after a later change of their history
 * @param fallingIds first deliveries whose id was below an earlier id of their partition key
 * @param missing changes that never arrived
 * @param unexpected events without a committed change: it was rolled back, or was published twice with two ids
 * @param contradictions committed changes that do not continue their history: a fault of the test itself
 * @param examples some of the faults, for people
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

    /** Whether everything that was committed arrived, nothing else did, and all of it was in order. Duplicates are allowed. */
    public boolean inOrderNothingLost() {
        return outOfOrder == 0
                && disagreeing == 0
                && fallingIds == 0
                && missing == 0
                && unexpected == 0
                && contradictions == 0;
    }

    /** The verdict in one line. */
    public String headline() {
        if (inOrderNothingLost()) {
            return "in order, nothing lost";
        }
        StringBuilder text = new StringBuilder("WRONG");
        append(text, missing, "lost");
        append(text, outOfOrder, "out of order");
        append(text, disagreeing, "loaded out of order");
        append(text, fallingIds, "with an id below its predecessor's");
        append(text, unexpected, "not committed");
        append(text, contradictions, "contradictions in the test's own record of changes");
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
