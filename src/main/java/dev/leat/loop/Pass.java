package dev.leat.loop;

import dev.leat.Claim;
import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.Shaper;
import dev.leat.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One claim's way through the rooms. Not thread-safe: each worker has its own. */
final class Pass {

    private final Rooms rooms;
    private final House house;
    private int claimed;

    Pass(Rooms rooms, House house) {
        this.rooms = rooms;
        this.house = house;
    }

    /** What a pass has come to: whether it leaves anything to do, whether it could do nothing at all, and whether it found nothing. */
    record Result(boolean more, boolean stuck, boolean empty) {}

    Result run() {
        long began = house.nanoTime().getAsLong();
        claimed = 0;
        try (Claim claim = rooms.claims()
                .claim(rooms.publisher().restingStreams(), rooms.publisher().restingLanes())) {
            claimed = claim.events().size();
            Shaped shaped = shape(claim.events());
            List<Outcome> published = rooms.publisher().publish(shaped.records(), claim.deadline());
            List<Outcome> outcomes = new ArrayList<>(inTurn(shaped.refused(), published));
            outcomes.addAll(published);
            rooms.settlement().settle(claim, outcomes);
            claimed = 0;
            return told(claim, outcomes, Duration.ofNanos(house.nanoTime().getAsLong() - began));
        }
    }

    /** How many events the last run had claimed; 0 if it failed before, or has succeeded. */
    int claimed() {
        return claimed;
    }

    private record Shaped(List<StreamRecord> records, List<Outcome> refused) {}

    /** An event without a form is refused, and those of its key behind it wait, unless they may pass. */
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
                String stream = Optional.ofNullable(event.route().stream()).orElse(house.defaultStream());
                records.add(new StreamRecord(event, stream, rooms.shaper().shape(event)));
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
     * A refused event is set aside when its turn comes. In quarantine before those of its key that are to be tried later, it
     * could be decided about first, and it or what waits behind it would go ahead of them.
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
                        ? new Outcome.TryLater(outcome.event(), "what comes before it of its key is held up")
                        : outcome)
                .toList();
    }

    private Result told(Claim claim, List<Outcome> outcomes, Duration took) {
        if (outcomes.isEmpty()) {
            house.listener().foundNothing();
        } else {
            house.listener().settled(outcomes, took);
        }
        long left = outcomes.stream().filter(Outcome.TryLater.class::isInstance).count();
        return new Result(claim.full() || left > 0, left > 0 && left == outcomes.size(), outcomes.isEmpty());
    }
}
