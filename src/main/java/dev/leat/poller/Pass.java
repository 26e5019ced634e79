package dev.leat.poller;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.Shaper;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Publisher;
import dev.leat.pipeline.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One pass: takes one claim through all stages, from claim to settle. Not thread-safe: each worker has its own. */
final class Pass {

    private final Stages stages;
    private final WorkerContext context;
    private Publisher.BackingOff backingOff = Publisher.BackingOff.NONE;
    private int claimed;

    Pass(Stages stages, WorkerContext context) {
        this.stages = stages;
        this.context = context;
    }

    /**
     * The result of a pass.
     *
     * @param more whether there is more to do at once
     * @param stuck whether it claimed events and could settle none of them
     * @param empty whether it claimed no events
     * @param retryAfter how long to wait before the next pass; zero: the caller decides
     */
    record PassResult(boolean more, boolean stuck, boolean empty, Duration retryAfter) {}

    PassResult run() {
        long began = context.nanoTime().getAsLong();
        claimed = 0;
        try (Claim claim = stages.claims().claim(backingOff.streams(), backingOff.lanes())) {
            claimed = claim.events().size();
            Shaped shaped = shape(claim.events());
            Publisher.Published published = stages.publisher().publish(shaped.records(), claim.deadline());
            backingOff = published.backingOff();
            List<Outcome> outcomes = new ArrayList<>(inTurn(shaped.refused(), published.outcomes()));
            outcomes.addAll(published.outcomes());
            claim.settle(outcomes);
            claimed = 0;
            tell(outcomes, Duration.ofNanos(context.nanoTime().getAsLong() - began));
            return result(claim, outcomes, published.retryAfter());
        }
    }

    /** The streams and lanes that the next claim should leave out, as the publisher last reported them. */
    Publisher.BackingOff backingOff() {
        return backingOff;
    }

    /** The number of events that the last run had claimed when it failed; 0 if it failed before its claim, or succeeded. */
    int claimed() {
        return claimed;
    }

    private record Shaped(List<StreamRecord> records, List<Outcome> refused) {}

    /** An event that has no form in the wire format is refused. The later events of its key wait, unless they may pass. */
    private Shaped shape(List<Event> events) {
        List<StreamRecord> records = new ArrayList<>(events.size());
        List<Outcome> refused = new ArrayList<>();
        Map<String, Long> blocked = new HashMap<>();
        for (Event event : events) {
            Optional<Long> behind =
                    Optional.ofNullable(blocked.get(event.route().partitionKey()));
            if (behind.isPresent()) {
                refused.add(new Outcome.Waiting(event, behind.get()));
                continue;
            }
            try {
                if (event.fault() != null) {
                    throw new Shaper.Unshapeable(event.fault());
                }
                String stream = Optional.ofNullable(event.route().stream()).orElse(context.defaultStream());
                records.add(new StreamRecord(event, stream, stages.shaper().shape(event)));
            } catch (Shaper.Unshapeable e) {
                refused.add(new Outcome.Quarantined(event, e.reason()));
                if (!event.mayPass()) {
                    blocked.put(event.route().partitionKey(), event.id());
                }
            }
        }
        return new Shaped(records, refused);
    }

    /**
     * A refused event is tried later if an earlier event of its key is tried later. Otherwise an operator could release it from
     * quarantine before the earlier event is sent, and it would be sent first.
     */
    private static List<Outcome> inTurn(List<Outcome> refused, List<Outcome> published) {
        Set<String> late = new HashSet<>();
        for (Outcome outcome : published) {
            if (outcome instanceof Outcome.TryLater) {
                late.add(outcome.event().route().partitionKey());
            }
        }
        return refused.stream()
                .map(outcome -> late.contains(outcome.event().route().partitionKey())
                        ? new Outcome.TryLater(outcome.event(), "an earlier event of its key must be sent first")
                        : outcome)
                .toList();
    }

    private void tell(List<Outcome> outcomes, Duration took) {
        if (outcomes.isEmpty()) {
            context.listener().foundNothing();
        } else {
            context.listener().settled(outcomes, took);
        }
    }

    private static PassResult result(Claim claim, List<Outcome> outcomes, Duration retryAfter) {
        long left = outcomes.stream().filter(Outcome.TryLater.class::isInstance).count();
        return new PassResult(
                claim.full() || left > 0, left > 0 && left == outcomes.size(), outcomes.isEmpty(), retryAfter);
    }
}
