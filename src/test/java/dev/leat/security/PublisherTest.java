package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.LeatPoller;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestStream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The attacker may only call leat.publish, and wants to stop what others write and publish. */
@Tag("postgres")
class PublisherTest extends Attack {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int INVENTED = Extent.of(5_000, 20_000);

    /** CREATE RULE and CREATE TRIGGER wait for the table's lock before they ask for the right; everybody else waits behind them. */
    @Test
    void noLockOfATableOfLeatsCanBeWaitedFor() throws Exception {
        run("SELECT leat.grant_publisher('" + database.role("leat_publisher") + "')");
        try (Session writer = new Session(database.owner().getConnection());
                Session publisher = as("leat_publisher")) {
            writer.run(
                    "BEGIN; INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, partition_key,"
                            + " db_user) VALUES (1, 'c', false, false, now(), 1, 'k', 'u'); SELECT FROM leat_poller.lane");
            publisher.run("SET lock_timeout = '5s'");
            for (String relation : database
                    .rows("SELECT c.oid::regclass FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v')"
                            + " AND c.relnamespace::regnamespace::text LIKE 'leat%'")
                    .stream()
                    .map(row -> String.valueOf(row.get(0)))
                    .toList()) {
                for (String statement : List.of(
                        "CREATE RULE r AS ON INSERT TO %s DO INSTEAD NOTHING",
                        "CREATE TRIGGER t BEFORE INSERT ON %s EXECUTE FUNCTION public.f()",
                        "CREATE STATISTICS s ON id, lane FROM %s",
                        "ALTER TABLE %s ADD COLUMN x int",
                        "CREATE INDEX ON %s (id)",
                        "TRUNCATE %s",
                        "COMMENT ON TABLE %s IS 'mine'",
                        "CREATE POLICY p ON %s")) {
                    assertThat(publisher.refusal(statement.formatted(relation)).state())
                            .as(statement.formatted(relation))
                            .isEqualTo("42501");
                }
            }
        }
    }

    @Test
    void namesOfStreamsThatAreInventedGoToQuarantineAndKeepNobodyFromPublishing() throws Exception {
        run("SELECT leat.grant_publisher('" + database.role("leat_publisher") + "')");
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t', stream => 'orders');"
                + " GRANT INSERT ON public.t TO leat_publisher");
        try (TestStream stream = new TestStream(1);
                Session publisher = as("leat_publisher")) {
            LocalStream streams = stream.local();
            streams.createStream("orders", 1);
            streams.createStream("audit", 1);
            publisher.run("SELECT leat.publish('k' || n, 'T', '1', stream => 'invented-' || n) FROM generate_series(1, "
                    + INVENTED + ") n");
            publisher.run(
                    "SELECT leat.publish('known', 'T', '1', stream => s) FROM unnest('{changes,orders,audit}'::text[]) s;"
                            + " SELECT leat.publish('default', 'T', '1'); INSERT INTO public.t VALUES (1)");
            LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                    .build();
            poller.start();
            try {
                Await.until(
                        "the known streams have theirs",
                        LONG,
                        () -> streams.recordCount("changes") == 2 && streams.recordCount("orders") == 2);
                Await.until(
                        "all else is in quarantine",
                        LONG,
                        () -> Integer.toString(INVENTED + 1)
                                .equals(database.value("SELECT count(*) FROM leat_internal.quarantine")));
                assertThat(database.value("SELECT reason FROM leat_internal.quarantine WHERE stream = 'audit'"))
                        .contains("the stream audit is not known")
                        .contains("leat.allow_stream('audit')");

                run(
                        "SELECT leat.allow_stream('audit'); SELECT leat.retry(id) FROM leat_internal.quarantine WHERE stream = 'audit'");
                Await.until("the allowed stream has its own", LONG, () -> streams.recordCount("audit") == 1);

                run("SELECT leat.forbid_stream('audit')");
                publisher.run("SELECT leat.publish('again', 'T', '1', stream => 'audit')");
                Await.until(
                        "it is not known any more",
                        LONG,
                        () -> "1"
                                .equals(database.value(
                                        "SELECT count(*) FROM leat_internal.quarantine WHERE stream = 'audit'")));
            } finally {
                poller.stop(LONG);
            }
        }
    }
}
