package dev.leat.app;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.leat.admin.Quarantine;
import dev.leat.admin.Quarantine.Entry;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.output.Json;
import dev.leat.app.output.TextTable;
import dev.leat.database.PinnedDataSource;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(name = "list", description = "Shows events in quarantine, the oldest first.")
final class QuarantineListCommand extends DatabaseCommand {

    private static final List<String> STATES = List.of("quarantined", "waiting", "retry", "discarded");

    @Option(
            names = "--state",
            split = ",",
            paramLabel = "<state>",
            description = "Some of quarantined, waiting, retry, discarded; default: quarantined.")
    private List<String> states = List.of("quarantined");

    @Option(names = "--key", paramLabel = "<key>", description = "Only this partition key.")
    private @Nullable String key;

    @Option(names = "--limit", paramLabel = "<n>", description = "At most so many; default 100.")
    private int limit = 100;

    @Option(names = "--json", description = "For programs; the fields are documented in docs/operations.md.")
    private boolean json;

    QuarantineListCommand(ProcessEnvironment process) {
        super(process);
    }

    @Override
    public Integer call() {
        for (String state : states) {
            if (!STATES.contains(state)) {
                throw new ParameterException(
                        spec().commandLine(),
                        "there is no state '" + state + "'; the states are " + String.join(", ", STATES));
            }
        }
        if (limit < 1) {
            throw new ParameterException(spec().commandLine(), "--limit must be 1 or more");
        }
        return super.call();
    }

    @Override
    int work(PinnedDataSource database) {
        List<Entry> entries = new Quarantine(database).list(states, key, limit);
        if (json) {
            Json.print(out(), document -> write(document, entries));
            return ExitCode.DONE;
        }
        if (entries.isEmpty()) {
            out().println("nothing");
            return ExitCode.DONE;
        }
        TextTable table = new TextTable(7, "ID", "STATE", "KEY", "ABOUT", "SINCE", "WAITING", "REASON");
        for (Entry entry : entries) {
            table.add(
                    Long.toString(entry.id()),
                    entry.state(),
                    entry.partitionKey(),
                    entry.table() == null ? String.valueOf(entry.type()) : entry.schema() + "." + entry.table(),
                    entry.quarantinedAt().toString(),
                    Long.toString(entry.waiting()),
                    entry.reason().replaceAll("\\s+", " "));
        }
        table.lines().forEach(out()::println);
        if (entries.size() == limit) {
            out().println("there may be more (--limit)");
        }
        return ExitCode.DONE;
    }

    private static void write(JsonGenerator json, List<Entry> entries) throws IOException {
        json.writeStartArray();
        for (Entry entry : entries) {
            json.writeStartObject();
            json.writeNumberField("id", entry.id());
            json.writeStringField("state", entry.state());
            json.writeStringField("partition_key", entry.partitionKey());
            json.writeStringField("schema", entry.schema());
            json.writeStringField("table", entry.table());
            json.writeStringField("type", entry.type());
            json.writeStringField("op", entry.op());
            Json.time(json, "captured_at", entry.capturedAt());
            Json.time(json, "quarantined_at", entry.quarantinedAt());
            json.writeStringField("reason", entry.reason());
            json.writeNumberField("waiting", entry.waiting());
            Json.time(json, "decided_at", entry.decidedAt());
            json.writeStringField("decided_by", entry.decidedBy());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
