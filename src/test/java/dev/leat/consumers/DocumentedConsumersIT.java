package dev.leat.consumers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Aggregation;
import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two databases with the same tables write into one stream, while their pollers are killed and answers of the stream are lost. The
 * views that the documented consumers build must equal the tables.
 */
@Tag("full")
@Timeout(600)
class DocumentedConsumersIT {

    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff_ffffL);
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int WRITERS = 3;
    private static final int TRANSACTIONS = Extent.of(60, 150);
    private static final int KILLS = Extent.of(1, 3);

    private final Map<String, TestDatabase> databases = new TreeMap<>(Map.of(
            "north",
            TestServer.shared().database(),
            "south",
            TestServer.shared().database()));
    private final Map<String, LeatProcess> pollers = new HashMap<>();
    private final TestStream stream = new TestStream(2);
    private final AtomicInteger version = new AtomicInteger();

    @AfterEach
    void close() {
        pollers.values().forEach(LeatProcess::close);
        stream.close();
        databases.values().forEach(TestDatabase::close);
    }

    @ParameterizedTest
    @EnumSource
    void theViewsOfTheDocumentedConsumersEqualTheTables(Aggregation.Format format) throws Exception {
        System.out.println("DocumentedConsumersIT: -Dleat.test.seed=" + SEED);
        for (TestDatabase database : databases.values()) {
            attach(database);
        }
        for (int round = 0; round < KILLS; round++) {
            databases.keySet().forEach(name -> startPoller(name, format));
            stream.local()
                    .faults(Faults.none().seed(SEED + round).losingAnswers(0.05).failingEntries(0.02));
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            for (TestDatabase database : databases.values()) {
                for (int writer = 0; writer < WRITERS; writer++) {
                    Random random = new Random(SEED + 100L * round + writer);
                    writers.add(CompletableFuture.runAsync(() -> write(database, random)));
                }
            }
            long before = stream.local().recordCount(TestStream.NAME);
            Await.until("records to come", PATIENCE, () -> stream.local().recordCount(TestStream.NAME) > before + 20);
            pollers.values().forEach(LeatProcess::kill);
            writers.forEach(CompletableFuture::join);
        }
        databases.keySet().forEach(name -> startPoller(name, format));
        databases.values().forEach(database -> database.awaitEmptyOutbox(PATIENCE));
        stream.local().faults(Faults.none());
        pollers.values().forEach(LeatProcess::terminate);
        pollers.values().forEach(LeatProcess::exitCode);

        List<KeptRecord> records = stream.local().records(TestStream.NAME);
        View view = View.of(View.documented(), records);
        System.out.printf(
                "%s: %,d records, %,d repetitions, %d rows%n",
                format, records.size(), view.skipped(), view.rows().size());
        assertThat(view.skipped()).isPositive();
        assertThat(view.rows()).as("in Java").isEqualTo(tables());
        NodeConsumer.Result node = NodeConsumer.read(stream.local().endpoint(), format);
        assertThat(node.rows()).as("in JavaScript").isEqualTo(tables());
        assertThat(node.skipped()).isEqualTo(view.skipped());
    }

    private void startPoller(String name, Aggregation.Format format) {
        TestDatabase database = Objects.requireNonNull(databases.get(name));
        pollers.put(
                name,
                LeatProcess.start(
                        new LeatProcess.Environment(
                                database,
                                TestServer.OWNER,
                                stream.local().endpoint(),
                                TestStream.NAME,
                                Map.of(
                                        "LEAT_SERVER_NAME",
                                        name,
                                        "LEAT_AGGREGATION",
                                        format.name().toLowerCase(Locale.ROOT))),
                        "run"));
    }

    /** Keys that doubles do not tell apart, a key that is not the primary key, and one captured by the statement; two without old images. */
    private static void attach(TestDatabase database) {
        database.run("""
                CREATE TABLE item (id bigint PRIMARY KEY, name text, version int);
                CREATE TABLE part (id int PRIMARY KEY, customer int, name text, version int);
                CREATE TABLE stock (sku text PRIMARY KEY, name text, version int)""");
        database.run("SELECT leat.attach('item'), leat.attach('part', key => '{customer}', before => false),"
                + " leat.attach('stock', before => false, capture => 'statement')");
    }

    private void write(TestDatabase database, Random random) {
        try (Connection connection = database.owner().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int n = 0; n < TRANSACTIONS; n++) {
                try {
                    if (random.nextInt(60) == 0) {
                        statement.execute("TRUNCATE " + (random.nextBoolean() ? "item" : "part"));
                    }
                    for (int change = random.nextInt(4); change >= 0; change--) {
                        statement.execute(change(random));
                    }
                    if (random.nextInt(20) == 0) {
                        connection.rollback();
                    } else {
                        connection.commit();
                    }
                } catch (SQLException e) {
                    // Writers may wait for each other, and one of them is refused then.
                    connection.rollback();
                    if (!"40P01".equals(e.getSQLState())) {
                        throw e;
                    }
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private String change(Random random) {
        int next = version.incrementAndGet();
        int row = random.nextInt(30);
        long large = (1L << 53) + row;
        return switch (random.nextInt(9)) {
            case 0, 1, 2 ->
                String.format(
                        Locale.ROOT,
                        "INSERT INTO item VALUES (%d, 'item %d', %d) ON CONFLICT (id) DO UPDATE SET version = %3$d",
                        large,
                        row,
                        next);
            case 3 -> "DELETE FROM item WHERE id = " + large;
            case 4 ->
                String.format(
                        Locale.ROOT,
                        "INSERT INTO part VALUES (%d, %d, 'part %d', %d) ON CONFLICT (id) DO UPDATE SET version = %4$d",
                        row,
                        random.nextInt(5),
                        next,
                        next);
            case 5 ->
                String.format(
                        Locale.ROOT,
                        "UPDATE part SET customer = %d, version = %d WHERE id = %d",
                        random.nextInt(5),
                        next,
                        row);
            case 6 ->
                String.format(
                        Locale.ROOT,
                        "UPDATE part SET id = %d, customer = %d, version = %d WHERE id = %d",
                        1_000 + next,
                        random.nextInt(5),
                        next,
                        row);
            case 7 -> "DELETE FROM part WHERE id = " + row;
            default ->
                random.nextInt(3) == 0
                        ? "DELETE FROM stock WHERE sku LIKE '%" + random.nextInt(10) + "'"
                        : String.format(
                                Locale.ROOT,
                                "INSERT INTO stock SELECT 'sku ' || n, 'stock ' || n, %d FROM generate_series(%d, %d) n ON CONFLICT (sku) DO UPDATE SET version = excluded.version",
                                next,
                                row,
                                row + 5);
        };
    }

    private Map<String, Integer> tables() {
        Map<String, Integer> rows = new TreeMap<>();
        databases.forEach((name, database) -> database.rows(
                        "SELECT 'item ' || name || ' ' || version FROM item UNION ALL"
                                + " SELECT 'part ' || name || ' ' || version FROM part UNION ALL"
                                + " SELECT 'stock ' || name || ' ' || version FROM stock")
                .forEach(row -> rows.merge(name + " " + row.get(0), 1, Integer::sum)));
        return rows;
    }
}
