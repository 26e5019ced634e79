package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attaching a table: all options in one call, changes of them, and clear refusals. */
@Tag("postgres")
class AttachTest extends CaptureFixture {

    @Test
    void attachingTwiceChangesNothingAndLocksNothing() throws Exception {
        table();
        try (Session reader = session();
                Session owner = session()) {
            assertThat(owner.value("SELECT leat.attach('public.t', exclude => '{b}')"))
                    .isEqualTo("attached");
            reader.run("BEGIN; LOCK TABLE public.t IN ROW EXCLUSIVE MODE");
            owner.run("SET lock_timeout = '200ms'");

            assertThat(owner.value("SELECT leat.attach('public.t', exclude => '{b}')"))
                    .isEqualTo("unchanged");
            assertThat(owner.value("SELECT leat.attach('public.t', exclude => '{c,b}', stream => 's')"))
                    .isEqualTo("changed");
            assertThat(owner.refusal("SELECT leat.attach('public.t', operations => '{insert}')")
                            .state())
                    .isEqualTo("55P03");
            reader.run("ROLLBACK");
        }
        run("INSERT INTO public.t VALUES (1, 2, 3)");
        assertThat(last().after()).isEqualTo("{\"id\":1}");
        assertThat(last().stream()).isEqualTo("s");
    }

    @Test
    void theCallStatesAllOptions() {
        table();
        run("SELECT leat.attach('public.t', key => '{b}', exclude => '{c}', before => false, stream => 's',"
                + " on_quarantine => 'pass', operations => '{insert}')");
        run("INSERT INTO public.t VALUES (1, 2, 3)");
        assertThat(last().mayPass()).isTrue();

        run("SELECT leat.attach('public.t'); UPDATE public.t SET b = 5");

        assertThat(last().change()).isEqualTo("u public.t.1 {\"id\":1,\"b\":2,\"c\":3} -> {\"id\":1,\"b\":5,\"c\":3}");
        assertThat(last().mayPass()).isFalse();
        assertThat(last().stream()).isNull();
        assertThat(database.value("SELECT count(*) FROM leat.attached()")).isEqualTo("1");
    }

    @Test
    void theOrderOfListsIsNoDifference() {
        table();
        run("SELECT leat.attach('public.t', exclude => '{b,c}', operations => '{insert,delete}')");

        assertThat(database.value(
                        "SELECT leat.attach('public.t', exclude => '{c,b,b}', operations => '{delete,insert}')"))
                .isEqualTo("unchanged");
    }

    @Test
    void attachingAgainEnablesWhatWasDisabled() {
        table();
        run("SELECT leat.attach('public.t'); ALTER TABLE public.t DISABLE TRIGGER ALL");

        assertThat(database.value("SELECT leat.attach('public.t')")).isEqualTo("changed");

        run("INSERT INTO public.t VALUES (1, 2, 3); TRUNCATE public.t");
        assertThat(captured()).hasSize(65);
        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
    }

