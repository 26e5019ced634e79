-- What capture costs the writer, per row: statements of 100,000 rows on tables that differ only in how they are attached.
--
--     psql -X -q -d <a migrated database, as the owner of the schema leat> -f docs/benchmarks/capture.sql
--
-- Creates and drops the schema leat_bench, and empties leat_internal.outbox: not for a database in use. Prints microseconds a row,
-- the best and the median of five rounds in which the tables take turns.
CREATE SCHEMA leat_bench;
CREATE TABLE leat_bench.result (round integer, attached text, statement text, micros numeric);
SELECT format('CREATE TABLE leat_bench.%I (id bigint PRIMARY KEY, customer_id integer, a text, b text, c numeric,'
              ' d timestamptz, secret text, e text, f boolean, g date)', name)
  FROM unnest(ARRAY['none', 'whole', 'no_before', 'excluded', 'held', 'stale']) AS name \gexec
SELECT leat.attach('leat_bench.whole'), leat.attach('leat_bench.no_before', before => false),
       leat.attach('leat_bench.excluded', exclude => '{secret}', mask => '{e}'),
       leat.attach('leat_bench.held', key => '{customer_id}'), leat.attach('leat_bench.stale') \g /dev/null
ALTER TABLE leat_bench.stale RENAME id TO nr;
ALTER TABLE leat_bench.stale RENAME TO renamed;
ALTER TABLE leat_bench.renamed RENAME TO stale;

CREATE PROCEDURE leat_bench.run() LANGUAGE plpgsql AS $$
DECLARE
    name    text;
    round   integer;
    row_no  integer;
    started timestamptz;
BEGIN
    FOR round IN 1..5 LOOP
        FOREACH name IN ARRAY ARRAY['none', 'whole', 'no_before', 'excluded', 'held', 'stale'] LOOP
            -- The slower way is measured on fewer rows.
            row_no := CASE name WHEN 'stale' THEN 5000 ELSE 100000 END;
            EXECUTE format('TRUNCATE leat_bench.%I', name);
            TRUNCATE leat_internal.outbox;
            COMMIT;
            started := clock_timestamp();
            EXECUTE format('INSERT INTO leat_bench.%I SELECT n, n %% 1000, ''some text'', md5(n::text), n * 1.5, now(),'
                           ' ''4111 1111'', ''x'', true, current_date FROM generate_series(1, %s) AS n', name, row_no);
            COMMIT;
            INSERT INTO leat_bench.result
            VALUES (round, name, 'insert', extract(epoch FROM clock_timestamp() - started) * 1e6 / row_no);
            TRUNCATE leat_internal.outbox;
            COMMIT;
            started := clock_timestamp();
            EXECUTE format('UPDATE leat_bench.%I SET a = ''other''', name);
            COMMIT;
            INSERT INTO leat_bench.result
            VALUES (round, name, 'update', extract(epoch FROM clock_timestamp() - started) * 1e6 / row_no);
        END LOOP;
    END LOOP;
END
$$;
CALL leat_bench.run();
SELECT attached, statement, round(min(micros), 1) AS best,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY micros)::numeric, 1) AS median
  FROM leat_bench.result GROUP BY attached, statement ORDER BY statement, min(micros);

-- What the SET clauses of the generated functions cost a call.
CREATE FUNCTION leat_bench.plain() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN 1; END $$;
CREATE FUNCTION leat_bench.path() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN 1; END $$;
CREATE FUNCTION leat_bench.settings() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET "TimeZone" = 'UTC' SET "DateStyle" = 'ISO, YMD' SET "IntervalStyle" = 'postgres'
    SET extra_float_digits = 1 SET bytea_output = 'hex' SET quote_all_identifiers = off AS $$ BEGIN RETURN 1; END $$;
DO $$
DECLARE
    started timestamptz;
    x       integer;
BEGIN
    FOR round IN 1..3 LOOP
        started := clock_timestamp();
        FOR i IN 1..200000 LOOP x := leat_bench.plain(); END LOOP;
        RAISE NOTICE 'no SET: % us', round(extract(epoch FROM clock_timestamp() - started) * 5, 2);
        started := clock_timestamp();
        FOR i IN 1..200000 LOOP x := leat_bench.path(); END LOOP;
        RAISE NOTICE 'SET search_path: % us', round(extract(epoch FROM clock_timestamp() - started) * 5, 2);
        started := clock_timestamp();
        FOR i IN 1..200000 LOOP x := leat_bench.settings(); END LOOP;
        RAISE NOTICE 'seven SETs: % us', round(extract(epoch FROM clock_timestamp() - started) * 5, 2);
    END LOOP;
END
$$;
SELECT leat.detach(relation) FROM leat_internal.attachment WHERE relation::text LIKE 'leat\_bench.%' \g /dev/null
DROP SCHEMA leat_bench CASCADE;
TRUNCATE leat_internal.outbox;
