package dev.leat.kinesis;

import dev.leat.consume.Unpacker;
import dev.leat.pipeline.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The contents of a request, read from its bytes as a consumer does. */
final class Sent {

    private Sent() {}

    /** The ids of all events, entry by entry. */
    static List<Long> ids(Request request) {
        List<Long> ids = new ArrayList<>();
        for (int entry = 0; entry < request.size(); entry++) {
            ids.addAll(ids(request.entry(entry)));
        }
        return ids;
    }

    static List<Long> ids(RequestEntry entry) {
        return Unpacker.unpack(entry.data()).stream().map(Sent::id).toList();
    }

    /** The events of each entry, as they are in the claim. */
    static List<List<StreamRecord>> records(Request request, List<StreamRecord> claim) {
        Map<Long, StreamRecord> byId =
                claim.stream().collect(Collectors.toMap(record -> record.event().id(), Function.identity()));
        List<List<StreamRecord>> entries = new ArrayList<>();
        for (int entry = 0; entry < request.size(); entry++) {
            entries.add(ids(request.entry(entry)).stream().map(byId::get).toList());
        }
        return entries;
    }

    /** Of data as {@link Records} makes them. */
    static long id(byte[] data) {
        String text = new String(data, 0, Math.min(data.length, 2_000), StandardCharsets.UTF_8);
        return Long.parseLong(text.split("\\|", 3)[1]);
    }
}
