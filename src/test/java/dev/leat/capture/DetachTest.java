package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Detaching: nothing of Leat remains on the table. */
@Tag("postgres")
class DetachTest extends CaptureFixture {

    @Test
    void aDetachedTableIsCapturedNoMoreAndItsEventsStay() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t'); INSERT INTO public.t VALUES (1)");

        run("SELECT leat.detach('public.t')");
        run("INSERT INTO public.t VALUES (2); TRUNCATE public.t");

        assertThat(captured()).hasSize(1);
        assertThat(database.value("SELECT count(*) FROM leat.attached()")).isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'public.t'::regclass"))
                .isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM pg_proc WHERE proname ~ '^capture_[0-9]'"))
                .isEqualTo("0");
    }

    @Test
    void aPartitionedTableIsDetachedWithItsPartitions() {
        run(
                "CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
                        + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10); SELECT leat.attach('public.p')");

        run("SELECT leat.detach('public.p'); INSERT INTO public.p1 VALUES (1); TRUNCATE public.p");

        assertThat(captured()).isEmpty();
        assertThat(database.value("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '!leat%'"))
                .isEqualTo("0");
    }

    @Test
    void whatIsNotAttachedIsRefused() throws Exception {
        run("CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
                + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10); SELECT leat.attach('public.p');"
                + " CREATE TABLE public.t (id int)");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.detach('public.t')").message())
                    .contains("public.t is not attached");
            assertThat(owner.refusal("SELECT leat.detach('public.p1')").hint()).contains("partition of public.p");
        }
    }

    @Test
    void aTableCanBeAttachedAgain() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t'); SELECT leat.detach('public.t');"
                        + " SELECT leat.attach('public.t'); INSERT INTO public.t VALUES (1)");

        assertThat(captured()).hasSize(1);
    }
}
