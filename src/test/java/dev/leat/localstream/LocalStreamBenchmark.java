package dev.leat.localstream;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * How many records a second the local stream takes from the real SDK, client and server in one JVM: full PutRecords requests on
 * several connections. Arguments: connections (2), seconds (10), bytes a record (300).
 */
public final class LocalStreamBenchmark {

    private LocalStreamBenchmark() {}

    public static void main(String[] arguments) {
        int connections = argument(arguments, 0, 2);
        int seconds = argument(arguments, 1, 10);
        int bytes = argument(arguments, 2, 300);
        try (LocalStream stream =
                        LocalStream.start(0, LocalStreamOptions.defaults().withMaxBytesPerStream(256L << 20));
                KinesisClient client = Clients.of(stream.endpoint())) {
            stream.createStream("bench", 8);
            rate(client, connections, 4, bytes);
            System.out.printf(
                    Locale.ROOT,
                    "%d connections, 500 records of %d bytes a request: %,.0f records/s%n",
                    connections,
                    bytes,
                    rate(client, connections, seconds, bytes));
        }
    }

    private static int argument(String[] arguments, int index, int otherwise) {
        return index < arguments.length ? Integer.parseInt(arguments[index]) : otherwise;
    }

    private static double rate(KinesisClient client, int connections, int seconds, int bytes) {
        List<PutRecordsRequestEntry> entries = entries(bytes);
        long begun = System.nanoTime();
        long end = begun + seconds * 1_000_000_000L;
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        List<CompletableFuture<Long>> runs = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            runs.add(CompletableFuture.supplyAsync(() -> put(client, entries, end), threads));
        }
        long records = runs.stream().mapToLong(CompletableFuture::join).sum();
        threads.shutdown();
        return records * 1e9 / (System.nanoTime() - begun);
    }

    private static long put(KinesisClient client, List<PutRecordsRequestEntry> entries, long end) {
        long records = 0;
        while (System.nanoTime() < end) {
            var answer = client.putRecords(b -> b.streamName("bench").records(entries));
            records += entries.size() - answer.failedRecordCount();
        }
        return records;
    }

    private static List<PutRecordsRequestEntry> entries(int bytes) {
        byte[] data = new byte[bytes];
        new Random(1).nextBytes(data);
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("public.orders." + i)
                    .data(SdkBytes.fromByteArray(data))
                    .build());
        }
        return entries;
    }
}
