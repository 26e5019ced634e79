package dev.leat.publish;

import dev.leat.PollerListener;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The entries of one answer that were not acknowledged and are sent again, told to the listener once for each error code. */
final class FailedEntries {

    private record Tally(int entries, long pause) {}

    private final Map<String, Tally> byCode = new LinkedHashMap<>();

    void add(Failure failure, long pause) {
        if (failure.verdict() != Verdict.REFUSED) {
            byCode.merge(
                    failure.code(),
                    new Tally(1, pause),
                    (sum, one) -> new Tally(sum.entries + 1, Math.max(sum.pause, one.pause)));
        }
    }

    void tell(PollerListener listener, String stream) {
        byCode.forEach((code, tally) -> listener.retrying(stream, code, tally.entries, Duration.ofNanos(tally.pause)));
    }
}
