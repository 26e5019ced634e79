package dev.leat.schema;

import dev.leat.pipeline.SchemaVersions;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;

/**
 * Ends a migration that would put the scripts of this Leat over those of a later one. It looks within the migration's own transaction and under
 * its lock: a later Leat may have migrated since this one has looked for the first time.
 */
final class NoLaterSchema implements Callback {

    @Override
    public boolean supports(Event event, Context context) {
        return event == Event.BEFORE_EACH_MIGRATE;
    }

    @Override
    public boolean canHandleInTransaction(Event event, Context context) {
        return true;
    }

    @Override
    public void handle(Event event, Context context) {
        try (Statement statement = context.getConnection().createStatement()) {
            try (ResultSet present = statement.executeQuery(Migrations.PRESENT)) {
                if (!present.next()) {
                    return;
                }
            }
            try (ResultSet versions = statement.executeQuery(Migrations.VERSIONS)) {
                versions.next();
                if (versions.getInt(1) > SchemaVersions.MADE) {
                    throw new FlywayException("a later Leat has made the schema meanwhile, version "
                            + versions.getInt(1) + ": none of its functions is replaced by an earlier one's");
                }
            }
        } catch (SQLException e) {
            throw new FlywayException("the version of Leat's schema could not be read", e);
        }
    }

    @Override
    public String getCallbackName() {
        return "no later schema";
    }
}
