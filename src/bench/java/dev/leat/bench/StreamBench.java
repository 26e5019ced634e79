package dev.leat.bench;

import dev.leat.kinesis.KinesisClients;
import dev.leat.kinesis.PublishSettings;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.TestStream;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * Measures what the local stream accepts by itself, to show that it does not limit the other measurements: requests of 500 records by the
 * real SDK, from a process that does nothing else. The CPU of both is counted separately.
 */
@CommandLine.Command(name = "stream", mixinStandardHelpOptions = true)
public final class StreamBench implements Callable<Integer> {

    private static final int RECORDS = 500;

    @CommandLine.Option(names = "--threads", split = ",", defaultValue = "1,2,4,8", description = "That send.")
    private List<Integer> threads = List.of();

    @CommandLine.Option(names = "--seconds", defaultValue = "5", description = "That count, after as many that do not.")
    private int seconds;

    @CommandLine.Option(names = "--bytes", defaultValue = "300", description = "Of a record.")
    private int bytes;

    @CommandLine.Option(
            names = "--to",
            description = "Sends to that endpoint, and prints how much: for this class itself.")
    private @Nullable URI to;

    private StreamBench() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new StreamBench()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (to != null) {
            send(to, threads.get(0));
            return 0;
        }
        System.out.println("| threads | records/s | CPU-s a million, stream | CPU-s a million, SDK |");
        System.out.println("|---|---|---|---|");
        for (int count : threads) {
            measure(count);
        }
        return 0;
    }

    private void measure(int count) throws IOException, InterruptedException {
        try (TestStream stream = new TestStream(8)) {
            Process sender = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            Path.of("target", "test-classes") + File.pathSeparator + Path.of("target", "leat-demo.jar"),
                            StreamBench.class.getName(),
                            "--to=" + stream.local().endpoint(),
                            "--threads=" + count,
                            "--seconds=" + 2 * seconds,
                            "--bytes=" + bytes)
                    .inheritIO()
                    .start();
            try {
                sender.waitFor(seconds, TimeUnit.SECONDS);
                LocalStream local = stream.local();
                long recordsBefore = local.recordCount(TestStream.NAME);
                double streamBefore =
                        Processes.cpuSeconds(ProcessHandle.current().pid());
                double senderBefore = Processes.cpuSeconds(sender.pid());
                long began = System.nanoTime();
                sender.waitFor(seconds - 1L, TimeUnit.SECONDS);
                double millions = (local.recordCount(TestStream.NAME) - recordsBefore) / 1e6;
                System.out.printf(
                        "| %d | %,.0f | %.1f | %.1f |%n",
                        count,
                        millions * 1e6 / ((System.nanoTime() - began) / 1e9),
                        (Processes.cpuSeconds(ProcessHandle.current().pid()) - streamBefore) / millions,
                        (Processes.cpuSeconds(sender.pid()) - senderBefore) / millions);
            } finally {
                sender.destroy();
                sender.waitFor();
            }
        }
    }

    private void send(URI endpoint, int count) {
        List<PutRecordsRequestEntry> entries = entries();
        long ends = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        ExecutorService senders = Executors.newFixedThreadPool(count);
        try (KinesisClient client = KinesisClients.prepare(
                        KinesisClient.builder()
                                .endpointOverride(endpoint)
                                .region(Region.US_EAST_1)
                                .credentialsProvider(
                                        StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"))),
                        PublishSettings.defaults(),
                        count)
                .build()) {
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int sender = 0; sender < count; sender++) {
                all.add(CompletableFuture.runAsync(
                        () -> {
                            while (System.nanoTime() - ends < 0) {
                                client.putRecords(request ->
                                        request.streamName(TestStream.NAME).records(entries));
                            }
                        },
                        senders));
            }
            all.forEach(CompletableFuture::join);
        } finally {
            senders.shutdown();
        }
    }

    private List<PutRecordsRequestEntry> entries() {
        byte[] data = new byte[bytes];
        new Random(1).nextBytes(data);
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int record = 0; record < RECORDS; record++) {
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("public.item." + record)
                    .data(SdkBytes.fromByteArray(data))
                    .build());
        }
        return entries;
    }
}
