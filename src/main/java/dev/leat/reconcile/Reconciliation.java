package dev.leat.reconcile;

import dev.leat.consume.Unpacker;
import dev.leat.reconcile.Difference.DifferenceKind;
import dev.leat.reconcile.Reconciled.CheckedWindow;
import dev.leat.reconcile.Reconciled.Count;
import dev.leat.reconcile.StreamView.Compared;
import dev.leat.reconcile.StreamView.SeenRow;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.Record;

/** Compares a table with what the stream says of it. An object is for one comparison. */
public final class Reconciliation {

    /**
     * How it is done.
     *
     * @param stream a name or an ARN
     * @param from the time of the first record; null: the oldest that the stream keeps
     * @param keptSince since when the stream has kept its records; null: not known
     * @param serverName {@code source.name} of the events; null: the database's name
     * @param markers whether markers may be published
     * @param patience how long is waited for events and markers to come
     * @param rowsKept of how many differences the rows are kept and looked for on the stream; of others only their keys are told
     */
    public record ReconcileOptions(
            String stream,
            @Nullable Instant from,
            @Nullable Instant keptSince,
            @Nullable String serverName,
            boolean markers,
            Duration patience,
            ReadPace pace,
            int rowsKept) {}

    /** A difference whose row is to be looked for on the stream. */
    private record KeptDifference(Difference difference, SeenRow seen) {}

    private static final Duration LOOK = Duration.ofMillis(500);

    /** Without markers: how long after an acknowledgement a record is taken to be readable. */
    private static final Duration SETTLING = Duration.ofSeconds(10);

    private final SourceDatabase database;
    private final ReconcileOptions options;
    private final SourceTable table;
    private final Consumer<Difference> differences;
    private final Consumer<Supplier<String>> progress;
    private final ShardsReader reader;
    private final StreamView view;
    private final Set<List<String>> partitions;
    private final String databaseName;
    private final String serverName;
    private final Map<Count, Long> counts = new EnumMap<>(Count.class);
    private final List<KeptDifference> kept = new ArrayList<>();
    private @Nullable TransactionSnapshot snapshot;
    private @Nullable ReaderMarkers markers;
    private @Nullable String markedAs;
    private long events;

    /**
     * @param table as {@link SourceDatabase#table} has found it
     * @param differences takes each, in no order
     * @param progress is called often, with a line for a person
     */
    public Reconciliation(
            SourceDatabase database,
            SourceTable table,
            KinesisClient kinesis,
            ReconcileOptions options,
            Consumer<Difference> differences,
            Consumer<Supplier<String>> progress) {
        this.database = database;
        this.table = table;
        this.options = options;
        this.differences = differences;
        this.progress = progress;
        this.reader = new ShardsReader(kinesis, options.stream(), options.from(), options.pace(), this::take);
        this.view = new StreamView(table.rowKey());
        this.partitions = new HashSet<>(table.partitions());
        this.databaseName = database.name();
        this.serverName = options.serverName() == null ? databaseName : options.serverName();
    }

    /**
     * Compares.
     *
     * @throws StreamUnreadable when the stream cannot be read, or what is waited for does not come
     * @throws TableUnfit when the table was changed meanwhile so that it cannot be compared
     */
    public Reconciled run() throws SQLException {
        reader.read(() -> telling("reading the stream") && reader.endSeenSince(Long.MIN_VALUE / 2));
        // First without a transaction: what is open while the backlog is published holds up DDL and vacuum.
        published(database.now());
        try (SourceDatabase.Held held = database.hold()) {
            if (!held.source().namedLike(table)) {
                throw new TableUnfit(table.name() + " was changed while the stream was read: compare it again");
            }
            snapshot = held.snapshot();
            published(held.snapshot().text());
            SourceDatabase.QuarantinedKeys quarantined =
                    database.quarantined(table, held.snapshot().text());
            toTheEnd();
            compare(held, quarantined);
            Reconciled result = new Reconciled(
                    Map.copyOf(counts),
                    held.takenAt(),
                    held.snapshot().text(),
                    window(held.source()),
                    reader.records(),
                    events,
                    quarantined.held().contains(table.keyPrefix()));
            tellKept();
            return result;
        }
    }

