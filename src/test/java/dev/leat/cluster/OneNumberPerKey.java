package dev.leat.cluster;

import dev.leat.consume.Deduplicator;
import dev.leat.demo.Delivery;
import dev.leat.demo.Envelope;
import dev.leat.localstream.KeptRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A consumer that remembers the last id of each key. It reads a stream from its beginning and reports ids that break the rule. */
final class OneNumberPerKey {

    private static final Envelope ENVELOPE =
            new Envelope(Map.of("public.orders", List.of("id"), "public.notes", List.of("id")));

    private final Deduplicator deduplicator = new Deduplicator();
    private final Map<Long, String> contents = new HashMap<>();
    private final Set<Long> applied = new HashSet<>();
    private final Map<String, Long> rows = new HashMap<>();
    private final List<String> wrong = new ArrayList<>();
    private long highest;
    private int repeated;

    /** Reads what has arrived so far. */
    static OneNumberPerKey read(List<KeptRecord> records) {
        OneNumberPerKey consumer = new OneNumberPerKey();
        for (KeptRecord record : records) {
            consumer.consume(record.data());
        }
        return consumer;
    }

    private void consume(byte[] event) {
        Delivery delivery = ENVELOPE.read(event);
        String content = delivery.change().toString();
        String before = contents.putIfAbsent(delivery.id(), content);
        if (before != null && !before.equals(content)) {
            wrong.add("id " + delivery.id() + " was " + before + " and is now " + content);
        }
        highest = Math.max(highest, delivery.id());
        boolean first = deduplicator.first(event);
        if (first) {
            Long version = delivery.change().after();
            if (version != null) {
                repeated += applied.add(version) ? 0 : 1;
                rows.put(delivery.change().history(), version);
            }
        } else if (before == null) {
            wrong.add("id " + delivery.id() + " comes too late and is skipped: " + content);
        }
    }

    /** The versions applied. */
    Set<Long> applied() {
        return applied;
    }

    /** Each row's version as applied last, by partition key and row. */
    Map<String, Long> rows() {
        return rows;
    }

    /** Ids that arrived with two contents, and new events that the rule skips. */
    List<String> wrong() {
        return wrong;
    }

    /** How many changes were applied again, under another id. */
    int repeated() {
        return repeated;
    }

    long highestId() {
        return highest;
    }
}
