package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import dev.leat.testkit.TestServer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The attacker has the rights of leat.grant_poller, and wants to forge events, to delete kept events, or to stop writers, pollers and
 * people.
 */
@Tag("postgres")
class PollerTest extends Attack {

    private Session poller() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text); SELECT leat.attach('public.t')");
        run("SELECT leat.grant_poller('" + database.role("leat_poller") + "')");
        return as("leat_poller");
    }

    @Test
    void idsCannotBeUsedUp() throws Exception {
        database.idsFromOne();
        try (Session poller = poller()) {
            for (String seen : List.of("9223372036854775806", "9000000000000000000", "1000000000000000")) {
                assertThat(poller.refusal("SELECT leat_poller.check_history(" + seen + ")")
                                .state())
                        .isEqualTo("22023");
            }
            poller.run("SELECT leat_poller.note_drawn(1, 9223372036854775806)");
            assertThat(database.value("SELECT mark FROM leat_internal.history")).isEqualTo("0");
            assertThat(poller.refusal("SELECT leat_internal.move_past_gap(1, true)")
                            .state())
                    .isEqualTo("42501");
            run("INSERT INTO public.t VALUES (1, 'a')");
        }
        assertThat(database.value("SELECT id FROM leat_internal.outbox")).isEqualTo("1");
    }

    @Test
    void noEventCanBeForged() throws Exception {
        try (Session poller = poller()) {
            run("INSERT INTO public.t VALUES (1, 'a')");
            for (String statement : List.of(
                    "INSERT INTO leat_poller.quarantine (id, state) VALUES (1, 'retry')",
                    "INSERT INTO leat_poller.outbox (lane) VALUES (1)",
                    "UPDATE leat_poller.outbox SET after = '{}'",
                    "UPDATE leat_poller.quarantine SET after = '{}'")) {
                assertThat(poller.refusal(statement).state()).as(statement).isEqualTo("42501");
            }
            String aside =
                    "SELECT leat_poller.set_aside(ARRAY[lane], ARRAY[id], '{%s}', '{r}', '{%s}') FROM leat_poller.outbox";
            assertThat(poller.refusal(aside.formatted("retry", "f")).state()).isEqualTo("22023");
            assertThat(poller.refusal(aside.formatted("discarded", "f")).state())
                    .isEqualTo("22023");
            poller.run(aside.formatted("quarantined", "f"));
            // One that nobody has released is not a poller's to settle.
            assertThat(poller.refusal(
                                    "SELECT leat_poller.settle(false, ARRAY[lane], '{0}', '{}', ARRAY[id], '{}', '{}', '{}', '{}')"
                                            + " FROM leat_poller.quarantine")
                            .state())
                    .isEqualTo("21000");
        }
        assertThat(database.value("SELECT after FROM leat_internal.quarantine")).isEqualTo("{\"id\":1,\"v\":\"a\"}");
    }

    @Test
    void whatAnotherPollerHoldsIsNotSettled() throws Exception {
        try (Session poller = poller();
                Session other = as("leat_poller")) {
            run("INSERT INTO public.t VALUES (1, 'a')");
            other.run("BEGIN; SELECT FROM leat_poller.lock_lanes(0, 0, 64, '{}')");
            for (String statement : List.of(
                    "SELECT leat_poller.settle(false, ARRAY[lane], '{1}', ARRAY[id], '{}', '{public}', '{t}', '{c}', '{1}') FROM leat_poller.outbox",
                    "SELECT leat_poller.set_aside(ARRAY[lane], ARRAY[id], '{quarantined}', '{r}', '{f}') FROM leat_poller.outbox")) {
                assertThat(poller.refusal(statement).state()).isEqualTo("55P03");
            }
        }
        assertThat(events()).hasSize(1);
    }

    @Test
    void aLowCannotHideWhatIsYetToCome() throws Exception {
        try (Session poller = poller()) {
            poller.run("SELECT leat_poller.note_lows('{0,1,2,3}', '{1,1000,9223372036854775806,5}')");
        }
        assertThat(database.value("SELECT max(low) FROM leat_internal.lane")).isEqualTo("0");
    }

    @Test
    void whatWasKeptIsNotErased() throws Exception {
        try (Session poller = poller()) {
            poller.run("SELECT leat_poller.rotate_sent('30 days')");
            run("DO $$ BEGIN EXECUTE format('CREATE TABLE leat_internal.sent_old PARTITION OF leat_internal.sent"
                    + " FOR VALUES FROM (%L) TO (%L)', current_date - 3, current_date - 2); END $$;"
                    + " INSERT INTO leat_internal.sent_period VALUES ('sent_old', '30 days')");
            run(
                    "INSERT INTO leat_internal.sent (id, lane, op, held, may_pass, captured_at, xid, partition_key, db_user, sent_at)"
                            + " SELECT n, 1, 'c', false, false, now(), 1, 'k', 'u', now() - n * interval '1 day' FROM generate_series(0, 20) n");
            for (String keep : List.of("0", "-1 day", "1 second", "100 years")) {
                assertThat(poller.refusal("SELECT leat_poller.rotate_sent('" + keep + "')")
                                .state())
                        .isEqualTo("22023");
            }
            poller.run("SELECT leat_poller.rotate_sent('1 minute')");
            assertThat(poller.refusal("DELETE FROM leat_internal.sent").state()).isEqualTo("42501");
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("21");
    }

    @Test
    void figuresThatCannotBeAreRefusedAndStatusGoesOn() throws Exception {
        String self = "'00000000-0000-0000-0000-000000000001'";
        try (Session poller = poller()) {
            for (String statement : List.of(
                    "SELECT leat_poller.note_shards(" + self + ", 0, '{s}', '{x}', '{1}', '{1}', '{0}')",
                    "SELECT leat_poller.note_shards(" + self + ", 'NaN', '{s}', '{x}', '{1}', '{1}', '{0}')",
                    "SELECT leat_poller.note_shards(" + self + ", 5, '{s}', '{x}', '{-1}', '{1}', '{0}')",
                    "SELECT leat_poller.note_shards(" + self
                            + ", 5, ARRAY[repeat('s', 1000)], '{x}', '{1}', '{1}', '{0}')",
                    "SELECT leat_poller.heartbeat(NULL, 'h', 1, 'v')",
                    "SELECT leat_poller.heartbeat(" + self + ", NULL, 1, 'v')")) {
                assertThat(poller.refusal(statement).state()).as(statement).startsWith("23");
            }
            assertThat(poller.refusal("SELECT leat_poller.note_shards(" + self
                                    + ", 1, '{x}', '{x}', '{9223372036854775807}', '{1}', '{1}')")
                            .state())
                    .isEqualTo("23514");
            poller.run("SELECT leat_poller.heartbeat(" + self + ", E'h\\x1b[2J', 1, repeat('v', 1000))");
        }
        assertThat(leat("status").exitCode()).isZero();
        assertThat(leat("status", "--json").exitCode()).isZero();
        assertThat(leat("doctor", "--no-streams").err()).isEmpty();
    }

    /** It says of which table an event that it settles is; how many it settles is what the database finds. */
    @Test
    void nothingIsCountedButWhatIsSettled() throws Exception {
        try (Session poller = poller()) {
            run("INSERT INTO public.t VALUES (1, 'a')");
            String settle =
                    "SELECT leat_poller.settle(false, ARRAY[lane], '{1}', ARRAY[id], '{}', %s) FROM leat_poller.outbox";
            for (String figures : List.of(
                    "'{}', '{}', '{}', '{}'",
                    "'{s}', '{t}', '{c}', '{2}'",
                    "'{s,s}', '{t,t}', '{c,d}', '{1,1}'",
                    "'{s,s}', '{t,t}', '{c,c}', '{2147483647,2147483647}'")) {
                assertThat(poller.refusal(settle.formatted(figures)).state())
                        .as(figures)
                        .isEqualTo("21000");
            }
            for (String figures : List.of(
                    "'{s,s}', '{t,t}', '{c,d}', '{2,-1}'",
                    "'{s,s}', '{t,t}', '{c,d}', '{1,0}'",
                    "'{s}', '{t}', '{x}', '{1}'",
                    "'{s}', '{t}', '{NULL}', '{1}'",
                    "'{s}', '{NULL}', '{c}', '{1}'",
                    "'{NULL}', '{t}', '{c}', '{1}'",
                    "'{s}', '{t}', '{c}', '{NULL}'",
                    "'{}', '{t}', '{c}', '{1}'",
                    "ARRAY[repeat('s', 1000)], '{t}', '{c}', '{1}'",
                    "'{s}', ARRAY[repeat('t', 1000)], '{c}', '{1}'")) {
                assertThat(poller.refusal(settle.formatted(figures)).state())
                        .as(figures)
                        .isEqualTo("22023");
            }
            assertThat(poller.refusal(settle.formatted("'{s,s}', '{t,t}', '{c,d}', '{1}'"))
                            .state())
                    .isEqualTo("23502");
            for (String statement : List.of(
                    "DELETE FROM leat_poller.counter",
                    "INSERT INTO leat_internal.counter_delta (schema_name, table_name, op) VALUES ('s', 't', 'c')",
                    "UPDATE leat_internal.counter SET published = 0",
                    "TRUNCATE leat_internal.counter_delta")) {
                assertThat(poller.refusal(statement).state()).as(statement).isIn("42501", "55000");
            }
            assertThat(database.rows("SELECT * FROM leat_poller.counter")).isEmpty();
            poller.run(settle.formatted("'{another}', '{table}', '{d}', '{1}'"));
        }
        assertThat(database.rows("SELECT schema_name, table_name, op, published FROM leat_poller.counter"))
                .containsExactly(List.of("another", "table", "d", "1"));
        assertThat(leat("status").exitCode()).isZero();
    }

    @Test
    void noTableOfLeatsIsFilledByInventing() throws Exception {
        database.idsFromOne();
        try (Session poller = poller()) {
            assertThat(poller.refusal(
                                    "SELECT leat_poller.heartbeat(gen_random_uuid(), 'h', 1, 'v') FROM generate_series(1, 2000)")
                            .state())
                    .isEqualTo("54000");
            for (int i = 0; i < 5; i++) {
                poller.run("SELECT leat_poller.check_history((SELECT id + 900000000 FROM leat_poller.drawn()))");
            }
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.history")).isEqualTo("2");
    }

    @Test
    void thePollersOfAnotherRoleAreNotItsOwn() throws Exception {
        String other = "'00000000-0000-0000-0000-000000000007'";
        run("SELECT leat_poller.heartbeat(" + other + ", 'h', 1, 'v'), leat_poller.note_shards(" + other
                + ", 5, '{s}', '{x}', '{1}', '{1}', '{0}')");
        try (Session poller = poller()) {
            assertThat(poller.refusal("SELECT leat_poller.heartbeat(" + other + ", 'h', 1, 'v')")
                            .state())
                    .isEqualTo("42501");
            poller.run("SELECT leat_poller.note_shards(" + other + ", 6, '{s}', '{x}', '{9}', '{9}', '{9}'),"
                    + " leat_poller.deregister(" + other + ")");
        }
        assertThat(
                        database.rows(
                                "SELECT p.role, s.records FROM leat_internal.poller p JOIN leat_internal.shard_use s USING (poller)"))
                .containsExactly(List.of(TestServer.OWNER, "1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"public", "PUBLIC", "nobody at all", "current_user; DROP TABLE leat_internal.outbox"})
    void whatIsForPollersIsGivenToNobodyElse(String role) throws Exception {
        try (Session owner = new Session(database.owner().getConnection())) {
            for (String grant : List.of("leat.grant_poller", "leat.grant_publisher")) {
                assertThat(owner.refusal("SELECT " + grant + "('" + role + "')").state())
                        .isEqualTo(role.equals("public") ? "22023" : "42704");
            }
        }
        assertThat(database.rows("SELECT * FROM leat.foreign_rights()")).isEmpty();
    }
}
