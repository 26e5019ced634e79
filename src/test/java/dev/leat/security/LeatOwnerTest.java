package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.app.CliRun;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The attacker owns Leat's objects and has no attributes. The attacker wants those of a superuser. */
@Tag("postgres")
class LeatOwnerTest extends Attack {

    /** Of what belongs to Leat's owner, a superuser's DDL and DML on tables of others runs nothing. */
    @Test
    void nothingOfItsOwnRunsInASuperusersStatements() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");
        assertThat(database.rows("SELECT evtname FROM pg_event_trigger")).isEmpty();
        // Each function of its own is a trap now.
        for (List<?> row : database.rows("SELECT p.oid::regprocedure, p.prorettype::regtype, p.proretset FROM pg_proc p"
                + " WHERE p.pronamespace::regnamespace::text LIKE 'leat%' AND p.prorettype = 'trigger'::regtype")) {
            run("CREATE OR REPLACE FUNCTION " + row.get(0) + " RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    + note("trigger") + " RETURN NULL; END $$");
        }
        database.superuser("CREATE TABLE public.other (id int PRIMARY KEY); ALTER TABLE public.other ADD v int;"
                + " INSERT INTO public.other VALUES (1, 2); ALTER TABLE public.t ADD v int; CREATE SCHEMA elsewhere;"
                + " ALTER SCHEMA elsewhere RENAME TO there; DROP TABLE public.other; DROP SCHEMA there");
        assertNobodyGotRightsOf("postgres");
    }

    @Test
    void doctorWarnsASuperuserWhoWorksWithWhatAnotherOwns() {
        CliRun postgres = new CliRun();
        postgres.environment.put("LEAT_DATABASE_URL", database.server().superuserUrl(database.name()));
        assertThat(postgres.leat("doctor", "--no-streams").out())
                .contains("WARN  owner")
                .contains("whoever is that role can have code of theirs run as superuser");
    }

    @Test
    void doctorWarnsOfASuperuserAsOwner() {
        try (TestDatabase fresh = TestServer.shared().emptyDatabase()) {
            CliRun postgres = new CliRun();
            postgres.environment.put("LEAT_DATABASE_URL", fresh.server().superuserUrl(fresh.name()));
            assertThat(postgres.leat("migrate").exitCode()).isZero();
            assertThat(postgres.leat("doctor", "--no-streams").out())
                    .contains("WARN  owner")
                    .contains("a superuser");
        }
    }

    /** Leat's functions are given to the owner of its tables, not to whoever owns a schema by now. */
    @Test
    void nothingIsHandedToWhoHasTakenASchema() throws Exception {
        String mallory = database.role("mallory");
        run("CREATE TABLE public.t (id int PRIMARY KEY)");
        database.superuser("ALTER SCHEMA leat_internal OWNER TO " + mallory);
        try (Session superuser = new Session(database.server().superuser(database.name()))) {
            Session.Refusal refusal = superuser.refusal("SELECT leat.attach('public.t')");
            assertThat(refusal.message()).contains("leat_internal belongs to mallory");
            assertThat(refusal.hint()).contains("OWNER TO " + TestServer.OWNER);
        }
        CliRun postgres = new CliRun();
        postgres.environment.put("LEAT_DATABASE_URL", database.server().superuserUrl(database.name()));
        assertThat(postgres.leat("doctor", "--no-streams").out())
                .contains("FAIL  schema")
                .contains("the schema leat_internal belongs to role mallory");
    }
}
