package dev.leat.localstream;

import dev.leat.localstream.KinesisStream.Mode;
import dev.leat.localstream.KinesisStream.Status;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Creates, deletes, describes and lists streams and their shards. */
final class StreamOperations {

    static final int MIN_RECORD_KIB = 1024;
    static final int MAX_RECORD_KIB = 10 * 1024;

    /** The number of shards of a new on-demand stream. */
    private static final int ON_DEMAND_SHARDS = 4;

    private static final int ON_DEMAND_STREAMS = 50;
    private static final int MAX_PAGE = 10_000;

    private final Streams streams;

    StreamOperations(Streams streams) {
        this.streams = streams;
    }

    void addTo(Operations operations) {
        operations.addPlain("CreateStream", this::create);
        operations.addPlain("DeleteStream", this::delete);
        operations.addPlain("DescribeStream", this::describe);
        operations.addPlain("DescribeStreamSummary", this::describeSummary);
        operations.addPlain("ListStreams", this::listStreams);
        operations.addPlain("ListShards", this::listShards);
        operations.addPlain("DescribeLimits", this::describeLimits);
    }

    private Output.Answer create(Input input) {
        String name = input.requiredText("StreamName", 1, 128, Streams.NAME);
        Integer shards = input.integer("ShardCount", 1, Integer.MAX_VALUE);
        int recordKib = input.integerOr("MaxRecordSizeInKiB", MIN_RECORD_KIB, MAX_RECORD_KIB, MIN_RECORD_KIB);
        Mode mode = mode(input);
        if (mode == Mode.PROVISIONED && shards == null) {
            throw ServiceError.validation("A provisioned stream needs a ShardCount");
        }
        if (mode == Mode.ON_DEMAND && shards != null) {
            throw ServiceError.validation("An on-demand stream takes no ShardCount");
        }
        KinesisStream stream = streams.create(name, mode, shards == null ? ON_DEMAND_SHARDS : shards, recordKib);
        synchronized (stream) {
            stream.tags().putAll(input.textMap("Tags"));
        }
        return Output.Answer.EMPTY;
    }

    /** The mode that the request names; provisioned if it names none. */
    static Mode mode(Input input) {
        Input details = input.object("StreamModeDetails");
        if (details == null) {
            return Mode.PROVISIONED;
        }
        return switch (details.requiredText("StreamMode", 1, 64, null)) {
            case "PROVISIONED" -> Mode.PROVISIONED;
            case "ON_DEMAND" -> Mode.ON_DEMAND;
            default -> throw ServiceError.validation("StreamMode must be PROVISIONED or ON_DEMAND");
        };
    }

    private Output.Answer delete(Input input) {
        KinesisStream stream = streams.named(input);
        synchronized (stream) {
            streams.requireActive(stream);
            stream.become(Status.DELETING, streams.settled());
        }
        return Output.Answer.EMPTY;
    }

    private Output.Answer describe(Input input) {
        int limit = input.integerOr("Limit", 1, MAX_PAGE, 100);
        String after = input.text("ExclusiveStartShardId", 1, 128, Streams.NAME);
        KinesisStream stream = streams.named(input);
        synchronized (stream) {
            stream.trim(streams.now());
            List<Shard> shards =
                    after == null ? List.copyOf(stream.shards()) : ShardFilter.after(stream.shards(), after);
            var page = ShardOperations.View.of(shards.subList(0, Math.min(limit, shards.size())));
            boolean more = page.size() < shards.size();
            Output.Answer common = common(stream);
            return out -> out.object("StreamDescription", description -> {
                common.write(description);
                description.objects("Shards", page, ShardOperations::write).flag("HasMoreShards", more);
            });
        }
    }

    private Output.Answer describeSummary(Input input) {
        KinesisStream stream = streams.named(input);
        synchronized (stream) {
            Output.Answer common = common(stream);
            int open = stream.openShards().size();
            int maxRecordKib = stream.maxRecordKib();
            return out -> out.object("StreamDescriptionSummary", summary -> {
                common.write(summary);
                summary.number("OpenShardCount", open)
                        .number("ConsumerCount", 0)
                        .number("MaxRecordSizeInKiB", maxRecordKib);
            });
        }
    }

