package dev.leat.kinesis;

import dev.leat.PollerListener;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The entries of one answer that were not acknowledged and are sent again, told to the listener once for each error code. */
final class FailedEntries {

    private record Tally(Failure failure, int entries, long pause) {}

    private final Map<String, Tally> byCode = new LinkedHashMap<>();

    void add(Failure failure, long pause) {
        if (failure.verdict() != Verdict.REFUSED) {
            byCode.merge(
                    failure.code(),
                    new Tally(failure, 1, pause),
                    (sum, one) -> new Tally(one.failure, sum.entries + 1, Math.max(sum.pause, one.pause)));
        }
    }

    void tell(PollerListener listener, String stream) {
        byCode.values()
                .forEach(tally -> listener.retrying(
                        stream, tally.failure.ofEntries(), tally.entries, Duration.ofNanos(tally.pause)));
    }
}
