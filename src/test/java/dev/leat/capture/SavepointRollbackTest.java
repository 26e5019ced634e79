package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A change that is rolled back is not captured. */
@Tag("postgres")
class SavepointRollbackTest extends CaptureFixture {

    @Test
    void aRolledBackTransactionLeavesNothing() {
        attach();

        run("BEGIN; INSERT INTO public.t VALUES (1); ROLLBACK");

        assertThat(captured()).isEmpty();
    }

    @Test
    void aRolledBackSavepointLeavesTheRest() {
        attach();

        run("BEGIN; INSERT INTO public.t VALUES (1); SAVEPOINT s; INSERT INTO public.t VALUES (2); ROLLBACK TO s;"
                + " INSERT INTO public.t VALUES (3); COMMIT");

        assertThat(captured().stream().map(Captured::partitionKey)).containsExactly("public.t.1", "public.t.3");
    }

    @Test
    void aFailedStatementLeavesNothing() {
        attach();

        run("INSERT INTO public.t VALUES (5); DO $$ BEGIN INSERT INTO public.t VALUES (4), (5);"
                + " EXCEPTION WHEN unique_violation THEN NULL; END $$");

        assertThat(captured().stream().map(Captured::partitionKey)).containsExactly("public.t.5");
    }

    @Test
    void aPreparedTransactionIsCapturedWhenItCommits() {
        attach();

        database.superuser("BEGIN; INSERT INTO public.t VALUES (1); PREPARE TRANSACTION '" + database.name() + "'");
        assertThat(captured()).isEmpty();
        database.superuser("COMMIT PREPARED '" + database.name() + "'");

        assertThat(captured()).hasSize(1);
    }

    @Test
    void captureTakesNoSubtransactionId() {
        attach();

        run("INSERT INTO public.t SELECT generate_series(1, 10)");

        assertThat(database.value("SELECT count(DISTINCT xmin::text) FROM leat_internal.outbox"))
                .isEqualTo("1");
        assertThat(database.value("SELECT bool_and(xmin::text::bigint = xid % 4294967296) FROM leat_internal.outbox"))
                .isEqualTo("t");
    }

    private void attach() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");
    }
}
