package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Values that are difficult to capture. */
@Tag("postgres")
class AwkwardValuesTest extends CaptureFixture {

    @Test
    void everyTypeIsCarried() {
        run("CREATE TYPE public.mood AS ENUM ('sad', 'ok'); CREATE TYPE public.pair AS (a int, b text);"
                + " CREATE DOMAIN public.small AS int CHECK (VALUE < 10);"
                + " CREATE TABLE public.t (id int PRIMARY KEY, j json, jb jsonb, n numeric, d double precision, at timestamptz,"
                + " raw bytea, arr int[], r int4range, mr int4multirange, p public.pair, m public.mood, s public.small, u uuid,"
                + " x xml, b bit(3), net inet, ts tsvector, big numeric); SELECT leat.attach('public.t')");

        run(
                "INSERT INTO public.t VALUES (1, '{\"a\": \"\\u0000\"}', '{\"b\":1}', 'NaN', 'Infinity', 'infinity', '\\x00ff',"
                        + " '{1,NULL,3}', '[1,5)', '{[1,2),[5,6)}', ROW(1, 'x'), 'ok', 7, '00000000-0000-0000-0000-000000000001',"
                        + " '<a/>', B'101', '10.0.0.1', 'fat cat', 1e100)");

        assertThat(last().fault()).isNull();
        assertThat(last().after())
                .contains("\"j\":{\"a\": \"\\u0000\"}")
                .contains("\"n\":\"NaN\"")
                .contains("\"d\":\"Infinity\"")
                .contains("\"at\":\"infinity\"")
                .contains("\"raw\":\"\\\\x00ff\"")
                .contains("\"arr\":[1,null,3]")
                .contains("\"p\":{\"a\":1,\"b\":\"x\"}")
                .contains("\"m\":\"ok\"");
    }

    @Test
    void jsonWithNulCharactersSurvivesExclusionAndDdl() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, j json, s text); SELECT leat.attach('public.t', exclude => '{s}')");
        run("INSERT INTO public.t VALUES (1, '\"\\u0000\"', 'x')");
        run("ALTER TABLE public.t RENAME s TO r; UPDATE public.t SET r = 'y'");

        assertThat(captured()).hasSize(2).allSatisfy(event -> {
            assertThat(event.fault()).isNull();
            assertThat(event.after()).isEqualTo("{\"id\":1,\"j\":\"\\u0000\"}");
        });
    }

    @Test
    void aKeyOfMoreThan256CharactersIsHashed() throws Exception {
        run("CREATE TABLE public.t (id text PRIMARY KEY); SELECT leat.attach('public.t')");

        run("INSERT INTO public.t VALUES (repeat('é', 247)), (repeat('é', 248))");

        assertThat(captured().get(0).partitionKey()).hasSize(256).startsWith("public.t.é");
        String hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256")
                        .digest(("public.t." + "é".repeat(248)).getBytes(StandardCharsets.UTF_8)));
        assertThat(last().partitionKey()).isEqualTo("sha256:" + hash);
        assertThat(last().key()).contains("é".repeat(248));
        byte[] md5 = MessageDigest.getInstance("MD5").digest(("sha256:" + hash).getBytes(StandardCharsets.UTF_8));
        assertThat(last().lane()).isEqualTo((md5[0] & 0xff) >> 2);
    }

    @Test
    void aHashedKeyIsTheSameByTheSlowerWay() {
        run("CREATE TABLE public.t (id text PRIMARY KEY, v int); SELECT leat.attach('public.t')");
        run("INSERT INTO public.t VALUES (repeat('k', 300), 1)");
        run("ALTER TABLE public.t RENAME v TO w; ALTER TABLE public.t RENAME id TO nr; UPDATE public.t SET w = 2");

        assertThat(captured().stream().map(Captured::partitionKey).distinct()).hasSize(1);
        assertThat(captured().stream().map(Captured::op)).containsExactly("c", "u");
    }

    @Test
    void aLargeValueIsCarriedWhole() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text, w int); SELECT leat.attach('public.t')");

        run("INSERT INTO public.t VALUES (1, repeat('x', 3000000)); UPDATE public.t SET w = 1");

        assertThat(database.value("SELECT min(length(after ->> 'v')) FROM leat_internal.outbox"))
                .isEqualTo("3000000");
        assertThat(database.value("SELECT length(before ->> 'v') FROM leat_internal.outbox WHERE op = 'u'"))
                .isEqualTo("3000000");
    }

    @Test
    void keysOfEveryKindHaveAText() {
        run(
                "CREATE TYPE public.mood AS ENUM ('sad', 'ok'); CREATE TABLE public.t (c char(5), b boolean, m public.mood, r int4range,"
                        + " PRIMARY KEY (c, b, m, r)); SELECT leat.attach('public.t')");

        run("INSERT INTO public.t VALUES ('a', true, 'ok', '[1,5)')");

        assertThat(last().partitionKey()).isEqualTo("public.t.(\"a    \",t,ok,\"[1,5)\")");
        assertThat(last().key()).isEqualTo("{\"c\":\"a    \",\"b\":true,\"m\":\"ok\",\"r\":\"[1,5)\"}");
    }
}