    private boolean telling(String what) {
        progress.accept(() -> {
            Duration behind = reader.behind();
            return what + ": " + reader.records() + " records, " + events + " events of " + table.name()
                    + (behind == null || behind.isZero() ? "" : ", " + behind.toSeconds() + " s behind");
        });
        return true;
    }

    /** Waits until the table's events that the snapshot sees were published or are in quarantine. */
    private void published(String snapshotText) {
        Pause look = new Pause();
        readUntil(
                () -> look.over() && database.pending(table, snapshotText) == 0,
                () -> database.pending(table, snapshotText) + " events of " + table.name()
                        + " still wait in the outbox"
                        + (database.polled() ? "" : ", and no poller runs (leat run)"));
    }

    /** Reads until everything that was acknowledged before now has been read. */
    private void toTheEnd() {
        long now = System.nanoTime();
        if (!options.markers()) {
            readUntil(() -> reader.endSeenSince(now + SETTLING.toNanos()), () -> "the stream's end was not reached");
            return;
        }
        ReaderMarkers published = new ReaderMarkers(reader.openShards());
        markers = published;
        database.mark(table, published.keys());
        readUntil(
                published::allRead,
                () -> published.missing() + " of the " + published.keys().size()
                        + " markers did not come back from stream " + options.stream()
                        + (database.polled()
                                ? ": do the pollers publish to it (--stream)?"
                                : ", because no poller runs (leat run)"));
        if (markedAs != null && !markedAs.equals(serverName)) {
            throw new StreamUnreadable(
                    "the pollers publish as " + markedAs + ", and " + serverName
                            + " is looked for: set --server-name as for leat run",
                    null);
        }
        // A shard without a marker has had none of these events, or was split meanwhile.
        long allRead = System.nanoTime();
        readUntil(() -> reader.endSeenSince(allRead), () -> "the stream's end was not reached");
    }

    private void readUntil(BooleanSupplier condition, Supplier<String> otherwise) {
        long began = System.nanoTime();
        reader.read(() -> {
            if (condition.getAsBoolean()) {
                return true;
            }
            if (System.nanoTime() - began > options.patience().toNanos()) {
                throw new StreamUnreadable(
                        otherwise.get() + " (waited " + options.patience().toSeconds() + " s; --patience waits longer)",
                        null);
            }
            telling("waiting for the last events");
            return false;
        });
    }

    /** Lets a look at the database through now and then. */
    private static final class Pause {

        private long next = System.nanoTime();

        boolean over() {
            long now = System.nanoTime();
            if (now - next < 0) {
                return false;
            }
            next = now + LOOK.toNanos();
            return true;
        }
    }

    private void take(Record record, int position) {
        for (StreamEvent event : events(record)) {
            if (event.op().equals("m")) {
                if (markers != null
                        && SourceDatabase.MARKER_TYPE.equals(event.messageType())
                        && markers.read(event.partitionKey())) {
                    markedAs = event.sourceName();
                }
            } else if (event.sourceName().equals(serverName)
                    && databaseName.equals(event.database())
                    && (snapshot == null || snapshot.sees(event.transaction()))) {
                apply(event, position);
            }
        }
    }

    private void apply(StreamEvent event, int position) {
        if (table.schema().equals(event.schema()) && table.table().equals(event.table())) {
            events++;
            view.apply(event, position);
        } else if (event.op().equals("t")
                && event.schema() != null
                && event.table() != null
                && partitions.contains(List.of(event.schema(), event.table()))) {
            view.partitionTruncated(event);
        }
    }

    /** The events of a record; what others have put into the stream is none. */
    private static List<StreamEvent> events(Record record) {
        try {
            return Unpacker.unpack(record.data().asByteArrayUnsafe()).stream()
                    .map(StreamEvent::parse)
                    .filter(Objects::nonNull)
                    .toList();
        } catch (IllegalArgumentException e) {
            return List.of();
        }
    }

