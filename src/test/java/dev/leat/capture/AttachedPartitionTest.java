package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An attached table becomes a partition of another attached table, and is detached from it again. Each change is captured once. */
@Tag("postgres")
class AttachedPartitionTest extends CaptureFixture {

    private void attachBoth(String capture) {
        run("CREATE TABLE public.p (id int, day int, v int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
                + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10);"
                + " CREATE TABLE public.t (id int, day int, v int, PRIMARY KEY (id, day)); SELECT leat.attach('public.p');"
                + " SELECT leat.attach('public.t', capture => '" + capture + "')");
    }

    /** One change of each kind, on the table itself and through the partitioned one. */
    private List<String> changesOf(String... tables) {
        forget();
        for (String table : tables) {
            run("INSERT INTO " + table + " VALUES (1, 15, 0); UPDATE " + table + " SET v = 1 WHERE day = 15; UPDATE "
                    + table + " SET id = 2 WHERE day = 15; DELETE FROM " + table + " WHERE day = 15");
        }
        return captured().stream()
                .map(event -> event.op() + " " + event.partitionKey())
                .toList();
    }

    private static List<String> once(String table) {
        return List.of(
                "c " + table + ".(1,15)",
                "u " + table + ".(1,15)",
                "d " + table + ".(1,15)",
                "c " + table + ".(2,15)",
                "d " + table + ".(2,15)");
    }

    private static List<String> twice(String table) {
        return Stream.concat(once(table).stream(), once(table).stream()).toList();
    }

    private List<String> truncated(String table) {
        forget();
        run("TRUNCATE " + table);
        return captured().stream()
                .map(Captured::table)
                .distinct()
                .map(String::valueOf)
                .toList();
    }

    private long truncates(String table) {
        forget();
        run("TRUNCATE " + table);
        return captured().size();
    }

    @ParameterizedTest
    @CsvSource({"row,false", "row,true", "statement,false", "statement,true"})
    void eachChangeIsCapturedOnceBeforeBetweenAndAfter(String capture, boolean refreshed) {
        attachBoth(capture);
        assertThat(changesOf("public.t")).isEqualTo(once("public.t"));

        run("ALTER TABLE public.p ATTACH PARTITION public.t FOR VALUES FROM (10) TO (20)");
        if (refreshed) {
            run("SELECT leat.refresh()");
        }

        assertThat(changesOf("public.t", "public.p")).isEqualTo(twice("public.p"));
        assertThat(truncates("public.t")).isEqualTo(64);
        assertThat(truncated("public.t")).containsExactly("t");
        assertThat(truncates("public.p")).isEqualTo(64);
        assertThat(truncated("public.p")).containsExactly("p");
        assertThat(database.rows(
                        "SELECT table_name, array_to_string(problems, ' ') LIKE '%it is a partition of public.p, which is"
                                + " attached too: its changes are captured as that one''s%' FROM leat.attached()"))
                .containsExactly(List.of("p", "f"), List.of("t", "t"));

        run("ALTER TABLE public.p DETACH PARTITION public.t");
        if (refreshed) {
            run("SELECT leat.refresh()");
        }

        assertThat(changesOf("public.t")).isEqualTo(once("public.t"));
        assertThat(truncates("public.t")).isEqualTo(64);
        run("SELECT leat.refresh()");
        assertThat(changesOf("public.t")).isEqualTo(once("public.t"));
        assertThat(database.rows(
                        "SELECT table_name, row_trigger, truncate_trigger, stale, problems FROM leat.attached()"))
                .containsExactly(
                        List.of("p", "enabled", "enabled", "f", "{}"), List.of("t", "enabled", "enabled", "f", "{}"));
        assertThat(database.value("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'public.t'::regclass"))
                .isEqualTo("statement".equals(capture) ? "5" : "2");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theOtherOfTheTwoGoesOnWhenOneIsDetachedFromLeat(boolean refreshed) {
        attachBoth("row");
        run("ALTER TABLE public.p ATTACH PARTITION public.t FOR VALUES FROM (10) TO (20)");
        if (refreshed) {
            run("SELECT leat.refresh()");
        }

        run("SELECT leat.detach('public.p')");
        assertThat(changesOf("public.t", "public.p")).isEqualTo(twice("public.t"));
        assertThat(truncates("public.p")).isEqualTo(64);
        run("SELECT leat.refresh()");
        assertThat(changesOf("public.t", "public.p")).isEqualTo(twice("public.t"));
        assertThat(truncates("public.t")).isEqualTo(64);
    }

    @Test
    void thePartitionsOwnAttachmentCanBeTakenAway() {
        attachBoth("row");
        run(
                "ALTER TABLE public.p ATTACH PARTITION public.t FOR VALUES FROM (10) TO (20); SELECT leat.detach('public.t')");

        assertThat(changesOf("public.t", "public.p")).isEqualTo(twice("public.p"));
        run("SELECT leat.refresh()");
        assertThat(truncates("public.t")).isEqualTo(64);
        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
    }

    /** A file of attachments may go on naming both. */
    @Test
    void bothCanBeAttachedAgain() throws Exception {
        attachBoth("row");
        run("ALTER TABLE public.p ATTACH PARTITION public.t FOR VALUES FROM (10) TO (20); SELECT leat.refresh()");

        try (Session owner = session()) {
            assertThat(owner.value("SELECT leat.attach('public.p')")).isEqualTo("unchanged");
            assertThat(owner.value("SELECT leat.attach('public.t')")).isEqualTo("unchanged");
            assertThat(owner.warnings("SELECT leat.attach('public.t')"))
                    .singleElement()
                    .asString()
                    .contains("is a partition of public.p");
        }
        assertThat(changesOf("public.t")).isEqualTo(once("public.p"));
    }

    /** What is attached to a partitioned table within another one is as well. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theTopmostOfThreeCaptures(boolean refreshed) {
        attachBoth("row");
        run("CREATE TABLE public.m (id int, day int, v int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
                + " SELECT leat.attach('public.m')");
        run("ALTER TABLE public.m ATTACH PARTITION public.t FOR VALUES FROM (10) TO (20)");
        if (refreshed) {
            run("SELECT leat.refresh()");
        }
        assertThat(changesOf("public.t", "public.m")).isEqualTo(twice("public.m"));
        run("ALTER TABLE public.p ATTACH PARTITION public.m FOR VALUES FROM (10) TO (20)");
        if (refreshed) {
            run("SELECT leat.refresh()");
        }

        assertThat(changesOf("public.t", "public.p")).isEqualTo(twice("public.p"));
        assertThat(truncates("public.p")).isEqualTo(64);
        assertThat(truncates("public.t")).isEqualTo(64);

        run("ALTER TABLE public.p DETACH PARTITION public.m");
        assertThat(changesOf("public.t", "public.m")).isEqualTo(twice("public.m"));
        run("ALTER TABLE public.m DETACH PARTITION public.t");
        assertThat(changesOf("public.t")).isEqualTo(once("public.t"));
    }

    /** What a transaction sees of the catalog in its snapshot may be older than what its rows are subject to. */
    @Test
    void aSnapshotOlderThanTheChangeCapturesOnceToo() throws Exception {
        attachBoth("row");
        try (Session old = session()) {
            old.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
            old.value("SELECT count(*) FROM pg_class");
            run("ALTER TABLE public.p ATTACH PARTITION public.t FOR VALUES FROM (10) TO (20)");
            old.run("INSERT INTO public.t VALUES (1, 15, 0)");
            run("INSERT INTO public.p1 VALUES (0, 5, 0)");
            old.run("COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ");
            old.value("SELECT count(*) FROM pg_class");
            run("SELECT leat.detach('public.p')");
            old.run("INSERT INTO public.t VALUES (2, 15, 0)");
            old.run("COMMIT");
        }
        assertThat(captured().stream().map(Captured::partitionKey))
                .containsExactly("public.p.(1,15)", "public.p.(0,5)", "public.t.(2,15)");
    }

    @Test
    void aPartitionThatIsDetachedWhileRowsAreWrittenIsCapturedOnce() throws Exception {
        attachBoth("row");
        run("ALTER TABLE public.p ATTACH PARTITION public.t FOR VALUES FROM (10) TO (20); SELECT leat.refresh()");
        try (Session ddl = session()) {
            ddl.run("ALTER TABLE public.p DETACH PARTITION public.t CONCURRENTLY");
        }
        assertThat(changesOf("public.t")).isEqualTo(once("public.t"));
    }

    @Test
    void aPartitionThatOnlyTruncatesAreWantedOfKeepsItsOwnRows() {
        attachBoth("row");
        run("SELECT leat.attach('public.p', operations => '{truncate}');"
                + " ALTER TABLE public.p ATTACH PARTITION public.t FOR VALUES FROM (10) TO (20)");

        assertThat(changesOf("public.t", "public.p")).isEqualTo(twice("public.t"));
        assertThat(truncates("public.t")).isEqualTo(64);
        run("SELECT leat.refresh()");
        assertThat(truncates("public.t")).isEqualTo(64);
        assertThat(truncates("public.p")).isEqualTo(64);
    }
}
