package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every function of Leat gives the same result with every setting of the session. The settings are all that the server has, each with
 * values far from its default. The functions are those of the catalog; outcome.sql calls them.
 */
@Tag("postgres")
class EverySettingTest extends CaptureFixture {

    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffffff);

    /** Settings in one session: few enough for it to be found which of them made the difference. */
    private static final int AT_ONCE = 20;

    /**
     * Memory that the machine has: PostgreSQL allocates what plans for a million times the rows may take, if all of it is allowed. And
     * generations that end: with geqo_threshold at 2 the planner would try two thousand million for a join of two tables.
     */
    private static final Map<String, String> MOST = Map.of(
            "work_mem", "65536", "hash_mem_multiplier", "16", "geqo_generations", "500", "geqo_pool_size", "500");

    /** What is set is what is asked for, or cannot be set here. */
    private static final Set<String> LEFT_OUT = Set.of(
            // An event says which application has written it.
            "application_name",
            // The driver accepts UTF8 alone.
            "client_encoding",
            // These are of the transaction, and refused once it has begun; a retry asks for READ COMMITTED and says so.
            "transaction_deferrable",
            "transaction_isolation",
            "transaction_read_only",
            // For developers: ends the session at an error, also at one that is caught.
            "exit_on_error",
            // Whoever can set it takes PL/pgSQL itself away.
            "dynamic_library_path",
            // The least is not enough for a function that calls a function.
            "max_stack_depth",
            // Names tables that must not be read.
            "restrict_nonsystem_relation_kind");

    /** Values of settings that are texts. */
    private static final Map<String, List<String>> TEXTS = Map.ofEntries(
            Map.entry("DateStyle", List.of("German, DMY", "SQL, MDY", "Postgres, DMY")),
            Map.entry("TimeZone", List.of("Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati")),
            Map.entry("backtrace_functions", List.of("")),
            Map.entry("createrole_self_grant", List.of("set, inherit")),
            Map.entry("default_table_access_method", List.of("heap_too")),
            Map.entry("default_tablespace", List.of("pg_global")),
            Map.entry("default_text_search_config", List.of("pg_catalog.german")),
            Map.entry("extension_control_path", List.of("/nowhere")),
            Map.entry("lc_messages", List.of("C")),
            Map.entry("lc_monetary", List.of("C")),
            Map.entry("lc_numeric", List.of("C")),
            Map.entry("lc_time", List.of("C")),
            Map.entry("output_plugin_libraries", List.of("")),
            Map.entry("plpgsql.extra_errors", List.of("all")),
            Map.entry("plpgsql.extra_warnings", List.of("all")),
            Map.entry("search_path", List.of("nowhere", "", "public, pg_catalog")),
            Map.entry("session_preload_libraries", List.of("")),
            Map.entry("local_preload_libraries", List.of("")),
            Map.entry("temp_tablespaces", List.of("")),
            Map.entry("timezone_abbreviations", List.of("India", "Australia")),
            Map.entry("wal_consistency_checking", List.of("all")));

    private record Value(String setting, String value) {
        @Override
        public String toString() {
            return setting + " = '" + value + "'";
        }
    }

    @BeforeEach
    void scene() throws IOException {
        database.role("leat_set_poller");
        database.role("leat_set_publisher");
        database.superuser("CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;");
        try (InputStream script = Objects.requireNonNull(getClass().getResourceAsStream("outcome.sql"))) {
            run(new String(script.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void theOutcomeCallsEveryFunction() throws SQLException {
        try (Connection session = superuser();
                Statement statement = session.createStatement()) {
            statement.execute("SET track_functions = 'all'");
            session.setAutoCommit(false);
            outcome(session, List.of());
            Set<String> called = new TreeSet<>();
            try (ResultSet rows =
                    statement.executeQuery("SELECT schemaname || '.' || funcname FROM pg_stat_xact_user_functions")) {
                while (rows.next()) {
                    called.add(rows.getString(1));
                }
            }
            session.rollback();
            Set<String> all = database
                    .rows(
                            "SELECT DISTINCT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
                                    + " WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal')")
                    .stream()
                    .map(row -> String.valueOf(row.get(0)))
                    .collect(Collectors.toCollection(TreeSet::new));
            all.removeAll(called);
            // They only say, by an error, who is in the way.
            all.removeAll(Set.of(
                    "leat_internal.raise_busy", "leat_internal.raise_own_busy", "leat_internal.raise_function_busy"));
            // Only for a row of a gigabyte, and in a database of another encoding.
            all.removeAll(Set.of("leat_internal.load_faulty", "leat_internal.load_fault"));
            assertThat(all).as("functions that outcome.sql does not call").isEmpty();
        }
    }

    @Test
    void everySettingGivesTheSameOutcome() throws SQLException {
        System.out.println("EverySettingTest: -Dleat.test.seed=" + SEED);
        String plain = outcome(List.of());
        List<String> different = new ArrayList<>();
        for (List<Value> values : Extent.some(1, sessions(values()))) {
            String together = outcome(values);
            if (!plain.equals(together)) {
                List<String> alone = values.stream()
                        .map(value -> difference(value.toString(), plain, outcome(List.of(value))))
                        .filter(line -> !line.isEmpty())
                        .toList();
                different.addAll(alone);
                // One that cannot be set at all keeps the others from being tried together; alone they were.
                String difference = difference("together, " + values, plain, together);
                if (alone.isEmpty() && !difference.isEmpty()) {
                    different.add(difference);
                }
            }
        }
        assertThat(different).as("seed %d", SEED).isEmpty();
    }

    /** Where a text is first another. */
    private static String difference(String what, String plain, String other) {
        if (plain.equals(other) || other.startsWith("not set")) {
            return "";
        }
        List<String> was = plain.lines().toList();
        List<String> is = other.lines().toList();
        for (int i = 0; i < Math.min(was.size(), is.size()); i++) {
            if (!was.get(i).equals(is.get(i))) {
                return what + ": line " + i + " is " + is.get(i) + " and not " + was.get(i);
            }
        }
        return what + ": " + is.size() + " lines and not " + was.size();
    }

    private List<Value> values() throws SQLException {
        List<Value> values = new ArrayList<>();
        try (Connection session = superuser();
                Statement statement = session.createStatement()) {
            // So that the server knows the settings of the language.
            statement.execute("DO LANGUAGE plpgsql $$ BEGIN END $$");
            for (List<String> row : TestDatabase.rows(session, """
                    SELECT name, vartype, setting, array_to_string(enumvals, ','), min_val, max_val FROM pg_settings
                     WHERE context IN ('user', 'superuser') AND category NOT LIKE 'Reporting and Logging%'""")) {
                String name = row.get(0);
                if (!LEFT_OUT.contains(name)) {
                    of(row).filter(value -> !value.equals(row.get(2)))
                            .forEach(value -> values.add(new Value(name, value)));
                }
            }
        }
        return values;
    }

    private static Stream<String> of(List<String> setting) {
        return switch (setting.get(1)) {
            case "bool" -> Stream.of("on", "off");
            case "enum" -> Stream.of(setting.get(3).split(","));
            case "string" ->
                Objects.requireNonNull(TEXTS.get(setting.get(0)), () -> "no values are known for " + setting.get(0))
                        .stream();
            // Costs beyond any number leave the server's own planner without a plan, once two of them come together.
            default ->
                Stream.of(
                        setting.get(4),
                        MOST.getOrDefault(
                                setting.get(0), "1.79769e+308".equals(setting.get(5)) ? "1e100" : setting.get(5)));
        };
    }

    /** Each value once, and no setting twice in a session. */
    private static List<List<Value>> sessions(List<Value> values) {
        Collections.shuffle(values, new Random(SEED));
        List<List<Value>> sessions = new ArrayList<>();
        for (Value value : values) {
            List<Value> session = sessions.stream()
                    .filter(one -> one.size() < AT_ONCE
                            && one.stream().noneMatch(other -> other.setting.equals(value.setting)))
                    .findFirst()
                    .orElse(null);
            if (session == null) {
                session = new ArrayList<>();
                sessions.add(session);
            }
            session.add(value);
        }
        return sessions;
    }

    /** In a session of its own: PL/pgSQL keeps what it has read. */
    private String outcome(List<Value> values) {
        try (Connection session = superuser()) {
            session.setAutoCommit(false);
            return outcome(session, values);
        } catch (SQLException e) {
            return (String.valueOf(e.getMessage()).contains("set_config(settings") ? "not set: " : "") + e.getMessage();
        }
    }

    private static String outcome(Connection session, List<Value> values) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement("SELECT public.outcome(?, ?)")) {
            statement.setArray(
                    1,
                    session.createArrayOf(
                            "text", values.stream().map(Value::setting).toArray()));
            statement.setArray(
                    2,
                    session.createArrayOf(
                            "text", values.stream().map(Value::value).toArray()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    private Connection superuser() throws SQLException {
        return database.server().superuser(database.name());
    }
}
