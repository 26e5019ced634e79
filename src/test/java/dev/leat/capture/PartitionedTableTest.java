package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Partitioned tables: events name the table, not the partition of the row. */
@Tag("postgres")
class PartitionedTableTest extends CaptureFixture {

    @Test
    void rowsOfEveryPartitionAreCapturedUnderTheTablesName() {
        attachParts();

        run("INSERT INTO public.part VALUES (1, 5, 'a'), (2, 15, 'b')");
        run("INSERT INTO public.part_low VALUES (3, 6, 'c')");
        run("UPDATE public.part_high SET note = 'd'");
        run("DELETE FROM public.part_low WHERE id = 1");

        assertThat(changes())
                .containsExactly(
                        "c public.part.(1,5) null -> {\"id\":1,\"day\":5,\"note\":\"a\"}",
                        "c public.part.(2,15) null -> {\"id\":2,\"day\":15,\"note\":\"b\"}",
                        "c public.part.(3,6) null -> {\"id\":3,\"day\":6,\"note\":\"c\"}",
                        "u public.part.(2,15) {\"id\":2,\"day\":15,\"note\":\"b\"}"
                                + " -> {\"id\":2,\"day\":15,\"note\":\"d\"}",
                        "d public.part.(1,5) {\"id\":1,\"day\":5,\"note\":\"a\"} -> null");
        assertThat(captured()).allMatch(event -> "part".equals(event.table()));
    }

    @Test
    void aRowThatMovesToAnotherPartitionIsADeleteAndAnInsert() {
        attachParts();
        run("INSERT INTO public.part VALUES (1, 5, 'a')");
        forget();

        run("UPDATE public.part SET day = 15");

        assertThat(captured().stream().map(event -> event.op() + " " + event.partitionKey()))
                .containsExactly("d public.part.(1,5)", "c public.part.(1,15)");
    }

