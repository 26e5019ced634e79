package dev.leat.localstream;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code local-stream}: runs a local stream until it is interrupted. Exit codes: 1 if it cannot listen, 2 for wrong use. */
@Command(
        name = "local-stream",
        mixinStandardHelpOptions = true,
        description =
                "Runs a local stand-in for Amazon Kinesis Data Streams. It speaks the service's protocol, keeps records in"
                        + " memory, and is not for production.")
public final class LocalStreamCommand implements Callable<Integer> {

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port to listen on; 0 takes a free one (${DEFAULT-VALUE}).")
    private int port = 4567;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on (${DEFAULT-VALUE}).")
    private String host = "127.0.0.1";

    @Option(names = "--region", paramLabel = "REGION", description = "Region that ARNs name (${DEFAULT-VALUE}).")
    private String region = "us-east-1";

    @Option(names = "--stream", paramLabel = "NAME", description = "Creates a stream at the start; may be repeated.")
    private String[] streams = {};

    @Option(
            names = "--shards",
            paramLabel = "N",
            description = "Number of shards of each of these streams (${DEFAULT-VALUE}).")
    private int shards = 4;

    @Option(
            names = "--throttle",
            description =
                    "Enforces the service's limits per shard: 1 MiB/s and 1,000 records/s in, 2 MiB/s and 5 reads/s out.")
    private boolean throttle;

    @Option(
            names = "--records-per-second",
            paramLabel = "N",
            description = "Records that each shard accepts in a second (no limit; with --throttle 1,000).")
    private @Nullable Integer recordsPerSecond;

    @Option(
            names = "--bytes-per-second",
            paramLabel = "N",
            description = "Bytes that each shard accepts in a second, keys included (no limit; with --throttle 1 MiB).")
    private @Nullable Long bytesPerSecond;

    @Option(
            names = "--memory",
            paramLabel = "MIB",
            description = "MiB of records that a stream keeps before it drops the oldest (a third of the heap).")
    private long memoryMib = Math.max(1, LocalStreamOptions.defaults().maxBytesPerStream() >> 20);

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (streams.length == 0 && spec.commandLine().getParseResult().hasMatchedOption("--shards")) {
            throw new ParameterException(spec.commandLine(), "--shards needs --stream");
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try (LocalStream stream = start()) {
            for (String name : streams) {
                stream.createStream(name, shards);
            }
            describe(stream, out);
            new CountDownLatch(1).await();
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        } catch (UncheckedIOException e) {
            err.println(
                    e.getCause() instanceof BindException taken
                            ? "local-stream: port " + port + " of " + host + " cannot be used (" + taken.getMessage()
                                    + "); choose another with --port"
                            : "local-stream: " + e.getMessage());
            return 1;
        } catch (IllegalStateException | IllegalArgumentException e) {
            err.println("local-stream: " + e.getMessage());
            return 2;
        }
    }

    private LocalStream start() {
        LocalStreamOptions options = LocalStreamOptions.defaults()
                .withHost(host)
                .withRegion(region)
                .withThrottling(throttle)
                .withMaxBytesPerStream(memoryMib << 20);
        WriteLimits limits = writeLimits();
        return LocalStream.start(port, limits == null ? options : options.withWriteLimits(limits));
    }

    private @Nullable WriteLimits writeLimits() {
        if (recordsPerSecond == null && bytesPerSecond == null) {
            return throttle ? WriteLimits.OF_THE_SERVICE : null;
        }
        WriteLimits otherwise =
                throttle ? WriteLimits.OF_THE_SERVICE : new WriteLimits(Integer.MAX_VALUE, Long.MAX_VALUE);
        return new WriteLimits(
                recordsPerSecond == null ? otherwise.recordsPerSecond() : recordsPerSecond,
                bytesPerSecond == null ? otherwise.bytesPerSecond() : bytesPerSecond);
    }

    private String limits() {
        WriteLimits limits = writeLimits();
        return limits == null
                ? "without throttling (--throttle turns it on)"
                : "each shard accepts " + limits.recordsPerSecond() + " records and " + limits.bytesPerSecond()
                        + " bytes a second";
    }

    private void describe(LocalStream stream, PrintWriter out) {
        out.println(
                "A local stand-in for Amazon Kinesis Data Streams. It speaks the service's protocol, keeps records in");
        out.println("memory, and is not for production. Signatures are not checked. Ctrl-C ends it.");
        out.println();
        out.println("  listening on " + stream.endpoint());
        for (String name : streams) {
            out.println("  stream " + name + " with " + shards + " shards");
        }
        out.println("  " + limits());
        out.println(
                "  HTTP/1.1 only: the SDK for JavaScript needs requestHandler: new NodeHttpHandler(), the asynchronous SDK for");
        out.println("  Java Protocol.HTTP1_1 (docs/local-stream.md)");
        out.println();
        out.println("export AWS_ENDPOINT_URL_KINESIS=" + stream.endpoint());
        // The first is the name that SDKs and version 2 of the AWS CLI read, the second that of version 1.
        out.println("export AWS_REGION=" + region + " AWS_DEFAULT_REGION=" + region);
        out.println("export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local");
        out.flush();
    }
}
