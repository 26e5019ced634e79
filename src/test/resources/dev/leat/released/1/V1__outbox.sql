-- Every script sets the search_path for its transaction, so that an operator or function that somebody else created is not found before
-- PostgreSQL's own. All other names are qualified. So the scripts do the same under `leat migrate` and under an application's own Flyway,
-- whatever its default schema is.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- Leat's tables are heap tables, whatever the default of the database is, because claims rely on row locks and on xmax.
SELECT pg_catalog.set_config('default_table_access_method', 'heap', true);

-- Three schemas, by who may use them (docs/security.md):
--
--   leat           functions that applications call. It has no tables: whoever may use a schema can queue for the locks of its tables.
--   leat_poller    what a poller's role needs: views to read, and functions for everything else. It has no tables either.
--   leat_internal  the tables and the functions that work on them. Only the owner may use it.
CREATE SCHEMA IF NOT EXISTS leat;
CREATE SCHEMA IF NOT EXISTS leat_poller;
CREATE SCHEMA IF NOT EXISTS leat_internal;

-- A schema that somebody else created is not taken over, because its owner could replace everything that is put into it.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT n.nspname, pg_get_userbyid(n.nspowner) AS owner,
               (SELECT pg_describe_object(d.classid, d.objid, 0)
                  FROM pg_depend d
                 WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype = 'n'
                   -- Flyway creates its history table before the first script runs.
                   AND NOT EXISTS (SELECT FROM pg_class c
                                    WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid
                                      AND c.relname = 'flyway_schema_history' AND c.relowner = n.nspowner)
                 LIMIT 1) AS content
          FROM pg_namespace n
         WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal')
    LOOP
        IF found.owner <> current_user THEN
            RAISE EXCEPTION 'the schema % belongs to %, and % is to own Leat', found.nspname, found.owner, current_user
                USING ERRCODE = 'insufficient_privilege',
                      HINT = 'Somebody made it before Leat was installed. Drop or rename it, and migrate again.';
        END IF;
        IF found.content IS NOT NULL THEN
            RAISE EXCEPTION 'the schema % is not empty: it holds %', found.nspname, found.content
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = CASE WHEN to_regprocedure('leat.schema_version()') IS NULL
                                  THEN 'Leat needs the schemas leat, leat_poller and leat_internal for itself. Drop or move what is'
                                       ' there, and migrate again.'
                                  ELSE 'Leat is here already, and the history of this migration does not know it, as in a database that'
                                       ' was made from a dump without data: copy the rows of that history from where the dump was made.'
                             END;
        END IF;
    END LOOP;
END
$$;

