package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.schema.Migrations;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestServer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The attacker may only connect, and wants Leat to stop, or to get a right by accident. */
@Tag("postgres")
class StrangerTest extends Attack {

    @Test
    void noAdvisoryLockStopsLeat() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " ALTER TABLE public.t ADD v int; SELECT leat.grant_poller('" + database.role("leat_poller") + "')");
        try (Session stranger = as("leat_stranger");
                Session poller = as("leat_poller")) {
            stranger.run("SELECT pg_advisory_lock(1818583412, n) FROM generate_series(0, 100) n;"
                    + " SELECT pg_advisory_lock(n) FROM generate_series(0, 100) n");
            assertThat(poller.value("SELECT leat.refresh()")).isEqualTo("1");
            assertThat(poller.value("SELECT leat_poller.rotate_sent('1 day')")).isNotEqualTo("0");
            run("SET lock_timeout = '2s'; SELECT leat.attach('public.t', exclude => '{v}')");
        }
    }

    @Test
    void whoeverKeepsAttachWaitingIsNamedAndNotWaitedForForEver() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY); CREATE TABLE public.u (id int PRIMARY KEY)");
        try (Session one = new Session(database.owner().getConnection());
                Session two = new Session(database.owner().getConnection())) {
            one.run("BEGIN; SELECT leat.attach('public.t')");
            String pid = one.value("SELECT pg_backend_pid()");
            two.run("SET lock_timeout = '200ms'");
            Session.Refusal refusal = two.refusal("SELECT leat.attach('public.u')");
            assertThat(refusal.state()).isEqualTo("55P03");
            assertThat(refusal.message()).contains("session " + pid).contains(TestServer.OWNER);
            assertThat(two.value("SHOW lock_timeout")).isEqualTo("200ms");
        }
    }

    @Test
    void defaultPrivilegesOfTheOwnerGiveNobodyAnythingOfLeats() throws Exception {
        String stranger = database.role("leat_stranger");
        try (var fresh = TestServer.shared().emptyDatabase()) {
            fresh.run("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO " + stranger + ", PUBLIC;"
                    + " ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO " + stranger + ", PUBLIC;"
                    + " ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO " + stranger + ";"
                    + " ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO " + stranger + ", PUBLIC");
            // The right to create in them is looked for before anything is run.
            fresh.run("CREATE SCHEMA leat; CREATE SCHEMA leat_poller; CREATE SCHEMA leat_internal;"
                    + " REVOKE CREATE ON SCHEMA leat, leat_poller, leat_internal FROM " + stranger + ", PUBLIC");
            Migrations.migrate(fresh.owner());
            assertThat(fresh.rows("SELECT * FROM leat.foreign_rights()")).isEmpty();

            fresh.run("SELECT leat_poller.rotate_sent('1 day')");
            assertThat(fresh.rows("SELECT * FROM leat.foreign_rights()")).isEmpty();
        }
    }

    @Test
    void aRightThatLeatDidNotGiveIsSeen() {
        String stranger = database.role("leat_stranger");
        for (String grant : List.of(
                "TRIGGER ON leat_internal.outbox",
                "USAGE ON SCHEMA leat_internal",
                "SELECT (lane) ON leat_internal.lane",
                "EXECUTE ON FUNCTION leat.publish(text, text, json, text, text)",
                "USAGE ON SEQUENCE leat_internal.outbox_id_seq")) {
            run("GRANT " + grant + " TO " + stranger);
            assertThat(leat("doctor", "--no-streams").out())
                    .contains("FAIL  grants")
                    .contains("leat_stranger has " + grant.split(" ", 2)[0]);
            run("REVOKE " + grant + " FROM " + stranger);
        }
        run("SELECT leat.grant_publisher('" + stranger + "'), leat.grant_poller('" + stranger + "')");
        assertThat(database.rows("SELECT * FROM leat.foreign_rights()")).isEmpty();
        run("SELECT leat.revoke('" + stranger + "')");
        assertThat(database.value("SELECT count(*) FROM leat_internal.rights_of_others()"))
                .isEqualTo("0");
    }
}
