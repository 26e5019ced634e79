package dev.leat.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.leat.LeatPoller;
import dev.leat.PollerListener;
import dev.leat.app.connection.Pools;
import dev.leat.config.Settings;
import dev.leat.testkit.Await;
import dev.leat.testkit.OwnServer;
import dev.leat.testkit.TcpProxy;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two servers. The second lacks the newest commits of the first: the changes that the first has published are lost, and the second draws
 * their ids again. A consumer that remembers one id for each key must not miss anything that the second commits.
 */
@Tag("postgres")
class FailoverIT {

    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff_ffffL);
    private static final String ROLE = "leat_runner";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Application application = new Application(new Random(SEED));
    private final Queue<String> told = new ConcurrentLinkedQueue<>();
    private final AtomicInteger failedPasses = new AtomicInteger();
    private final List<Running> pollers = new ArrayList<>();
    private final TestStream stream = new TestStream(2);
    private final OwnServer primary = OwnServer.create();
    private final TcpProxy network = new TcpProxy("127.0.0.1", primary.port());
    private final TestDatabase before = primary.database();

    private record Running(LeatPoller poller, HikariDataSource pool) {}

    @BeforeEach
    void open() {
        System.out.println("FailoverIT: -Dleat.test.seed=" + SEED);
        before.role(ROLE);
        before.run("SELECT leat.grant_poller('" + ROLE + "')");
        application.open(before);
    }

    @AfterEach
    void close() throws InterruptedException {
        stopPollers();
        network.close();
        primary.close();
        stream.close();
    }

    @Test
    void aFailoverThatLosesCommitsHidesNoChangeFromConsumers() throws Exception {
        startPoller();
        startPoller();
        OwnServer standby = primary.standby();
        long lost = publishAndLose(primary, before, standby);
        network.cut();
        primary.stop(OwnServer.Stop.IMMEDIATE);
        standby.promote();
        TestDatabase after = standby.database(before.name());

        comeBack(standby, after, lost);

        assertPromise(after);
        assertThat(told).hasSize(1).allMatch(text -> text.contains(" the database is on timeline "));
    }

    @Tag("full")
    @Test
    void aSecondFailoverIsSurvivedLikeTheFirst() throws Exception {
        startPoller();
        OwnServer second = primary.standby();
        long lost = publishAndLose(primary, before, second);
        network.cut();
        primary.stop(OwnServer.Stop.IMMEDIATE);
        second.promote();
        TestDatabase between = second.database(before.name());
        comeBack(second, between, lost);
        assertPromise(between);

        OwnServer third = second.standby();
        lost = publishAndLose(second, between, third);
        network.cut();
        second.stop(OwnServer.Stop.IMMEDIATE);
        third.promote();
        TestDatabase after = third.database(before.name());
        comeBack(third, after, lost);
        assertPromise(after);
        assertThat(told).hasSize(2);
        third.close();
    }

    @Tag("full")
    @Test
    void aRestoreToAPointInTimeHidesNoChangeFromConsumersOfPollersThatStartAfresh() throws Exception {
        startPoller();
        application.write(before, 50);
        awaitPublished(before);
        stopPollers();
        primary.stop(OwnServer.Stop.FAST);
        OwnServer restored = primary.copy();
        primary.start();
        startPoller();
        application.write(before, 150);
        awaitPublished(before);
        long lost = consumer().highestId();
        stopPollers();
        primary.stop(OwnServer.Stop.FAST);
        restored.startRestored();
        TestDatabase after = restored.database(before.name());

        comeBack(restored, after, lost);

        assertPromise(after);
        assertThat(told).hasSize(1).allMatch(text -> text.contains(" the database is on timeline "));
    }

    @Test
    void aRestoreThatLeavesNoTraceIsNoticedByAPollerThatWasThere() throws Exception {
        application.write(before, 50);
        primary.stop(OwnServer.Stop.FAST);
        OwnServer restored = primary.copy();
        primary.start();
        startPoller();
        application.write(before, 250);
        awaitPublished(before);
        long lost = consumer().highestId();
        network.cut();
        primary.stop(OwnServer.Stop.FAST);
        restored.start();
        TestDatabase after = restored.database(before.name());

        comeBack(restored, after, lost);

        assertPromise(after);
        assertThat(told)
                .hasSize(1)
                .allMatch(text -> text.endsWith(" the outbox's sequence stood below ids that were drawn before"));
    }

    @Tag("full")
    @Test
    void aPollerThatWaitsAtAStandbyLooksAgainOnceItIsPromoted() throws Exception {
        startPoller();
        OwnServer standby = primary.standby();
        publishAndLose(primary, before, standby);
        network.cut();
        primary.stop(OwnServer.Stop.IMMEDIATE);
        network.target("127.0.0.1", standby.port());
        network.heal();
        TestDatabase after = standby.database(before.name());
        int failed = failedPasses.get();
        Await.until("passes to fail at the standby", PATIENCE, () -> failedPasses.get() > failed + 3);
        assertThat(told).isEmpty();
        standby.promote();
        application.write(after, 50);
        application.touchAll(after);
        awaitPublished(after);

        assertPromise(after);
        assertThat(told).hasSize(1);
    }

    /** Returns the highest id that was published and is lost. */
    private long publishAndLose(OwnServer from, TestDatabase database, OwnServer standby) throws SQLException {
        application.write(database, 50);
        awaitPublished(database);
        Await.until("a mark near the end", PATIENCE, () -> {
            touch(database);
            return "t"
                    .equals(database.value("SELECT mark > (SELECT last_value - 30 FROM leat_internal.outbox_id_seq)"
                            + " FROM leat_internal.history WHERE moved_to IS NULL"));
        });
        standby.catchUpWith(from);
        standby.stopFollowing();
        application.write(database, 150);
        awaitPublished(database);
        return consumer().highestId();
    }

    private void touch(TestDatabase database) {
        database.run(application.change("orders", 0));
    }

    /**
     * The application is at the new server before the pollers are, and draws ids again that were published; some of its
     * transactions end only when the pollers are back.
     */
    private void comeBack(OwnServer server, TestDatabase after, long lost) throws SQLException {
        try (Connection open = after.owner().getConnection();
                Connection prepared = after.owner().getConnection();
                Statement inOpen = open.createStatement();
                Statement inPrepared = prepared.createStatement()) {
            String drawn = String.valueOf(after.value("SELECT last_value FROM leat_internal.outbox_id_seq"));
            assertThat(Long.parseLong(drawn)).as("ids are drawn again").isLessThan(lost - 100);
            open.setAutoCommit(false);
            prepared.setAutoCommit(false);
            inOpen.execute(application.change("orders", 0) + ";" + application.change("notes", 0));
            inPrepared.execute(application.change("orders", 1) + ";" + application.change("notes", 1));
            inPrepared.execute("PREPARE TRANSACTION 'late'");
            writeOthers(after, 30);

            network.target("127.0.0.1", server.port());
            network.heal();
            if (pollers.isEmpty()) {
                startPoller();
            }
            awaitPublished(after, "NOT held");
            writeOthers(after, 20);
            awaitPublished(after, "NOT held");
            open.commit();
            prepared.setAutoCommit(true);
            inPrepared.execute("COMMIT PREPARED 'late'");
        }
        application.write(after, 30);
        application.touchAll(after);
        awaitPublished(after);
    }

    /** Changes of rows that no open transaction has locked. */
    private void writeOthers(TestDatabase database, int changes) {
        for (int n = 0; n < changes; n++) {
            database.run(
                    n % 3 == 0
                            ? application.change("notes", 2 + n % (Application.NOTES - 2))
                            : application.change("orders", 2 + n % (Application.ORDERS - 2)));
        }
    }

    private static void awaitPublished(TestDatabase database) {
        awaitPublished(database, "true");
    }

    private static void awaitPublished(TestDatabase database, String which) {
        Await.until(
                "everything to be published",
                PATIENCE,
                () -> "0".equals(database.value("SELECT count(*) FROM leat_internal.outbox WHERE " + which)));
    }

    private void assertPromise(TestDatabase database) {
        OneNumberPerKey consumer = consumer();
        assertThat(consumer.wrong()).isEmpty();
        assertThat(consumer.applied()).containsAll(Application.committed(database));
        assertThat(consumer.rows()).containsAllEntriesOf(Application.orders(database));
        System.out.printf(
                "failover (seed %d): %d records, %d changes applied, %d of them twice, highest id %d, told: %s%n",
                SEED,
                stream.local().recordCount(TestStream.NAME),
                consumer.applied().size(),
                consumer.repeated(),
                consumer.highestId(),
                told);
    }

    private OneNumberPerKey consumer() {
        return OneNumberPerKey.read(stream.local().records(TestStream.NAME));
    }

    private void startPoller() throws SQLException {
        HikariDataSource pool = Pools.open(
                new Settings.Database(
                        "jdbc:postgresql://127.0.0.1:" + network.port() + "/" + before.name(),
                        ROLE,
                        TestServer.password()),
                "leat test",
                5,
                PATIENCE);
        LeatPoller poller = LeatPoller.builder(pool, stream.client(), TestStream.NAME)
                .listener(new PollerListener() {
                    @Override
                    public void movedPastGap(long certain, long above, String reason) {
                        told.add(certain + " " + above + " " + reason);
                    }

                    @Override
                    public void passFailed(RuntimeException cause, int claimed, Duration pause) {
                        failedPasses.incrementAndGet();
                    }
                })
                .build();
        poller.start();
        pollers.add(new Running(poller, pool));
    }

    private void stopPollers() throws InterruptedException {
        for (Running running : pollers) {
            running.poller().stop(Duration.ofSeconds(20));
            running.pool().close();
        }
        pollers.clear();
    }
}
