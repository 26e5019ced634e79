package dev.leat.doctor;

import dev.leat.jooq.Dsl;
import dev.leat.pipeline.SchemaVersions;
import dev.leat.schema.Migrations;
import dev.leat.schema.SchemaOwnership;
import dev.leat.schema.SchemaState;
import dev.leat.status.Status;
import dev.leat.status.StatusReader;
import dev.leat.status.TableFaults;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;

/** The checks of {@code leat doctor} in the database. They change nothing. */
public final class Inspection {

    private static final Duration SKEW = Duration.ofSeconds(2);

    private final DataSource dataSource;
    private final DSLContext database;
    private final Supplier<Instant> clock;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * @param clock this machine's, such as {@code Instant::now}
     */
    public Inspection(DataSource database, Supplier<Instant> clock) {
        this.dataSource = database;
        this.database = Dsl.of(database);
        this.clock = clock;
    }

    /**
     * @throws org.jooq.exception.DataAccessException if the query fails
     */
    public List<Finding> findings() {
        server();
        clocks();
        if (rights() && schema()) {
            findings.addAll(new RightsInspection(database).findings());
            transactionTimeout();
            tables();
            outbox();
            history();
            findings.addAll(new CaptureInspection(database).findings());
            findings.addAll(new VacuumInspection(database).findings());
            traffic();
        }
        return List.copyOf(findings);
    }

    private void server() {
        Record server = database.fetchSingle(
                "SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery()");
        if (server.get(2, boolean.class)) {
            findings.add(Finding.fail("server", "this is a standby, which takes no writes", "connect to the primary"));
        } else if (server.get(0, int.class) < 140_000) {
            findings.add(Finding.fail(
                    "server", "PostgreSQL " + server.get(1, String.class), "Leat needs PostgreSQL 14 or later"));
        } else {
            findings.add(Finding.ok("server", "PostgreSQL " + server.get(1, String.class)));
        }
    }

    private void clocks() {
        Instant before = clock.get();
        Instant theirs = database.fetchSingle("SELECT clock_timestamp()").get(0, Instant.class);
        Instant after = clock.get();
        Duration ahead = theirs.isBefore(before)
                ? Duration.between(before, theirs)
                : theirs.isAfter(after) ? Duration.between(after, theirs) : Duration.ZERO;
        if (ahead.abs().compareTo(SKEW) > 0) {
            findings.add(
                    Finding.warn(
                            "clock",
                            "the database's clock is " + ahead.abs().toMillis() + " ms "
                                    + (ahead.isNegative() ? "behind" : "ahead of") + " this machine's",
                            "set both by NTP: AWS refuses requests signed minutes off, and latencies are measured across both"));
        } else {
            findings.add(Finding.ok("clock", "database and this machine agree within " + SKEW.toSeconds() + " s"));
        }
    }

    private boolean rights() {
        String role = database.fetchSingle("SELECT current_user").get(0, String.class);
        List<String> missing = Rights.missing(database);
        List<String> ofCatalog = Rights.missingOfCatalog(database);
        if (!ofCatalog.isEmpty()) {
            findings.add(Finding.fail(
                    "rights",
                    "everybody may read PostgreSQL's catalog, and somebody has taken back what Leat reads of it",
                    "GRANT " + String.join("; GRANT ", ofCatalog)));
            return false;
        }
        if (missing.isEmpty()) {
            findings.add(Finding.ok("rights", "role " + role + " may claim and settle"));
            return true;
        }
        findings.add(Finding.fail(
                "rights",
                "role " + role + " lacks " + String.join(", ", missing),
                "let the owner of the schema run SELECT leat.grant_poller('" + role.replace("'", "''") + "')"));
        return false;
    }

    private boolean schema() {
        List<SchemaOwnership.Problem> problems = SchemaOwnership.problems(dataSource);
        if (!problems.isEmpty()) {
            // What else the schemas hold may be anybody's.
            problems.forEach(problem -> findings.add(Finding.fail("schema", problem.text(), problem.advice())));
            return false;
        }
        SchemaState state = Migrations.state(dataSource);
        if (state instanceof SchemaState.Present present && present.usable()) {
            int found = present.versions().found();
            findings.add(Finding.ok(
                    "schema",
                    "version " + found
                            + (found == SchemaVersions.MADE
                                    ? ", as this Leat makes it"
                                    : ", with which this Leat works, though it makes version " + SchemaVersions.MADE)));
            return true;
        }
        findings.add(Finding.fail("schema", "not as this Leat needs it", state.advice()));
        return false;
    }

