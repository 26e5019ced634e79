package dev.leat.kinesis;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The halves of requests that were refused as a whole, waiting to leave by themselves. */
final class Halves {

    private final ArrayDeque<Request> waiting = new ArrayDeque<>();

    void split(Request refused) {
        int middle = refused.size() / 2;
        waiting.add(refused.part(0, middle));
        waiting.add(refused.part(middle, refused.size()));
    }

    /** The next half whose stream is open now. Halves for a stream that was given up are forgotten. */
    @Nullable
    Request next(long now) {
        for (int asked = waiting.size(); asked > 0; asked--) {
            Request half = waiting.remove();
            if (half.line().open(now)) {
                return half.leaving(now);
            }
            if (half.line().givenUp() == null) {
                waiting.add(half);
            }
        }
        return null;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    boolean waitFor(ReadyQueues line) {
        return waiting.stream().anyMatch(half -> half.line() == line);
    }
}
