package dev.leat.bench;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import dev.leat.kinesis.KinesisClients;
import dev.leat.kinesis.PublishSettings;
import dev.leat.shape.Shapers;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.postgresql.ds.PGSimpleDataSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * The baseline: a simple poller, as blogs describe it. It claims 500 rows with SKIP LOCKED, whatever their keys are, sends them in one
 * request, deletes them and commits. With several workers, or if an entry fails, it loses the order of a key. Only its speed matters here.
 * It reads the same outbox and writes the same bytes as Leat, so that the difference is in claiming and publishing.
 */
public final class PlainPoller {

    static final String CLAIM = """
            SELECT id, op, partition_key, schema_name, table_name, key, before, after, xid, captured_at, db_user, application
            FROM leat_internal.outbox ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED""";

    static final String DELETE = "DELETE FROM leat_internal.outbox WHERE id = ANY (?)";
    private final KinesisClient kinesis;
    private final Shaper shaper;
    private final PGSimpleDataSource database;
    private final String stream;
    private final long restMillis;

    private PlainPoller(KinesisClient kinesis, PGSimpleDataSource database, String stream, long restMillis) {
        this.kinesis = kinesis;
        this.shaper = Shapers.debezium(new Shapers.EnvelopeSource("0", "bench", "bench"), Clock.systemUTC());
        this.database = database;
        this.stream = stream;
        this.restMillis = restMillis;
    }

    /** Arguments: how many workers, and how many milliseconds each pauses if it has found nothing. The environment is that of {@code leat run}. */
    public static void main(String[] args) {
        int workers = Integer.parseInt(args[0]);
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setUrl(System.getenv("LEAT_DATABASE_URL"));
        database.setUser(System.getenv("LEAT_DATABASE_USERNAME"));
        database.setPassword(System.getenv("LEAT_DATABASE_PASSWORD"));
        KinesisClient kinesis = KinesisClients.prepare(
                        KinesisClient.builder().endpointOverride(URI.create(System.getenv("AWS_ENDPOINT_URL_KINESIS"))),
                        PublishSettings.defaults(),
                        workers)
                .build();
        PlainPoller poller = new PlainPoller(kinesis, database, System.getenv("LEAT_STREAM"), Long.parseLong(args[1]));
        for (int worker = 0; worker < workers; worker++) {
            new Thread(poller::work, "plain-" + worker).start();
        }
    }

    private void work() {
        try (Connection connection = database.getConnection();
                PreparedStatement claim = connection.prepareStatement(CLAIM);
                PreparedStatement delete = connection.prepareStatement(DELETE)) {
            connection.setAutoCommit(false);
            while (true) {
                List<Long> ids = new ArrayList<>();
                List<PutRecordsRequestEntry> entries = new ArrayList<>();
                try (ResultSet rows = claim.executeQuery()) {
                    while (rows.next()) {
                        ids.add(rows.getLong(1));
                        entries.add(entry(rows));
                    }
                }
                if (entries.isEmpty()) {
                    connection.rollback();
                    TimeUnit.MILLISECONDS.sleep(restMillis);
                    continue;
                }
                List<PutRecordsResultEntry> results = kinesis.putRecords(
                                request -> request.streamName(stream).records(entries))
                        .records();
                for (int entry = results.size() - 1; entry >= 0; entry--) {
                    // What failed stays, and is claimed again at once.
                    if (results.get(entry).errorCode() != null) {
                        ids.remove(entry);
                    }
                }
                delete.setArray(1, connection.createArrayOf("int8", ids.toArray()));
                delete.executeUpdate();
                connection.commit();
            }
        } catch (SQLException | Shaper.Unshapeable e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private PutRecordsRequestEntry entry(ResultSet row) throws SQLException, Shaper.Unshapeable {
        String key = row.getString(3);
        Event event = new Event(
                row.getLong(1),
                0,
                Operation.of(row.getString(2)),
                new Event.Route(key, null),
                new Event.Subject(row.getString(4), row.getString(5), null),
                new Event.Row(row.getString(6), row.getString(7), row.getString(8)),
                new Event.Origin(
                        row.getLong(9),
                        row.getObject(10, OffsetDateTime.class).toInstant(),
                        row.getString(11),
                        row.getString(12),
                        null),
                false,
                null);
        return PutRecordsRequestEntry.builder()
                .partitionKey(key)
                .data(SdkBytes.fromByteArrayUnsafe(shaper.shape(event)))
                .build();
    }
}
