package dev.leat.demo;

import dev.leat.localstream.LocalStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.services.kinesis.model.Record;

/** Watches a run: compares what was committed with what arrived, and computes the figures. */
final class Watch {

    private static final Duration LOOK = Duration.ofMillis(100);

    private final Truth truth;
    private final LocalStream stream;
    private final String name;
    private final Envelope envelope;
    private final Progress progress;
    private final Checker checker = new Checker();
    private final AtomicLong read = new AtomicLong();
    private volatile Latencies all = new Latencies();
    private volatile Latencies lately = new Latencies();

    private boolean figuresWanted;
    private long began = System.nanoTime();
    private long lastFigures = began;
    private long lastCommitted;
    private long lastPublished;

    Watch(Truth truth, LocalStream stream, String name, Progress progress) throws SQLException {
        this.truth = truth;
        this.stream = stream;
        this.name = name;
        this.envelope = new Envelope(truth.identities());
        this.progress = progress;
    }

    /** A part that may fail while the run is watched. */
    interface Part {
        void check() throws SQLException;
    }

    /** Receives each record that the consumer reads. */
    void read(Record record) {
        Delivery delivery = envelope.read(record.data().asByteArrayUnsafe());
        if (checker.deliver(delivery)) {
            Instant now = Instant.now();
            long nowMicros = TimeUnit.SECONDS.toMicros(now.getEpochSecond()) + now.getNano() / 1_000;
            Duration latency = Duration.ofNanos((nowMicros - delivery.capturedMicros()) * 1_000);
            all.add(latency);
            lately.add(latency);
        }
        read.incrementAndGet();
    }

    /** Begins the figures. The records before this warmed up the parts; they are checked too. */
    void begin() {
        all = new Latencies();
        lately = new Latencies();
        figuresWanted = true;
        began = System.nanoTime();
        lastFigures = began;
        lastCommitted = checker.committed();
        lastPublished = stream.recordCount(name);
    }

    /** Watches until the time is over or {@code stop} is counted down; zero means without end. */
    void watchFor(Duration duration, CountDownLatch stop, List<Part> parts) throws SQLException, InterruptedException {
        long start = System.nanoTime();
        while (!stop.await(LOOK.toNanos(), TimeUnit.NANOSECONDS)
                && (duration.isZero() || System.nanoTime() - start < duration.toNanos())) {
            look(parts);
        }
    }

    /** Watches until everything committed has arrived and been read, or until the patience is over. */
    void drain(Duration patience, List<Part> parts) throws SQLException, InterruptedException {
        long start = System.nanoTime();
        look(parts);
        while (isPending() && System.nanoTime() - start < patience.toNanos()) {
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            look(parts);
        }
    }

    private boolean isPending() {
        return checker.behind() > 0 || read.get() < stream.recordCount(name);
    }

    private void look(List<Part> parts) throws SQLException {
        for (Part part : parts) {
            part.check();
        }
        truth.take().forEach(checker::expect);
        long now = System.nanoTime();
        if (!figuresWanted || now - lastFigures < progress.interval().toNanos()) {
            return;
        }
        double seconds = (now - lastFigures) / 1e9;
        long published = stream.recordCount(name);
        Latencies window = lately;
        lately = new Latencies();
        progress.figures(new Progress.Figures(
                Duration.ofNanos(now - began),
                (checker.committed() - lastCommitted) / seconds,
                (published - lastPublished) / seconds,
                checker.behind(),
                window.percentile(0.5),
                window.percentile(0.99)));
        lastFigures = now;
        lastCommitted = checker.committed();
        lastPublished = published;
    }

    /** Prints the verdict, and returns whether everything arrived in order. */
    boolean verdict() {
        Verdict verdict = checker.verdict();
        progress.verdict(verdict, all.percentile(0.5), all.percentile(0.99));
        return verdict.inOrderNothingLost();
    }
}
