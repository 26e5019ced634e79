package dev.leat.localstream;

import com.sun.net.httpserver.HttpServer;
import dev.leat.localstream.KinesisStream.Mode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A running endpoint that speaks Kinesis's protocol and keeps records in memory. Any key id, secret and region are accepted;
 * signatures are not checked.
 */
public final class LocalStream implements AutoCloseable {

    static {
        // The JDK's server reads these once, when its classes are loaded. Without the first, an answer can wait 40 ms
        // for an
        // acknowledgement. With the defaults of the others, the server would close connections that a client's pool
        // still holds.
        setIfAbsent("sun.net.httpserver.nodelay", "true");
        setIfAbsent("sun.net.httpserver.idleInterval", "600");
        setIfAbsent("sun.net.httpserver.maxIdleConnections", "1000");
    }

    private static final int BACKLOG = 1_024;

    private final HttpServer server;
    private final ExecutorService threads;
    private final Streams streams;
    private final FaultInjector faults = new FaultInjector();
    private final RequestHandler handler;

    private LocalStream(HttpServer server, Streams streams) {
        this.server = server;
        this.streams = streams;
        AtomicInteger number = new AtomicInteger();
        // Unbounded, because a hanging request holds its thread.
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "local-stream-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        handler = new RequestHandler(new Operations(streams), faults, streams);
        server.createContext("/", handler);
        server.start();
    }

    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** Starts on a free port with the default options. */
    public static LocalStream start() {
        return start(0, LocalStreamOptions.defaults());
    }

    /**
     * Starts on that port, or on a free one if it is 0.
     *
     * @throws UncheckedIOException if it cannot listen there; the cause is a {@link java.net.BindException} if it is taken
     */
    public static LocalStream start(int port, LocalStreamOptions options) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(options.host(), port), BACKLOG);
            return new LocalStream(server, new Streams(options));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "port " + port + " of " + options.host() + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** The URL for a client's endpoint override. */
    public URI endpoint() {
        InetSocketAddress address = server.getAddress();
        String host = address.getAddress().isAnyLocalAddress() ? "127.0.0.1" : address.getHostString();
        return URI.create("http://" + host + ":" + address.getPort());
    }

    /** The region that the streams' ARNs name. */
    public String region() {
        return streams.options().region();
    }

    /**
     * Creates a provisioned stream, as CreateStream does, and returns its ARN.
     *
     * @throws IllegalArgumentException if no stream can have that name or that many shards
     * @throws IllegalStateException if there is such a stream already, or the account's limits do not allow it
     */
    public String createStream(String name, int shards) {
        if (!Streams.NAME.matcher(name).matches() || name.length() > 128 || shards < 1) {
            throw new IllegalArgumentException("no stream can be called " + name + " and have " + shards + " shards");
        }
        try {
            return streams.create(name, Mode.PROVISIONED, shards, StreamOperations.MIN_RECORD_KIB)
                    .arn();
        } catch (ServiceError e) {
            throw new IllegalStateException(e.text(), e);
        }
    }

    /** Puts faults into force from the next request on, and releases every request that hangs or is delayed. */
    public void faults(Faults next) {
        faults.set(next);
    }

    /** How often a request or an entry met a fault. */
    public long faultsInjected() {
        return faults.injected();
    }

    /** How many requests for that operation, named as in the protocol, arrived, whether they succeeded or not. Cheap. */
    public long requestCount(String operation) {
        return handler.requests(operation);
    }

    /** How many records ever arrived in the stream. Cheap. */
    public long recordCount(String stream) {
        return streams.require(stream).arrived();
    }

    /**
     * Sets what each shard takes in from now on; under new limits a shard begins with the amount of a full second.
     *
     * @param limits null: as much as comes
     */
    public void writeLimits(@Nullable WriteLimits limits) {
        streams.writeLimits(limits);
    }

    /** What came to each shard of the stream, in the order of their creation. Cheap. */
    public List<ShardUse> shardUse(String stream) {
        KinesisStream kept = streams.require(stream);
        synchronized (kept) {
            return kept.shards().stream().map(Shard::use).toList();
        }
    }

    /** How many records of the stream were dropped because of their age or because memory was full. Cheap. */
    public long trimmedCount(String stream) {
        return streams.require(stream).trimmed();
    }

    /** Every record that the stream still keeps, in the order of arrival. */
    public List<KeptRecord> records(String stream) {
        KinesisStream kept = streams.require(stream);
        TreeMap<Long, KeptRecord> byArrival = new TreeMap<>();
        synchronized (kept) {
            for (Shard shard : kept.shards()) {
                for (ShardLog.Entry entry : shard.log().read(shard.log().first(), Integer.MAX_VALUE, Long.MAX_VALUE)) {
                    byArrival.put(entry.arrival(), view(shard, entry));
                }
            }
        }
        return new ArrayList<>(byArrival.values());
    }

    private static KeptRecord view(Shard shard, ShardLog.Entry entry) {
        return new KeptRecord(
                shard.id(),
                shard.sequenceNumber(entry.count()),
                entry.partitionKey(),
                entry.data(),
                Instant.ofEpochMilli(entry.arrivedAt()));
    }

    /** Stops listening, closes every connection and forgets every record. */
    @Override
    public void close() {
        faults.set(Faults.none());
        server.stop(0);
        threads.shutdownNow();
    }
}
