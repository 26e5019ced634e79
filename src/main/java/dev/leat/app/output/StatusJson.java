package dev.leat.app.output;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.leat.Operation;
import dev.leat.status.Status;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.function.ToLongFunction;

/** {@code leat status --json}. The field names are part of the contract (docs/operations.md). */
public final class StatusJson {

    private StatusJson() {}

    public static void print(PrintWriter out, Status status) {
        Json.print(out, json -> {
            json.writeStartObject();
            json.writeNumberField("schema_version", status.schemaVersion());
            json.writeArrayFieldStart("faults");
            for (String fault : status.faults()) {
                json.writeString(fault);
            }
            json.writeEndArray();
            backlog(json, status.backlog());
            tables(json, status);
            lanes(json, status);
            pollers(json, status);
            loads(json, status);
            replays(json, status);
            shards(json, status);
            json.writeObjectFieldStart("quarantine");
            for (Map.Entry<String, Long> state : status.quarantine().entrySet()) {
                json.writeNumberField(state.getKey(), state.getValue());
            }
            json.writeEndObject();
            json.writeEndObject();
        });
    }

    private static void backlog(JsonGenerator json, Status.OutboxStatus backlog) throws IOException {
        json.writeObjectFieldStart("backlog");
        json.writeNumberField("events", backlog.events());
        json.writeBooleanField("capped", backlog.capped());
        Json.time(json, "oldest_captured_at", backlog.oldestCapturedAt());
        Json.number(json, "oldest_age_seconds", backlog.oldestAgeSeconds());
        json.writeNumberField("bytes_on_disk", backlog.bytesOnDisk());
        json.writeEndObject();
    }

    private static void tables(JsonGenerator json, Status status) throws IOException {
        json.writeArrayFieldStart("tables");
        for (Status.Table table : status.tables()) {
            json.writeStartObject();
            json.writeStringField("schema", table.schema());
            json.writeStringField("table", table.table());
            json.writeBooleanField("attached", table.attached());
            json.writeStringField("capture_fault", table.captureFault());
            json.writeStringField("stream", table.stream());
            counts(json, "captured", table, Status.Counts::captured);
            counts(json, "published", table, Status.Counts::published);
            counts(json, "quarantined", table, Status.Counts::quarantined);
            counts(json, "discarded", table, Status.Counts::discarded);
            counts(json, "waiting", table, Status.Counts::waiting);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void counts(JsonGenerator json, String name, Status.Table table, ToLongFunction<Status.Counts> count)
            throws IOException {
        json.writeObjectFieldStart(name);
        for (Operation each : Operation.values()) {
            json.writeNumberField(
                    OperationName.of(each), count.applyAsLong(table.counts().getOrDefault(each, Status.Counts.NONE)));
        }
        json.writeEndObject();
    }

    private static void lanes(JsonGenerator json, Status status) throws IOException {
        json.writeObjectFieldStart("lanes");
        json.writeNumberField("total", status.lanes());
        json.writeArrayFieldStart("held");
        for (Status.HeldLane lane : status.held()) {
            json.writeStartObject();
            json.writeNumberField("lane", lane.lane());
            json.writeStringField(
                    "poller", lane.poller() == null ? null : lane.poller().toString());
            json.writeFieldName("pid");
            if (lane.pid() == null) {
                json.writeNull();
            } else {
                json.writeNumber(lane.pid());
            }
            json.writeStringField("application", lane.application());
            Json.number(json, "held_seconds", lane.seconds());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void loads(JsonGenerator json, Status status) throws IOException {
        json.writeArrayFieldStart("loads");
        for (Status.Load load : status.loads()) {
            json.writeStartObject();
            json.writeNumberField("load", load.number());
            json.writeStringField("schema", load.schema());
            json.writeStringField("table", load.table());
            json.writeStringField("filter", load.filter());
            json.writeStringField("state", load.state());
            json.writeNumberField("rows", load.loaded());
            json.writeNumberField("held_keys", load.held());
            json.writeFieldName("estimated_rows");
            if (load.estimate() == null) {
                json.writeNull();
            } else {
                json.writeNumber(load.estimate());
            }
            json.writeNumberField("percent", load.percent());
            Json.number(json, "rows_per_second", load.rate());
            Json.number(json, "seconds_left", load.secondsLeft());
            json.writeStringField("error", load.error());
            Json.time(json, "registered_at", load.registeredAt());
            Json.time(json, "started_at", load.startedAt());
            Json.time(json, "ended_at", load.endedAt());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void replays(JsonGenerator json, Status status) throws IOException {
        json.writeArrayFieldStart("replays");
        for (Status.Replay replay : status.replays()) {
            json.writeStartObject();
            json.writeNumberField("replay", replay.number());
            json.writeArrayFieldStart("tables");
            for (String table : replay.tables()) {
                json.writeString(table);
            }
            json.writeEndArray();
            json.writeStringField("key", replay.key());
            json.writeStringField("stream", replay.stream());
            json.writeStringField("state", replay.state());
            json.writeNumberField("events", replay.events());
            json.writeNumberField("sent", replay.sent());
            json.writeNumberField("refused", replay.refused());
            json.writeNumberField("skipped", replay.skipped());
            json.writeNumberField("percent", replay.percent());
            Json.number(json, "events_per_second", replay.rate());
            Json.number(json, "seconds_left", replay.secondsLeft());
            Json.time(json, "registered_at", replay.registeredAt());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void shards(JsonGenerator json, Status status) throws IOException {
        json.writeArrayFieldStart("shards");
        for (Status.Shard shard : status.shards()) {
            json.writeStartObject();
            json.writeStringField("stream", shard.stream());
            json.writeStringField("shard", shard.shard());
            json.writeNumberField("records_per_second", shard.recordsPerSecond());
            json.writeNumberField("bytes_per_second", shard.bytesPerSecond());
            json.writeNumberField("refused_share", shard.refusedShare());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void pollers(JsonGenerator json, Status status) throws IOException {
        json.writeArrayFieldStart("pollers");
        for (Status.PollerStatus poller : status.pollers()) {
            json.writeStartObject();
            json.writeStringField("poller", poller.poller().toString());
            json.writeBooleanField("alive", poller.alive());
            json.writeStringField("host", poller.host());
            json.writeNumberField("pid", poller.pid());
            json.writeStringField("version", poller.version());
            Json.time(json, "started_at", poller.startedAt());
            Json.time(json, "seen_at", poller.seenAt());
            json.writeNumberField("lanes_held", poller.lanes());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
