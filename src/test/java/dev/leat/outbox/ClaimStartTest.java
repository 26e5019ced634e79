package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class ClaimStartTest {

    private static final String LOOKS = """
            CREATE FUNCTION pg_temp.gone_back(looks int) RETURNS int LANGUAGE plpgsql AS $$
            DECLARE
                before bigint := 0;
                now    bigint;
                gone   int := 0;
            BEGIN
                FOR look IN 1..looks LOOP
                    SELECT d.id INTO STRICT now FROM (%s) AS d (id, server, history);
                    IF now < before THEN
                        gone := gone + 1;
                    END IF;
                    before := now;
                END LOOP;
                RETURN gone;
            END $$;
            """.formatted(ClaimStatements.DRAWN);

    private final TestDatabase database = TestServer.shared().database();

    @AfterEach
    void close() {
        database.close();
    }

    /** While a nextval writes its log record, the sequence's page shows an id that is yet to be drawn. */
    @Test
    void noIdIsTakenForDrawnBeforeItIs() throws Exception {
        AtomicBoolean looking = new AtomicBoolean(true);
        CompletableFuture<Void> drawing = CompletableFuture.runAsync(() -> {
            do {
                database.value("SELECT count(nextval('leat_internal.outbox_id_seq')) FROM generate_series(1, 200000)");
            } while (looking.get());
        });
        try (Connection connection = database.owner().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(LOOKS);
            assertThat(TestDatabase.rows(connection, "SELECT pg_temp.gone_back(200000)"))
                    .containsExactly(List.of("0"));
        } finally {
            looking.set(false);
        }
        drawing.join();
    }
}
