package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Four roles: the owner, a poller, a writer that has rights only on the application's table, and a stranger. */
@Tag("postgres")
class RolesTest extends CaptureFixture {

    @Test
    void aWriterNeedsNoRightOnLeatAndHasNone() throws Exception {
        prepare();
        try (Session writer = as("leat_writer")) {
            writer.run(
                    "INSERT INTO public.t VALUES (1, 'a'); UPDATE public.t SET v = 'b'; DELETE FROM public.t; TRUNCATE public.t");

            for (String statement : List.of(
                    "SELECT * FROM leat_internal.outbox",
                    "INSERT INTO leat_internal.outbox (lane) VALUES (1)",
                    "SELECT * FROM leat.attached()",
                    "SELECT leat.publish('k', 'T', NULL)",
                    "SELECT leat.attach('public.t')",
                    "SELECT leat.refresh()",
                    "CREATE TABLE leat.x ()",
                    "SELECT nextval('leat_internal.outbox_id_seq')")) {
                assertThat(writer.refusal(statement).state()).as(statement).isEqualTo("42501");
            }
        }
        assertThat(captured()).hasSize(67);
    }

    @Test
    void aStrangerIsRefusedEverything() throws Exception {
        prepare();
        try (Session stranger = as("leat_stranger")) {
            for (String statement : List.of(
                    "SELECT * FROM leat_internal.outbox",
                    "SELECT * FROM leat_internal.quarantine",
                    "SELECT leat.schema_version()",
                    "SELECT leat_internal.capture_truncate(1, 1, false, '', false, NULL, NULL)",
                    "SELECT leat.retry(1)",
                    "SELECT leat.move_past_gap(force => true)",
                    "SELECT leat_poller.renumber('{3}', 10)",
                    "SELECT leat_poller.note_drawn(1, 1)",
                    "SELECT leat.grant_poller('leat_stranger')")) {
                assertThat(stranger.refusal(statement).state()).as(statement).isEqualTo("42501");
            }
        }
    }

    /** Capture functions are: PostgreSQL asks that of whoever creates a partition. They do nothing for other tables. */
    @Test
    void noFunctionButCaptureFunctionsIsOpenToThePublic() throws Exception {
        prepare();
        assertThat(database.value("SELECT string_agg(DISTINCT p.proname, ' ') FROM pg_proc p,"
                        + " aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a, pg_namespace n"
                        + " WHERE p.pronamespace = n.oid AND n.nspname LIKE 'leat%' AND a.grantee = 0"))
                .isEqualTo("capture_1");
        // One runs the application's own triggers, with the rights and the search_path of the writer.
        assertThat(
                        database.rows(
                                "SELECT p.proname, p.prosecdef FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
                                        + " WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal')"
                                        + " AND NOT coalesce(array_to_string(p.proconfig, ' '), '') LIKE 'search_path=pg_catalog, pg_temp%'"))
                .containsExactly(List.of("remove_routed", "f"));
    }

