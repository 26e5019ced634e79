package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class ClaimStartTest {

    private static final String LOOKS = "50000";
    private static final String LOOK = """
            DO $$
            DECLARE
                drawn bigint;
            BEGIN
                FOR n IN 1..%s LOOP
                    SELECT d.id INTO STRICT drawn FROM (%s) AS d (id, server, history);
                    INSERT INTO look VALUES (drawn, clock_timestamp());
                END LOOP;
            END $$
            """.formatted(LOOKS, ClaimStatements.DRAWN);
    /** After setval, nextval writes a log record; else for every 32nd id. All ids are drawn before the first row is inserted. */
    private static final String DRAW = """
            INSERT INTO draw
            SELECT d.id, d.at
              FROM (SELECT nextval(s) AS id, clock_timestamp() AS at, setval(s, lastval())
                      FROM generate_series(1, 20000), CAST('leat_internal.outbox_id_seq' AS regclass) AS s
                    OFFSET 0) d
             ORDER BY d.id
            """;

    private final TestDatabase database = TestServer.shared().database();

    @AfterEach
    void close() {
        database.close();
    }

    /**
     * While a nextval writes its log record, the sequence's page shows an id that will be drawn up to 32 draws later. Whatever a look
     * finds, the id before it must have been drawn by then.
     */
    @Test
    void noIdIsTakenForDrawnBeforeItIs() {
        database.run("CREATE TABLE look (id bigint, at timestamptz); CREATE TABLE draw (id bigint, at timestamptz)");
        AtomicBoolean looking = new AtomicBoolean(true);
        CompletableFuture<Void> drawing = CompletableFuture.runAsync(() -> {
            do {
                database.run(DRAW);
            } while (looking.get());
        });
        try {
            database.run(LOOK);
        } finally {
            looking.set(false);
        }
        drawing.join();

        assertThat(database.value("SELECT count(*) FROM look")).isEqualTo(LOOKS);
        assertThat(database.value("SELECT count(*) FROM look l JOIN draw d ON d.id = l.id - 1 WHERE d.at <= l.at"))
                .as("looks while ids are drawn")
                .isNotEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM look l JOIN draw d ON d.id = l.id - 1 WHERE d.at > l.at"))
                .as("looks that took an id for drawn before it was")
                .isEqualTo("0");
    }
}