    /** Since PostgreSQL 17. The other timeouts of a session are set by each claim. */
    private void transactionTimeout() {
        Record timeout = database.fetchOne("""
                SELECT s.setting::bigint FROM pg_catalog.pg_settings s WHERE s.name = 'transaction_timeout' AND s.setting <> '0'
                """);
        if (timeout != null) {
            findings.add(
                    Finding.warn(
                            "settings",
                            "transaction_timeout is " + timeout.get(0, long.class)
                                    + " ms for this role: a claim's transaction is open while the stream answers, and what it has sent is sent"
                                    + " again when it is ended",
                            "set it longer than LEAT_PUBLISH_DEADLINE, or to 0, for this role: ALTER ROLE ... SET transaction_timeout"));
        }
    }

    private void tables() {
        for (TableFaults.TableFault fault : TableFaults.of(database)) {
            findings.add(
                    fault.severe()
                            ? Finding.fail("tables", fault.text(), fault.remedy())
                            : Finding.warn("tables", fault.text(), fault.remedy()));
        }
    }

    private void outbox() {
        Record outbox = database.fetchSingle("""
                SELECT a.attidentity::text, s.seqcache, s.seqincrement, s.seqcycle
                FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id'
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
                      AND d.refobjsubid = a.attnum AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'i'
                LEFT JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
                WHERE n.nspname = 'leat_internal' AND c.relname = 'outbox'
                """);
        Long cache = outbox.get(1, Long.class);
        if (!"a".equals(outbox.get(0, String.class)) || cache == null) {
            findings.add(Finding.fail(
                    "sequence",
                    "leat_internal.outbox.id is not GENERATED ALWAYS AS IDENTITY: order and the low watermark rest on it",
                    "ALTER TABLE leat_internal.outbox ALTER COLUMN id SET GENERATED ALWAYS"));
        } else if (cache != 1 || outbox.get(2, long.class) != 1 || outbox.get(3, boolean.class)) {
            findings.add(
                    Finding.fail(
                            "sequence",
                            "leat_internal.outbox_id_seq has CACHE " + cache + ", INCREMENT "
                                    + outbox.get(2, Long.class)
                                    + (outbox.get(3, boolean.class) ? ", CYCLE" : "")
                                    + ": ids no longer ascend in commit order",
                            "ALTER SEQUENCE leat_internal.outbox_id_seq CACHE 1 INCREMENT 1 NO CYCLE, and reconnect all writers"));
        } else {
            findings.add(Finding.ok("sequence", "ids ascend one by one"));
        }
    }

    private void history() {
        Record history = database.fetchOne("""
                SELECT h.timeline IS NULL, h.began_at, h.history > 1 AND h.began_at > clock_timestamp() - interval '1 day', o.mark
                FROM leat_poller.history h LEFT JOIN leat_poller.history o ON o.history = h.history - 1
                WHERE h.moved_to IS NULL
                """);
        if (history == null) {
            // That it is missing is told with what else is wrong with the tables.
            return;
        }
        if (history.get(0, boolean.class)) {
            findings.add(
                    Finding.warn(
                            "history",
                            "the server does not tell its timeline, so a failover or a restore that loses commits is not noticed",
                            "after one, before pollers start: let the owner of the schema run SELECT leat.move_past_gap(force => true)"));
        } else if (history.get(2, boolean.class)) {
            findings.add(Finding.warn(
                    "history",
                    "commits may have been lost before " + history.get(1, Instant.class)
                            + ": ids went on above all that were" + " published, and changes above id "
                            + history.get(3, Long.class) + " may have been sent twice",
                    "rows whose lost changes had been published stay with consumers as they were told: touch those"));
        } else {
            findings.add(Finding.ok("history", "no failover or restore has moved the ids within a day"));
        }
    }

    private void traffic() {
        Status status = new StatusReader(dataSource).read();
        long alive =
                status.pollers().stream().filter(Status.PollerStatus::alive).count();
        Double age = status.backlog().oldestAgeSeconds();
        if (alive == 0) {
            findings.add(Finding.warn("pollers", "none is alive, so nothing is published", "start one: leat run"));
        } else if (age != null && age > 60) {
            findings.add(Finding.warn(
                    "pollers",
                    alive + " alive, but the oldest event has waited for " + Math.round(age) + " s",
                    "see their logs for what holds them: throttling, a refused stream, or too few of them"));
        } else {
            findings.add(Finding.ok("pollers", alive + " alive"));
        }
        long quarantined = status.quarantine().getOrDefault("quarantined", 0L);
        if (quarantined == 0) {
            findings.add(Finding.ok("quarantine", "nothing to decide about"));
        } else {
            findings.add(Finding.warn(
                    "quarantine",
                    quarantined + " events cannot be sent, and "
                            + status.quarantine().getOrDefault("waiting", 0L) + " wait behind them",
                    "leat quarantine list, then retry or discard"));
        }
    }
}
