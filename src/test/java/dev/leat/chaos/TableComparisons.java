package dev.leat.chaos;

import dev.leat.database.PinnedDataSource;
import dev.leat.reconcile.Difference;
import dev.leat.reconcile.ReadPace;
import dev.leat.reconcile.Reconciled;
import dev.leat.reconcile.Reconciled.Count;
import dev.leat.reconcile.Reconciliation;
import dev.leat.reconcile.Reconciliation.ReconcileOptions;
import dev.leat.reconcile.SourceDatabase;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** Compares the tables of a round with the stream, by what {@code leat reconcile} does. Pollers must run: it publishes markers. */
final class TableComparisons {

    private static final int ROWS_KEPT = 5;

    private final TestDatabase database;
    private final KinesisClient kinesis;
    private final Duration patience;

    TableComparisons(TestDatabase database, KinesisClient kinesis, Duration patience) {
        this.database = database;
        this.kinesis = kinesis;
        this.patience = patience;
    }

    /** Says what is wrong, nothing if each row of every table is on the stream as the table has it. Nobody writes any more. */
    List<String> differences() throws SQLException {
        List<String> wrong = new ArrayList<>();
        for (List<String> table : database.rows("SELECT format('%I.%I', schema_name, table_name)"
                + " FROM leat.attached() WHERE table_name IS NOT NULL ORDER BY 1")) {
            compare(String.valueOf(table.get(0)), wrong);
        }
        return wrong;
    }

    private void compare(String table, List<String> wrong) throws SQLException {
        SourceDatabase source = new SourceDatabase(PinnedDataSource.of(database.owner()), table, List.of());
        List<Difference> differences = new ArrayList<>();
        Reconciled result = new Reconciliation(
                        source,
                        source.table(),
                        kinesis,
                        new ReconcileOptions(
                                TestStream.NAME,
                                null,
                                Instant.EPOCH,
                                null,
                                true,
                                patience,
                                new ReadPace(200, 1 << 30),
                                ROWS_KEPT),
                        differences::add,
                        line -> {})
                .run();
        long rows = Long.parseLong(String.valueOf(database.value("SELECT count(*) FROM " + table)));
        Map<Count, Long> expected = rows == 0 ? Map.of() : Map.of(Count.EQUAL, rows);
        if (!result.rows().equals(expected)) {
            wrong.add("reconcile says of " + table + " " + result.rows() + " and not " + expected + ": "
                    + differences.stream().limit(ROWS_KEPT).toList());
        }
    }
}
