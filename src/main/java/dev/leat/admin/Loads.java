package dev.leat.admin;

import dev.leat.jooq.Dsl;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.impl.DefaultExecuteListenerProvider;
import org.jspecify.annotations.Nullable;

/** Registers full loads, and pauses, resumes, cancels and restarts them. Pollers do them. */
public final class Loads {

    private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'";

    private final DSLContext database;

    public Loads(DataSource database) {
        this.database = Dsl.of(database);
    }

    /**
     * How a table is to be loaded. What is null or empty has the default of {@code leat.load}.
     *
     * @param filter an expression over the table's columns
     * @param chunk the largest number of rows in a transaction
     * @param onlyRows whether the table is not attached; the next four are for such tables
     * @param trust roles whose code may run with the rights of Leat's owner
     */
    public record LoadOptions(
            @Nullable String filter,
            @Nullable Integer chunk,
            boolean onlyRows,
            List<String> key,
            List<String> exclude,
            List<String> mask,
            @Nullable String stream,
            List<String> trust) {

        /** All rows of an attached table. */
        public static final LoadOptions WHOLE =
                new LoadOptions(null, null, false, List.of(), List.of(), List.of(), null, List.of());
    }

    /**
     * @param numbers the loads', as {@code leat status --json} has them
     * @param warnings what the database remarked, such as a key that no index follows
     */
    public record Registered(Set<Integer> numbers, List<String> warnings) {}

    /** What can be done with the last load of a table. */
    public enum Change {
        PAUSE("paused"),
        RESUME("resumed"),
        CANCEL("cancelled"),
        RESTART("restarted");

        private final String done;

        Change(String done) {
            this.done = done;
        }

        /** As the command line names it. */
        public String command() {
            return name().toLowerCase(Locale.ROOT);
        }

        public String done() {
            return done;
        }
    }

    /**
     * Registers a load of each table, or of none when one is refused.
     *
     * @param tables as SQL writes them
     * @throws org.jooq.exception.DataAccessException when the database declines, with what to do
     */
    public Registered load(List<String> tables, LoadOptions options) {
        List<String> warnings = new ArrayList<>();
        Set<Integer> numbers = new HashSet<>();
        database.transaction(transaction -> {
            transaction.dsl().execute(LOCK_TIMEOUT);
            for (String table : tables) {
                List<Object> values = new ArrayList<>();
                String call = call(table, options, values);
                numbers.add(transaction
                        .derive(new DefaultExecuteListenerProvider(new Attachments.Warnings(warnings)))
                        .dsl()
                        .fetchSingle(call, values.toArray())
                        .get(0, int.class));
            }
        });
        return new Registered(Set.copyOf(numbers), List.copyOf(warnings));
    }

    /**
     * @param table as SQL writes it
     * @throws org.jooq.exception.DataAccessException when the database declines, with what to do
     */
    public void change(String table, Change change) {
        database.transaction(transaction -> {
            transaction.dsl().execute(LOCK_TIMEOUT);
            transaction.dsl().fetch("SELECT leat." + change.command() + "_load(?::regclass)", table);
        });
    }

    private static String call(String table, LoadOptions options, List<Object> values) {
        StringJoiner arguments = new StringJoiner(", ", "SELECT leat.load(", ")");
        arguments.add("?::regclass");
        values.add(table);
        one(arguments, values, "filter => ?", options.filter());
        one(arguments, values, "chunk => ?", options.chunk());
        if (options.onlyRows()) {
            arguments.add("only_rows => true");
        }
        list(arguments, values, "key => ?::text[]", options.key());
        list(arguments, values, "exclude => ?::text[]", options.exclude());
        list(arguments, values, "mask => ?::text[]", options.mask());
        one(arguments, values, "stream => ?", options.stream());
        list(arguments, values, "trust => ?::name[]", options.trust());
        return arguments.toString();
    }

    private static void one(StringJoiner arguments, List<Object> values, String argument, @Nullable Object value) {
        if (value != null) {
            arguments.add(argument);
            values.add(value);
        }
    }

    private static void list(StringJoiner arguments, List<Object> values, String argument, List<String> names) {
        if (!names.isEmpty()) {
            arguments.add(argument);
            values.add(names.toArray(String[]::new));
        }
    }
}
