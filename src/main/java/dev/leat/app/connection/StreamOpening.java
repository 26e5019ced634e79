package dev.leat.app.connection;

import dev.leat.kinesis.PublishSettings;
import dev.leat.poller.StreamCheck;
import dev.leat.poller.StreamUnusable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** Opens and tests a stream's client on a separate thread, because loading the SDK takes as long as connecting to the database. */
public final class StreamOpening implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("dev.leat");

    private final CompletableFuture<KinesisClient> opened = new CompletableFuture<>();

    private StreamOpening() {}

    public static StreamOpening begin(String stream, PublishSettings settings, int workers) {
        StreamOpening opening = new StreamOpening();
        Thread thread = new Thread(() -> opening.open(stream, settings, workers), "leat-stream");
        thread.setDaemon(true);
        thread.start();
        return opening;
    }

    private void open(String stream, PublishSettings settings, int workers) {
        try {
            opened.complete(tried(StreamClient.open(stream, settings, workers), stream));
        } catch (RuntimeException | Error e) {
            opened.completeExceptionally(e);
        }
    }

    private static KinesisClient tried(KinesisClient kinesis, String stream) {
        try {
            if (StreamCheck.describe(kinesis, stream) instanceof StreamCheck.Withheld withheld) {
                LOG.warn("{}: continuing as if the stream existed", withheld.why());
            }
            return kinesis;
        } catch (StreamUnusable e) {
            kinesis.close();
            throw new Fault(ExitCode.STREAM, String.valueOf(e.getMessage()), e);
        } catch (RuntimeException | Error e) {
            kinesis.close();
            throw e;
        }
    }

    /**
     * Waits for the client, which is closed with this.
     *
     * @throws Fault when the stream cannot be used, or there are no credentials or no region
     */
    public KinesisClient client() {
        try {
            return opened.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Does not wait for a client that is still being opened: the process is about to end. */
    @Override
    public void close() {
        opened.thenAccept(KinesisClient::close);
    }
}