    private void compare(SourceDatabase.Held held, SourceDatabase.QuarantinedKeys quarantined) throws SQLException {
        CheckedWindow window = window(held.source());
        held.rows((partitionKey, image, sinceAttached) -> {
            Compared compared = view.compare(partitionKey, image.getBytes(StandardCharsets.UTF_8));
            Count count = switch (compared.standing()) {
                case EQUAL -> Count.EQUAL;
                case DIFFERENT -> captured("update", Count.DIFFERENT);
                case UNSEEN ->
                    window.complete() || (window.sinceAttached() && sinceAttached)
                            ? captured("insert", Count.MISSING)
                            : Count.NOT_SEEN;
                case DELETED, EXTRA -> captured("insert", Count.MISSING);
            };
            note(count, compared, image, quarantined);
        });
        view.extra(compared -> note(
                compared.seen() != null && view.mayBeTruncated(compared.seen())
                        ? Count.NOT_CAPTURED
                        : captured("delete", Count.EXTRA),
                compared,
                null,
                quarantined));
    }

    private Count captured(String operation, Count count) {
        return table.operations().contains(operation) ? count : Count.NOT_CAPTURED;
    }

    private void note(
            Count found, Compared compared, @Nullable String image, SourceDatabase.QuarantinedKeys quarantined) {
        Count count = found != Count.EQUAL && held(compared.partitionKey(), quarantined) ? Count.HELD : found;
        counts.merge(count, 1L, Long::sum);
        progress.accept(() -> "comparing: "
                + counts.values().stream().mapToLong(Long::longValue).sum() + " rows of " + table.name());
        SeenRow seen = compared.seen();
        switch (count) {
            case MISSING -> differences.accept(difference(DifferenceKind.MISSING, compared, image, quarantined));
            case DIFFERENT -> differs(DifferenceKind.DIFFERENT, compared, image, seen, quarantined);
            case EXTRA -> differs(DifferenceKind.EXTRA, compared, null, seen, quarantined);
            default -> {
                // Nothing to tell of a single row.
            }
        }
    }

    /** Whether the newest event of the row may be in quarantine, or the truncate of its lane. */
    private boolean held(String partitionKey, SourceDatabase.QuarantinedKeys quarantined) {
        return quarantined.held().contains(partitionKey)
                || (quarantined.truncates()
                        && quarantined.held().contains(table.keyPrefix() + "#" + StreamView.lane(partitionKey)));
    }

    private void differs(
            DifferenceKind kind,
            Compared compared,
            @Nullable String image,
            @Nullable SeenRow seen,
            SourceDatabase.QuarantinedKeys quarantined) {
        if (seen == null || kept.size() >= options.rowsKept()) {
            differences.accept(difference(kind, compared, null, quarantined));
        } else {
            kept.add(new KeptDifference(difference(kind, compared, image, quarantined), seen));
        }
    }

    private static Difference difference(
            DifferenceKind kind,
            Compared compared,
            @Nullable String image,
            SourceDatabase.QuarantinedKeys quarantined) {
        return new Difference(
                kind,
                compared.partitionKey(),
                compared.rowKey(),
                compared.seen() == null ? null : compared.seen().id(),
                quarantined.discarded().contains(compared.partitionKey()),
                image,
                null);
    }

    /** Looks for the rows of the differences on the stream, and tells them. */
    private void tellKept() {
        Map<Long, String> rows = new HashMap<>();
        Set<Long> wanted = new HashSet<>();
        TreeSet<Integer> positions = new TreeSet<>();
        for (KeptDifference each : kept) {
            wanted.add(each.seen().id());
            positions.add(each.seen().position());
        }
        reader.again(positions, (record, position) -> {
            for (StreamEvent event : events(record)) {
                if (event.after() != null && event.sourceName().equals(serverName) && wanted.contains(event.id())) {
                    rows.put(event.id(), new String(event.after(), StandardCharsets.UTF_8));
                }
            }
        });
        for (KeptDifference each : kept) {
            String row = rows.get(each.seen().id());
            differences.accept(
                    row == null ? each.difference() : each.difference().withStream(row));
        }
    }

    private CheckedWindow window(SourceTable source) {
        Instant from = later(options.from(), options.keptSince());
        return new CheckedWindow(
                options.keptSince() == null ? options.from() : from,
                reader.firstArrival(),
                from != null
                        && source.loadedSince() != null
                        && source.loadedSince().isAfter(from),
                from != null && source.attachedAt().isAfter(from),
                reader.shards());
    }

    private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
        if (one == null || other == null) {
            return other;
        }
        return one.isAfter(other) ? one : other;
    }
}
