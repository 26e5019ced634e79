-- What a replica identity costs the outbox: rows written and drained in a table like the outbox with its former index, one with a primary key
-- in its place, and one with the index and REPLICA IDENTITY FULL. Compare wal_level = replica with wal_level = logical: only then is an old row
-- written to the log.
--
--     psql -X -q -d <a migrated database, as a role that may create a schema> -f docs/benchmarks/replica-identity.sql
--
-- Creates and drops the schema leat_bench. Prints microseconds and bytes of log a row, the tenth percentile and the median of forty rounds of
-- 20,000 rows in which the tables take turns.
CREATE SCHEMA leat_bench;
CREATE TABLE leat_bench.result (round integer, name text, step text, micros numeric, bytes numeric);
CREATE TABLE leat_bench.former (LIKE leat_internal.outbox INCLUDING IDENTITY INCLUDING STORAGE);
CREATE INDEX ON leat_bench.former (lane, id);
CREATE TABLE leat_bench.key (LIKE leat_internal.outbox INCLUDING IDENTITY INCLUDING STORAGE, PRIMARY KEY (lane, id));
CREATE TABLE leat_bench.full (LIKE leat_internal.outbox INCLUDING IDENTITY INCLUDING STORAGE);
CREATE INDEX ON leat_bench.full (lane, id);
ALTER TABLE leat_bench.full REPLICA IDENTITY FULL;

CREATE PROCEDURE leat_bench.run() LANGUAGE plpgsql AS $$
DECLARE
    rows    integer := 20000;
    table_  text;
    lane_   smallint;
    started timestamptz;
    log     pg_lsn;
BEGIN
    SET LOCAL enable_seqscan = off;
    FOR round IN 1..40 LOOP
        -- Each in turn goes first.
        FOR turn IN 0..2 LOOP
            table_ := (ARRAY['former', 'key', 'full'])[(round + turn) % 3 + 1];
            started := clock_timestamp();
            log := pg_current_wal_insert_lsn();
            EXECUTE format('INSERT INTO leat_bench.%I (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key, key,'
                           ' after, db_user, application)'
                           ' SELECT (n * 7) %% 64, ''c'', false, false, clock_timestamp(), txid_current(), ''public'', ''orders'','
                           ' ''public.orders.'' || n, json_build_object(''id'', n),'
                           ' json_build_object(''id'', n, ''note'', repeat(''x'', 200), ''at'', now()), ''app'', ''app''  FROM generate_series(1, %s) AS n',
                           table_, rows);
            COMMIT;
            INSERT INTO leat_bench.result
            VALUES (round, table_, 'insert', extract(epoch FROM clock_timestamp() - started) * 1e6 / rows,
                    (pg_current_wal_insert_lsn() - log) / rows);
            COMMIT;
            started := clock_timestamp();
            log := pg_current_wal_insert_lsn();
            FOR lane_ IN 0..63 LOOP
                SET LOCAL enable_seqscan = off;
                EXECUTE format('WITH read AS (SELECT array_agg(id) AS ids, min(id) AS first, max(id) AS last FROM'
                               ' (SELECT id FROM leat_bench.%1$I WHERE lane = $1 AND id > 0 ORDER BY id) AS r)'
                               ' DELETE FROM leat_bench.%1$I o USING read WHERE o.lane = $1 AND o.id BETWEEN read.first AND read.last'
                               ' AND o.id = ANY (read.ids)', table_) USING lane_;
                COMMIT;
            END LOOP;
            INSERT INTO leat_bench.result
            VALUES (round, table_, 'drain', extract(epoch FROM clock_timestamp() - started) * 1e6 / rows,
                    (pg_current_wal_insert_lsn() - log) / rows);
            EXECUTE format('TRUNCATE leat_bench.%I', table_);
            COMMIT;
        END LOOP;
    END LOOP;
END
$$;
CALL leat_bench.run();
SELECT current_setting('wal_level') AS wal_level, step, name, round(percentile_cont(0.1) WITHIN GROUP (ORDER BY micros)::numeric, 2) AS tenth,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY micros)::numeric, 2) AS median,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY bytes)::numeric) AS log_bytes
  FROM leat_bench.result GROUP BY step, name ORDER BY step DESC, name;
DROP SCHEMA leat_bench CASCADE;
