package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.app.CliRun;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;

/** A database with Leat that others use too, and a table in which an attacker's code records the rights that it got. */
abstract class Attack {

    @AutoClose
    final TestDatabase database = TestServer.shared().database();

    @BeforeEach
    void prepare() {
        database.superuser("CREATE TABLE public.got (rights text, how text); GRANT ALL ON public.got TO PUBLIC");
    }

    /** Runs statements as Leat's owner. */
    void run(String sql) {
        database.run(sql);
    }

    /** A connection of a role without attributes, which is created if need be. */
    Session as(String role) throws SQLException {
        return new Session(database.as(database.role(role)).getConnection());
    }

    /** A schema of that role's, with what Leat's owner needs to attach its tables: membership in the role. */
    Session tenant(String role) throws SQLException {
        database.role(role);
        database.superuser("CREATE SCHEMA " + role + " AUTHORIZATION " + role + "; GRANT " + role + " TO "
                + TestServer.OWNER + "; GRANT USAGE ON SCHEMA " + role + " TO PUBLIC");
        return as(role);
    }

    /** Code in SQL that notes whose rights it has. */
    static String note(String how) {
        return "INSERT INTO public.got VALUES (current_user, '" + how + "');";
    }

    void assertNobodyGotRightsOf(String victim) {
        assertThat(database.rows("SELECT * FROM public.got WHERE rights = '" + victim + "'"))
                .isEmpty();
    }

    /** What is in the outbox, by id: the operation, the partition key, the new image and the fault. */
    List<String> events() {
        return database
                .rows("SELECT concat_ws(' ', op, partition_key, after, fault) FROM leat_internal.outbox ORDER BY id")
                .stream()
                .map(row -> String.valueOf(row.get(0)))
                .toList();
    }

    CliRun.Result leat(String... arguments) {
        return CliRun.on(database).leat(arguments);
    }
}
