-- Leat's tables. Everything lives in the schema leat; every name in these scripts is qualified, so that they run alike
-- under `leat migrate` and under an application's own Flyway, whatever its default schema is.

CREATE SCHEMA IF NOT EXISTS leat;

-- The outbox: one row for each event, written inside the application's transaction, deleted when it is published.
--
-- Authority: a committed row here is an event not yet settled. Nothing else says so.
-- id        ascends in commit order within a partition key. It must stay the column's default with CACHE 1: INSERT takes
--           the table lock before it draws the id, and the low watermark of the pollers is proven from that (docs/guarantees.md).
-- lane      0..63, the top six bits of the MD5 of partition_key: a slice of the hash space of Kinesis.
-- held      true: the partition key is not the table's primary key, so no row lock orders its writers. Such an event is
--           claimed only when every lower id is proven committed or rolled back.
-- may_pass  true: when this event is quarantined, later events of its key do not wait for it.
-- context   text, not json: what a writer has set must never make its statement fail.
-- fault     why the row could not be captured whole; such an event goes to quarantine.
CREATE TABLE leat.outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
    lane          smallint    NOT NULL,
    op            "char"      NOT NULL,
    held          boolean     NOT NULL,
    may_pass      boolean     NOT NULL,
    captured_at   timestamptz NOT NULL,
    xid           bigint      NOT NULL,
    schema_name   text,
    table_name    text,
    type          text,
    partition_key text        NOT NULL,
    key           json,
    before        json,
    after         json,
    context       text,
    db_user       text        NOT NULL,
    application   text,
    stream        text,
    fault         text
) WITH (
    -- By threshold, not by share: the table is empty most of the time, and dead rows are what slows a claim.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000,
    autovacuum_vacuum_cost_delay = 0,
    -- Giving empty pages back to the disk takes a lock that writers would wait for; they are used again instead.
    vacuum_truncate = false
);

CREATE INDEX outbox_lane_id ON leat.outbox (lane, id);

-- The lanes. A poller holds a lane's row FOR UPDATE while it publishes that lane's events.
-- low       no event of this lane with an id up to low will ever be claimed again. Written rarely (every ten seconds or
--           so), because the dead versions of this row cost what the dead rows of the outbox cost.
CREATE TABLE leat.lane (
    lane       smallint PRIMARY KEY,
    low        bigint      NOT NULL DEFAULT 0,
    low_set_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

INSERT INTO leat.lane (lane) SELECT generate_series(0, 63);

-- The histories of this database, one after the other; the current one has no moved_to. A failover or a restore that may have
-- lost commits ends one (leat.move_past_gap): ids that were published may then be drawn again.
-- timeline  as leat.timeline() says it; null: not known
-- mark      an id drawn in this history; every id up to it, in whatever copy of the database has this row, means one event.
--           Noted by pollers once a second or so while they publish.
-- moved_to  ids above mark up to here are doubtful, and leat.renumber adds moved_to - mark to them
CREATE TABLE leat.history (
    history   integer PRIMARY KEY,
    timeline  text,
    began_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    mark      bigint      NOT NULL DEFAULT 0,
    marked_at timestamptz,
    moved_to  bigint CHECK (moved_to > mark),
    ended_at  timestamptz
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

INSERT INTO leat.history (history) VALUES (1);

-- The pollers alive: each refreshes its row every second or two, and counts the others to know its fair share of lanes.
CREATE TABLE leat.poller (
    poller     uuid PRIMARY KEY,
    host       text        NOT NULL,
    pid        bigint      NOT NULL,
    version    text        NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- What each poller has settled, by table and operation; upkeep folds the rows of pollers that are gone into the one
-- whose poller is null. For leat status, not for accounting: a killed poller takes its last few seconds of counts with it.
CREATE TABLE leat.tally (
    poller      uuid,
    schema_name text,
    table_name  text,
    op          "char" NOT NULL,
    settled     bigint NOT NULL,
    UNIQUE (poller, schema_name, table_name, op)
) WITH (fillfactor = 50);

-- What each shard took of each poller, and refused, over the last minute or since the poller started; for leat status. Pollers
-- write their rows every five seconds while they send, and delete those that nobody writes any more.
-- seconds   how long it was counted, a minute at most
-- bytes     of the records taken, data and partition keys
CREATE TABLE leat.shard_use (
    poller      uuid             NOT NULL,
    stream      text             NOT NULL,
    shard       text             NOT NULL,
    seconds     double precision NOT NULL,
    records     bigint           NOT NULL,
    bytes       bigint           NOT NULL,
    refused     bigint           NOT NULL,
    measured_at timestamptz      NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (poller, stream, shard)
) WITH (fillfactor = 50);

-- Events that could not be sent, and the later events of their keys that wait behind them.
-- state     quarantined: this event was refused, for the reason given
--           waiting:     sound, but an earlier event of its key is quarantined
--           retry:       released by a person; the next claim of its lane takes it before anything in the outbox
--           discarded:   given up by a person; kept as a trace
CREATE TABLE leat.quarantine (
    LIKE leat.outbox,
    state          text        NOT NULL CHECK (state IN ('quarantined', 'waiting', 'retry', 'discarded')),
    reason         text        NOT NULL,
    quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_at     timestamptz,
    decided_by     text,
    PRIMARY KEY (id)
);

-- What a claim asks for: the keys that are blocked, and the events that were released.
CREATE INDEX quarantine_blocking ON leat.quarantine (lane) WHERE state = 'quarantined' AND NOT may_pass;
CREATE INDEX quarantine_retry ON leat.quarantine (lane, id) WHERE state = 'retry';

-- Events that were settled and are kept for a time (leat run --retain), by day: upkeep drops whole partitions, so that
-- forgetting leaves no dead rows.
CREATE TABLE leat.sent (
    LIKE leat.outbox,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (sent_at);

CREATE TABLE leat.sent_default PARTITION OF leat.sent DEFAULT;

-- What is attached, as it was asked for. The generated function of an attachment is leat.capture_<attachment>.
-- key_columns        null: the primary key, whichever that is
-- left_out, masked   by name; *_attnums pins the columns meant, so that a renamed one stays left out
-- capture            by the row, or by the statement as long as leat.statement_risks names nothing against it
-- pinned_in          the oid of the table that the attnums belong to: they mean nothing after a dump and restore
CREATE TABLE leat.attachment (
    attachment       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relation         regclass NOT NULL UNIQUE,
    key_columns      text[],
    key_attnums      smallint[] NOT NULL DEFAULT '{}',
    left_out         text[]     NOT NULL DEFAULT '{}',
    left_out_attnums smallint[] NOT NULL DEFAULT '{}',
    masked           text[]     NOT NULL DEFAULT '{}',
    masked_attnums   smallint[] NOT NULL DEFAULT '{}',
    pinned_in        oid        NOT NULL,
    before           boolean    NOT NULL DEFAULT true,
    operations       text[]     NOT NULL DEFAULT '{insert,update,delete,truncate}',
    stream           text,
    on_quarantine    text       NOT NULL DEFAULT 'wait' CHECK (on_quarantine IN ('wait', 'pass')),
    capture          text       NOT NULL DEFAULT 'row' CHECK (capture IN ('row', 'statement')),
    attached_at      timestamptz NOT NULL DEFAULT now()
);
