package dev.leat.app;

import com.zaxxer.hikari.HikariDataSource;
import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.PollerListener;
import dev.leat.PollerSettings;
import dev.leat.Shaper;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.app.connection.Pools;
import dev.leat.app.connection.StreamClient;
import dev.leat.config.Settings;
import dev.leat.database.PinnedDataSource;
import dev.leat.kinesis.KinesisPublisher;
import dev.leat.kinesis.PublishSettings;
import dev.leat.observe.LogListener;
import dev.leat.outbox.ClaimSettings;
import dev.leat.outbox.LaneClaims;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.pipeline.Deadline;
import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.StreamRecord;
import dev.leat.poller.PollerRuntime;
import dev.leat.poller.StreamCheck;
import dev.leat.settings.InvalidSettings;
import dev.leat.shape.Shapers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import picocli.CommandLine.Command;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/**
 * Runs the code of a poller for a few seconds, so that the JVM records which classes it loads: the launcher makes an archive of these. Artificial
 * events go to a stand-in for Kinesis in this process. If a database is set, a lane is claimed and released; no event is published or removed.
 */
@Command(
        name = "warm",
        description =
                "Prepares fast starts: run it once after each installation, by the launcher. It sends nothing to Kinesis.")
final class WarmCommand extends DatabaseCommand {

    private static final int CLAIMS = 60;
    private static final int EVENTS = 2_000;
    private static final String STREAM = "warm";

    WarmCommand(ProcessEnvironment process) {
        super(process);
    }

    @Override
    int work(PinnedDataSource database) {
        throw new IllegalStateException("warm opens a pool of its own, if any");
    }

    @Override
    public Integer call() {
        try (StandInForKinesis kinesis = StandInForKinesis.start()) {
            publish(kinesis);
        } catch (IOException e) {
            throw new UncheckedIOException("no port of the loopback address is free", e);
        }
        try {
            claim(reader().database());
        } catch (InvalidSettings e) {
            out().println("without the database: " + String.join("; ", e.faults()));
        } catch (Fault e) {
            out().println("without the database: " + e.lines().get(0));
        }
        return ExitCode.DONE;
    }

    private static void publish(StandInForKinesis kinesis) {
        PublishSettings settings = PublishSettings.defaults();
        Shaper shaper = Shapers.debezium(new Shapers.EnvelopeSource("0", STREAM, STREAM), Clock.systemUTC());
        useInPlaceOfAws(kinesis.endpoint());
        // As run opens it, so that the SDK's providers of the region and of credentials are among the classes.
        try (KinesisClient client = StreamClient.open(STREAM, settings, 1);
                KinesisPublisher publisher =
                        new KinesisPublisher(client, settings, new PollerListener() {}, System::nanoTime, () -> 0.5)) {
            if (!(StreamCheck.describe(client, STREAM) instanceof StreamCheck.Known)) {
                throw new IllegalStateException("the stand-in did not describe its stream");
            }
            for (int claim = 0; claim < CLAIMS; claim++) {
                List<StreamRecord> records = new ArrayList<>();
                for (int n = 0; n < EVENTS; n++) {
                    records.add(record(shaper, claim * EVENTS + n));
                }
                publisher.publish(records, Deadline.in(Duration.ofMinutes(1), System::nanoTime));
            }
        } catch (Shaper.Unshapeable e) {
            throw new IllegalStateException(e.reason(), e);
        }
    }

    /** These properties win over the environment and the files of the machine, so nothing is sent to AWS or to the machine's own addresses. */
    private static void useInPlaceOfAws(URI endpoint) {
        System.setProperty("aws.accessKeyId", "warm");
        System.setProperty("aws.secretAccessKey", "warm");
        System.setProperty("aws.region", "us-east-1");
        System.setProperty("aws.endpointUrlKinesis", endpoint.toString());
        System.setProperty("aws.ignoreConfiguredEndpointUrls", "false");
    }

    private static StreamRecord record(Shaper shaper, int n) throws Shaper.Unshapeable {
        String row = "{\"id\":" + n + ",\"version\":" + n + ",\"note\":\"" + "x".repeat(60) + "\"}";
        Event event = new Event(
                n + 1L,
                n % Lanes.COUNT,
                Operation.UPDATE,
                new Event.Route("public.orders." + n % 1_000, null),
                new Event.Subject("public", "orders", null),
                new Event.Row("{\"id\":" + n + "}", row, row),
                new Event.Origin(n, Instant.EPOCH, "app", null, null),
                false,
                null);
        return new StreamRecord(event, STREAM, shaper.shape(event));
    }

    private static void claim(Settings.Database settings) {
        int unused = translating(settings, () -> {
            try (HikariDataSource pool = Pools.open(settings, "leat warm", 2, Duration.ofSeconds(60))) {
                PinnedDataSource database = PinnedDataSource.of(pool);
                requireSchema(database);
                loadRuntime(database);
                PollerSettings poller = PollerSettings.builder().build();
                Claims claims = new LaneClaims(
                                database.raw(),
                                ClaimSettings.of(poller),
                                STREAM,
                                () -> Lanes.COUNT,
                                System::nanoTime,
                                new SplittableRandom())
                        .forWorker();
                for (int n = 0; n < CLAIMS; n++) {
                    try (Claim claim = claims.claim(Set.of())) {
                        if (!claim.events().isEmpty()) {
                            // Events wait, so pollers need the lanes.
                            break;
                        }
                    }
                }
                return 0;
            }
        });
    }

    /** All that a poller consists of. It is not started, because it would publish. */
    private static void loadRuntime(PinnedDataSource database) throws SQLException {
        try (KinesisClient client = StreamClient.open(STREAM, PublishSettings.defaults(), 1)) {
            Object unused = new PollerRuntime(
                    database,
                    client,
                    STREAM,
                    PollerSettings.builder().build(),
                    PollerRuntime.identify(),
                    null,
                    new LogListener());
        }
    }
}