    @Test
    void aStreamIsANameOrAnArn() throws Exception {
        table();
        run(
                "SELECT leat.attach('public.t', stream => 'arn:aws-us-gov:kinesis:us-gov-west-1:123456789012:stream/orders')");
        run("INSERT INTO public.t VALUES (1)");
        assertThat(last().stream()).isEqualTo("arn:aws-us-gov:kinesis:us-gov-west-1:123456789012:stream/orders");
        run("SELECT leat.attach('public.t', stream => 'it.is_a-name1')");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'public.t', key => '{nope}'                  | 42703 | has no column "nope"           | Its columns are: id, b, c
            'public.t', exclude => '{ctid}'              | 42703 | has no column "ctid"           | Its columns are
            'public.t', mask => ARRAY[NULL]              | 42703 | has no column "null"           | Its columns are
            'public.t', exclude => '{id}'                | 22023 | "id" is a key column           | Name another key
            'public.t', mask => '{id}'                   | 22023 | "id" is a key column           | Name another key
            'public.t', key => '{b}', exclude => '{b}'   | 22023 | "b" is a key column            | Name another key
            'public.t', exclude => '{b}', mask => '{b}'  | 22023 | both excluded and masked       | or mask it
            'public.t', key => '{}'                      | 22023 | names no column                | primary key
            'public.t', key => '{b,b}'                   | 22023 | a column twice                 | once
            'public.t', operations => '{insert,merge}'   | 22023 | unknown operation "merge"      | insert, update, delete
            'public.t', operations => '{}'               | 22023 | operations names none          | insert, update, delete
            'public.t', on_quarantine => 'skip'          | 22023 | on_quarantine is "skip"        | wait
            'public.t', stream => 'two words'            | 22023 | "two words" is neither         | 1 to 128
            'public.t', stream => ''                     | 22023 | "" is neither                  | 1 to 128
            'public.t', stream => 'arn:aws:s3:::bucket'  | 22023 | is neither                     | ARN
            'public.t', before => NULL                   | 22004 | only key, stream,              | null
            'public.nokey'                               | 22023 | has no primary key             | Name the columns
            'public.v'                                   | 42809 | is a view                      | holds the rows
            'public.mv'                                  | 42809 | is a materialized view         | holds the rows
            'public.s'                                   | 42809 | is a sequence                  | holds the rows
            'public.t_pkey'                              | 42809 | is an index                    | holds the rows
            'temporary'                                  | 42809 | is a temporary table           | outlives
            'leat_internal.outbox'                                | 42809 | one of Leat's own              | application
            'pg_catalog.pg_class'                        | 42809 | is a system table              | application
            'information_schema.sql_features'            | 42809 | is a system table              | application
            'public.missing'                             | 42P01 | does not exist                 | null
            999999::oid                                  | 42P01 | no table with the oid 999999   | null
            """)
    void whatCannotBeMeantIsRefused(String arguments, String state, String message, String hint) throws Exception {
        table();
        run("CREATE TABLE public.nokey (v int); CREATE VIEW public.v AS SELECT 1 AS id; CREATE SEQUENCE public.s;"
                + " CREATE MATERIALIZED VIEW public.mv AS SELECT 1 AS id");
        try (Session owner = session()) {
            owner.run("CREATE TEMP TABLE temporary (id int PRIMARY KEY)");

            Session.Refusal refusal = owner.refusal("SELECT leat.attach(" + arguments + ")");

            assertThat(refusal.message()).contains(message);
            assertThat(refusal.state()).isEqualTo(state);
            if (!"null".equals(hint)) {
                assertThat(refusal.hint()).contains(hint);
            }
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.attachment"))
                .isEqualTo("0");
    }

    @Test
    void aTableOfAnotherOwnersIsRefused() throws Exception {
        database.superuser("CREATE TABLE public.theirs (id int PRIMARY KEY)");
        try (Session owner = session()) {
            Session.Refusal refusal = owner.refusal("SELECT leat.attach('public.theirs')");

            assertThat(refusal.state()).isEqualTo("42501");
            assertThat(refusal.message()).contains("leat_owner may not create triggers on public.theirs");
            assertThat(refusal.hint()).contains("GRANT");
        }
    }

    @Test
    void attachingInTheMigrationThatMakesTheTableWorks() {
        run("BEGIN; CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " ALTER TABLE public.t ADD v int; INSERT INTO public.t VALUES (1, 2); COMMIT");

        assertThat(last().after()).isEqualTo("{\"id\":1,\"v\":2}");
    }

    @Test
    void twoWhoAttachAtOnceBothSucceed() throws Exception {
        table();
        try (Session one = session()) {
            one.run("BEGIN; SELECT leat.attach('public.t')");
            CompletableFuture<@Nullable String> other = CompletableFuture.supplyAsync(
                    () -> database.value("SELECT leat.attach('public.t', exclude => '{b}')"));
            one.run("COMMIT");

            assertThat(other.get(10, TimeUnit.SECONDS)).isEqualTo("changed");
        }
    }

    private void table() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, b int, c int)");
    }
}
