package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The partitions of leat_internal.sent are created and dropped. */
@Tag("postgres")
class RotateSentTest extends CaptureFixture {

    @Test
    void partitionsForTodayAndTomorrowAreMade() {
        assertThat(database.value("SELECT leat_poller.rotate_sent('7 days')")).isEqualTo("2");
        assertThat(database.value("SELECT leat_poller.rotate_sent('7 days')")).isEqualTo("0");

        keep("now()");
        assertThat(database.value(
                        "SELECT tableoid::regclass::text = 'leat_internal.sent_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')"
                                + " FROM leat_internal.sent"))
                .isEqualTo("t");
    }

    @Test
    void aShortTimeIsKeptByTheHour() {
        assertThat(database.value("SELECT leat_poller.rotate_sent('1 hour')")).isEqualTo("2");

        keep("now()");
        assertThat(
                        database.value(
                                "SELECT tableoid::regclass::text ~ '^leat_internal.sent_[0-9]{8}_[0-9]{2}$' FROM leat_internal.sent"))
                .isEqualTo("t");
    }

    @Test
    void aChangeFromDaysToHoursGoesOnInTheDaysPartition() {
        run("SELECT leat_poller.rotate_sent('7 days')");

        assertThat(database.value("SELECT leat_poller.rotate_sent('1 hour')")).isEqualTo("0");

        keep("now()");
        assertThat(database.value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("1");
    }

    @Test
    void whatIsWhollyOlderIsDropped() {
        run(
                "CREATE TABLE leat_internal.sent_20200101 PARTITION OF leat_internal.sent FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')");
        keep("'2020-01-01 12:00'");
        keep("now() - interval '8 days'");
        keep("now() - interval '6 days'");

        assertThat(database.value("SELECT leat_poller.rotate_sent('7 days')")).isEqualTo("3");

        assertThat(database.value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("1");
        assertThat(database.value("SELECT to_regclass('leat_internal.sent_20200101')"))
                .isNull();
    }

    @Test
    void aPartitionThatIsPastButStillToBeKeptStays() {
        run(
                "DO $$ BEGIN EXECUTE format('CREATE TABLE leat_internal.sent_before PARTITION OF leat_internal.sent FOR VALUES FROM (%L) TO (%L)',"
                        + " current_date - 3, current_date - 2); END $$");

        run("SELECT leat_poller.rotate_sent('7 days')");
        assertThat(database.value("SELECT to_regclass('leat_internal.sent_before')"))
                .isNotNull();

        run("SELECT leat_poller.rotate_sent('36 hours')");
        assertThat(database.value("SELECT to_regclass('leat_internal.sent_before')"))
                .isNull();
    }

    @Test
    void rowsInTheDefaultPartitionStandInNobodysWay() {
        keep("now()");

        assertThat(database.value("SELECT leat_poller.rotate_sent('7 days')")).isEqualTo("1");

        assertThat(database.value("SELECT tableoid::regclass FROM leat_internal.sent"))
                .isEqualTo("leat_internal.sent_default");
    }

    @Test
    void whatIsInUseIsLeftForLater() throws Exception {
        run(
                "CREATE TABLE leat_internal.sent_20200101 PARTITION OF leat_internal.sent FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')");
        try (Session reader = session()) {
            reader.run("BEGIN; SELECT FROM leat_internal.sent");

            run("SELECT leat_poller.rotate_sent('7 days')");

            assertThat(reader.value("SELECT to_regclass('leat_internal.sent_20200101')"))
                    .isNotNull();
            reader.run("COMMIT");
        }
        run("SELECT leat_poller.rotate_sent('7 days')");
        assertThat(database.value("SELECT to_regclass('leat_internal.sent_20200101')"))
                .isNull();
    }

    @Test
    void oneAtATime() throws Exception {
        try (Session one = session()) {
            one.run("BEGIN; SELECT leat_poller.rotate_sent('7 days')");

            assertThat(database.value("SELECT leat_poller.rotate_sent('7 days')"))
                    .isEqualTo("0");
            one.run("COMMIT");
        }
    }

    @Test
    void anUnclearTimeIsRefused() throws Exception {
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat_poller.rotate_sent(NULL)").state())
                    .isEqualTo("22023");
            assertThat(owner.refusal("SELECT leat_poller.rotate_sent('-1 day')").hint())
                    .contains("7 days");
        }
    }

    private void keep(String sentAt) {
        run(
                "INSERT INTO leat_internal.sent (id, lane, op, held, may_pass, captured_at, xid, partition_key, db_user, sent_at)"
                        + " VALUES (1, 7, 'u', false, false, now(), 1, 'k', 'u', " + sentAt + ")");
    }
}
