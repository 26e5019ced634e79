package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.Session;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Behind a transaction with uncommitted DDL no function waits longer than its limit, or than five seconds. Its message says who holds which
 * lock.
 */
@Tag("postgres")
class OpenDdlTest extends CaptureFixture {

    private static final String TABLES = """
            CREATE TABLE public.t (id serial PRIMARY KEY, a text); SELECT leat.attach('public.t');
            CREATE TABLE public.u (id int PRIMARY KEY, a text); SELECT leat.attach('public.u');
            CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10); SELECT leat.attach('public.p');
            CREATE TABLE public.q (LIKE public.p INCLUDING ALL); CREATE TABLE public.fresh (id serial PRIMARY KEY, a text);
            """;

    private static final List<String> OPEN = List.of(
            "ALTER TABLE public.t ADD b int",
            "ALTER TABLE public.fresh ADD b int",
            "ALTER TABLE public.t RENAME TO s",
            "DROP TABLE public.t",
            "CREATE INDEX ON public.t (a)",
            "ALTER TABLE public.p ATTACH PARTITION public.q FOR VALUES FROM (10) TO (20)",
            "DROP TABLE public.p1",
            "ALTER FUNCTION leat_internal.capture_1() SET work_mem = '8MB'",
            "SELECT leat.attach('public.fresh')",
            "SELECT leat.detach('public.u')",
            "SELECT leat.refresh() FROM leat_internal.try_mutex('attachments')",
            "SELECT leat.grant_poller('leat_waits')",
            "SELECT leat.allow_stream('a')",
            "SELECT FROM leat_internal.lane FOR UPDATE",
            "SELECT FROM leat_internal.attachment FOR UPDATE");

    private static final List<String> CALLS = List.of(
            "SELECT leat.attach('public.t')",
            "SELECT leat.attach('public.t', mask => '{a}')",
            "SELECT leat.attach('public.p', before => false)",
            "SELECT leat.attach('public.fresh')",
            "SELECT leat.detach('public.t')",
            "SELECT leat.detach('public.p')",
            "SELECT leat.refresh()",
            "SELECT leat_poller.refresh()",
            "SELECT leat.attached()",
            "SELECT leat.foreign_rights()",
            "SELECT leat_poller.renumber('{1,2}', 10)",
            "SELECT leat.grant_poller('leat_waits')",
            "SELECT leat.revoke('leat_waits')",
            "SELECT leat.allow_stream('a')",
            "SELECT leat_poller.rotate_sent('1 day')");

    @Test
    void everyCallEndsInTimeAndSaysWhoHoldsIt() throws Exception {
        database.role("leat_waits");
        run(TABLES);
        try (Session holder = session();
                Session caller = session()) {
            String pid = holder.value("SELECT pg_backend_pid()");
            // So that two hundred pairs take no minutes; what has no timeout of its own would meet the other.
            caller.run("SET lock_timeout = '100ms'; SET statement_timeout = '20s'");
            for (String open : Extent.some(4, OPEN)) {
                for (String call : CALLS) {
                    holder.run("BEGIN; SET LOCAL client_min_messages = error; " + open);
                    caller.run("BEGIN; SET LOCAL client_min_messages = error");
                    String said = said(caller, call);
                    assertThat(said)
                            .as(open + " / " + call)
                            .satisfiesAnyOf(
                                    ended -> assertThat(ended).isEmpty(),
                                    ended -> assertThat(ended).contains("session " + pid + " of leat_owner"));
                    caller.run("ROLLBACK");
                    holder.run("ROLLBACK");
                }
            }
        }
    }

    /** What a call was refused with; empty when it was not. */
    private static String said(Session caller, String call) {
        try {
            caller.run(call);
            return "";
        } catch (IllegalStateException refused) {
            return String.valueOf(refused.getMessage());
        }
    }

    @ParameterizedTest
    @MethodSource("waits")
    @Tag("full")
    void withoutATimeoutFiveSecondsAreWaited(String open, String call) throws Exception {
        database.role("leat_waits");
        run(TABLES);
        try (Session holder = session();
                Session caller = session()) {
            holder.run("BEGIN; " + open);
            caller.run("SET statement_timeout = '15s'");

            Session.Refusal refusal = caller.refusal(call);

            assertThat(refusal.state()).isEqualTo("55P03");
            assertThat(refusal.message())
                    .contains("session " + holder.value("SELECT pg_backend_pid()") + " of leat_owner");
            assertThat(caller.value("SHOW lock_timeout")).isEqualTo("0");
        }
    }

    static Stream<Arguments> waits() {
        return Extent.some(
                2,
                List.of(
                        Arguments.of(
                                "ALTER FUNCTION leat_internal.capture_1() SET work_mem = '8MB'",
                                "SELECT leat.attach('public.t', mask => '{a}')"),
                        Arguments.of(
                                "ALTER FUNCTION leat_internal.capture_1() SET work_mem = '8MB'",
                                "SELECT leat.detach('public.t')"),
                        Arguments.of("SELECT leat.allow_stream('a')", "SELECT leat.allow_stream('a')"),
                        Arguments.of(
                                "SELECT FROM leat_internal.lane FOR UPDATE",
                                "SELECT leat_poller.renumber('{1,2}', 10)"),
                        Arguments.of(
                                "SELECT leat.grant_poller('leat_waits')", "SELECT leat.grant_publisher('leat_waits')")))
                .stream();
    }
}
