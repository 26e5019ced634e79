package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import dev.leat.testkit.TestServer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DDL on an attached table never makes a write fail, with the event trigger and without it. */
@Tag("postgres")
class DdlTest extends CaptureFixture {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rowsCarryTheColumnsOfTheTimeInSessionsOldAndNew(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY, a text); SELECT leat.attach('public.t')");
        try (Session old = session();
                Session change = session()) {
            old.run("INSERT INTO public.t VALUES (1, 'x')");
            Map<String, String> after = new LinkedHashMap<>();
            after.put("ALTER TABLE public.t ADD b int DEFAULT 5", "{\"id\":1,\"a\":\"x\",\"b\":5}");
            after.put("ALTER TABLE public.t RENAME a TO c", "{\"id\":1,\"c\":\"x\",\"b\":5}");
            after.put("ALTER TABLE public.t ALTER b TYPE text", "{\"id\":1,\"c\":\"x\",\"b\":\"5\"}");
            after.put("ALTER TABLE public.t DROP COLUMN c", "{\"id\":1,\"b\":\"5\"}");
            for (Map.Entry<String, String> step : after.entrySet()) {
                change.run(step.getKey());
                forget();
                old.run("UPDATE public.t SET id = id");
                try (Session fresh = session()) {
                    fresh.run("UPDATE public.t SET id = id");
                }
                assertThat(changes())
                        .hasSize(2)
                        .allMatch(line -> line.equals("u public.t.1 " + step.getValue() + " -> " + step.getValue()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theKeyFollowsARenameAChangeOfTypeAndASwapOfNames(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY, other int); SELECT leat.attach('public.t')");
        try (Session old = session();
                Session change = session()) {
            old.run("INSERT INTO public.t VALUES (1, 2)");
            Map<String, String> key = new LinkedHashMap<>();
            key.put("ALTER TABLE public.t RENAME id TO nr", "{\"nr\":1}");
            key.put("ALTER TABLE public.t ALTER nr TYPE bigint", "{\"nr\":1}");
            key.put("ALTER TABLE public.t ALTER nr TYPE text", "{\"nr\":\"1\"}");
            key.put(
                    "BEGIN; ALTER TABLE public.t RENAME nr TO x; ALTER TABLE public.t RENAME other TO nr;"
                            + " ALTER TABLE public.t RENAME x TO other; COMMIT",
                    "{\"other\":\"1\"}");
            for (Map.Entry<String, String> step : key.entrySet()) {
                change.run(step.getKey());
                forget();
                for (int again = 0; again < 2; again++) {
                    old.run("UPDATE public.t SET " + (step.getKey().contains("BEGIN") ? "other = other" : "nr = nr"));
                }
                assertThat(captured()).hasSize(2).allSatisfy(event -> {
                    assertThat(event.partitionKey()).isEqualTo("public.t.1");
                    assertThat(event.key()).isEqualTo(step.getValue());
                    assertThat(event.held()).isFalse();
                    assertThat(event.fault()).isNull();
                });
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anotherPrimaryKeyIsTheKeyFromThenOn(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY, other int NOT NULL); SELECT leat.attach('public.t')");
        run("ALTER TABLE public.t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (other)");

        run("INSERT INTO public.t VALUES (1, 2)");

        assertThat(last().partitionKey()).isEqualTo("public.t.2");
        assertThat(last().held()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withItsKeyGoneATableKeepsTheOrderOfAllItsEvents(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t')");
        try (Session old = session()) {
            old.run("INSERT INTO public.t VALUES (1, 1)");
            run("ALTER TABLE public.t DROP COLUMN id");
            forget();

            old.run("UPDATE public.t SET v = 2");
            run("UPDATE public.t SET v = 3");

            assertThat(changes())
                    .containsExactly("u public.t {\"v\":1} -> {\"v\":2}", "u public.t {\"v\":2} -> {\"v\":3}");
            assertThat(captured()).allMatch(Captured::held).allMatch(event -> event.key() == null);
            assertThat(database.value("SELECT problems[cardinality(problems)] FROM leat.attached()"))
                    .contains("no primary key any more");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPrimaryKeyDroppedWithItsColumnLeftIsNoKeyAnyMore(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");
        run("ALTER TABLE public.t DROP CONSTRAINT t_pkey");

        run("INSERT INTO public.t VALUES (1)");

        assertThat(last().partitionKey()).isEqualTo("public.t");
        assertThat(last().held()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNamedKeyIsTheColumnThatBearsItsNameOrDid(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY, c int, d int); SELECT leat.attach('public.t', key => '{c}')");
        run("ALTER TABLE public.t RENAME c TO e");
        run("INSERT INTO public.t VALUES (1, 7, 8)");
        assertThat(last().partitionKey()).isEqualTo("public.t(c).7");
        assertThat(last().key()).isEqualTo("{\"e\":7}");

        // Who gives the name to another column means that one.
        run("ALTER TABLE public.t RENAME d TO c");
        run("INSERT INTO public.t VALUES (2, 7, 8)");
        assertThat(last().partitionKey()).isEqualTo("public.t(c).8");
        assertThat(last().key()).isEqualTo("{\"c\":8}");

        run("ALTER TABLE public.t DROP COLUMN c");
        run("INSERT INTO public.t VALUES (3, 8)");
        assertThat(last().held()).isTrue();
        assertThat(last().fault()).isNull();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRenamedTableGoesByItsNewName(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t'); CREATE SCHEMA elsewhere");
        try (Session old = session()) {
            old.run("INSERT INTO public.t VALUES (1)");
            run("ALTER TABLE public.t RENAME TO u");
            old.run("INSERT INTO public.u VALUES (2)");
            assertThat(last().partitionKey()).isEqualTo("public.u.2");
            run("ALTER TABLE public.u SET SCHEMA elsewhere");
            old.run("INSERT INTO elsewhere.u VALUES (3)");
            assertThat(last().partitionKey()).isEqualTo("elsewhere.u.3");
            run("ALTER SCHEMA elsewhere RENAME TO there");
            old.run("INSERT INTO there.u VALUES (4)");
            assertThat(last().partitionKey()).isEqualTo("there.u.4");
            assertThat(last().schema()).isEqualTo("there");
            assertThat(last().table()).isEqualTo("u");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ddlAndWritesInOneTransactionAreCapturedAsTheyWent(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY, a text); SELECT leat.attach('public.t', exclude => '{a}')");

        try (Session one = session()) {
            one.run("INSERT INTO public.t VALUES (0, 'SECRET')");
            one.run("BEGIN");
            one.run("INSERT INTO public.t VALUES (1, 'SECRET')");
            one.run("ALTER TABLE public.t ADD b int");
            one.run("INSERT INTO public.t VALUES (2, 'SECRET', 2)");
            one.run("ALTER TABLE public.t RENAME a TO c");
            one.run("INSERT INTO public.t VALUES (3, 'SECRET', 3)");
            one.run("ALTER TABLE public.t DROP b");
            one.run("INSERT INTO public.t VALUES (4, 'SECRET')");
            one.run("ALTER TABLE public.t ALTER id TYPE bigint");
            one.run("INSERT INTO public.t VALUES (5, 'SECRET')");
            one.run("COMMIT");
            one.run("BEGIN");
            one.run("ALTER TABLE public.t RENAME id TO nr");
            one.run("INSERT INTO public.t VALUES (6, 'SECRET')");
            one.run("ROLLBACK");
            one.run("INSERT INTO public.t VALUES (7, 'SECRET')");
        }

        assertThat(captured().stream().map(Captured::after))
                .containsExactly(
                        "{\"id\":0}",
                        "{\"id\":1}",
                        "{\"id\":2,\"b\":2}",
                        "{\"id\":3,\"b\":3}",
                        "{\"id\":4}",
                        "{\"id\":5}",
                        "{\"id\":7}");
    }

    @Test
    void whatCannotBeReadIsAnEventWithAFaultAndTheWriteGoesOn() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t')");
        // A table that no shape can be had for: its attachment is gone, behind Leat's back.
        run("ALTER TABLE public.t RENAME TO u; DELETE FROM leat_internal.attachment");

        run("INSERT INTO public.u VALUES (1, 2)");

        assertThat(last().fault()).contains("could not be read").contains("no rows");
        assertThat(last().after()).isNull();
        assertThat(last().held()).isTrue();
        assertThat(last().partitionKey()).isEqualTo("public.t");
    }

    @Test
    void aTableWithAVirtualColumnLeavesItOut() {
        if (TestServer.shared().major() < 18) {
            run("CREATE TABLE public.t (id int PRIMARY KEY, v int)");
        } else {
            run("CREATE TABLE public.t (id int PRIMARY KEY, v int, w int GENERATED ALWAYS AS (v * 2) VIRTUAL)");
        }
        run("SELECT leat.attach('public.t'); INSERT INTO public.t VALUES (1, 2)");

        assertThat(last().after()).isEqualTo("{\"id\":1,\"v\":2}");
    }

    @Test
    void aStoredGeneratedColumnIsCarried() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int, w int GENERATED ALWAYS AS (v * 2) STORED);"
                + " SELECT leat.attach('public.t'); INSERT INTO public.t VALUES (1, 2)");

        assertThat(last().after()).isEqualTo("{\"id\":1,\"v\":2,\"w\":4}");
    }
}
