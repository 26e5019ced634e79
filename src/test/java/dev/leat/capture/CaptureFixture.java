package dev.leat.capture;

import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AutoClose;

/** A database with Leat, and the events that the triggers wrote into its outbox. */
abstract class CaptureFixture {

    @AutoClose
    final TestDatabase database = TestServer.shared().database();

    /** Runs statements as the owner, in a transaction of their own. */
    void run(String sql) {
        database.run(sql);
    }

    /** A connection of the owner. */
    Session session() throws SQLException {
        return new Session(database.owner().getConnection());
    }

    /** A connection of a role, which is created if need be. */
    Session as(String role) throws SQLException {
        return new Session(database.as(database.role(role)).getConnection());
    }

    /** What is in the outbox, by id. */
    List<Captured> captured() {
        return database.rows("SELECT " + Captured.COLUMNS + " FROM leat_internal.outbox ORDER BY id").stream()
                .map(Captured::of)
                .toList();
    }

    /** What is in the outbox, by id, each event in one line. */
    List<String> changes() {
        return captured().stream().map(Captured::change).toList();
    }

    /** The last event. */
    Captured last() {
        List<Captured> all = captured();
        return all.get(all.size() - 1);
    }

    /** Empties the outbox. */
    void forget() {
        run("DELETE FROM leat_internal.outbox");
    }

    /** From here on leat.refresh runs at the end of each DDL command, as if a poller were that quick. */
    void refreshAfterDdl() {
        database.superuser("""
                CREATE FUNCTION public.refresh_after_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF current_query() NOT LIKE '%leat.%' THEN
                        PERFORM leat.refresh();
                    END IF;
                END $$;
                CREATE EVENT TRIGGER refresh_after_ddl ON ddl_command_end
                    WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'ALTER SCHEMA', 'CREATE TRIGGER')
                    EXECUTE FUNCTION public.refresh_after_ddl()""");
    }
}
