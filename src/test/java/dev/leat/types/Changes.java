package dev.leat.types;

import dev.leat.LeatPoller;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.demo.StreamReader;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import software.amazon.awssdk.services.kinesis.model.Record;

/** A poller in this process that publishes a database's events to a local stream, and a consumer of that stream. */
final class Changes implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final TestStream stream = new TestStream(1);
    private final ConcurrentLinkedQueue<Received> received = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> refused = new ConcurrentLinkedQueue<>();
    private final List<String> troubles = new CopyOnWriteArrayList<>();
    private final StreamReader reader;
    private final LeatPoller poller;

    Changes(TestDatabase database) throws SQLException {
        reader = new StreamReader(stream.client(), TestStream.NAME, Duration.ofMillis(20), this::take);
        reader.start();
        poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .listener(new PollerListener() {
                    @Override
                    public void passFailed(RuntimeException cause, int claimed, Duration pause) {
                        troubles.add(cause + ", caused by " + cause.getCause());
                    }

                    @Override
                    public void settled(List<Outcome> outcomes, Duration took) {
                        for (Outcome outcome : outcomes) {
                            if (outcome instanceof Outcome.Quarantined quarantined) {
                                refused.add(quarantined.reason());
                            }
                        }
                    }
                })
                .build();
        poller.start();
    }

    private void take(Record record) {
        received.add(Received.of(record));
    }

    /**
     * Waits for that many records that were not handed out before, and hands out all there are, in the order of arrival.
     *
     * @throws AssertionError when a pass fails, an event is refused, or it takes longer than a minute
     */
    List<Received> next(int count) {
        Await.until(count + " records", PATIENCE, () -> {
            reader.check();
            if (!troubles.isEmpty() || !refused.isEmpty()) {
                throw new AssertionError("passes failed: " + troubles + "; refused: " + refused);
            }
            return received.size() >= count;
        });
        return taken();
    }

    /** Waits until an event is refused, and tells why. */
    String nextRefusal() {
        Await.until("an event to be refused", PATIENCE, () -> {
            if (!troubles.isEmpty()) {
                throw new AssertionError("passes failed: " + troubles);
            }
            return !refused.isEmpty();
        });
        return String.valueOf(refused.poll());
    }

    private List<Received> taken() {
        List<Received> some = new ArrayList<>();
        for (Received record = received.poll(); record != null; record = received.poll()) {
            some.add(record);
        }
        return some;
    }

    @Override
    public void close() {
        try {
            poller.stop(Duration.ofSeconds(20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            reader.close();
            stream.close();
        }
    }
}
