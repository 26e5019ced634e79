package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.admin.Quarantine;
import dev.leat.testkit.Session;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The decisions that a person can make about an event in quarantine. */
@Tag("postgres")
class RetryDiscardTest extends CaptureFixture {

    @Test
    void aRetryReleasesTheEventAndThoseThatWaitedBehindIt() {
        quarantine("1:quarantined 2:waiting 3:waiting");
        String drawn = database.value("SELECT last_value FROM leat_internal.outbox_id_seq");

        assertThat(database.value("SELECT leat.retry(1)")).isEqualTo("3");

        assertThat(states()).isEqualTo("1:retry 2:retry 3:retry");
        assertThat(database.value(
                        "SELECT decided_by FROM leat_internal.quarantine WHERE id = 1 AND decided_at <= now()"))
                .isEqualTo("leat_owner");
        assertThat(database.value("SELECT last_value > " + drawn + " FROM leat_internal.outbox_id_seq"))
                .isEqualTo("t");
    }

    @Test
    void aDiscardKeepsATraceAndReleasesThoseThatWaited() {
        quarantine("1:quarantined 2:waiting");
        String drawn = database.value("SELECT last_value FROM leat_internal.outbox_id_seq");

        assertThat(database.value("SELECT leat.discard(1)")).isEqualTo("1");

        assertThat(states()).isEqualTo("1:discarded 2:retry");
        assertThat(database.value("SELECT last_value > " + drawn + " FROM leat_internal.outbox_id_seq"))
                .isEqualTo("t");
    }

    @Test
    void thoseBehindAnotherQuarantinedEventGoOnWaiting() {
        quarantine("1:quarantined 2:waiting 3:quarantined 4:waiting");

        assertThat(database.value("SELECT leat.discard(1)")).isEqualTo("1");

        assertThat(states()).isEqualTo("1:discarded 2:retry 3:quarantined 4:waiting");
    }

    @Test
    void anotherKeysEventsAreLeftAlone() {
        quarantine("1:quarantined 2:waiting");
        run("UPDATE leat_internal.quarantine SET partition_key = 'other' WHERE id = 2");

        assertThat(database.value("SELECT leat.retry(1)")).isEqualTo("1");

        assertThat(states()).isEqualTo("1:retry 2:waiting");
    }

    @Test
    void whatCannotBeDecidedIsRefused() throws Exception {
        quarantine("1:quarantined 2:waiting 3:quarantined 4:discarded 5:retry");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.retry(9)").message()).contains("event 9 is not in quarantine");
            assertThat(owner.refusal("SELECT leat.discard(9)").message()).contains("event 9 is not in quarantine");
            assertThat(owner.refusal("SELECT leat.retry(2)").message()).contains("event 2 waits behind event 1");
            assertThat(owner.refusal("SELECT leat.retry(3)").message())
                    .contains("event 1 of the same key comes before");
            assertThat(owner.refusal("SELECT leat.discard(4)").message()).contains("event 4 is in state discarded");
            assertThat(owner.refusal("SELECT leat.retry(5)").message()).contains("event 5 is in state retry");
        }
        assertThat(states()).isEqualTo("1:quarantined 2:waiting 3:quarantined 4:discarded 5:retry");
    }

    @Test
    void whereEventsMayPassEachIsDecidedByItself() {
        quarantine("1:quarantined 3:quarantined");
        run("UPDATE leat_internal.quarantine SET may_pass = true");

        assertThat(database.value("SELECT leat.retry(3)")).isEqualTo("1");

        assertThat(states()).isEqualTo("1:quarantined 3:retry");
    }

    @Test
    void aDecisionWaitsForTheClaimOfItsLane() throws Exception {
        quarantine("1:quarantined");
        try (Session claim = session();
                Session person = session()) {
            claim.run("BEGIN; SELECT FROM leat_internal.lane WHERE lane = 7 FOR UPDATE");
            person.run("SET lock_timeout = '100ms'");

            assertThat(person.refusal("SELECT leat.retry(1)").state()).isEqualTo("55P03");

            claim.run("COMMIT");
            assertThat(person.value("SELECT leat.retry(1)")).isEqualTo("1");
        }
    }

    @Test
    void aDecisionOnAnOlderSnapshotIsRefusedRatherThanLeavingAnEventWaitingForEver() throws Exception {
        quarantine("1:quarantined");
        try (Session person = session()) {
            person.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM leat_internal.quarantine");
            quarantine("2:waiting");

            assertThat(person.refusal("SELECT leat.discard(1)").message()).contains("READ COMMITTED");

            person.run("ROLLBACK");
            assertThat(person.value("SELECT leat.discard(1)")).isEqualTo("1");
        }
        assertThat(states()).isEqualTo("1:discarded 2:retry");
    }

    @Test
    void theCommandsDecideWhateverIsolationTheRoleHasByDefault() {
        quarantine("1:quarantined 2:waiting");
        var serializable = database.owner();
        serializable.setOptions("-c default_transaction_isolation=serializable");

        assertThat(new Quarantine(serializable).discard(1)).isEqualTo(1);
    }

    private void quarantine(String states) {
        run("SELECT nextval('leat_internal.outbox_id_seq')");
        for (String entry : states.split(" ")) {
            String[] parts = entry.split(":");
            run(
                    "INSERT INTO leat_internal.quarantine (id, lane, op, held, may_pass, captured_at, xid, partition_key, db_user, state,"
                            + " reason) VALUES (" + parts[0] + ", 7, 'u', false, false, now(), 1, 'k', 'u', '"
                            + parts[1] + "', 'r')");
        }
    }

    private @Nullable String states() {
        return database.value("SELECT string_agg(id || ':' || state, ' ' ORDER BY id) FROM leat_internal.quarantine");
    }
}
