package dev.leat.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Await;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pollers soon update capture for tables that have changed, and rarely check without need. */
@Tag("postgres")
class HousekeepingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final AtomicLong clock = new AtomicLong();
    private final Housekeeping housekeeping = new Housekeeping(database.owner(), clock::get, warning -> {});

    @Test
    void aTableThatHasChangedIsBroughtUpToDate() {
        database.run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");
        Await.until("a look at the table", PATIENCE, () -> secondPasses() && "f".equals(stale()));

        database.run("ALTER TABLE public.t ADD a int");

        assertThat(stale()).isEqualTo("t");
        // The statistics tell of it a little later.
        Await.until("the function to be rewritten", PATIENCE, () -> secondPasses() && "f".equals(stale()));
    }

    @Test
    void whatCouldNotBeLockedIsTriedAgainThoughTheCatalogDoesNotChange() throws Exception {
        database.run(
                "CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id); SELECT leat.attach('public.p');"
                        + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10)");
        try (Session writer = new Session(database.owner().getConnection())) {
            writer.run("BEGIN; INSERT INTO public.p VALUES (1)");
            Await.until("an attempt", PATIENCE, () -> secondPasses() && failures() > 0);
            writer.run("COMMIT");
        }
        Await.until("the trigger on the partition", PATIENCE, () -> secondPasses() && failures() == 0);

        assertThat(database.value("SELECT truncate_trigger FROM leat.attached()"))
                .isEqualTo("enabled");
    }

    private boolean secondPasses() {
        housekeeping.refreshIfChanged(
                Long.parseLong(String.valueOf(database.value("SELECT leat_internal.catalog_changes()"))));
        clock.addAndGet(Duration.ofSeconds(1).toNanos());
        return true;
    }

    private String stale() {
        return String.valueOf(database.value("SELECT stale FROM leat.attached()"));
    }

    private int failures() {
        return Integer.parseInt(String.valueOf(
                database.value("SELECT coalesce(max(failures), 0) FROM leat_internal.attachment_state")));
    }
}
