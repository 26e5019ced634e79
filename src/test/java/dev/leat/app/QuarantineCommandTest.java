package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class QuarantineCommandTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final CliRun cli = CliRun.on(database, database.role("leat_poller"));

    @BeforeEach
    void someEvents() {
        database.run("SELECT leat.grant_poller('leat_poller')");
        put(1, "public.orders.1", "quarantined", "too large");
        put(2, "public.orders.1", "waiting", "behind 1");
        put(3, "public.orders.1", "waiting", "behind 1");
        put(4, "public.orders.2", "quarantined", "not\nJSON");
        put(5, "public.orders.1", "quarantined", "too large");
    }

    private void put(long id, String key, String state, String reason) {
        database.run("""
                INSERT INTO leat_internal.quarantine (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name,
                                             partition_key, db_user, state, reason)
                OVERRIDING SYSTEM VALUE
                SELECT %s, leat_internal.lane_of('%2$s'), 'c', false, false, now(), 1, 'public', 'orders', '%2$s', 'app', '%3$s', '%4$s'
                """.formatted(id, key, state, reason));
    }

    private String states() {
        return String.valueOf(database.rows("SELECT id, state FROM leat_internal.quarantine ORDER BY id"));
    }

    @Test
    void theListShowsWhatIsToBeDecided() {
        CliRun.Result list = cli.leat("quarantine", "list");
        assertThat(list.out().lines())
                .hasSize(4)
                .anySatisfy(line -> assertThat(line).startsWith("1 ").contains("public.orders.1", "2        too large"))
                .anySatisfy(line -> assertThat(line).startsWith("4 ").contains("not JSON"));
        assertThat(cli.leat("quarantine", "list", "--key", "public.orders.2")
                        .out()
                        .lines())
                .hasSize(2);
        assertThat(cli.leat("quarantine", "list", "--state", "waiting").out().lines())
                .hasSize(3);
        assertThat(cli.leat("quarantine", "list", "--limit", "1").out()).contains("there may be more");
        assertThat(cli.leat("quarantine", "list", "--json").out())
                .contains(
                        "\"id\" : 1",
                        "\"partition_key\" : \"public.orders.1\"",
                        "\"waiting\" : 2",
                        "\"reason\" : \"not\\nJSON\"",
                        "\"decided_by\" : null");
    }

    @Test
    void retryReleasesAnEventAndThoseBehindIt() {
        CliRun.Result retried = cli.leat("quarantine", "retry", "1");
        assertThat(retried.out()).contains("1 events retried, 3 released");
        assertThat(states()).isEqualTo("[[1, retry], [2, retry], [3, retry], [4, quarantined], [5, quarantined]]");
    }

    @Test
    void discardGivesUpOneAndReleasesTheOthers() {
        assertThat(cli.leat("quarantine", "discard", "1", "--json").out())
                .containsIgnoringWhitespaces("\"decided\":[1],\"released\":2");
        assertThat(states()).isEqualTo("[[1, discarded], [2, retry], [3, retry], [4, quarantined], [5, quarantined]]");
        assertThat(cli.leat("quarantine", "list", "--state", "discarded", "--json")
                        .out())
                .contains("\"decided_by\" : \"leat_poller\"");
    }

    @Test
    void aKeyOrAllAreDecidedInTheirOrder() {
        assertThat(cli.leat("quarantine", "retry", "--key", "public.orders.1").out())
                .contains("2 events retried, 4 released");
        assertThat(cli.leat("quarantine", "discard", "--all").out()).contains("1 events discarded, 0 released");
        assertThat(states()).isEqualTo("[[1, retry], [2, retry], [3, retry], [4, discarded], [5, retry]]");
    }

    @Test
    void idsGivenInAnyOrderAreDecidedInTheirs() {
        assertThat(cli.leat("quarantine", "retry", "5", "1").out()).contains("2 events retried, 4 released");
    }

    @Test
    void whatCannotBeDecidedIsSaidAndTheRestIsDone() {
        CliRun.Result result = cli.leat("quarantine", "retry", "2", "4", "99");
        assertThat(result.out()).contains("1 events retried, 1 released");
        assertThat(result.errLines())
                .satisfiesExactly(
                        waits -> assertThat(waits).contains("event 2 waits behind event 1"),
                        absent -> assertThat(absent).contains("event 99 is not in quarantine"));
        assertThat(result.exitCode()).isEqualTo(6);
    }

    @Test
    void waysToSayWhichEventsExcludeEachOther() {
        for (String[] wrong : new String[][] {
            {"quarantine", "retry", "1", "--all"},
            {"quarantine", "discard", "5", "--all"},
            {"quarantine", "discard", "--key", "k", "--all"},
            {"quarantine", "discard", "5", "--key", "k"},
            {"quarantine", "retry", "5", "--key", "k", "--all"}
        }) {
            CliRun.Result result = cli.leat(wrong);
            assertThat(result.exitCode()).as(String.join(" ", wrong)).isEqualTo(2);
            assertThat(result.errLines())
                    .singleElement()
                    .asString()
                    .contains("ids, --key and --all exclude each other");
        }
        assertThat(states()).doesNotContain("discarded", "retry");
    }

    @Test
    void itMustBeSaidWhichEvents() {
        for (String[] wrong : new String[][] {
            {"quarantine"},
            {"quarantine", "retry"},
            {"quarantine", "discard", "one"},
            {"quarantine", "list", "--state", "lost"},
            {"quarantine", "list", "--limit", "0"}
        }) {
            CliRun.Result result = cli.leat(wrong);
            assertThat(result.exitCode()).as(String.join(" ", wrong)).isEqualTo(2);
            assertThat(result.errLines()).hasSize(1);
        }
    }
}