    @Test
    void aRowThatMovesWithoutChangingItsKeyKeepsItsOrder() {
        run("CREATE TABLE public.part (id int, day int, note text) PARTITION BY RANGE (day);"
                + " CREATE TABLE public.part_low PARTITION OF public.part FOR VALUES FROM (0) TO (10);"
                + " CREATE TABLE public.part_high PARTITION OF public.part FOR VALUES FROM (10) TO (20);"
                + " SELECT leat.attach('public.part', key => '{id}'); INSERT INTO public.part VALUES (1, 5, 'a')");
        forget();

        run("UPDATE public.part SET day = 15");

        assertThat(captured().stream().map(event -> event.op() + " " + event.partitionKey()))
                .containsExactly("d public.part(id).1", "c public.part(id).1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void partitionsAddedLaterAreCapturedToo(boolean refreshed) {
        if (refreshed) {
            refreshAfterDdl();
        }
        attachParts();

        run("CREATE TABLE public.part_new PARTITION OF public.part FOR VALUES FROM (20) TO (30)");
        run("CREATE TABLE public.part_other (note text, day int NOT NULL, id int NOT NULL)");
        run("ALTER TABLE public.part ATTACH PARTITION public.part_other FOR VALUES FROM (30) TO (40)");
        if (!refreshed) {
            assertThat(database.value("SELECT truncate_trigger FROM leat.attached()"))
                    .isEqualTo("missing");
            assertThat(database.value("SELECT leat.refresh()")).isEqualTo("1");
        }

        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
        run("INSERT INTO public.part_new VALUES (1, 25, 'a'); INSERT INTO public.part VALUES (2, 35, 'b')");
        assertThat(captured().stream().map(Captured::partitionKey))
                .containsExactly("public.part.(1,25)", "public.part.(2,35)");
        forget();
        run("TRUNCATE public.part_other");
        assertThat(captured()).hasSize(64);
        database.superuser("SET session_replication_role = replica; INSERT INTO public.part_new VALUES (3, 25, 'c')");
        assertThat(last().partitionKey()).isEqualTo("public.part.(3,25)");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDetachedPartitionIsCapturedNoMore(boolean refreshed) {
        if (refreshed) {
            refreshAfterDdl();
        }
        attachParts();

        run("ALTER TABLE public.part DETACH PARTITION public.part_low");
        run("INSERT INTO public.part_low VALUES (1, 5, 'a'); TRUNCATE public.part_low");

        assertThat(captured()).isEmpty();
        assertThat(database.value("SELECT leat.refresh()")).isEqualTo(refreshed ? "0" : "1");
        assertThat(database.value("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'public.part_low'::regclass"))
                .isEqualTo("0");
    }

    @Test
    void aDetachedPartitionIsWarnedOfUnlessItIsAttachedItself() throws Exception {
        attachParts();
        run("ALTER TABLE public.part DETACH PARTITION public.part_low; ALTER TABLE public.part DETACH PARTITION"
                + " public.part_high; SELECT leat.attach('public.part_high')");
        try (Session poller = session()) {
            assertThat(poller.warnings("SELECT leat.refresh()"))
                    .containsExactly(
                            "public.part_low is no partition of public.part any more, and is captured no more: attach it,"
                                    + " if it should be");
        }
    }

    @Test
    void aPartitionAndItsTableCannotBothBeAttached() throws Exception {
        attachParts();
        try (Session owner = session()) {
            Session.Refusal partition = owner.refusal("SELECT leat.attach('public.part_low')");
            assertThat(partition.state()).isEqualTo("55000");
            assertThat(partition.hint()).contains("leat.detach('public.part')");

            run("SELECT leat.detach('public.part')");
            run("SELECT leat.attach('public.part_low')");
            Session.Refusal table = owner.refusal("SELECT leat.attach('public.part')");
            assertThat(table.hint()).contains("leat.detach('public.part_low')");
        }
    }

    @Test
    void aPartitionAttachedByItselfGoesByItsOwnName() {
        attachParts();
        run("SELECT leat.detach('public.part'); SELECT leat.attach('public.part_low')");

        run("INSERT INTO public.part VALUES (1, 5, 'a'), (2, 15, 'b')");

        assertThat(captured().stream().map(Captured::partitionKey)).containsExactly("public.part_low.(1,5)");
    }

    @Test
    void partitionsOfPartitionsAreCaptured() {
        attachParts();
        run(
                "CREATE TABLE public.part_deep PARTITION OF public.part FOR VALUES FROM (50) TO (70) PARTITION BY RANGE (day);"
                        + " CREATE TABLE public.part_deep1 PARTITION OF public.part_deep FOR VALUES FROM (50) TO (60)");
        run("SELECT leat.refresh()");

        run("INSERT INTO public.part_deep1 VALUES (1, 55, 'a')");

        assertThat(last().partitionKey()).isEqualTo("public.part.(1,55)");
        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
    }

    @Test
    void anExcludedColumnIsLeftOutOfAPartitionWithAnotherColumnOrder() {
        attachParts();
        run("SELECT leat.attach('public.part', exclude => '{note}')");
        run("CREATE TABLE public.part_other (note text, day int NOT NULL, id int NOT NULL);"
                + " ALTER TABLE public.part ATTACH PARTITION public.part_other FOR VALUES FROM (30) TO (40)");

        run("INSERT INTO public.part VALUES (1, 35, 'SECRET')");
        run("ALTER TABLE public.part RENAME note TO remark");
        run("INSERT INTO public.part VALUES (2, 35, 'SECRET')");

        assertThat(captured().stream().map(Captured::after))
                .containsExactly("{\"id\":1,\"day\":35}", "{\"id\":2,\"day\":35}");
    }

    private void attachParts() {
        run("CREATE TABLE public.part (id int, day int, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
                + " CREATE TABLE public.part_low PARTITION OF public.part FOR VALUES FROM (0) TO (10);"
                + " CREATE TABLE public.part_high PARTITION OF public.part FOR VALUES FROM (10) TO (20);"
                + " SELECT leat.attach('public.part')");
    }
}
