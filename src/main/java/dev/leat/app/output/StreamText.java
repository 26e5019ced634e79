package dev.leat.app.output;

import java.util.Locale;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamMode;

/** A stream's shards and limits in words. */
public final class StreamText {

    private StreamText() {}

    public static String of(StreamDescriptionSummary summary) {
        StringBuilder text = new StringBuilder(summary.streamStatusAsString());
        int shards = summary.openShardCount() == null ? 0 : summary.openShardCount();
        boolean onDemand = summary.streamModeDetails() != null
                && summary.streamModeDetails().streamMode() == StreamMode.ON_DEMAND;
        text.append(String.format(Locale.ROOT, ", %d open shards", shards));
        if (onDemand) {
            text.append(" on demand (grows by itself)");
        } else {
            text.append(String.format(Locale.ROOT, " (at most %d MB/s and %,d records/s in)", shards, shards * 1000));
        }
        Integer kibibytes = summary.maxRecordSizeInKiB();
        text.append(", records up to ")
                .append(kibibytes == null ? "1024" : kibibytes)
                .append(" KiB");
        return text.toString();
    }
}
