package dev.leat.testkit;

import dev.leat.consume.Deduplicator;
import dev.leat.consume.Unpacker;
import dev.leat.demo.Checker;
import dev.leat.demo.Delivery;
import dev.leat.demo.Envelope;
import dev.leat.demo.StreamReader;
import dev.leat.demo.Truth;
import dev.leat.demo.Verdict;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.Record;

/** Reads a stream by the real SDK and compares it with what a database has recorded as committed. */
public final class Audit implements AutoCloseable {

    private static final Duration LOOK = Duration.ofMillis(50);

    private final Truth truth;
    private final Envelope envelope;
    private final Checker checker = new Checker();
    private final Deduplicator deduplicator = new Deduplicator();
    private final AtomicReference<@Nullable String> disagreement = new AtomicReference<>();
    private final AtomicLong read = new AtomicLong();
    private final ConcurrentHashMap<String, Long> arrivals = new ConcurrentHashMap<>();
    private final StreamReader reader;

    /**
     * Begins to read.
     *
     * @param truth installed, and every table is watched
     */
    public Audit(Truth truth, KinesisClient client, String stream) throws SQLException {
        this.truth = truth;
        this.envelope = new Envelope(truth.identities());
        this.reader = new StreamReader(client, stream, Duration.ofMillis(10), this::consume);
        reader.start();
    }

    private void consume(Record record) {
        Unpacker.unpack(record.data().asByteArrayUnsafe()).forEach(this::consume);
        read.incrementAndGet();
    }

    /** A marker of {@code leat reconcile}, which consumers ignore: it says nothing of what was committed. */
    private static boolean marker(byte[] event) {
        return new String(event, StandardCharsets.UTF_8).contains("\"prefix\":\"leat.reconcile\"");
    }

    private void consume(byte[] event) {
        if (marker(event)) {
            return;
        }
        Delivery delivery = envelope.read(event);
        boolean first = checker.deliver(delivery);
        // The checker remembers every id, a consumer one for each key: both must tell the same repetitions.
        if (deduplicator.first(event) != first) {
            disagreement.compareAndSet(
                    null,
                    "event " + delivery.id() + " of key " + delivery.partitionKey() + " is "
                            + (first ? "new, and would be skipped" : "a repetition, and would be applied again"));
        }
        if (first) {
            arrivals.put(delivery.partitionKey(), System.nanoTime());
        }
    }

    /** How many records have been read, repeats included. */
    public long read() {
        return read.get();
    }

    /** When the last new event of that partition key was read, in nanoseconds of the monotonic clock; 0 if none was. */
    public long arrivedAt(String partitionKey) {
        return arrivals.getOrDefault(partitionKey, 0L);
    }

    /** How many different events of loads have been read of a row, by its history. */
    public int loaded(String history) {
        return checker.loaded(history);
    }

    /** Takes in what was committed since the last look. */
    public void look() throws SQLException {
        reader.check();
        truth.take().forEach(checker::expect);
    }

    /** Looks until that time is over. */
    public void lookOn(Duration duration) throws SQLException {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() - end < 0) {
            look();
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    /** Looks until as much has arrived as was committed; after the patience fails. Nobody writes any more. */
    public void drain(Duration patience) throws SQLException {
        long end = System.nanoTime() + patience.toNanos();
        look();
        while (checker.behind() > 0) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(
                        checker.behind() + " events have not arrived after " + patience + ": " + checker.verdict());
            }
            LockSupport.parkNanos(LOOK.toNanos());
            look();
        }
    }

    /**
     * What the checker says.
     *
     * @throws AssertionError when a consumer that keeps one number for each key would not have seen each change once
     */
    public Verdict verdict() {
        String wrong = disagreement.get();
        if (wrong != null) {
            throw new AssertionError(wrong);
        }
        return checker.verdict();
    }

    @Override
    public void close() {
        reader.close();
    }
}
