package dev.leat.chaos;

import dev.leat.demo.RandomChoices;
import dev.leat.demo.Shop;
import dev.leat.demo.Truth;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Audit;
import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.OwnServer;
import dev.leat.testkit.TcpProxy;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ScalingType;

/** All parts of a round: a database with writers, a stream with a consumer, and pollers with a network to each of the two. */
final class TestSystem implements AutoCloseable {

    private static final String ROLE = "leat_chaos";
    private static final int SHARDS = 4;
    private static final int CUSTOMERS = 3_000;

    /** A table that is truncated now and then: one marker for each lane is to arrive. */
    private static final String SCRATCH = """
            CREATE TABLE scratch (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL);
            SELECT truth.watch('scratch', '{id}', '{id}');
            CREATE FUNCTION note_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO truth.change (history, op)
                SELECT 'public.scratch#' || lane, 't' FROM generate_series(0, 63) AS lane;
                RETURN NULL;
            END
            $$;
            CREATE TRIGGER note_truncate AFTER TRUNCATE ON scratch FOR EACH STATEMENT EXECUTE FUNCTION note_truncate();
            SELECT leat.attach('scratch');
            """;

    private final Plan plan;
    /** Null: the database is on the server that all tests share. */
    private final @Nullable OwnServer server;

    private final TestDatabase database;
    private final TestStream stream = new TestStream(SHARDS);
    private final KinesisClient consumer;
    private final TcpProxy toDatabase;
    private final TcpProxy toStream;
    private final StreamTrouble trouble;
    private final Supervisor supervisor;
    private final Audit audit;
    private final Writers writers;
    private final Loads loads;
    private int shards = SHARDS;

    TestSystem(Plan plan) throws SQLException {
        this.plan = plan;
        server = plan.needsOwnServer() ? OwnServer.create(Map.of("autovacuum", "off")) : null;
        database = server == null ? TestServer.shared().database() : server.database();
        Truth truth = new Truth(database.owner());
        truth.install();
        Shop shop = new Shop(database.owner());
        shop.open();
        database.run(SCRATCH);
        database.role(ROLE);
        database.run("SELECT leat.grant_poller('" + ROLE + "')");
        shop.fill(CUSTOMERS);
        URI server = URI.create(database.url().substring("jdbc:".length()));
        toDatabase = new TcpProxy(server.getHost(), server.getPort());
        URI kinesis = stream.local().endpoint();
        toStream = new TcpProxy(kinesis.getHost(), kinesis.getPort());
        trouble = new StreamTrouble(stream.local(), plan.seed());
        supervisor = new Supervisor(this::poller);
        // With the SDK's own retries and patience: what the consumer has to bear is not what is tested.
        consumer = KinesisClient.builder()
                .endpointOverride(kinesis)
                .region(Region.of(stream.local().region()))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .build();
        loads = new Loads(database);
        audit = new Audit(truth, consumer, TestStream.NAME);
        PGSimpleDataSource connections = database.owner();
        connections.setOptions("-c lock_timeout=1s");
        connections.setSocketTimeout(30);
        writers = new Writers(shop, connections, plan.transactionsPerSecond(), plan.seed(), plan.databaseMayFail());
    }

    private LeatProcess poller() {
        List<String> arguments = new ArrayList<>(List.of(
                "run",
                "--publish-deadline",
                plan.publishDeadline().toMillis() + "ms",
                "--stop-deadline",
                "10s",
                "--batch",
                Integer.toString(plan.batch()),
                "--workers",
                Integer.toString(plan.workers()),
                "--aggregation",
                plan.aggregated() ? "kpl" : "none"));
        if (plan.retained()) {
            arguments.addAll(List.of("--retain", "1d"));
        }
        return LeatProcess.start(
                new LeatProcess.Environment(database, ROLE, stream.local().endpoint(), TestStream.NAME)
                        .databaseThrough(toDatabase)
                        .streamThrough(toStream),
                arguments.toArray(String[]::new));
    }

    Plan plan() {
        return plan;
    }

    TestDatabase database() {
        return database;
    }

    LocalStream stream() {
        return stream.local();
    }

    /** For what befalls a whole server. */
    OwnServer ownServer() {
        return Objects.requireNonNull(server, "this round shares its server");
    }

    TcpProxy toDatabase() {
        return toDatabase;
    }

    TcpProxy toStream() {
        return toStream;
    }

    /** How many shards the stream has now. */
    int shards() {
        return shards;
    }

    /** Splits or merges shards until there are that many. */
    void reshard(int target) {
        consumer.updateShardCount(request ->
                request.streamName(TestStream.NAME).targetShardCount(target).scalingType(ScalingType.UNIFORM_SCALING));
        shards = target;
    }

    /** What reads the stream as consumers do. */
    KinesisClient consumer() {
        return consumer;
    }

    StreamTrouble trouble() {
        return trouble;
    }

    Supervisor supervisor() {
        return supervisor;
    }

    Audit audit() {
        return audit;
    }

    Writers writers() {
        return writers;
    }

    Loads loads() {
        return loads;
    }

    /** Waits until as many pollers as are wanted are on the list and no other is. */
    void awaitPollers(Duration patience) {
        Await.until(supervisor.wanted() + " pollers to be alive", patience, () -> {
            supervisor.supervise();
            return alive(supervisor.pids());
        });
    }

    private boolean alive(List<Long> pids) {
        String listed = pids.stream().map(Object::toString).collect(Collectors.joining(","));
        return Integer.toString(pids.size())
                .equals(database.value("SELECT count(*) FROM leat_internal.poller WHERE pid = ANY ('{" + listed
                        + "}') AND seen_at BETWEEN now() - interval '10 s' AND now() + interval '10 s'"));
    }

    /** Ends what writers have left open, and waits until everything committed has arrived. */
    void drain(Duration patience) throws SQLException {
        Writers.endPrepared(database.owner(), new RandomChoices(plan.seed()));
        audit.drain(patience);
    }

    /** Waits until everything in the stream has been read. */
    void readToTheEnd() {
        Await.until(
                "the stream to be read to its end",
                Duration.ofSeconds(30),
                () -> audit.read() == stream.local().recordCount(TestStream.NAME));
    }

    @Override
    public void close() {
        writers.close();
        supervisor.close();
        audit.close();
        toDatabase.close();
        toStream.close();
        consumer.close();
        stream.close();
        if (server == null) {
            database.close();
        } else {
            server.close();
        }
    }
}
