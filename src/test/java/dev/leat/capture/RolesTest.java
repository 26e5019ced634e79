package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Four roles: the owner, a poller, a writer with rights on the application's table alone, and a stranger. */
@Tag("postgres")
class RolesTest extends CaptureFixture {

    @Test
    void aWriterNeedsNoRightOnLeatAndHasNone() throws Exception {
        prepare();
        try (Session writer = as("leat_writer")) {
            writer.run(
                    "INSERT INTO public.t VALUES (1, 'a'); UPDATE public.t SET v = 'b'; DELETE FROM public.t; TRUNCATE public.t");

            for (String statement : List.of(
                    "SELECT * FROM leat.outbox",
                    "INSERT INTO leat.outbox (lane) VALUES (1)",
                    "SELECT * FROM leat.attached",
                    "SELECT leat.publish('k', 'T', NULL)",
                    "SELECT leat.attach('public.t')",
                    "SELECT leat.refresh()",
                    "CREATE TABLE leat.x ()",
                    "SELECT nextval('leat.outbox_id_seq')")) {
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
                    "SELECT * FROM leat.outbox",
                    "SELECT * FROM leat.quarantine",
                    "SELECT leat.schema_version()",
                    "SELECT leat.capture_truncate(1, 1, false, '', false, NULL)",
                    "SELECT leat.retry(1)",
                    "SELECT leat.move_past_gap(force => true)",
                    "SELECT leat.renumber('{3}', 10)",
                    "SELECT leat.mark(1, 1)",
                    "SELECT leat.grant_poller('leat_stranger')")) {
                assertThat(stranger.refusal(statement).state()).as(statement).isEqualTo("42501");
            }
        }
    }

    @Test
    void noFunctionIsOpenToThePublic() throws Exception {
        prepare();
        assertThat(database.rows(
                        "SELECT p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))"
                                + " AS a WHERE p.pronamespace = 'leat'::regnamespace AND a.grantee = 0"))
                .isEmpty();
        assertThat(
                        database.rows(
                                "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'leat'::regnamespace"
                                        + " AND NOT coalesce(array_to_string(p.proconfig, ' '), '') LIKE 'search_path=pg_catalog, pg_temp%'"))
                .isEmpty();
    }

    @Test
    void aPollerMayClaimAndSettleAndNothingElse() throws Exception {
        prepare();
        run("INSERT INTO public.t VALUES (1, 'a')");
        try (Session poller = as("leat_poller")) {
            poller.run(
                    "BEGIN; SELECT lane FROM leat.lane FOR UPDATE SKIP LOCKED; UPDATE leat.lane SET low = 0 WHERE lane = 3");
            poller.run("INSERT INTO leat.quarantine SELECT o.*, 'quarantined', 'r' FROM leat.outbox o");
            poller.run("INSERT INTO leat.sent SELECT o.* FROM leat.outbox o; DELETE FROM leat.outbox");
            poller.run("UPDATE leat.quarantine SET reason = 'x'; DELETE FROM leat.quarantine; COMMIT");
            poller.run("INSERT INTO leat.poller (poller, host, pid, version) VALUES (gen_random_uuid(), 'h', 1, 'v');"
                    + " UPDATE leat.poller SET seen_at = now(); DELETE FROM leat.poller");
            poller.run("INSERT INTO leat.tally VALUES (NULL, 's', 't', 'c', 1); UPDATE leat.tally SET settled = 2;"
                    + " DELETE FROM leat.tally");
            assertThat(poller.value("SELECT last_value FROM leat.outbox_id_seq"))
                    .isEqualTo("1");
            assertThat(poller.value("SELECT count(*) FROM leat.attached, leat.attachment"))
                    .isEqualTo("1");
            assertThat(poller.value("SELECT leat.schema_version()")).isEqualTo("1");
            poller.run("SELECT leat.refresh(), leat.rotate_sent('7 days')");
            poller.run("SELECT leat.mark(1, 1); SELECT leat.renumber('{3}', 10)");
            assertThat(poller.value("SELECT leat.move_past_gap()")).isEqualTo("f");
            assertThat(poller.value("SELECT count(*) FROM leat.history")).isEqualTo("1");
            assertThat(poller.refusal("SELECT leat.retry(1)").state()).isEqualTo("P0002");
            assertThat(poller.refusal("SELECT leat.discard(1)").state()).isEqualTo("P0002");

            for (String statement : List.of(
                    "INSERT INTO leat.outbox (lane) VALUES (1)",
                    "UPDATE leat.outbox SET lane = 1",
                    "TRUNCATE leat.outbox",
                    "DELETE FROM leat.lane",
                    "INSERT INTO leat.lane VALUES (64)",
                    "SELECT * FROM leat.sent",
                    "DELETE FROM leat.sent",
                    "DELETE FROM leat.attachment",
                    "UPDATE leat.history SET mark = 0",
                    "DELETE FROM leat.history",
                    "SELECT leat.publish('k', 'T', NULL)",
                    "SELECT leat.attach('public.t')",
                    "SELECT leat.detach('public.t')",
                    "SELECT nextval('leat.outbox_id_seq')",
                    "SELECT setval('leat.outbox_id_seq', 1)",
                    "SELECT * FROM public.t",
                    "CREATE TABLE leat.x ()")) {
                assertThat(poller.refusal(statement).state()).as(statement).isEqualTo("42501");
            }
        }
    }

    @Test
    void aPublisherMayPublishAndNothingElse() throws Exception {
        prepare();
        try (Session publisher = as("leat_publisher")) {
            publisher.value("SELECT leat.publish('k', 'T', '{}')");
            assertThat(publisher.refusal("SELECT * FROM leat.outbox").state()).isEqualTo("42501");
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
                                    + " leat.capture_1()")
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
            assertThat(owner.refusal("SELECT leat.grant_publisher('x; DROP TABLE leat.outbox')")
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
