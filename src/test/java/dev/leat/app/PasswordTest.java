package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.config.DatabaseUrl;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No command prints a password, however the URL with the password is written, and none accepts one on the command line. */
@Tag("postgres")
class PasswordTest {

    /** The whole password, and its parts between the characters that may tear it apart. */
    private static final List<String> SECRETS = List.of("Zq7xW", "k9Lm2", "vB4nT");

    private static final String PASSWORD = "Zq7xW@/?&#%ü k9Lm2:;=+vB4nT";
    private static final String ENCODED = URLEncoder.encode(PASSWORD, StandardCharsets.UTF_8);

    private static final List<String[]> COMMANDS = List.of(
            new String[] {"migrate"},
            new String[] {"attach", "public.orders"},
            new String[] {"detach", "public.orders"},
            new String[] {"status"},
            new String[] {"status", "--json"},
            new String[] {"quarantine", "list"},
            new String[] {"quarantine", "list", "--json"},
            new String[] {"quarantine", "retry", "1"},
            new String[] {"quarantine", "discard", "--all"},
            new String[] {"doctor", "--no-streams"},
            new String[] {"run", "--stream", "orders"});

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    private final CliRun cli = CliRun.on(database);

    @AutoClose
    private final LocalAws aws = new LocalAws();

    static Stream<String> urls() {
        List<String> urls = new ArrayList<>();
        for (String secret : List.of("Zq7xW", PASSWORD, ENCODED)) {
            urls.addAll(List.of(
                    "jdbc:postgresql://shop:" + secret + "@localhost:1/shop",
                    "jdbc:postgresql://" + secret + "@localhost:1/shop",
                    "jdbc:postgresql:shop:" + secret + "@localhost:1/shop",
                    "jdbc:postgresql:" + "/shop:" + secret + "@localhost:1/shop",
                    "jdbc:postgresql://localhost:" + secret + "/shop",
                    "jdbc:postgresql://localhost:1" + secret + "/shop",
                    "jdbc:postgresql://localhost:1/shop?user=shop&password=" + secret,
                    "jdbc:postgresql://localhost:99999/shop?user=shop&password=" + secret,
                    "jdbc:postgresql://localhost:/shop?user=shop&password=" + secret,
                    "jdbc:postgresql://:1/shop?password=" + secret,
                    "jdbc:postgresql:///shop/x?password=" + secret,
                    "jdbc:postgresql://localhost?password=" + secret,
                    "jdbc:postgresql://localhost:1/shop?user=shop?password=" + secret,
                    "jdbc:postgresql://localhost:1/shop?user=shop;password=" + secret,
                    "jdbc:postgresql://localhost:1/shop;user=shop;password=" + secret,
                    "jdbc:postgresql://localhost:1/shop&user=shop&password=" + secret,
                    "jdbc:postgresql://localhost:1/shop#?password=" + secret,
                    "jdbc:postgresql://localhost:1/shop??password=" + secret,
                    "jdbc:postgresql://localhost:1/shop?PassWord=" + secret,
                    "jdbc:postgresql://localhost:1/shop?pass%77ord=" + secret,
                    "jdbc:postgresql://localhost:1/shop?user=shop&pwd=" + secret,
                    "jdbc:postgresql://localhost:1/shop?user=shop&sslpassword=" + secret,
                    "jdbc:postgresql://localhost:1/shop?password=" + secret + "%",
                    "jdbc:postgresql://localhost:1/shop?password=%zz" + secret,
                    "jdbc:postgresql://localhost:1/shop?password = " + secret,
                    "jdbc:postgresql://localhost:1/shop?user=shop\n&password=" + secret,
                    " jdbc:postgresql://localhost:1/shop?password=" + secret,
                    "jdbc:postgresql://local host:1/shop?password=" + secret,
                    "jdbc:postgresql://[::1:1/shop?password=" + secret,
                    "jdbc:aws-wrapper:postgresql://localhost:1/shop?user=shop&password=" + secret,
                    "jdbc:aws-wrapper:postgresql://shop:" + secret + "@localhost:1/shop",
                    "JDBC:POSTGRESQL://localhost:1/shop?password=" + secret,
                    "jdbc:mysql://localhost:1/shop?password=" + secret,
                    "postgresql://shop:" + secret + "@localhost:1/shop",
                    "postgres://shop:" + secret + "@localhost:1/shop?sslmode=require",
                    "postgres://shop:" + secret + "@",
                    "postgres:shop:" + secret,
                    "'postgres://shop:" + secret + "@localhost:1/shop'",
                    "\"jdbc:postgresql://localhost:1/shop?password=" + secret + "\"",
                    "jdbc:postgres://shop:" + secret + "@localhost:1/shop",
                    "host=localhost port=1 user=shop password=" + secret,
                    "jdbc:" + secret,
                    secret));
        }
        return Extent.some(30, urls).stream();
    }

