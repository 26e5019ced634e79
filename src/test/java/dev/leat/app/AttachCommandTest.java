package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.app.connection.ExitCode;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("postgres")
class AttachCommandTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final CliRun cli = CliRun.on(database);

    @TempDir
    private Path directory;

    @BeforeEach
    void tables() {
        database.run("CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, card_number text, email text);"
                + "CREATE TABLE items (id bigint PRIMARY KEY, name text)");
    }

    private String attached() {
        return String.valueOf(
                database.rows("SELECT table_name, key_columns, excluded, masked, before, operations, stream,"
                        + " on_quarantine FROM leat.attached() ORDER BY table_name"));
    }

    private static void assertRefused(CliRun.Result result, int exitCode, String... says) {
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).startsWith("leat: ").contains(says).doesNotContain("Exception");
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }

    @Test
    void aTableIsAttachedChangedAndDetached() {
        assertThat(cli.leat("attach", "public.orders", "--key", "customer_id", "--exclude", "card_number")
                        .out())
                .isEqualToIgnoringNewLines("public.orders: attached");
        assertThat(attached()).contains("{customer_id}", "{card_number}");

        assertThat(cli.leat("attach", "public.orders", "--key", "customer_id", "--exclude", "card_number")
                        .out())
                .isEqualToIgnoringNewLines("public.orders: unchanged");

        String[] everything = {
            "attach",
            "public.orders",
            "--key",
            "customer_id,id",
            "--mask",
            "email",
            "--mask=card_number",
            "--no-before",
            "--operations",
            "insert,delete",
            "--stream",
            "orders",
            "--on-quarantine",
            "pass"
        };
        assertThat(cli.leat(everything).out()).isEqualToIgnoringNewLines("public.orders: changed");
        assertThat(attached())
                .isEqualTo("[[orders, {customer_id,id}, {}, {card_number,email}, f, {delete,insert}, orders, pass]]");

        CliRun.Result detached = cli.leat("detach", "public.orders");
        assertThat(detached.out()).isEqualToIgnoringNewLines("public.orders: detached");
        assertThat(detached.exitCode()).isZero();
        assertThat(attached()).isEqualTo("[]");
    }

    @Test
    void aTableIsCapturedByTheStatementUnlessThatWouldDefeatTheOrder() {
        assertThat(cli.leat("attach", "public.orders", "--capture", "statement").out())
                .isEqualToIgnoringNewLines("public.orders: attached");
        assertThat(database.value("SELECT capture FROM leat.attached()")).isEqualTo("statement");
        assertRefused(
                cli.leat("attach", "public.orders", "--capture", "statement", "--key", "customer_id"),
                6,
                "by the statement",
                "primary key");
        assertRefused(cli.leat("attach", "public.orders", "--capture", "rows"), 6, "capture is \"rows\"");
    }

    @Test
    void aTableWithoutAPrimaryKeyIsAttachedAsItIsAsked() throws IOException {
        database.run("CREATE TABLE keyless (a int NOT NULL UNIQUE, b int)");
        CliRun.Result unique = cli.leat("attach", "public.keyless", "--without-key", "unique");
        assertThat(unique.out()).isEqualToIgnoringNewLines("public.keyless: attached");
        assertRefused(unique, 0, "its key is (a), the columns of the unique index keyless_a_key");
        assertThat(cli.leat("attach", "public.keyless", "--without-key", "table")
                        .out())
                .isEqualToIgnoringNewLines("public.keyless: changed");
        assertThat(cli.leat(
                                "attach",
                                "--file",
                                file("tables:\n  public.keyless:\n    without_key: whole-row\n")
                                        .toString())
                        .out())
                .isEqualToIgnoringNewLines("public.keyless: changed");
        assertThat(database.value("SELECT without_key FROM leat.attached()")).isEqualTo("whole-row");
        assertRefused(cli.leat("attach", "public.keyless", "--without-key", "whole"), 6, "without_key is \"whole\"");
    }

    @Test
    void whatDefeatsTheOrderIsWarnedOf() {
        database.run("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                + "CREATE TRIGGER touch AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()");
        CliRun.Result result = cli.leat("attach", "public.orders");
        assertThat(result.exitCode()).isZero();
        assertRefused(result, 0, "warning:", "touch");
    }

    @Test
    void whatTheDatabaseDeclinesIsSaidInOneLine() {
        assertRefused(cli.leat("attach", "public.order"), 6, "the table public.order does not exist");
        assertRefused(cli.leat("attach", "nowhere.orders"), 6, "the table nowhere.orders does not exist");
        assertRefused(cli.leat("attach", "a.b.c.d"), 6, "the table a.b.c.d does not exist");
        assertRefused(cli.leat("attach", "public.orders", "--exclude", "card"), 6, "no column \"card\"", "card_number");
        assertRefused(cli.leat("attach", "public.orders", "--operations", "upsert"), 6, "upsert", "truncate");
        assertRefused(cli.leat("detach", "public.orders"), 6, "is not attached");
        database.run("CREATE TABLE keyless (a int)");
        assertRefused(
                cli.leat("attach", "public.keyless"), 6, "no primary key", "'unique' (", "'whole-row' (", "'table' (");
    }

    /** SQL folds what stands outside of double quotes, which shells and YAML take away. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            public.Orders2     | public."Orders2"
            public."orders2"   | public."Orders2"
            PUBLIC.ORDERS2     | public."Orders2"
            public.a b         | public."a b"
            public.my.table    | public."my.table"
            public."Orders"    | public.orders
            Sales.t            | "Sales".t
            """)
    void aNameThatNeedsQuotesIsToldWithThem(String given, String meant) throws IOException {
        database.run("CREATE TABLE \"Orders2\" (id int PRIMARY KEY); "
                + "CREATE TABLE \"a b\" (id int PRIMARY KEY); CREATE TABLE \"my.table\" (id int PRIMARY KEY);"
                + "CREATE SCHEMA \"Sales\"; CREATE TABLE \"Sales\".t (id int PRIMARY KEY)");
        for (String command : List.of("attach", "detach")) {
            assertRefused(
                    cli.leat(command, given),
                    6,
                    "the table " + given + " does not exist, and " + meant + " does",
                    "double quotes, in a shell as '" + meant + "'");
        }
        // Nothing of a file is attached before.
        assertRefused(
                cli.leat(
                        "attach",
                        "--file",
                        file("tables:\n  public.orders:\n  %s:\n".formatted(given))
                                .toString()),
                6,
                meant);
        assertThat(attached()).isEqualTo("[]");

        assertThat(cli.leat("attach", meant).exitCode()).isZero();
        assertThat(cli.leat(
                                "attach",
                                "--file",
                                file("tables:\n  %s:\n".formatted(meant.replaceFirst("^(\".*)$", "'$1'")))
                                        .toString())
                        .out())
                .contains("unchanged");
        assertThat(cli.leat("detach", meant).exitCode()).isZero();
    }

    @Test
    void aNameWithoutASchemaIsToldWithItsOwn() {
        database.run("CREATE SCHEMA sales; CREATE TABLE sales.\"Invoices\" (id int PRIMARY KEY)");
        assertRefused(
                cli.leat("attach", "Invoices"),
                2,
                "name the table Invoices with its schema, such as sales.\"Invoices\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "exclude", "mask"})
    void aColumnsNameIsGivenAsItIs(String option) throws IOException {
        database.run("CREATE TABLE t (id int PRIMARY KEY, \"CustomerId\" int, region text)");
        for (String given : List.of("customerid", "\"CustomerId\"", "CUSTOMERID")) {
            assertRefused(
                    cli.leat("attach", "public.t", "--" + option, given),
                    6,
                    "has no column",
                    "It has CustomerId:",
                    "own case");
        }
        Path file = file("tables:\n  public.t:\n    %s: [customerid]\n".formatted(option));
        assertRefused(cli.leat("attach", "--file", file.toString()), 6, "It has CustomerId:");
        assertRefused(cli.leat("attach", "public.t", "--" + option, "REGION"), 6, "It has region:");
        assertThat(cli.leat("attach", "public.t", "--" + option, "CustomerId").exitCode())
                .isZero();
    }

    @Test
    void aStrangerMayNotAttach() {
        CliRun stranger = CliRun.on(database, database.role("leat_stranger"));
        assertRefused(stranger.leat("attach", "public.orders"), 3, "permission denied", "leat_stranger");
    }

    @Test
    @Tag("full")
    void aTransactionOnTheTableIsNotWaitedForLong() throws Exception {
        try (Connection writer = database.owner().getConnection();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("INSERT INTO orders (id) VALUES (1)");
            assertRefused(cli.leat("attach", "public.orders"), 6, "is in use by session", "call it again");
            statement.execute("INSERT INTO orders (id) VALUES (2)");
            writer.commit();
        }
        assertThat(cli.leat("attach", "public.orders").exitCode()).isZero();
    }

    @Test
    void aFileAppliedTwiceChangesNothing() throws IOException {
        Path file = file("""
                tables:
                  public.orders:
                    key: [customer_id]
                    exclude: [card_number]
                    mask: [email]
                    before: false
                    operations: [insert, update]
                    stream: orders
                    on_quarantine: pass
                  public.items:
                """);
        assertThat(cli.leat("attach", "--file", file.toString()).out().lines())
                .containsExactly("public.orders: attached", "public.items: attached");
        String once = attached();
        List<List<String>> triggers = triggers();

        assertThat(cli.leat("attach", "--file", file.toString()).out().lines())
                .containsExactly("public.orders: unchanged", "public.items: unchanged");
        assertThat(attached()).isEqualTo(once);
        assertThat(triggers()).isEqualTo(triggers);
    }

    private List<List<String>> triggers() {
        return database.rows("SELECT oid, xmin, tgname FROM pg_trigger WHERE tgname LIKE '!leat%' ORDER BY oid");
    }

    @Test
    void tablesThatTheFileDoesNotNameAreDetachedOnlyWhenAsked() throws IOException {
        cli.leat("attach", "public.items");
        String file = file("tables:\n  public.orders:\n").toString();

        assertThat(cli.leat("attach", "--file", file).out())
                .contains("public.items: attached, though", "--detach-others");
        assertThat(attached()).contains("items");

        assertThat(cli.leat("attach", "--file", file, "--detach-others").out())
                .contains("public.orders: unchanged", "public.items: detached");
        assertThat(attached()).contains("orders").doesNotContain("items");
    }

    @Test
    void aTypoInTheFileAttachesNothing() throws IOException {
        Path file = file("tables:\n  public.items:\n  public.orders:\n    exclud: [card_number]\n");
        assertRefused(
                cli.leat("attach", "--file", file.toString()), 2, file + ":4: public.orders: unknown option 'exclud'");
        assertThat(attached()).isEqualTo("[]");
    }

    @Test
    void aFileMendsATableThatWasMadeAnewOrSwapped() throws IOException {
        String file = file("tables:\n  public.orders:\n    exclude: [card_number]\n  public.items:\n")
                .toString();
        cli.leat("attach", "--file", file);
        database.run("DROP TABLE orders; CREATE TABLE orders (id bigint PRIMARY KEY, card_number text);"
                + "ALTER TABLE items RENAME TO items_old; CREATE TABLE items (id bigint PRIMARY KEY)");
        for (int time = 0; time < 2; time++) {
            assertThat(cli.leat("status").out())
                    .containsPattern("public\\.orders +FAIL: it is not the table that was attached")
                    .containsPattern("public\\.items +FAIL: it is not the table that was attached");
            CliRun.Result doctor = cli.leat("doctor", "--no-streams");
            assertThat(doctor.out())
                    .contains("FAIL  table public.orders", "that one was dropped")
                    .contains("FAIL  table public.items", "that one is called public.items_old now", "attach it")
                    .contains("table public.items_old: captured");
            assertThat(doctor.exitCode()).isEqualTo(ExitCode.NOT_WELL);
            database.run("SELECT leat.refresh()");
        }

        CliRun.Result mended = cli.leat("attach", "--file", file);

        assertThat(mended.exitCode()).isZero();
        assertThat(mended.out().lines())
                .startsWith("public.orders: attached", "public.items: attached")
                .last()
                .asString()
                .contains("public.items_old: attached, though the file does not name it");
        assertThat(mended.err())
                .contains("was dropped, and its attachment is forgotten")
                .contains("is called public.items_old now, and stays attached");
        database.run("INSERT INTO orders VALUES (1); INSERT INTO items VALUES (1)");
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("2");
        assertThat(cli.leat("status").out()).doesNotContain("FAIL");
        assertThat(cli.leat("doctor", "--no-streams").out()).doesNotContain("FAIL  table");
    }

    @Test
    void aTableThatWasDroppedIsNamedAndCanBeDetached() throws IOException {
        String file = file("tables:\n  public.items:\n").toString();
        cli.leat("attach", "public.orders");
        cli.leat("attach", "--file", file);
        database.run("DROP TABLE orders");
        for (int time = 0; time < 2; time++) {
            assertThat(cli.leat("status").out()).containsPattern("public\\.orders +dropped");
            assertThat(cli.leat("doctor", "--no-streams").out())
                    .contains("WARN  table public.orders: it was dropped", "leat.detach('public', 'orders')");
            assertThat(cli.leat("attach", "--file", file).out()).contains("public.orders: attached, though");
            database.run("SELECT leat.refresh()");
        }

        assertThat(cli.leat("detach", "public.orders").out()).isEqualToIgnoringNewLines("public.orders: detached");
        assertRefused(cli.leat("detach", "public.orders"), 6, "public.orders is not attached");
        assertThat(cli.leat("status").out()).doesNotContain("orders");

        database.run(
                "CREATE TABLE orders (id bigint PRIMARY KEY); SELECT leat.attach('public.orders'); DROP TABLE orders");
        assertThat(cli.leat("attach", "--file", file, "--detach-others").out()).contains("public.orders: detached");
        assertThat(attached()).doesNotContain("orders");
    }

    /** Else the last of them would win, and what only the first excludes would leave the database. */
    @Test
    void aTableUnderTwoNamesAttachesNothing() throws IOException {
        database.run("CREATE TABLE \"Orders\" (id bigint PRIMARY KEY)");
        String oid = String.valueOf(database.value("SELECT 'public.orders'::regclass::oid"));
        for (String other : List.of("'\"public\".\"orders\"'", "PUBLIC.Orders", "' public . orders '", oid)) {
            Path file = file(
                    "tables:\n  public.items:\n  public.orders:\n    exclude: [card_number]\n  public.\"Orders\":\n  "
                            + other + ":\n");
            assertRefused(
                    cli.leat("attach", "--file", file.toString()),
                    2,
                    "public.orders (line 3)",
                    other.replace("'", "") + " (line 6)",
                    "same table");
            assertThat(attached()).isEqualTo("[]");
        }
    }

    @Test
    void aTableWithoutItsSchemaAttachesNothing() throws IOException {
        Path file = file("tables:\n  public.items:\n  orders:\n");
        assertRefused(cli.leat("attach", "--file", file.toString()), 2, "name the table orders with its schema");
        assertRefused(cli.leat("attach", "orders"), 2, "such as public.orders");
        assertRefused(cli.leat("detach", "orders"), 2, "such as public.orders");
        assertThat(attached()).isEqualTo("[]");
    }

    @Test
    void aFileThatCannotBeReadIsSaid() throws IOException {
        assertRefused(cli.leat("attach", "--file", "no.yaml"), 2, "there is no file no.yaml");
        assertRefused(
                cli.leat("attach", "--file", directory.toString()), 2, directory + " cannot be read: Is a directory");
        Files.write(directory.resolve("latin1.yaml"), new byte[] {'t', (byte) 0xE4, 'b'});
        assertRefused(cli.leat("attach", "--file", directory + "/latin1.yaml"), 2, "latin1.yaml is not UTF-8 text");
    }

    @Test
    void aTableAndAFileExcludeEachOther() {
        assertRefused(cli.leat("attach"), 2, "name a table, or a --file");
        assertRefused(cli.leat("attach", "public.orders", "--file", "f"), 2, "a table and --file exclude each other");
        assertRefused(cli.leat("attach", "--file", "f", "--key", "id"), 2, "into the file");
        assertRefused(cli.leat("attach", "public.orders", "--detach-others"), 2, "goes with --file");
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("tables.yaml"), text);
    }
}
