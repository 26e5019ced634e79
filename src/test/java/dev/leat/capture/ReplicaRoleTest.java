package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sessions that apply changes from another server do not fire ordinary triggers, but they fire Leat's. */
@Tag("postgres")
class ReplicaRoleTest extends CaptureFixture {

    @Test
    void aReplicaSessionIsCaptured() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");

        database.superuser(
                "SET session_replication_role = replica; INSERT INTO public.t VALUES (1); TRUNCATE public.t");

        assertThat(captured()).hasSize(65);
    }
}
