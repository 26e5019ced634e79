package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;

/** A database with Leat, in which a test loads one chunk after the other. */
abstract class LoadFixture {

    /** For chunks without a limit of their own. */
    static final int MOST = 10_000;

    private static final int CHUNKS = 300;

    @AutoClose
    final TestDatabase database = TestServer.shared().database();

    void run(String sql) {
        database.run(sql);
    }

    @Nullable
    String value(String sql) {
        return database.value(sql);
    }

    Session session() throws SQLException {
        return new Session(database.owner().getConnection());
    }

    /** Loads a chunk in a transaction of its own, whenever it is due; returns what a person is told. */
    @Nullable
    String chunk(int most) {
        run("UPDATE leat_internal.load SET due_at = clock_timestamp() - interval '1 second' WHERE state = 'running'");
        return value("SELECT said FROM leat_poller.load_chunk(" + most + ")");
    }

    /** Loads chunks of at most that many rows until no load is running. */
    void finish(int most) {
        for (int i = 0;
                "t".equals(value("SELECT EXISTS (SELECT FROM leat_internal.load WHERE state = 'running')"));
                i++) {
            assertThat(i).as("chunks").isLessThan(CHUNKS);
            chunk(most);
        }
    }

    /** The state of the last load, with the error if there is one. */
    @Nullable
    String state() {
        return value("SELECT concat_ws(': ', state, error) FROM leat_internal.load ORDER BY load DESC LIMIT 1");
    }

    /** The loaded rows by id: where in the load, the partition key, and the row. */
    List<String> loaded() {
        return events("op = 'r'");
    }

    /** What is in the outbox, by id: the operation, where in a load, the partition key, the new row and the fault. */
    List<String> events() {
        return events("true");
    }

    private List<String> events(String which) {
        return database
                .rows("SELECT concat_ws(' ', op, type, partition_key, after, fault) FROM leat_internal.outbox WHERE "
                        + which + " ORDER BY id")
                .stream()
                .map(row -> String.valueOf(row.get(0)))
                .toList();
    }

    void forget() {
        run("DELETE FROM leat_internal.outbox");
    }
}
