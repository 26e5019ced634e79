package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A row whose JSON is larger than PostgreSQL allows, which PostgreSQL finds out only after a gigabyte. */
@Tag("full")
@Tag("postgres")
class LargeRowIT extends LoadFixture {

    /** Its JSON is longer than PostgreSQL can hold: 1 GB of control characters, six bytes each. */
    @Test
    void aRowThatCannotBeReadGoesToQuarantineAndTheOthersAreLoaded() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, v text); INSERT INTO public.t SELECT i, 'v' FROM generate_series(1, 20) i;"
                        + " UPDATE public.t SET v = repeat(chr(1), 200000000) WHERE id = 7;"
                        + " SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        finish(MOST);
        assertThat(state()).isEqualTo("finished");
        assertThat(loaded()).hasSize(20).anyMatch(event -> event.startsWith("r public.t a row could not be loaded: "));
        assertThat(
                        value(
                                "SELECT count(*) FROM leat_internal.outbox WHERE fault IS NULL AND partition_key <> 'public.t.7'"))
                .isEqualTo("19");
    }
}
