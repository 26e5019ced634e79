package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tables attached for some operations only. */
@Tag("postgres")
class OperationsTest extends CaptureFixture {

    @Test
    void onlyTheOperationsAskedForAreCaptured() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t', operations => '{delete}')");

        run("INSERT INTO public.t VALUES (1)");
        run("UPDATE public.t SET id = 2");
        run("DELETE FROM public.t");
        run("TRUNCATE public.t");

        assertThat(changes()).containsExactly("d public.t.2 {\"id\":2} -> null");
    }

    @Test
    void anUpdateOfTheKeyIsAnUpdate() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t', operations => '{update}')");

        run("INSERT INTO public.t VALUES (1)");
        run("UPDATE public.t SET id = 2");

        assertThat(captured().stream().map(Captured::op)).containsExactly("d", "c");
    }

    @Test
    void truncateAloneNeedsNoRowTrigger() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t', operations => '{truncate}')");

        run("INSERT INTO public.t VALUES (1)");
        run("TRUNCATE public.t");

        assertThat(captured()).hasSize(64).allMatch(event -> "t".equals(event.op()));
        assertThat(database.value("SELECT row_trigger || ', ' || truncate_trigger FROM leat.attached()"))
                .isEqualTo("not wanted, enabled");
    }

    @Test
    void otherOperationsReplaceTheFormerOnPartitionsToo() {
        run("CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
                + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10);"
                + " SELECT leat.attach('public.p'); SELECT leat.attach('public.p', operations => '{insert}')");

        run("INSERT INTO public.p VALUES (1); DELETE FROM public.p1; TRUNCATE public.p1; TRUNCATE public.p");

        assertThat(captured().stream().map(Captured::op)).containsExactly("c");
        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
    }

    @Test
    void otherOperationsReplaceTheFormer() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t', operations => '{insert,truncate}')");

        assertThat(database.value("SELECT leat.attach('public.t', operations => '{update,delete}')"))
                .isEqualTo("changed");
        run("INSERT INTO public.t VALUES (1)");
        run("DELETE FROM public.t");
        run("TRUNCATE public.t");

        assertThat(captured().stream().map(Captured::op)).containsExactly("d");
        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
    }
}