    private Output.Answer common(KinesisStream stream) {
        Output.Answer head = head(stream);
        int retentionHours = stream.retentionHours();
        return out -> {
            head.write(out);
            out.number("RetentionPeriodHours", retentionHours)
                    .text("EncryptionType", "NONE")
                    .objects(
                            "EnhancedMonitoring",
                            List.of("none"),
                            (o, none) -> o.texts("ShardLevelMetrics", List.of()));
        };
    }

    private Output.Answer head(KinesisStream stream) {
        Status status = stream.status(streams.now());
        Mode mode = stream.mode();
        return out -> out.text("StreamName", stream.name())
                .text("StreamARN", stream.arn())
                .text("StreamStatus", status)
                .object("StreamModeDetails", details -> details.text("StreamMode", mode))
                .time("StreamCreationTimestamp", stream.createdAt());
    }

    private Output.Answer listStreams(Input input) {
        int limit = input.integerOr("Limit", 1, MAX_PAGE, 100);
        String after = input.text("ExclusiveStartStreamName", 1, 128, Streams.NAME);
        String token = input.text("NextToken", 1, 1_048_576, null);
        String start = token != null ? token : after != null ? after : "";
        List<KinesisStream> rest = streams.all().stream()
                .filter(stream -> stream.name().compareTo(start) > 0)
                .toList();
        List<KinesisStream> page = rest.subList(0, Math.min(limit, rest.size()));
        boolean more = page.size() < rest.size();
        return out -> {
            out.texts("StreamNames", page.stream().map(KinesisStream::name).toList())
                    .flag("HasMoreStreams", more)
                    .objects("StreamSummaries", page, this::writeSummary);
            if (more) {
                out.text("NextToken", page.get(page.size() - 1).name());
            }
        };
    }

    private void writeSummary(Output out, KinesisStream stream) throws IOException {
        Output.Answer head;
        synchronized (stream) {
            head = head(stream);
        }
        head.write(out);
    }

    private Output.Answer listShards(Input input) {
        int limit = input.integerOr("MaxResults", 1, MAX_PAGE, 1_000);
        String token = input.text("NextToken", 1, 1_048_576, null);
        String after = input.text("ExclusiveStartShardId", 1, 128, Streams.NAME);
        Input filter = input.object("ShardFilter");
        if (token == null) {
            return listShards(Streams.name(input), ShardFilter.of(filter), after, limit);
        }
        if (after != null || filter != null || input.text("StreamName") != null) {
            throw ServiceError.invalid("A NextToken comes without StreamName, ExclusiveStartShardId and ShardFilter");
        }
        PageToken page = PageToken.parse(token, streams.now());
        return listShards(page.stream(), page.filter(), page.after(), limit);
    }

    private Output.Answer listShards(String name, ShardFilter filter, @Nullable String after, int limit) {
        KinesisStream stream = streams.require(name);
        synchronized (stream) {
            long now = streams.now();
            stream.trim(now);
            List<Shard> shards = filter.apply(stream, now);
            if (after != null) {
                shards = ShardFilter.after(shards, after);
            }
            List<Shard> page = shards.subList(0, Math.min(limit, shards.size()));
            var views = ShardOperations.View.of(page);
            String next = page.size() == shards.size()
                    ? null
                    : new PageToken(name, filter, page.get(page.size() - 1).id(), now).token();
            return out -> out.objects("Shards", views, ShardOperations::write).text("NextToken", next);
        }
    }

    private Output.Answer describeLimits(Input input) {
        int open = streams.openShards();
        long onDemand = streams.all().stream().filter(this::onDemand).count();
        return out -> out.number("ShardLimit", streams.options().shardLimit())
                .number("OpenShardCount", open)
                .number("OnDemandStreamCount", onDemand)
                .number("OnDemandStreamCountLimit", ON_DEMAND_STREAMS);
    }

    private boolean onDemand(KinesisStream stream) {
        synchronized (stream) {
            return stream.mode() == Mode.ON_DEMAND;
        }
    }
}
