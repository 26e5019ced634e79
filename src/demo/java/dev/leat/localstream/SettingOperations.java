package dev.leat.localstream;

import dev.leat.localstream.KinesisStream.Status;
import java.util.List;
import java.util.Map;

/** Changes and shows the settings of a stream: retention, mode, largest record, tags. */
final class SettingOperations {

    private static final int MIN_HOURS = 24;
    private static final int MAX_HOURS = 8_760;
    private static final int MAX_TAGS = 50;

    private final Streams streams;

    SettingOperations(Streams streams) {
        this.streams = streams;
    }

    void addTo(Operations operations) {
        operations.addPlain("IncreaseStreamRetentionPeriod", input -> retention(input, true));
        operations.addPlain("DecreaseStreamRetentionPeriod", input -> retention(input, false));
        operations.addPlain("UpdateMaxRecordSize", this::updateMaxRecordSize);
        operations.addPlain("UpdateStreamMode", this::updateStreamMode);
        operations.addPlain("AddTagsToStream", input -> tag(streams.named(input), input.textMap("Tags")));
        operations.addPlain("RemoveTagsFromStream", input -> untag(streams.named(input), input));
        operations.addPlain("ListTagsForStream", input -> listTags(streams.named(input)));
        operations.addPlain("TagResource", input -> tag(resource(input), input.textMap("Tags")));
        operations.addPlain("UntagResource", input -> untag(resource(input), input));
        operations.addPlain("ListTagsForResource", input -> listTags(resource(input)));
    }

    private Output.Answer retention(Input input, boolean increase) {
        int hours = input.requiredInteger("RetentionPeriodHours", Integer.MIN_VALUE, Integer.MAX_VALUE);
        KinesisStream stream = streams.named(input);
        synchronized (stream) {
            streams.requireActive(stream);
            int current = stream.retentionHours();
            if (hours < MIN_HOURS || hours > MAX_HOURS || (increase ? hours < current : hours > current)) {
                throw ServiceError.invalid("The retention period of " + current + " hours cannot be "
                        + (increase ? "increased" : "decreased") + " to " + hours);
            }
            stream.retentionHours(hours);
            stream.become(Status.UPDATING, streams.settled());
        }
        return Output.Answer.EMPTY;
    }

    private Output.Answer updateMaxRecordSize(Input input) {
        int kib = input.requiredInteger(
                "MaxRecordSizeInKiB", StreamOperations.MIN_RECORD_KIB, StreamOperations.MAX_RECORD_KIB);
        KinesisStream stream = streams.named(input);
        synchronized (stream) {
            streams.requireActive(stream);
            stream.maxRecordKib(kib);
            stream.become(Status.UPDATING, streams.settled());
        }
        return Output.Answer.EMPTY;
    }

    private Output.Answer updateStreamMode(Input input) {
        if (input.object("StreamModeDetails") == null) {
            throw ServiceError.validation("StreamModeDetails must not be null");
        }
        KinesisStream stream = streams.named(input);
        synchronized (stream) {
            streams.requireActive(stream);
            stream.mode(StreamOperations.mode(input));
            stream.become(Status.UPDATING, streams.settled());
        }
        return Output.Answer.EMPTY;
    }

    private KinesisStream resource(Input input) {
        return streams.require(Streams.nameOf(input.requiredText("ResourceARN", 1, 2048, null)));
    }

    private static Output.Answer tag(KinesisStream stream, Map<String, String> tags) {
        synchronized (stream) {
            stream.tags().putAll(tags);
            if (stream.tags().size() > MAX_TAGS) {
                stream.tags().keySet().removeAll(tags.keySet());
                throw ServiceError.invalid("A stream has at most " + MAX_TAGS + " tags");
            }
        }
        return Output.Answer.EMPTY;
    }

    private static Output.Answer untag(KinesisStream stream, Input input) {
        List<String> keys = input.requiredTexts("TagKeys", 1, MAX_TAGS);
        synchronized (stream) {
            keys.forEach(stream.tags()::remove);
        }
        return Output.Answer.EMPTY;
    }

    private static Output.Answer listTags(KinesisStream stream) {
        Map<String, String> tags;
        synchronized (stream) {
            tags = Map.copyOf(stream.tags());
        }
        return out -> out.objects(
                        "Tags",
                        tags.entrySet(),
                        (tag, entry) -> tag.text("Key", entry.getKey()).text("Value", entry.getValue()))
                .flag("HasMoreTags", false);
    }
}
