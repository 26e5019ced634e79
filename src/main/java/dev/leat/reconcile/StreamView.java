package dev.leat.reconcile;

import dev.leat.consume.Deduplicator;
import dev.leat.consume.Identity;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the stream says of a table: the last row of each key, as a digest. It is built as {@code docs/formats.md} tells consumers to build
 * theirs: by the one rule against repetitions, and with rows found by the partition key, or by it and the primary key where many rows
 * share a partition key.
 *
 * <p>A truncate removes the rows of its lane that have lower ids. The table's lock orders a truncate's ids against those of all its rows,
 * so this holds in whatever order the shards of a lane are read.
 *
 * <p>A million keys take about 200 MB, and 100 MB more where many rows share a partition key.
 */
final class StreamView {

    private static final int LANES = 64;

    private static final char SEPARATOR = '\0';

    /** What the stream says of one key. */
    static final class SeenRow {

        private long id;
        private int position;
        private boolean there;
        private boolean matched;
        private long digestHigh;
        private long digestLow;

        /** The event that said it last. */
        long id() {
            return id;
        }

        /** Where in the stream that event was, as the reader numbers places. */
        int position() {
            return position;
        }
    }

    private final Map<String, SeenRow> rows = new HashMap<>();
    private final List<String> rowKey;
    private final @Nullable Deduplicator deduplicator;
    private final MessageDigest sha256;
    private final long[] truncatedAt = new long[LANES];
    private boolean truncated;
    private long partitionTruncatedAt;

    /**
     * @param rowKey the columns that tell rows of one partition key apart; none where the partition key is enough
     */
    StreamView(List<String> rowKey) {
        this.rowKey = List.copyOf(rowKey);
        this.deduplicator = rowKey.isEmpty() ? null : new Deduplicator();
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Applies an event of the table.
     *
     * @param position of the event in the stream
     */
    void apply(StreamEvent event, int position) {
        if (event.op().equals("t")) {
            truncate(event);
        } else if (deduplicator == null) {
            SeenRow row = rows.computeIfAbsent(event.partitionKey(), key -> new SeenRow());
            if (event.id() > row.id) {
                say(row, event, event.after(), position);
            }
        } else if (deduplicator.first(new Identity(event.sourceName(), event.partitionKey(), event.id()))) {
            if (event.before() != null) {
                say(row(event, event.before()), event, null, position);
            }
            if (event.after() != null) {
                say(row(event, event.after()), event, event.after(), position);
            }
        }
    }

    /** Notes that a partition of the table was truncated: which rows were in it, its event does not say. */
    void partitionTruncated(StreamEvent event) {
        partitionTruncatedAt = Math.max(partitionTruncatedAt, event.id());
    }

    private void truncate(StreamEvent event) {
        String lane = event.partitionKey().substring(event.partitionKey().lastIndexOf('#') + 1);
        if (lane.matches("[0-9]{1,2}") && Integer.parseInt(lane) < LANES) {
            int number = Integer.parseInt(lane);
            truncatedAt[number] = Math.max(truncatedAt[number], event.id());
            truncated = true;
        }
    }

    private SeenRow row(StreamEvent event, byte[] image) {
        return rows.computeIfAbsent(key(event.partitionKey(), image), key -> new SeenRow());
    }

    private void say(SeenRow row, StreamEvent event, byte @Nullable [] image, int position) {
        row.id = event.id();
        row.position = position;
        row.there = image != null;
        if (image != null) {
            ByteBuffer digest = digest(image);
            row.digestHigh = digest.getLong();
            row.digestLow = digest.getLong();
        }
    }

    /** 128 bits of SHA-256: nobody finds two rows with the same. */
    private ByteBuffer digest(byte[] image) {
        return ByteBuffer.wrap(sha256.digest(StreamEvent.onOneLine(image)));
    }

    /** What rows are found by. No text of PostgreSQL has a character 0 in it. */
    private String key(String partitionKey, byte[] image) {
        return rowKey.isEmpty() ? partitionKey : partitionKey + SEPARATOR + StreamEvent.members(image, rowKey);
    }

    /** How a row of the table stands to what the stream says. */
    enum Standing {
        EQUAL,
        DIFFERENT,
        /** The stream says that there is no such row. */
        DELETED,
        /** The stream says nothing of it. */
        UNSEEN,
        /** The table has no such row. */
        EXTRA
    }

    /**
     * @param rowKey tells the rows of a partition key apart; null where the partition key is enough
     * @param seen what the stream says; null: nothing
     */
    record Compared(
            Standing standing,
            String partitionKey,
            @Nullable String rowKey,
            @Nullable SeenRow seen) {}

    /**
     * Compares a row of the table, each of which is to be compared once.
     *
     * @param image as capture would write it
     */
    Compared compare(String partitionKey, byte[] image) {
        String key = key(partitionKey, image);
        SeenRow row = rows.get(key);
        if (row == null) {
            return compared(Standing.UNSEEN, key, null);
        }
        if (!present(row, partitionKey)) {
            return compared(Standing.DELETED, key, row);
        }
        row.matched = true;
        ByteBuffer digest = digest(image);
        boolean equal = row.digestHigh == digest.getLong() && row.digestLow == digest.getLong();
        return compared(equal ? Standing.EQUAL : Standing.DIFFERENT, key, row);
    }

    /** Calls for each row that the stream has and that was not compared. */
    void extra(Consumer<Compared> each) {
        rows.forEach((key, row) -> {
            if (!row.matched) {
                Compared compared = compared(Standing.EXTRA, key, row);
                if (present(row, compared.partitionKey())) {
                    each.accept(compared);
                }
            }
        });
    }

    private static Compared compared(Standing standing, String key, @Nullable SeenRow row) {
        int separator = key.indexOf(SEPARATOR);
        return separator < 0
                ? new Compared(standing, key, null, row)
                : new Compared(standing, key.substring(0, separator), key.substring(separator + 1), row);
    }

    /** Whether the row may have been in a partition that was truncated later. */
    boolean mayBeTruncated(SeenRow row) {
        return row.id < partitionTruncatedAt;
    }

    private boolean present(SeenRow row, String partitionKey) {
        return row.there && !(truncated && row.id < truncatedAt[lane(partitionKey)]);
    }

    /** The lane of a partition key: the top six bits of its MD5. */
    static int lane(String partitionKey) {
        try {
            byte[] md5 = MessageDigest.getInstance("MD5").digest(partitionKey.getBytes(StandardCharsets.UTF_8));
            return (md5[0] & 0xff) >> 2;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    /** How many keys the stream has named. */
    int size() {
        return rows.size();
    }
}