    @ParameterizedTest
    @MethodSource("urls")
    void noUrlBringsThePasswordIntoWhatIsSaid(String url) {
        cli.environment.put("LEAT_DATABASE_URL", url);
        // To find that nothing listens takes the pool a second.
        for (String[] command : understood(url) ? COMMANDS.subList(0, 1) : COMMANDS) {
            assertNothingSaid(() -> cli.leat(command), url);
            assertNothingSaid(() -> cli.leat(with(command, "--debug")), url);
        }
    }

    private static boolean understood(String url) {
        try {
            DatabaseUrl.parse(url);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The option would show it to every user of the machine, so a password there is refused. */
    @ParameterizedTest
    @MethodSource("urls")
    void norDoesOneOnTheCommandLine(String url) {
        assertNothingSaid(() -> cli.leat("status", "--debug", "--database-url", url), url);
        assertNothingSaid(() -> cli.leat("status", "--database-url=" + url, "--debug"), url);
        assertNothingSaid(() -> cli.leat("migrate", url, "--debug"), url);
    }

    private static String[] with(String[] command, String more) {
        return Stream.concat(Arrays.stream(command), Stream.of(more)).toArray(String[]::new);
    }

    private static void assertNothingSaid(Supplier<CliRun.Result> command, String url) {
        StringBuffer log = new StringBuffer();
        Handler driversLog = new Handler() {
            @Override
            public void publish(LogRecord record) {
                log.append(new SimpleFormatter().format(record));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger driver = Logger.getLogger("org.postgresql");
        PrintStream standardError = System.err;
        ByteArrayOutputStream error = new ByteArrayOutputStream();
        driver.addHandler(driversLog);
        driversLog.setLevel(Level.ALL);
        System.setErr(new PrintStream(error, true, StandardCharsets.UTF_8));
        CliRun.Result result;
        try {
            result = command.get();
        } finally {
            System.setErr(standardError);
            driver.removeHandler(driversLog);
        }
        assertThat(result.exitCode()).as(url).isIn(2, 3);
        assertThat(result.out() + result.err() + log + error.toString(StandardCharsets.UTF_8))
                .as(url)
                .contains("leat: ")
                .doesNotContain(SECRETS);
    }

    @Test
    void aUrlWithThePasswordWorksInTheEnvironmentAlone() {
        database.superuser("ALTER ROLE leat_owner PASSWORD '" + TestServer.password() + "'");
        String url = database.url() + "?user=" + TestServer.OWNER + "&password=" + TestServer.password();
        cli.environment.remove("LEAT_DATABASE_USERNAME");
        cli.environment.remove("LEAT_DATABASE_PASSWORD");

        CliRun.Result refused = cli.leat("migrate", "--database-url", url);
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.errLines())
                .singleElement()
                .asString()
                .contains("--database-url holds a password", "LEAT_DATABASE_URL", "LEAT_DATABASE_PASSWORD");

        cli.environment.put("LEAT_DATABASE_URL", url);
        assertThat(cli.leat("migrate").exitCode()).isZero();
    }

    /** The two commonest mistakes: psql's URL, and its way of naming the login in JDBC's. */
    @Test
    void whereUserAndPasswordGoIsSaid() {
        for (String url : List.of(
                "postgres://shop:Zq7xW@localhost:1/shop",
                "postgresql://shop@localhost:1/shop",
                "jdbc:postgresql://shop:Zq7xW@localhost:1/shop",
                "jdbc:aws-wrapper:postgresql://shop:Zq7xW@localhost:1/shop")) {
            cli.environment.put("LEAT_DATABASE_URL", url);
            assertWhere(cli.leat("status"), url);
            assertWhere(cli.leat("status", "--database-url", url), url);
        }
    }

    private static void assertWhere(CliRun.Result result, String url) {
        assertThat(result.exitCode()).as(url).isEqualTo(2);
        assertThat(result.errLines())
                .as(url)
                .singleElement()
                .asString()
                .contains(
                        "--database-url",
                        "jdbc:postgresql://<host>:<port>/<database>",
                        "LEAT_DATABASE_USERNAME",
                        "LEAT_DATABASE_PASSWORD")
                .doesNotContain("Zq7xW");
    }

    @Test
    void noPasswordIsTakenFromTheCommandLine() {
        for (String[] arguments : new String[][] {
            {"migrate", "--database-password=Zq7xW"},
            {"migrate", "--database-password", "Zq7xW"},
            {"migrate", "--database-password", "-Zq7xW"},
            {"attach", "--database-password", "Zq7xW", "public.orders"},
            {"--database-password=Zq7xW", "migrate"},
            {"migrate", "--Database-Password=Zq7xW"},
            {"migrate", "--database-pasword=Zq7xW"},
            {"quarantine", "retry", "--password", "Zq7xW"},
            {"migrate", "--pw=Zq7xW"},
            {"migrate", "--secret", "Zq7xW"}
        }) {
            for (CliRun.Result result : List.of(cli.leat(arguments), cli.leat(with(arguments, "--debug")))) {
                assertThat(result.errLines())
                        .as(String.join(" ", arguments))
                        .singleElement()
                        .asString()
                        .startsWith("leat: no password is taken from the command line")
                        .contains("LEAT_DATABASE_PASSWORD", "--database-password alone");
                assertThat(result.exitCode()).isEqualTo(2);
                assertThat(result.out() + result.err()).doesNotContain("Zq7xW");
            }
        }
    }

    @Test
    void wrongArgumentsAreNotRepeated() {
        for (String[] arguments : new String[][] {
            {"migrate", "Zq7xW"},
            {"migrate", "--login=Zq7xW"},
            {"migrate", "--login", "Zq7xW"},
            {"migrate", "-pZq7xW"},
            {"migrate", "@Zq7xW"},
            {"attach", "public.orders", "Zq7xW"},
            {"Zq7xW", "migrate"}
        }) {
            for (CliRun.Result result : List.of(cli.leat(arguments), cli.leat(with(arguments, "--debug")))) {
                assertThat(result.exitCode()).as(String.join(" ", arguments)).isEqualTo(2);
                assertThat(result.err())
                        .contains("leat: not known: ", "--help)")
                        .doesNotContain("Zq7xW");
            }
        }
        assertThat(cli.leat("migrate", "--login", "x").err()).contains("not known: option --login, argument 3 (");
        assertThat(cli.leat("migrat").err()).contains("not known: command migrat (");
    }

    @Test
    void thePasswordIsAskedFor() {
        cli.environment.put("LEAT_DATABASE_PASSWORD", "not this one");
        InputStream standardInput = System.in;
        try {
            System.setIn(new ByteArrayInputStream((TestServer.password() + "\n").getBytes(StandardCharsets.UTF_8)));
            assertThat(cli.leat("migrate", "--database-password").exitCode()).isZero();
        } finally {
            System.setIn(standardInput);
        }
    }
}