    @Test
    void aPollerMayClaimAndSettleAndNothingElse() throws Exception {
        database.idsFromOne();
        prepare();
        run("INSERT INTO public.t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
        try (Session poller = as("leat_poller")) {
            String lanes = "(SELECT array_agg(lane ORDER BY id) FROM leat_poller.outbox WHERE id IN (1, 2))";
            poller.run("BEGIN; SELECT lanes, lows FROM leat_poller.lock_lanes(0, 0, 64, '{}')");
            assertThat(poller.value("SELECT leat_poller.settle(true, " + lanes
                            + ", '{1,1}', '{1,2}', '{}', '{public}', '{t}', '{c}', '{2}')"))
                    .isEqualTo("2");
            assertThat(
                            poller.value(
                                    "SELECT leat_poller.set_aside(ARRAY[lane], ARRAY[id], '{quarantined}', '{why}', '{f}') FROM leat_poller.outbox"))
                    .isEqualTo("1");
            poller.run("SELECT leat_poller.note_lows('{3}', '{1}'); COMMIT");
            String self = "'00000000-0000-0000-0000-000000000001'";
            assertThat(poller.value("SELECT others FROM leat_poller.heartbeat(" + self + ", 'h', 1, 'v')"))
                    .isEqualTo("0");
            assertThat(poller.value("SELECT leat_poller.sum_counters()")).isEqualTo("2");
            assertThat(poller.value("SELECT concat(published, quarantined) FROM leat_poller.counter"))
                    .isEqualTo("21");
            poller.run("SELECT leat_poller.note_shards(" + self + ", 5, '{s}', '{x}', '{1}', '{1}', '{0}'),"
                    + " leat_poller.deregister(" + self + ")");
            assertThat(poller.value("SELECT id FROM leat_poller.drawn()")).isEqualTo("3");
            assertThat(poller.value("SELECT count(*) FROM leat.attached(), leat_poller.attachment"))
                    .isEqualTo("1");
            assertThat(poller.value("SELECT leat.schema_version()")).isEqualTo("1");
            poller.run("SELECT leat.refresh(), leat_poller.rotate_sent('7 days')");
            poller.run("SELECT leat_poller.note_drawn(1, 1); SELECT leat_poller.renumber('{3}', 10)");
            assertThat(poller.value("SELECT leat_poller.check_history(0)")).isEqualTo("f");
            assertThat(poller.value("SELECT count(*) FROM leat_poller.history")).isEqualTo("1");
            assertThat(poller.refusal("SELECT leat.retry(1)").state()).isEqualTo("P0002");
            assertThat(poller.refusal("SELECT leat.discard(1)").state()).isEqualTo("P0002");

            for (String statement : List.of(
                    "SELECT * FROM leat_internal.outbox",
                    "INSERT INTO leat_poller.outbox (lane) VALUES (1)",
                    "UPDATE leat_poller.outbox SET lane = 1",
                    "DELETE FROM leat_poller.outbox",
                    "DELETE FROM leat_poller.lane",
                    "SELECT FROM leat_poller.lane FOR UPDATE",
                    "INSERT INTO leat_poller.quarantine (id) VALUES (1)",
                    "UPDATE leat_poller.history SET mark = 0",
                    "SELECT leat.move_past_gap(force => true)",
                    "SELECT leat.publish('k', 'T', NULL)",
                    "SELECT leat.attach('public.t')",
                    "SELECT leat.detach('public.t')",
                    "SELECT leat.allow_stream('x')",
                    "SELECT leat.grant_poller('leat_stranger')",
                    "SELECT nextval('leat_internal.outbox_id_seq')",
                    "SELECT setval('leat_internal.outbox_id_seq', 1)",
                    "SELECT * FROM public.t",
                    "CREATE TABLE leat.x ()",
                    "CREATE TABLE leat_poller.x ()",
                    "CREATE TABLE leat_internal.x ()")) {
                assertThat(poller.refusal(statement).state()).as(statement).isEqualTo("42501");
            }
        }
    }

    @Test
    void aPublisherMayPublishAndNothingElse() throws Exception {
        prepare();
        try (Session publisher = as("leat_publisher")) {
            publisher.value("SELECT leat.publish('k', 'T', '{}')");
            assertThat(publisher.refusal("SELECT * FROM leat_internal.outbox").state())
                    .isEqualTo("42501");
            assertThat(publisher.refusal("SELECT leat.refresh()").state()).isEqualTo("42501");
        }
        assertThat(captured()).hasSize(1);
    }

    @Test
    void aCaptureFunctionIsNoUseToAnotherTable() throws Exception {
        prepare();
        database.superuser("GRANT CREATE ON SCHEMA public TO leat_writer");
        try (Session writer = as("leat_writer")) {
            writer.run("CREATE TABLE public.mine (id int PRIMARY KEY, v text)");
            assertThat(writer.refusal("CREATE TRIGGER x AFTER INSERT ON public.mine FOR EACH ROW EXECUTE FUNCTION"
                                    + " leat_internal.capture_1()")
                            .state())
                    .isEqualTo("42501");
        }
    }

    @Test
    void temporaryObjectsAndOperatorsOfAWriterAreNotUsed() throws Exception {
        prepare();
        database.superuser("GRANT CREATE ON SCHEMA public TO leat_writer; GRANT TEMPORARY ON DATABASE "
                + database.name() + " TO leat_writer");
        try (Session writer = as("leat_writer")) {
            writer.run("CREATE TEMP TABLE outbox (id int); CREATE TEMP TABLE pg_class (oid oid);"
                    + " CREATE TEMP TABLE pg_attribute (attname text)");
            writer.run("CREATE FUNCTION public.never(text, text) RETURNS text LANGUAGE plpgsql AS"
                    + " $$ BEGIN RAISE EXCEPTION 'shadowed as %', current_user; END $$;"
                    + " CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = public.never);"
                    + " CREATE FUNCTION public.row_to_json(record) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RETURN 'null'; END $$;"
                    + " SET search_path = public, pg_temp, pg_catalog");
            writer.run("INSERT INTO public.t VALUES (1, 'a')");
            run("ALTER TABLE public.t RENAME v TO w; ALTER TABLE public.t RENAME id TO nr");
            writer.run("INSERT INTO public.t VALUES (2, 'a')");
            writer.run("DELETE FROM public.t");
        }
        assertThat(captured().stream().map(Captured::partitionKey))
                .containsExactly("public.t.1", "public.t.2", "public.t.1", "public.t.2");
        assertThat(captured()).allMatch(event -> event.fault() == null);
    }

    @Test
    void whatASuperuserAttachesRunsWithTheRightsOfTheSchemasOwner() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY)");
        database.superuser("SELECT leat.attach('public.t')");

        assertThat(database.value("SELECT proowner::regrole FROM pg_proc WHERE proname ~ '^capture_[0-9]'"))
                .isEqualTo("leat_owner");
        run("ALTER TABLE public.t RENAME id TO nr; SELECT leat.refresh(); INSERT INTO public.t VALUES (1)");
        assertThat(last().key()).isEqualTo("{\"nr\":1}");
    }

    @Test
    void grantsToARoleThatIsNotThereAreRefused() throws Exception {
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.grant_poller('nobody at all')")
                            .state())
                    .isEqualTo("42704");
            assertThat(owner.refusal("SELECT leat.grant_publisher('x; DROP TABLE leat_internal.outbox')")
                            .state())
                    .isEqualTo("42704");
        }
    }

    private void prepare() {
        for (String role : List.of("leat_writer", "leat_poller", "leat_publisher", "leat_stranger")) {
            database.role(role);
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text); SELECT leat.attach('public.t');"
                + " GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON public.t TO leat_writer;"
                + " SELECT leat.grant_poller('leat_poller'), leat.grant_publisher('leat_publisher')");
    }
}