-- leat_internal.lock_tables(who, patience, relations): locks tables of Leat against everybody (ACCESS EXCLUSIVE), for versioned scripts that
-- alter them. It is in this script because a versioned script runs before the functions of its version exist.
--
-- All sessions that need a table, writers too, queue behind a session that waits for its lock. So this function waits at most 100 ms for each
-- lock. If it does not get one, it releases those that it has, leaves the application 400 ms, and tries again. Once it has all locks, writers
-- wait until the migration commits. So a script should call it after everything that does not need the locks.
--
-- who        the name of the script, for the message
-- patience   how long to try
-- Returns:   nothing
-- Tables:    locks them until the end of the transaction
-- Errors:    lock_not_available, with the names of those who hold the locks
CREATE FUNCTION leat_internal.lock_tables(who text, patience interval, VARIADIC relations regclass[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    former   text := current_setting('lock_timeout');
    ends     timestamptz := clock_timestamp() + patience;
    relation regclass;
    users    text;
BEGIN
    LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '100ms', true);
            FOREACH relation IN ARRAY relations LOOP
                EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', relation);
            END LOOP;
            PERFORM set_config('lock_timeout', former, true);
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            -- The subtransaction has released the locks of this attempt and restored the setting.
            IF clock_timestamp() >= ends THEN
                SELECT string_agg(DISTINCT coalesce(format('session %s of %I', l.pid, a.usename), 'a prepared transaction'), ', ') INTO users
                  FROM pg_locks l
                  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                 WHERE l.relation = ANY (relations) AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
                   AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
                RAISE EXCEPTION '%: % could not be locked within %: in use by %', who, array_to_string(relations, ', '), patience,
                        coalesce(users, 'somebody who has gone since')
                    USING ERRCODE = 'lock_not_available',
                          HINT = 'Wait for the transactions that use it to end (pg_stat_activity.xact_start), or end them, and migrate again.'
                                 ' Nothing was changed.';
            END IF;
        END;
        PERFORM pg_sleep(0.4);
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.lock_tables(text, interval, regclass[]) FROM PUBLIC;

-- The outbox: one row for each event. The application's transaction inserts it. It is deleted when the event is published.
--
-- A committed row here is an event that is not settled yet. No other table decides that.
-- id        ascends in commit order within a partition key. It must remain the column's default, with CACHE 1: INSERT takes the table lock
--           before it draws the id, and the proof of the pollers' low watermark relies on that (docs/guarantees.md).
-- lane      0..63, the top six bits of the MD5 of partition_key: a range of the hash keys of Kinesis.
-- held      true: the partition key is not the table's primary key, so no row lock orders its writers. Such an event is claimed only when
--           every lower id is proven committed or rolled back.
-- may_pass  true: when this event is quarantined, later events of its key do not wait for it.
-- context   text, not json: a value that a writer has set must never make its statement fail.
-- format    the wire format, as leat.attach has checked it; null: that of the poller. A format with values of its own has them in the images.
-- fault     why the row could not be captured completely, at most 1,000 characters. Such an event goes to quarantine.
-- type      the type of a domain event. For a row that a full load has read (op r): first, last or null.
CREATE TABLE leat_internal.outbox (
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
    format        text,
    fault         text,
    -- Claims read by it. Logical replication needs it too: PostgreSQL refuses DELETE on a published table that has no key.
    PRIMARY KEY (lane, id)
) WITH (
    -- By a threshold, not by a share of the table: the table is empty most of the time, and dead rows make a claim slow.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000,
    autovacuum_vacuum_cost_delay = 0,
    -- To return empty pages to the operating system, VACUUM takes a lock that blocks writers. The pages are reused instead.
    vacuum_truncate = false
);

-- Ids start at the clock, in microseconds since 2020, like those of a new history (leat_internal.move_past_gap). Consumers remember the last
-- id of each key, so new ids must be above the ids of an outbox that was dropped. The sequence's start is set too, so that RESTART does not
-- go back to 1.
DO $$
BEGIN
    EXECUTE format('ALTER TABLE leat_internal.outbox ALTER COLUMN id SET START WITH %s RESTART',
                   ((extract(epoch FROM clock_timestamp()) - 1577836800) * 1000000)::bigint);
END
$$;

-- The lanes. A poller holds a lane's row FOR UPDATE while it publishes that lane's events.
-- low       no event of this lane with an id up to low will be claimed again. It is written rarely (about every ten seconds), because the
--           dead versions of this row cost as much as the dead rows of the outbox.
CREATE TABLE leat_internal.lane (
    lane       smallint PRIMARY KEY,
    low        bigint      NOT NULL DEFAULT 0,
    low_set_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

INSERT INTO leat_internal.lane (lane) SELECT generate_series(0, 63);

-- The histories of this database, in their order. The current one has no moved_to. A failover or a restore that may have lost commits ends
-- a history (leat.move_past_gap), because ids that were published may then be drawn again.
-- timeline  the value of leat_internal.timeline(); null: unknown
-- mark      an id drawn in this history. Every id up to it means the same event in every copy of the database that has this row. Pollers
--           write it about once a second while they publish.
-- moved_to  ids above mark up to moved_to are doubtful, and leat_poller.renumber adds moved_to - mark to them
CREATE TABLE leat_internal.history (
    history   integer PRIMARY KEY,
    timeline  text,
    began_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    mark      bigint      NOT NULL DEFAULT 0,
    marked_at timestamptz,
    moved_to  bigint CHECK (moved_to > mark),
    ended_at  timestamptz
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- The first history has the server's timeline, like later ones (leat_internal.timeline()), or null where the server does not tell it. Some
-- releases read the control file without its lock, and fail if the server is just writing it.
DO $$
DECLARE
    timeline text;
BEGIN
    FOR attempt IN 1..3 LOOP
        BEGIN
            timeline := (SELECT system_identifier::text FROM pg_control_system())
                        || '/' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
            EXIT;
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    INSERT INTO leat_internal.history (history, timeline) VALUES (1, timeline);
END
$$;

-- The pollers that are running. Each one updates its row every second or two, and counts the others to compute its fair share of lanes.
-- role       the role that the poller logs in as: no other role can change the row
CREATE TABLE leat_internal.poller (
    poller     uuid PRIMARY KEY,
    role       name        NOT NULL DEFAULT session_user,
    host       text        NOT NULL CHECK (length(host) <= 255),
    pid        bigint      NOT NULL,
    version    text        NOT NULL CHECK (length(version) <= 100),
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- What became of the events since Leat was installed, by table and operation. The transaction that settles, sets aside or discards events appends
-- rows to counter_delta, so the figures are exact and no two transactions write the same row. Maintenance adds these rows to counter. The figures
-- are the sums over both tables (leat_poller.counter).
--
-- id           identifies a row for logical replication; it has no other use
-- schema_name, table_name   as the events have them; '' for domain events, because the columns of a primary key cannot be null, and no table has an
--              empty name
-- published    settled as published
-- retried      how many of the published ones had been in quarantine
-- quarantined  moved from the outbox into quarantine
-- discarded    discarded in quarantine
CREATE TABLE leat_internal.counter (
    schema_name text   NOT NULL,
    table_name  text   NOT NULL,
    op          "char" NOT NULL,
    published   bigint NOT NULL,
    retried     bigint NOT NULL,
    quarantined bigint NOT NULL,
    discarded   bigint NOT NULL,
    PRIMARY KEY (schema_name, table_name, op)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE TABLE leat_internal.counter_delta (
    id          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema_name text    NOT NULL,
    table_name  text    NOT NULL,
    op          "char"  NOT NULL,
    published   integer NOT NULL DEFAULT 0,
    retried     integer NOT NULL DEFAULT 0,
    quarantined integer NOT NULL DEFAULT 0,
    discarded   integer NOT NULL DEFAULT 0
) WITH (
    -- By threshold, as for the outbox: nearly all of its rows are dead, and each reader of the figures reads past them.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000,
    autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);

-- What each shard accepted from each poller, and refused, over the last minute or since the poller started; for leat status. Pollers write
-- their rows every five seconds while they send, and delete rows that nobody updates any more.
-- seconds   the length of the period, at most a minute
-- bytes     of the accepted records: data and partition keys
CREATE TABLE leat_internal.shard_use (
    poller      uuid             NOT NULL,
    role        name             NOT NULL DEFAULT session_user,
    stream      text             NOT NULL CHECK (length(stream) <= 256),
    shard       text             NOT NULL CHECK (length(shard) <= 128),
    seconds     double precision NOT NULL CHECK (seconds BETWEEN 1 AND 60),
    records     bigint           NOT NULL CHECK (records BETWEEN 0 AND 1000000000),
    bytes       bigint           NOT NULL CHECK (bytes BETWEEN 0 AND 1000000000000000),
    refused     bigint           NOT NULL CHECK (refused BETWEEN 0 AND 1000000000),
    measured_at timestamptz      NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (poller, stream, shard)
) WITH (fillfactor = 50);

-- Events that could not be sent, and the later events of their keys, which wait for them.
-- state     quarantined: this event was refused, for the given reason
--           waiting:     this event is valid, but an earlier event of its key is quarantined
--           retry:       a person released it; the next claim of its lane takes it before anything in the outbox
--           discarded:   a person gave it up; it is kept as a record
-- replay    the replay that sends the event again (leat.replay), which was sent before; null: it was not
CREATE TABLE leat_internal.quarantine (
    LIKE leat_internal.outbox,
    state          text        NOT NULL CHECK (state IN ('quarantined', 'waiting', 'retry', 'discarded')),
    reason         text        NOT NULL CHECK (length(reason) <= 2000),
    quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_at     timestamptz,
    decided_by     text,
    replay         integer,
    PRIMARY KEY (id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- Claims look for the keys that are blocked and for the events that were released.
CREATE INDEX quarantine_blocking ON leat_internal.quarantine (lane) WHERE state = 'quarantined' AND NOT may_pass;
CREATE INDEX quarantine_retry ON leat_internal.quarantine (lane, id) WHERE state = 'retry';
CREATE INDEX quarantine_replay ON leat_internal.quarantine (replay) WHERE replay IS NOT NULL;

-- Settled events that are kept for some time (leat run --retain), in a partition for each day. Maintenance drops whole partitions, so that
-- deleting old events leaves no dead rows.
CREATE TABLE leat_internal.sent (
    LIKE leat_internal.outbox,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (sent_at);

CREATE TABLE leat_internal.sent_default PARTITION OF leat_internal.sent DEFAULT;

-- A key would need an index, which would cost something for each event. Single rows are deleted only if they came before their partition.
ALTER TABLE leat_internal.sent REPLICA IDENTITY FULL;
ALTER TABLE leat_internal.sent_default REPLICA IDENTITY FULL;

-- How long each partition of leat_internal.sent is kept: the longest time that any poller asked for while the partition existed. A shorter
-- time that a poller asks for later does not change it.
CREATE TABLE leat_internal.sent_period (
    partition name PRIMARY KEY,
    keep      interval NOT NULL
);

INSERT INTO leat_internal.sent_period VALUES ('sent_default', '0');

-- The attached tables, with the options that they were attached with. The generated function of an attachment is
-- leat_internal.capture_<attachment>.
-- relation           null: the table was dropped
-- schema_name, table_name   of the table when it was attached. They show whether another table has this name now
-- key_columns        null: the primary key, whatever its columns are. The column of this name is used; if there is none any more, the column
--                    of key_attnums
-- without_key        how the key was chosen, because there was no primary key: unique (key_columns are those of a unique index), whole-row or
--                    table (key_columns is null); null: it was not
-- left_out, masked   by name; *_attnums are the numbers of these columns, so that a renamed column stays left out
-- masks              how the columns in masked are masked, by their names, where it is not by ***
-- renamed            the names that consumers see: schema and table as texts, columns as an object of names by the column's own
-- filter             which rows are captured, as leat.attach was told, each column with its attnum too; null: all
-- transform          columns that are added and changed on their way, as leat.attach was told; null: none
-- mapping            the partition key and the attributes that are made of columns, as leat.attach was told, with the attnums of these columns
--                    by their names; null: none
-- event_router       for an outbox table whose rows are domain events: the columns by what they are to an event (id, route, key, type, payload,
--                    tracing), their attnums, delete (true: captured rows are removed) and stream (a template, in place of the column); null: none
-- followed           names in left_out and masked that nobody listed: a column of *_attnums got them by a rename
-- capture            by the row, or by the statement as long as leat_internal.statement_risks finds no reason against it
-- pinned_in          the oid of the table that the attnums belong to. After a dump and restore the oid is another, and they mean nothing
-- source             the function as Leat last wrote it. A function that is neither this nor the wanted one was changed by somebody else
-- pinned_columns     all columns of the table, in their order, when the attnums were stored. A restored table is compared with them
CREATE TABLE leat_internal.attachment (
    attachment       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relation         regclass UNIQUE,
    schema_name      text     NOT NULL,
    table_name       text     NOT NULL,
    key_columns      text[],
    key_attnums      smallint[] NOT NULL DEFAULT '{}',
    without_key      text       CHECK (without_key IN ('unique', 'whole-row', 'table')),
    left_out         text[]     NOT NULL DEFAULT '{}',
    left_out_attnums smallint[] NOT NULL DEFAULT '{}',
    masked           text[]     NOT NULL DEFAULT '{}',
    masked_attnums   smallint[] NOT NULL DEFAULT '{}',
    masks            jsonb      NOT NULL DEFAULT '{}',
    renamed          jsonb      NOT NULL DEFAULT '{}',
    filter           jsonb,
    transform        jsonb,
    mapping          jsonb,
    event_router     jsonb,
    followed         text[]     NOT NULL DEFAULT '{}',
    pinned_in        oid        NOT NULL,
    pinned_columns   text[]     NOT NULL DEFAULT '{}',
    source           text,
    before           boolean    NOT NULL DEFAULT true,
    operations       text[]     NOT NULL DEFAULT '{insert,update,delete,truncate}',
    stream           text,
    format           text,
    on_quarantine    text       NOT NULL DEFAULT 'wait' CHECK (on_quarantine IN ('wait', 'pass')),
    capture          text       NOT NULL DEFAULT 'row' CHECK (capture IN ('row', 'statement')),
    attached_at      timestamptz NOT NULL DEFAULT now()
);

-- The result of the last check of each attachment. It is valid as long as nothing that it depends on changes. A missing row means that the
-- attachment must be checked.
-- fingerprint  of what the check depends on, computed before it (leat_internal.fingerprints)
-- failures     how many checks in a row have failed. Then nothing else is known, and the next check is at retry_at
-- the others   the columns of leat.attached()
CREATE TABLE leat_internal.attachment_state (
    attachment       integer PRIMARY KEY,
    fingerprint      bigint  NOT NULL,
    failures         integer NOT NULL DEFAULT 0,
    retry_at         timestamptz,
    schema_name      text,
    table_name       text,
    key_columns      text[],
    held             boolean,
    row_trigger      text,
    truncate_trigger text,
    stale            boolean,
    problems         text[]
);

-- Full loads (leat.load) that are under way or have ended. A poller holds the row FOR UPDATE while it loads a chunk.
-- relation         the table was dropped if this is null or no such table exists
-- schema_name, table_name   the table's name at the last chunk, for people
-- captured         whether changes of the table are captured. If so, the options are those of its attachment. If not, they are in the columns
--                  up to on_quarantine, which mean the same as those of leat_internal.attachment
-- page_attnums     the numbers of the columns by which the load orders the rows
-- page_types, page_collations   of these columns when the load began: bound is a position only as long as they are the same
-- page_literals, page_greater, page_equal   of these columns: the type's name in SQL, and the operators of its order
-- filter           a condition on the rows, as PostgreSQL writes the expression; null: all rows
-- trusted          roles whose code may run when the table is read (docs/security.md)
-- bound            the key of the last row that a chunk has read, each column as text; null: no row yet
-- scanned          true: every row has been read, except those of leat_internal.load_left
-- loaded           how many rows were written into the outbox
-- estimate         the planner's estimate of the number of rows
-- most_rows        the largest permitted chunk; chunk_rows: how many rows the next chunk reads
-- rate             rows per second, over the last chunks
-- failures         how many chunks in a row could not be read. error has the reason, and that of a failed load
-- due_at           when the next chunk is due
CREATE TABLE leat_internal.load (
    load             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relation         regclass,
    schema_name      text       NOT NULL,
    table_name       text       NOT NULL,
    captured         boolean    NOT NULL,
    key_columns      text[],
    key_attnums      smallint[] NOT NULL DEFAULT '{}',
    left_out         text[]     NOT NULL DEFAULT '{}',
    left_out_attnums smallint[] NOT NULL DEFAULT '{}',
    masked           text[]     NOT NULL DEFAULT '{}',
    masked_attnums   smallint[] NOT NULL DEFAULT '{}',
    stream           text,
    on_quarantine    text       NOT NULL DEFAULT 'wait' CHECK (on_quarantine IN ('wait', 'pass')),
    page_attnums     smallint[] NOT NULL,
    page_types       oid[]      NOT NULL,
    page_collations  oid[]      NOT NULL,
    page_literals    text[]     NOT NULL,
    page_greater     text[]     NOT NULL,
    page_equal       text[]     NOT NULL,
    filter           text,
    trusted          regrole[]  NOT NULL DEFAULT '{}',
    state            text       NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'cancelled', 'finished', 'failed')),
    bound            text[],
    scanned          boolean    NOT NULL DEFAULT false,
    loaded           bigint     NOT NULL DEFAULT 0,
    estimate         bigint,
    most_rows        integer    NOT NULL CHECK (most_rows > 0),
    chunk_rows       integer    NOT NULL CHECK (chunk_rows > 0),
    rate             double precision,
    failures         integer    NOT NULL DEFAULT 0,
    error            text CHECK (length(error) <= 1000),
    registered_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at       timestamptz,
    chunk_at         timestamptz,
    ended_at         timestamptz,
    due_at           timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE UNIQUE INDEX load_under_way ON leat_internal.load (relation) WHERE state IN ('running', 'paused');

-- Keys that a load could not read because a writer had locked rows of them. The load tries them again until it can read them.
-- number    a new, higher one for each attempt, so that the keys tried last are at the end
CREATE TABLE leat_internal.load_left (
    load   integer NOT NULL,
    number bigint  GENERATED ALWAYS AS IDENTITY,
    key    text[]  NOT NULL,
    PRIMARY KEY (load, number)
);

-- Replays (leat.replay): kept events that are sent again. One at a time is running. Pollers move its events from leat_internal.replay_event into
-- leat_internal.quarantine, with the state retry and the replay's number, a few hundred at a time, in the order of their ids.
-- tables ... stream  as leat.replay was called
-- events            how many are to be sent
-- queued            how many of them were moved; skipped: how many of these were not, because their ids were doubtful or in quarantine by then
-- bound             the id of the last event moved
CREATE TABLE leat_internal.replay (
    replay        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tables        text[]      NOT NULL DEFAULT '{}',
    key           text,
    since         timestamptz,
    until         timestamptz,
    stream        text,
    state         text        NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'cancelled', 'finished')),
    events        bigint      NOT NULL,
    queued        bigint      NOT NULL DEFAULT 0,
    skipped       bigint      NOT NULL DEFAULT 0,
    bound         bigint      NOT NULL DEFAULT 0,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    registered_by name        NOT NULL DEFAULT session_user,
    ended_at      timestamptz
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE UNIQUE INDEX replay_under_way ON leat_internal.replay (state) WHERE state = 'running';

-- The events of the replay that is running: copies, so that the partitions of leat_internal.sent may be dropped meanwhile.
CREATE TABLE leat_internal.replay_event (
    LIKE leat_internal.outbox,
    PRIMARY KEY (id)
);

-- Streams that domain events may name, in addition to those of attached tables and the poller's own (leat.allow_stream).
CREATE TABLE leat_internal.stream (
    stream     text PRIMARY KEY,
    allowed_at timestamptz NOT NULL DEFAULT now(),
    allowed_by name        NOT NULL DEFAULT session_user
);

-- The roles that leat.grant_poller and leat.grant_publisher gave rights to. Any other right on Leat's objects was not granted by Leat.
CREATE TABLE leat_internal.granted (
    role regrole NOT NULL,
    kind text    NOT NULL CHECK (kind IN ('poller', 'publisher')),
    PRIMARY KEY (role, kind)
);

-- What only one session may do at a time: the session locks the row. Anybody who can connect can hold advisory locks, so Leat does not use them.
CREATE TABLE leat_internal.mutex (
    name text PRIMARY KEY
) WITH (fillfactor = 10);

INSERT INTO leat_internal.mutex VALUES ('attachments'), ('counters'), ('sent');

-- The views that a poller's role reads, of the tables of the same names. They are in this script, not in those that run again with each version,
-- because replacing a view takes ACCESS EXCLUSIVE on it, and a claim holds its lock for as long as Kinesis takes to answer. A version that
-- changes a view must lock it by leat_internal.lock_tables, and drop and create it in the same script. The last script grants the rights again.
--
-- outbox, quarantine   stream_known is false for a domain event that names a stream which is not in leat_poller.stream
-- counter              schema_name and table_name are null for domain events
-- stream               the streams that an event may name besides the poller's own: those of attached tables, and those that the owner allows
-- lane                 holder is the transaction that locks the lane's row, or was the last one to lock it
CREATE VIEW leat_poller.lane AS SELECT l.*, l.xmax AS holder FROM leat_internal.lane l;
CREATE VIEW leat_poller.history AS SELECT * FROM leat_internal.history;
CREATE VIEW leat_poller.poller AS SELECT * FROM leat_internal.poller;
CREATE VIEW leat_poller.counter AS
    SELECT nullif(c.schema_name, '') AS schema_name, nullif(c.table_name, '') AS table_name, c.op, sum(c.published)::bigint AS published,
           sum(c.retried)::bigint AS retried, sum(c.quarantined)::bigint AS quarantined, sum(c.discarded)::bigint AS discarded
      FROM (SELECT schema_name, table_name, op, published, retried, quarantined, discarded FROM leat_internal.counter
            UNION ALL
            SELECT schema_name, table_name, op, published, retried, quarantined, discarded FROM leat_internal.counter_delta) AS c
     GROUP BY c.schema_name, c.table_name, c.op;
CREATE VIEW leat_poller.shard_use AS SELECT * FROM leat_internal.shard_use;
CREATE VIEW leat_poller.attachment AS
    SELECT attachment, relation, schema_name, table_name, stream, on_quarantine, capture, attached_at FROM leat_internal.attachment;
CREATE VIEW leat_poller.load AS
    SELECT l.load, l.schema_name, l.table_name, l.captured, l.filter, l.state, l.loaded,
           (SELECT count(*) FROM leat_internal.load_left k WHERE k.load = l.load) AS held_rows, l.estimate, l.chunk_rows, l.rate, l.error,
           l.registered_at, l.started_at, l.chunk_at, l.ended_at
      FROM leat_internal.load l;
CREATE VIEW leat_poller.replay AS
    SELECT r.replay, r.tables, r.key, r.since, r.until, r.stream, r.state, r.events, r.skipped,
           r.queued - r.skipped - (SELECT count(*) FROM leat_internal.quarantine q WHERE q.replay = r.replay) AS sent,
           (SELECT count(*) FROM leat_internal.quarantine q WHERE q.replay = r.replay AND q.state <> 'retry') AS refused,
           r.registered_at, r.ended_at
      FROM leat_internal.replay r;
CREATE VIEW leat_poller.stream AS
    SELECT stream FROM leat_internal.stream UNION ALL SELECT stream FROM leat_internal.attachment WHERE stream IS NOT NULL
    UNION ALL SELECT stream FROM leat_internal.load WHERE stream IS NOT NULL;
CREATE VIEW leat_poller.outbox AS
    SELECT o.*, o.op <> 'm' OR o.stream IS NULL OR EXISTS (SELECT FROM leat_poller.stream s WHERE s.stream = o.stream) AS stream_known
      FROM leat_internal.outbox o;
CREATE VIEW leat_poller.quarantine AS
    SELECT q.*, q.op <> 'm' OR q.stream IS NULL OR q.stream = (SELECT r.stream FROM leat_internal.replay r WHERE r.replay = q.replay)
                OR EXISTS (SELECT FROM leat_poller.stream s WHERE s.stream = q.stream) AS stream_known
      FROM leat_internal.quarantine q;

-- ALTER DEFAULT PRIVILEGES may have given rights on the new tables to others. A trigger that they add would run with the owner's rights.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT DISTINCT c.oid::regclass AS relation, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
               CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee
          FROM pg_class c
         CROSS JOIN LATERAL aclexplode(c.relacl) AS a
         WHERE c.relnamespace = 'leat_internal'::regnamespace AND a.grantee <> c.relowner AND c.relkind IN ('r', 'p', 'S')
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', found.kind, found.relation, found.grantee);
    END LOOP;
END
$$;
