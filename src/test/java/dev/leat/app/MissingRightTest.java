package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.LocalStream;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * If a role lacks a right, the message says which statement grants it. The test runs that statement literally, and then the command works.
 */
@Tag("postgres")
class MissingRightTest {

    private static final Pattern GRANT = Pattern.compile("GRANT [A-Za-z0-9_ ]+ TO [a-z_]+");
    private static final Pattern GRANT_POLLER = Pattern.compile("SELECT leat\\.grant_poller\\('[a-z_]+'\\)");
    private static final Pattern LOG_IN_AS = Pattern.compile("log in as ([a-z_]+)");

    /** Holds nothing. */
    private static final String STRANGER = "leat_stranger";

    private static final String POLLER = "leat_poller";
    private static final String PUBLISHER = "leat_publisher";

    @AutoClose
    private final TestDatabase empty = TestServer.shared().emptyDatabase();

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @BeforeEach
    void roles() {
        List.of(STRANGER, POLLER, PUBLISHER, "leat_table_owner").forEach(database::role);
        database.superuser("REVOKE leat_table_owner FROM leat_owner");
        database.run("CREATE TABLE orders (id bigint PRIMARY KEY);"
                + "SELECT leat.grant_poller('leat_poller'), leat.grant_publisher('leat_publisher')");
    }

    private static String refusal(CliRun.Result result) {
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).startsWith("leat: ").contains("permission denied");
        assertThat(result.exitCode()).isEqualTo(3);
        return result.err();
    }

    private static String advice(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return matcher.group(matcher.groupCount());
    }

    private static void assertWorks(CliRun.Result result) {
        assertThat(result.exitCode()).as(result.toString()).isZero();
    }

    @Test
    void migrateWithoutTheRightToCreateSchemas() {
        CliRun stranger = CliRun.on(empty, STRANGER);
        String refusal = refusal(stranger.leat("migrate"));
        assertThat(refusal).doesNotContain("grant_poller").contains("database's owner, leat_owner");
        empty.run(advice(GRANT, refusal));
        assertWorks(stranger.leat("migrate"));
        empty.superuser("DROP SCHEMA leat, leat_poller, leat_internal CASCADE; REVOKE CREATE ON DATABASE "
                + empty.name() + " FROM leat_stranger");
    }

    @ParameterizedTest
    @ValueSource(strings = {STRANGER, PUBLISHER})
    void migrateWhereLeatIsAnothersAlready(String role) {
        String owner = advice(LOG_IN_AS, refusal(CliRun.on(database, role).leat("migrate")));
        assertWorks(CliRun.on(database, owner).leat("migrate"));
    }

    @ParameterizedTest
    @ValueSource(strings = {STRANGER, POLLER, PUBLISHER})
    void attachAndDetachByOthersThanTheOwner(String role) {
        for (String command : List.of("attach", "detach")) {
            String refusal = refusal(CliRun.on(database, role).leat(command, "public.orders"));
            assertThat(refusal).doesNotContain("grant_poller").contains("for the owner of Leat");
            assertWorks(CliRun.on(database, advice(LOG_IN_AS, refusal)).leat(command, "public.orders"));
        }
    }

    @Test
    void theTableIsAnothers() {
        database.superuser("CREATE SCHEMA theirs AUTHORIZATION leat_table_owner;"
                + " CREATE TABLE theirs.t (id int PRIMARY KEY); ALTER TABLE theirs.t OWNER TO leat_table_owner;"
                + " CREATE TABLE public.t (id int PRIMARY KEY); ALTER TABLE public.t OWNER TO leat_table_owner");
        CliRun owner = CliRun.on(database);
        // Leat says of the one what it needs; the other's schema is not even looked into.
        String own = owner.leat("attach", "public.t").err();
        String refusal = refusal(owner.leat("attach", "theirs.t"));
        assertThat(advice(GRANT, own)).isEqualTo(advice(GRANT, refusal));
        database.superuser(advice(GRANT, refusal));
        assertWorks(owner.leat("attach", "theirs.t"));
        assertWorks(owner.leat("attach", "public.t"));

        database.superuser("REVOKE leat_table_owner FROM leat_owner");
        CliRun.Result refused = owner.leat("detach", "public.t");
        assertThat(refused.exitCode()).isEqualTo(3);
        database.superuser(advice(GRANT, refused.err()));
        assertWorks(owner.leat("detach", "public.t"));
        assertWorks(owner.leat("detach", "theirs.t"));
        database.superuser("DROP SCHEMA theirs CASCADE; DROP TABLE public.t; REVOKE leat_table_owner FROM leat_owner");
    }

    @ParameterizedTest
    @ValueSource(strings = {"status", "quarantine list", "quarantine retry --all", "quarantine discard --all"})
    void whatAPollersRoleMay(String command) {
        for (String role : List.of(STRANGER, PUBLISHER)) {
            CliRun cli = CliRun.on(database, role);
            database.run(advice(GRANT_POLLER, refusal(cli.leat(command.split(" ")))));
            assertWorks(cli.leat(command.split(" ")));
        }
    }

    /** The ids are given, so that the decision itself is what is refused. */
    @Test
    void decidingWithoutTheRightOnTheFunctionAlone() {
        database.run("REVOKE EXECUTE ON FUNCTION leat.retry(bigint) FROM leat_poller");
        CliRun poller = CliRun.on(database, POLLER);
        database.run(advice(GRANT_POLLER, refusal(poller.leat("quarantine", "retry", "1"))));
        assertThat(poller.leat("quarantine", "retry", "1").err()).contains("event 1 is not in quarantine");
    }

    @Test
    void doctor() {
        for (String role : List.of(STRANGER, PUBLISHER)) {
            CliRun cli = CliRun.on(database, role);
            CliRun.Result result = cli.leat("doctor", "--no-streams");
            database.run(advice(GRANT_POLLER, result.out() + result.err()));
            assertThat(cli.leat("doctor", "--no-streams").out()).contains("OK    rights");
        }
    }

    @Test
    void run() {
        try (LocalStream stream = LocalStream.start();
                LocalAws aws = LocalAws.of(stream)) {
            stream.createStream("orders", 1);
            CliRun stranger = CliRun.on(database, STRANGER);
            stranger.stop.countDown();
            database.run(advice(GRANT_POLLER, refusal(stranger.leat("run", "--stream", "orders"))));
            assertWorks(stranger.leat("run", "--stream", "orders"));
        }
    }

    @Test
    void theLoginIsRefusedForWantOfConnect() {
        database.superuser("REVOKE CONNECT ON DATABASE " + database.name() + " FROM PUBLIC");
        CliRun poller = CliRun.on(database, POLLER);
        String refusal = refusal(poller.leat("status"));
        assertThat(refusal).doesNotContain("grant_poller");
        database.superuser(advice(Pattern.compile("GRANT CONNECT ON DATABASE … TO [a-z_]+"), refusal)
                .replace("…", database.name()));
        assertWorks(poller.leat("status"));
    }
}
