-- Attaching tables and detaching them.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat_internal.truncate_triggers(attachment, mend): creates missing TRUNCATE triggers and drops superfluous ones. PostgreSQL gives partitions the
-- row triggers of their table, but not the statement triggers.
--
-- attachment  leat_internal.attachment.attachment
-- mend        whether a trigger that a user replaced is created again, and a trigger whose attachment is gone is dropped. Otherwise both stay, and
--             leat.attached reports them
-- Warns of a detached partition that no other attachment captures.
--
-- Returns:  how many triggers were created or dropped. A disabled trigger is left as it is
-- Tables:   leat_internal.attachment; locks each table it changes (SHARE ROW EXCLUSIVE to create, ACCESS EXCLUSIVE to drop)
-- Errors:   lock_not_available, insufficient_privilege
CREATE OR REPLACE FUNCTION leat_internal.truncate_triggers(attachment integer, mend boolean) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options leat_internal.attachment;
    target  regclass;
    former  name;
    own     name := leat_internal.trigger_name('truncate', attachment);
    changed integer := 0;
BEGIN
    SELECT a.* INTO STRICT options FROM leat_internal.attachment a WHERE a.attachment = truncate_triggers.attachment;
    FOR target IN
        -- By the dependencies of the function, because pg_trigger has no index on tgfoid.
        SELECT t.tgrelid
          FROM pg_proc p
          JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid AND d.classid = 'pg_trigger'::regclass
          JOIN pg_trigger t ON t.oid = d.objid
         WHERE t.tgname = own AND p.pronamespace = 'leat_internal'::regnamespace
           AND p.proname = 'capture_' || options.attachment
           AND NOT ('truncate' = ANY (options.operations)
                    AND t.tgrelid IN (SELECT options.relation UNION SELECT r.relid FROM leat_internal.partitions(options.relation) r))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', own, target);
        IF 'truncate' = ANY (options.operations)
           AND NOT EXISTS (SELECT FROM leat_internal.attachment a
                            WHERE a.relation = target OR a.relation IN (SELECT p.relid FROM pg_partition_ancestors(target) AS p)) THEN
            RAISE WARNING '% is no partition of % any more, and is captured no more: attach it, if it should be', target, options.relation;
        END IF;
        changed := changed + 1;
    END LOOP;
    -- Triggers whose attachment is gone (leat_internal.orphans), unless a trigger of the same name is created below.
    FOR target, former IN
        SELECT t.tgrelid, t.tgname
          FROM (SELECT options.relation AS relid UNION SELECT r.relid FROM leat_internal.partitions(options.relation) r) AS r
          JOIN pg_trigger t ON t.tgrelid = r.relid AND t.tgtype & 32 = 32 AND t.tgname <> own
          JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = 'leat_internal'::regnamespace AND p.proname ~ '^capture_[0-9]+$'
         WHERE mend AND NOT EXISTS (SELECT FROM leat_internal.attachment a WHERE 'capture_' || a.attachment = p.proname::text)
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', former, target);
        changed := changed + 1;
    END LOOP;
    IF 'truncate' = ANY (options.operations) THEN
        FOR target IN
            SELECT f.relid FROM leat_internal.trigger_faults(options.attachment) AS f
             WHERE f.trigger = own AND (f.fault = 'missing' OR mend AND f.fault = 'replaced')
        LOOP
            EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER TRUNCATE ON %s'
                           ' FOR EACH STATEMENT EXECUTE FUNCTION leat_internal.%I()', own, target, 'capture_' || options.attachment);
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', target, own);
            changed := changed + 1;
        END LOOP;
    END IF;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.truncate_triggers(integer, boolean) FROM PUBLIC;

-- leat_internal.row_triggers(attachment): creates, replaces and drops the triggers on the table's changes as the attachment asks.
-- leat_internal.enable_triggers makes them fire in every session.
--
--   !leat_capture                             AFTER ROW, for all operations, on the table and with it on its partitions; or
--   !leat_insert, !leat_update, !leat_delete  AFTER STATEMENT, where changes are captured by the statement; and with the last two
--   !leat_before                              BEFORE STATEMENT (leat_internal.capture_began)
--   !leat_remove                              AFTER ROW, for an outbox table that is emptied (leat_internal.remove_routed)
--
-- The names of a partitioned table's triggers end with the attachment's number, such as !leat_capture_7 (leat_internal.trigger_name). The names sort
-- before usual names, so that an event is written before a user's trigger changes the row again. Triggers that call a
-- function whose attachment is gone (leat_internal.orphans) are dropped or replaced.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  how many statements that took
-- Tables:   leat_internal.attachment; locks what it changes (SHARE ROW EXCLUSIVE; ACCESS EXCLUSIVE to drop)
-- Errors:   lock_not_available, insufficient_privilege
CREATE OR REPLACE FUNCTION leat_internal.row_triggers(attachment integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options leat_internal.attachment;
    found   record;
    changed integer := 0;
BEGIN
    SELECT a.* INTO STRICT options FROM leat_internal.attachment a WHERE a.attachment = row_triggers.attachment;
    FOR found IN
        SELECT coalesce(w.name, t.tgname) AS name, w.type AS wanted, w.clause, w.function
          FROM leat_internal.wanted_triggers(options.attachment) AS w
          FULL JOIN (SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                      WHERE t.tgrelid = options.relation AND NOT t.tgisinternal AND p.pronamespace = 'leat_internal'::regnamespace
                        AND (p.proname IN ('capture_' || options.attachment, 'capture_began', 'remove_routed')
                             OR p.proname ~ '^capture_[0-9]+$' AND t.tgparentid = 0
                                AND NOT EXISTS (SELECT FROM leat_internal.attachment a
                                                 WHERE 'capture_' || a.attachment = p.proname::text))
                        AND t.tgtype & 32 = 0) AS t  -- TRUNCATE's is leat_internal.truncate_triggers' own
            ON t.tgname = w.name
         WHERE w.name IS NULL
            OR EXISTS (SELECT FROM leat_internal.trigger_faults(options.attachment) AS f
                        WHERE f.relid = options.relation AND f.trigger = w.name AND f.fault IN ('missing', 'replaced'))
         ORDER BY name
    LOOP
        IF found.wanted IS NULL THEN
            EXECUTE format('DROP TRIGGER %I ON %s', found.name, options.relation);
        ELSE
            EXECUTE format('CREATE OR REPLACE TRIGGER %I %s EXECUTE FUNCTION leat_internal.%I()', found.name,
                           format(found.clause, options.relation), found.function);
        END IF;
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.row_triggers(integer) FROM PUBLIC;

-- leat_internal.enable_triggers(attachment): makes the triggers of an attachment, on the table and on its partitions, fire in every session,
-- including sessions that apply replicated changes (session_replication_role = replica).
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  how many triggers were changed
-- Tables:   leat_internal.attachment; locks what it changes (SHARE ROW EXCLUSIVE)
-- Errors:   lock_not_available, insufficient_privilege
CREATE OR REPLACE FUNCTION leat_internal.enable_triggers(attachment integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    found   record;
    changed integer := 0;
BEGIN
    FOR found IN SELECT f.relid, f.trigger FROM leat_internal.trigger_faults(enable_triggers.attachment) AS f
                  WHERE f.fault IN ('disabled', 'not ENABLE ALWAYS') LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', found.relid, found.trigger);
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.enable_triggers(integer) FROM PUBLIC;

-- leat_internal.change_triggers(who, attachment): changes the triggers of an attachment as it asks, without making writers queue behind a lock.
--
-- Other sessions queue behind a session that waits for a table's lock. So this waits at most 100 ms for each lock. If one is not available, it
-- releases the locks that it has, waits 400 ms so that the application goes on, and tries again, for the caller's lock_timeout, or for five seconds
-- if there is none.
--
-- who         the function that asks, for the message
-- attachment  leat_internal.attachment.attachment
-- Returns:  how many statements were run; 0: nothing was to be changed, and nothing was locked
-- Tables:   leat_internal.attachment, pg_locks; locks what it changes (SHARE ROW EXCLUSIVE to create a trigger, ACCESS EXCLUSIVE to drop
--           one) until the end of the transaction
-- Errors:   lock_not_available, insufficient_privilege
CREATE OR REPLACE FUNCTION leat_internal.change_triggers(who text, attachment integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    at_once  CONSTANT interval := '100 milliseconds';
    between  CONSTANT interval := '400 milliseconds';
    former   text := current_setting('lock_timeout');
    patience interval := leat_internal.patience();
    ends     timestamptz := clock_timestamp() + patience;
    changed  integer;
    target   regclass;
    users    text;
BEGIN
    LOOP
        BEGIN
            PERFORM set_config('lock_timeout', (1000 * extract(epoch FROM least(at_once, patience)))::integer::text, true);
            changed := leat_internal.row_triggers(attachment) + leat_internal.truncate_triggers(attachment, true)
                       + leat_internal.enable_triggers(attachment);
            PERFORM set_config('lock_timeout', former, true);
            RETURN changed;
        EXCEPTION WHEN lock_not_available THEN
            -- The rollback of the subtransaction has released the locks and restored the setting.
            IF clock_timestamp() >= ends THEN
                SELECT a.relation INTO target FROM leat_internal.attachment a WHERE a.attachment = change_triggers.attachment;
                users := leat_internal.holders(
                    ARRAY(SELECT target::oid UNION SELECT r.relid FROM leat_internal.partitions(target) r), '{}', '{}');
                RAISE EXCEPTION '%: % could not be locked for its triggers within %: it is in use by %', who, target,
                        date_trunc('second', patience + interval '0.999 seconds'), coalesce(users, 'somebody who has gone since')
                    USING ERRCODE = 'lock_not_available',
                          HINT = 'Wait for the transactions that use it to end (pg_stat_activity.xact_start), or end them,'
                                 ' and call it again. No lock was waited for longer than 0.1 s at a time.';
            END IF;
        END;
        PERFORM pg_sleep_for(least(between, greatest(ends - clock_timestamp(), '0')));
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.change_triggers(text, integer) FROM PUBLIC;

-- leat_internal.check_route(who, stream, on_quarantine): raises an error for an invalid stream or on_quarantine.
-- leat_internal.check_format(who, format): raises an error for an unknown format of a table or an unknown option of it.
-- leat_internal.attnums(relation, names): the attnums of columns, in the order of the names; 0 for a column that does not exist.
--
-- who       the function that asks, for the message
-- stream    null, a stream's name, or its ARN
-- format    null, or a format's name and its options with colons between, such as trigger:both
-- Returns:  check_route, check_format: nothing
-- Tables:   none; pg_attribute
-- Errors:   invalid_parameter_value
CREATE OR REPLACE FUNCTION leat_internal.check_route(who text, stream text, on_quarantine text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF stream !~ '^([a-zA-Z0-9_.-]{1,128}|arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128})$' THEN
        RAISE EXCEPTION '%: "%" is neither the name of a stream nor its ARN', who, stream
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'A name has 1 to 128 of a-z, A-Z, 0-9, _, . and -; an ARN reads arn:aws:kinesis:region:account:stream/name.';
    END IF;
    IF on_quarantine IS NULL OR on_quarantine NOT IN ('wait', 'pass') THEN
        RAISE EXCEPTION '%: on_quarantine is "%"', who, coalesce(on_quarantine, 'null')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'wait: later events of the key wait for a person (the default). pass: they go on, out of order.';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.check_format(who text, format text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    words   text[] := string_to_array(format, ':');
    -- Each option, or each group of which one is possible, with commas between; {} is any text.
    options text[] := CASE words[1]
                          WHEN 'debezium' THEN ARRAY['event-router']
                          WHEN 'trigger' THEN ARRAY['row,old,both']
                          WHEN 'cloudevents' THEN '{}'
                          WHEN 'dms' THEN ARRAY['json,json-unformatted', 'null-and-empty', 'partition-value', 'partition-include-schema-table',
                                                'transaction-details', 'no-hex-prefix', 'before-image={}',
                                                'before-image-columns=pk-only,before-image-columns=non-lob,before-image-columns=all']
                      END;
    word    text;
    place   integer;
    seen    integer[] := '{}';
BEGIN
    IF words[1] = 'raw' THEN
        RAISE EXCEPTION '%: the format raw is the payload of a domain event, and a table has rows', who
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Choose raw for a stream of domain events: leat run --format events=raw.';
    END IF;
    IF format IS NOT NULL AND options IS NULL THEN
        RAISE EXCEPTION '%: there is no format "%"', who, format
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The formats of tables are debezium, cloudevents, trigger and dms.';
    END IF;
    FOREACH word IN ARRAY coalesce(words[2:], '{}') LOOP
        SELECT o.place INTO place FROM unnest(options) WITH ORDINALITY AS o (words, place)
         WHERE word = ANY (string_to_array(o.words, ',')) OR o.words LIKE '%={}' AND word ~ ('^' || replace(o.words, '{}', '[^,:]{1,128}') || '$');
        IF NOT FOUND THEN
            RAISE EXCEPTION '%: the format % has no option "%"', who, words[1], word
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = CASE WHEN options = '{}' THEN 'It has none.'
                                  ELSE format('It has %s.', replace(array_to_string(options, ','), ',', ', ')) END;
        END IF;
        IF place = ANY (seen) THEN
            RAISE EXCEPTION '%: the format "%" has two options of which one is possible', who, format
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('Name one of %s.', replace(options[place], ',', ', '));
        END IF;
        seen := seen || place;
    END LOOP;
    IF format LIKE '%:before-image-columns=%' AND format NOT LIKE '%:before-image=%' THEN
        RAISE EXCEPTION '%: the format "%" says the columns of a before image and not its name', who, format
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Add the name of the field, such as before-image=before-image.';
    END IF;
END
$$;

-- leat_internal.split_column(relation, entry): the column's name and what stands after the = in an entry of mask or rename. A name may contain =. So
-- the name is the longest beginning that is a column's name, or else what stands before the first =.
CREATE OR REPLACE FUNCTION leat_internal.split_column(relation regclass, entry text, OUT name text, OUT rest text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT p.name, nullif(substr(entry, length(p.name) + 1), '')
          FROM (SELECT coalesce((SELECT c.name FROM leat_internal.columns_of(relation) c
                                  WHERE entry = c.name OR starts_with(entry, c.name || '=')
                                  ORDER BY length(c.name) DESC LIMIT 1), split_part(entry, '=', 1)) AS name) AS p
    $$;

-- leat_internal.read_filter(who, relation, filter): a filter as it is stored, with the numbers of its columns.
-- leat_internal.read_transform(who, relation, transform, excluded, masked, renamed): what is added and changed, after it was tried.
-- leat_internal.read_mapping(who, relation, mapping, masked): a mapping as it is stored, with the numbers of its columns.
-- leat_internal.mapped_fault(attribute): what is wrong with an attribute of a mapping; null: nothing.
-- leat_internal.read_masks(who, relation, mask): the masked columns, and the masks of those that are not masked by ***.
-- leat_internal.read_renames(who, relation, rename, exclude, schema, table): the names that consumers see, as leat_internal.attachment.renamed.
--
-- Errors:   invalid_parameter_value, undefined_column
CREATE OR REPLACE FUNCTION leat_internal.read_masks(who text, relation regclass, mask text[], OUT names text[], OUT masks jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    entry text;
    part  record;
    kind  text;
BEGIN
    names := '{}';
    masks := '{}';
    FOREACH entry IN ARRAY mask LOOP
        SELECT s.name, s.rest INTO part FROM leat_internal.split_column(relation, entry) AS s;
        names := names || part.name;
        CONTINUE WHEN part.rest IS NULL;
        kind := substr(part.rest, 2);
        IF kind <> ALL ('{hash,digits,random-digits}') AND kind !~ '^digits:[!-~]$' THEN
            RAISE EXCEPTION '%: there is no mask "%" for column "%"', who, kind, part.name
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('The masks are %1$s=hash, %1$s=digits, %1$s=digits:x for a sign other than #, %1$s=random-digits and %1$s for ***.',
                                    part.name);
        END IF;
        masks := masks || jsonb_build_object(part.name, CASE kind WHEN 'digits' THEN 'digits:#' ELSE kind END);
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.read_filter(who text, relation regclass, filter jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    stored jsonb := '[]';
    entry  jsonb;
    one    jsonb;
    target record;
    base   oid;
    wrong  text;
BEGIN
    IF filter IS NULL THEN
        RETURN NULL;
    END IF;
    IF jsonb_typeof(filter) <> 'array' OR filter = '[]' THEN
        RAISE EXCEPTION '%: the filter is no list of entries', who USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Write [{"column": "age", "any": [{"operator": "gte", "value": "30"}]}].';
    END IF;
    FOR entry IN SELECT e.value FROM jsonb_array_elements(filter) AS e (value) LOOP
        IF jsonb_typeof(entry -> 'column') IS DISTINCT FROM 'string' OR jsonb_typeof(entry -> 'any') IS DISTINCT FROM 'array' OR entry -> 'any' = '[]' THEN
            RAISE EXCEPTION '%: an entry of the filter names no column or has no conditions: %', who, left(entry::text, 200)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Write {"column": "age", "any": [{"operator": "gte", "value": "30"}]}.';
        END IF;
        SELECT c.attnum, a.atttypid INTO target
          FROM leat_internal.columns_of(relation) c JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = c.attnum
         WHERE c.name = entry ->> 'column';
        IF NOT FOUND THEN
            RAISE EXCEPTION '%: % has no column "%" for its filter', who, relation, entry ->> 'column' USING ERRCODE = 'undefined_column',
                HINT = 'A column''s name is given as it is, without quotes and in its own case.';
        END IF;
        base := leat_internal.base_type(target.atttypid);
        FOR one IN SELECT o.value FROM jsonb_array_elements(entry -> 'any') AS o (value) LOOP
            wrong := CASE
                         WHEN one ->> 'operator' IN ('null', 'notnull') THEN NULL
                         WHEN base >= 16384 AND one ->> 'operator' NOT IN ('eq', 'noteq')
                         THEN 'its type is not PostgreSQL''s own, so it can only be compared by eq, noteq, null and notnull'
                         WHEN one ->> 'operator' IN ('eq', 'noteq', 'gte', 'lte') THEN CASE WHEN one ->> 'value' IS NULL THEN 'it has no value' END
                         WHEN one ->> 'operator' IN ('between', 'notbetween')
                         THEN CASE WHEN one ->> 'start' IS NULL OR one ->> 'end' IS NULL THEN 'it has no start and end' END
                         ELSE 'its operator is none of eq, noteq, gte, lte, between, notbetween, null, notnull'
                     END;
            IF wrong IS NULL THEN
                BEGIN
                    EXECUTE 'SELECT ' || leat_internal.filter_expression(
                                jsonb_build_array(jsonb_build_object('column', 'value', 'type', base, 'any', jsonb_build_array(one))), 'leat_r')
                            || format(' FROM (SELECT NULL::%s AS value) AS leat_r', CASE WHEN base < 16384 THEN format_type(base, -1) ELSE 'text' END);
                EXCEPTION WHEN OTHERS THEN
                    wrong := SQLERRM;
                END;
            END IF;
            IF wrong IS NOT NULL THEN
                RAISE EXCEPTION '%: a condition of the filter on column "%" cannot be used: %', who, entry ->> 'column', wrong
                    USING ERRCODE = 'invalid_parameter_value', DETAIL = left(one::text, 200);
            END IF;
        END LOOP;
        stored := stored || jsonb_build_array(jsonb_build_object('column', entry ->> 'column', 'attnum', target.attnum, 'any', entry -> 'any'));
    END LOOP;
    RETURN stored;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.read_transform(
        who text, relation regclass, transform jsonb, excluded text[], masked text[], renamed jsonb)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    source jsonb := jsonb_build_object(
        'schema', '', 'table', '',
        'columns', (SELECT coalesce(jsonb_object_agg(c.name, a.atttypid::bigint), '{}')
                      FROM leat_internal.columns_of(relation) c JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = c.attnum
                     WHERE c.name <> ALL (excluded || masked)));
    entry  record;
    wrong  text;
BEGIN
    IF transform IS NULL OR transform = '{}' THEN
        RETURN NULL;
    END IF;
    wrong := CASE WHEN jsonb_typeof(transform) <> 'object' THEN 'it is no object'
                  WHEN transform - '{add,types,before}'::text[] <> '{}' THEN 'it has more than add, types and before'
                  WHEN jsonb_typeof(coalesce(transform -> 'add', '[]')) <> 'array' THEN 'add is no list'
                  WHEN jsonb_typeof(coalesce(transform -> 'types', '{}')) <> 'object' THEN 'types is no object of columns'
                  WHEN transform ? 'before' AND coalesce(transform -> 'before' ->> 'columns', '') NOT IN ('pk-only', 'non-lob', 'all')
                  THEN 'the columns of before are none of pk-only, non-lob and all'
                  WHEN transform ? 'before' AND concat(transform -> 'before' ->> 'prefix', transform -> 'before' ->> 'suffix') = ''
                  THEN 'before has neither a prefix nor a suffix' END;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '%: transform cannot be used: %', who, wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Write {"add": [{"name": "changed_at", "type": "datetime", "value": {"header": "timestamp"}}], "types": {"id": "string"}}.';
    END IF;
    FOR entry IN SELECT t.key AS name, t.value #>> '{}' AS type FROM jsonb_each(transform -> 'types') AS t LOOP
        IF NOT source -> 'columns' ? entry.name THEN
            RAISE EXCEPTION '%: % has no column "%" whose type could change', who, relation, entry.name USING ERRCODE = 'undefined_column',
                HINT = 'A column''s name is given as it is, without quotes and in its own case. It may be neither excluded nor masked.';
        ELSIF entry.type IS DISTINCT FROM 'string' THEN
            RAISE EXCEPTION '%: the type of column "%" cannot become "%"', who, entry.name, coalesce(entry.type, 'null')
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It can become string.';
        END IF;
    END LOOP;
    FOR entry IN SELECT e.value, e.value ->> 'name' AS name FROM jsonb_array_elements(transform -> 'add') AS e (value) LOOP
        IF coalesce(entry.name, '') = '' OR octet_length(entry.name) > 63 THEN
            RAISE EXCEPTION '%: a column that is added has no name of 1 to 63 bytes: %', who, left(entry.value::text, 200)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Write {"name": "changed_at", "type": "datetime", "value": {"header": "timestamp"}}.';
        END IF;
        BEGIN
            EXECUTE 'SELECT ' || leat_internal.added_column(entry.value, source, 'leat_r', $q$'INSERT'$q$, true, NULL)
                    || format(' FROM (SELECT (NULL::%s).*) AS leat_r', relation);
        EXCEPTION WHEN OTHERS THEN
            wrong := SQLERRM;
        END;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION '%: the column "%" cannot be added: %', who, entry.name, wrong USING ERRCODE = 'invalid_parameter_value',
                HINT = 'It may read columns of the table that are neither excluded nor masked.';
        END IF;
    END LOOP;
    SELECT n.name INTO wrong
      FROM (SELECT coalesce(renamed -> 'columns' ->> c.name, c.name) FROM leat_internal.columns_of(relation) c
             WHERE c.name <> ALL (excluded)
            UNION ALL SELECT e.value ->> 'name' FROM jsonb_array_elements(transform -> 'add') AS e (value)) AS n (name)
     GROUP BY n.name HAVING count(*) > 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%: two columns would be called "%"', who, wrong USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the added one another name.';
    END IF;
    RETURN transform;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.read_mapping(who text, relation regclass, mapping jsonb, masked text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    columns jsonb;
    wrong   text;
BEGIN
    IF mapping IS NULL THEN
        RETURN NULL;
    END IF;
    IF jsonb_typeof(mapping) <> 'object' OR mapping = '{}' OR mapping - '{key,document,attributes}'::text[] <> '{}' THEN
        wrong := 'it is no object with a key, a document or attributes';
    ELSIF mapping ? 'key' AND NOT coalesce(CASE WHEN mapping #>> '{key,type}' = 'schema-table' THEN NOT mapping -> 'key' ? 'text'
                                                WHEN mapping #>> '{key,type}' IN ('constant', 'attribute-name')
                                                THEN mapping -> 'key' ? 'text' AND leat_internal.mapped_fault(mapping -> 'key' || '{"name": "key"}') IS NULL END, false) THEN
        wrong := 'its key has no type of schema-table, constant and attribute-name, or not the text that goes with it';
    ELSIF mapping ? 'document' AND mapping -> 'document' <> 'true' THEN
        wrong := 'document is true, or is left out';
    ELSIF mapping ? 'attributes' THEN
        wrong := leat_internal.mapped_fault(jsonb_build_object('name', 'attributes', 'members', mapping -> 'attributes'));
    END IF;
    IF wrong IS NULL AND mapping ? 'document' AND jsonb_path_exists(mapping, '$.attributes[*] ? (@.name == "_doc")') THEN
        wrong := 'an attribute has the name of the document, _doc';
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '%: the mapping cannot be used: %', who, wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Write {"key": {"type": "attribute-name", "text": ["a-", {"column": "id"}]}, "attributes": [{"name": "key", "column": "id"}]}.';
    END IF;
    SELECT u.name #>> '{}' INTO wrong FROM jsonb_path_query(mapping, '$.**.column') AS u (name)
     WHERE NOT EXISTS (SELECT FROM leat_internal.columns_of(relation) c WHERE c.name = u.name #>> '{}') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%: % has no column "%" for its mapping', who, relation, wrong USING ERRCODE = 'undefined_column',
            HINT = 'A column''s name is given as it is, without quotes and in its own case.';
    END IF;
    SELECT u.name #>> '{}' INTO wrong FROM jsonb_path_query(mapping, '$.key.**.column') AS u (name) WHERE u.name #>> '{}' = ANY (masked) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%: column "%" is masked, and its value leaves in the partition key', who, wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Do not mask it, or make the key of others.';
    END IF;
    SELECT coalesce(jsonb_object_agg(c.name, c.attnum), '{}') INTO columns
      FROM leat_internal.columns_of(relation) c
     WHERE c.name IN (SELECT u.name #>> '{}' FROM jsonb_path_query(mapping, '$.**.column') AS u (name));
    RETURN mapping || jsonb_build_object('columns', columns);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.mapped_fault(attribute jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    wrong text;
BEGIN
    IF jsonb_typeof(attribute -> 'name') IS DISTINCT FROM 'string' OR octet_length(attribute ->> 'name') NOT BETWEEN 1 AND 63 THEN
        RETURN 'an attribute has no name of 1 to 63 bytes';
    ELSIF (SELECT count(*) FROM jsonb_object_keys(attribute) AS k (name) WHERE k.name IN ('text', 'column', 'members')) <> 1 THEN
        RETURN format('"%s" has not one of text, column and members', attribute ->> 'name');
    ELSIF attribute ? 'column' AND jsonb_typeof(attribute -> 'column') <> 'string' THEN
        RETURN format('"%s" names no column', attribute ->> 'name');
    ELSIF attribute ? 'text' AND (jsonb_typeof(attribute -> 'text') <> 'array' OR jsonb_array_length(attribute -> 'text') NOT BETWEEN 1 AND 90
                                  OR EXISTS (SELECT FROM jsonb_array_elements(attribute -> 'text') AS p (value)
                                              WHERE jsonb_typeof(p.value) <> 'string' AND jsonb_typeof(p.value -> 'column') IS DISTINCT FROM 'string')) THEN
        RETURN format('the text of "%s" is no list of 1 to 90 texts and columns', attribute ->> 'name');
    ELSIF attribute ? 'members' THEN
        IF jsonb_typeof(attribute -> 'members') <> 'array' OR attribute -> 'members' = '[]' THEN
            RETURN format('"%s" has no list of members', attribute ->> 'name');
        END IF;
        SELECT coalesce(leat_internal.mapped_fault(m.value), format('two are called "%s"', m.value ->> 'name')) INTO wrong
          FROM jsonb_array_elements(attribute -> 'members') WITH ORDINALITY AS m (value, place)
         WHERE leat_internal.mapped_fault(m.value) IS NOT NULL
            OR (SELECT count(*) FROM jsonb_array_elements(attribute -> 'members') AS o (value) WHERE o.value -> 'name' = m.value -> 'name') > 1
         ORDER BY m.place LIMIT 1;
    END IF;
    RETURN wrong;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.read_renames(
        who text, relation regclass, rename text[], exclude text[], schema_name text, table_name text)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    entry   text;
    part    record;
    columns jsonb := '{}';
    twice   text;
BEGIN
    IF schema_name = '' OR table_name = '' OR length(schema_name) > 128 OR length(table_name) > 128 THEN
        RAISE EXCEPTION '%: rename_schema and rename_table have 1 to 128 characters', who USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave them out for the table''s own name.';
    END IF;
    FOREACH entry IN ARRAY rename LOOP
        SELECT s.name, substr(s.rest, 2) AS target INTO part FROM leat_internal.split_column(relation, entry) AS s;
        IF coalesce(part.target, '') = '' OR octet_length(part.target) > 63 THEN
            RAISE EXCEPTION '%: "%" renames no column', who, coalesce(entry, 'null') USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Write the column''s name, = and the name that consumers see, of at most 63 bytes.';
        END IF;
        IF NOT EXISTS (SELECT FROM leat_internal.columns_of(relation) c WHERE c.name = part.name) THEN
            RAISE EXCEPTION '%: % has no column "%" to rename', who, relation, part.name USING ERRCODE = 'undefined_column',
                HINT = 'A column''s name is given as it is, without quotes and in its own case.';
        END IF;
        IF columns ? part.name OR part.name = ANY (exclude) THEN
            RAISE EXCEPTION '%: column "%" is %', who, part.name, CASE WHEN columns ? part.name THEN 'renamed twice' ELSE 'both excluded and renamed' END
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Decide for one.';
        END IF;
        columns := columns || jsonb_build_object(part.name, part.target);
    END LOOP;
    SELECT coalesce(columns ->> c.name, c.name) INTO twice
      FROM leat_internal.columns_of(relation) c
     WHERE c.name <> ALL (exclude)
     GROUP BY 1 HAVING count(*) > 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%: two columns would be sent as "%"', who, twice USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Rename otherwise, or exclude one of them.';
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object('schema', schema_name, 'table', table_name,
                                                'columns', CASE WHEN columns <> '{}' THEN columns END));
END
$$;

-- leat_internal.read_router(who, relation, event_router, template): the columns of an outbox table, as leat_internal.attachment.event_router.
CREATE OR REPLACE FUNCTION leat_internal.read_router(who text, relation regclass, event_router text[], template boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    named  jsonb := '{}';
    router jsonb := '{}';
    pins   jsonb := '{}';
    entry  text;
    part   record;
    target record;
BEGIN
    FOREACH entry IN ARRAY event_router LOOP
        SELECT split_part(entry, '=', 1) AS role, substr(entry, strpos(entry, '=') + 1) AS name INTO part;
        IF entry IS NULL OR entry <> 'delete' AND (part.role <> ALL ('{id,route,key,type,payload,tracing}') OR strpos(entry, '=') = 0 OR part.name = '') THEN
            RAISE EXCEPTION '%: event_router knows no "%"', who, coalesce(entry, 'null') USING ERRCODE = 'invalid_parameter_value',
                HINT = 'It knows delete, and columns by id=, route=, key=, type=, payload= and tracing=, such as key=aggregate_id.';
        END IF;
        IF named ? part.role THEN
            RAISE EXCEPTION '%: event_router has "%" twice', who, part.role USING ERRCODE = 'invalid_parameter_value', HINT = 'Decide for one.';
        END IF;
        named := named || jsonb_build_object(part.role, part.name);
    END LOOP;
    IF named ? 'delete' THEN
        IF (SELECT c.relkind FROM pg_class c WHERE c.oid = relation) = 'p' THEN
            RAISE EXCEPTION '%: % is partitioned, and its rows cannot be removed one by one', who, relation USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Leave delete out, and drop the partitions whose events are old.';
        END IF;
        router := router || '{"delete": true}';
    END IF;
    FOR part IN
        SELECT r.role, coalesce(named ->> r.role, r.usual) AS name, r.needed OR named ? r.role OR r.role = 'route' AND template AS needed, r.accepts
          FROM (VALUES ('id', 'id', true, 'a text, an enum, a uuid or a whole number'),
                       ('route', 'aggregatetype', false, 'a text, an enum, a uuid or a whole number'),
                       ('key', 'aggregateid', true, 'a text, an enum, a uuid or a whole number'),
                       ('type', 'type', true, 'a text, an enum, a uuid or a whole number'),
                       ('payload', 'payload', true, 'json, jsonb, bytea or a text'),
                       ('tracing', 'tracingspancontext', false, 'a text, json or jsonb')) AS r (role, usual, needed, accepts)
    LOOP
        SELECT c.attnum, t.oid AS base, t.typcategory, a.attgenerated, format_type(a.atttypid, a.atttypmod) AS type INTO target
          FROM leat_internal.columns_of(relation) c
          JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = c.attnum
          JOIN pg_type t ON t.oid = leat_internal.base_type(a.atttypid)
         WHERE c.name = part.name;
        IF NOT FOUND THEN
            CONTINUE WHEN NOT part.needed;
            RAISE EXCEPTION '%: % has no column "%" for the % of its events', who, relation, part.name,
                    CASE part.role WHEN 'route' THEN 'aggregatetype' ELSE part.role END
                USING ERRCODE = 'undefined_column',
                      HINT = format('Name the column that it has: event_router => ''{%1$s=...}'' (--event-router %1$s=...). Its columns are: %2$s', part.role,
                                    (SELECT string_agg(c.name, ', ' ORDER BY c.attnum) FROM leat_internal.columns_of(relation) c));
        END IF;
        IF NOT (CASE part.role
                   WHEN 'payload' THEN target.base IN ('json'::regtype, 'jsonb'::regtype, 'bytea'::regtype) OR target.typcategory = 'S'
                   WHEN 'tracing' THEN target.base IN ('json'::regtype, 'jsonb'::regtype) OR target.typcategory = 'S'
                   ELSE target.typcategory IN ('S', 'E') OR target.base IN ('uuid'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype,
                                                                          'numeric'::regtype) END) THEN
            -- Whatever has the usual name of a column that an event need not have is not taken for it.
            CONTINUE WHEN NOT part.needed;
            RAISE EXCEPTION '%: column "%" of % has the type %, and the % of an event is %', who, part.name, relation, target.type,
                    CASE part.role WHEN 'route' THEN 'aggregatetype' ELSE part.role END, part.accepts
                USING ERRCODE = 'invalid_parameter_value', HINT = format('Name another column by %s=..., or attach the table without event_router.', part.role);
        END IF;
        IF target.attgenerated = 'v' THEN
            RAISE EXCEPTION '%: column "%" of % is a virtual generated column, which has no value where a trigger runs', who, part.name, relation
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Make it a stored one, or name another column.';
        END IF;
        router := router || jsonb_build_object(part.role, part.name);
        pins := pins || jsonb_build_object(part.role, target.attnum);
    END LOOP;
    RETURN router || jsonb_build_object('attnums', pins);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.attnums(relation regclass, names text[]) RETURNS smallint[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(coalesce((SELECT a.attnum FROM pg_attribute a
                                             WHERE a.attrelid = attnums.relation AND a.attname = n.name AND a.attnum > 0
                                               AND NOT a.attisdropped), 0::smallint) ORDER BY n.place), '{}')
          FROM unnest(names) WITH ORDINALITY AS n (name, place)
    $$;

REVOKE ALL ON FUNCTION leat_internal.check_route(text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.check_format(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.split_column(regclass, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.read_masks(text, regclass, text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.read_filter(text, regclass, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.read_transform(text, regclass, jsonb, text[], text[], jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.read_mapping(text, regclass, jsonb, text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.mapped_fault(jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.read_renames(text, regclass, text[], text[], text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.read_router(text, regclass, text[], boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.attnums(regclass, text[]) FROM PUBLIC;

-- leat.attach(relation, ...): captures the changes of the table from the commit of this transaction on.
--
-- A call states all options. Attaching again with other options changes them in place. With the same options it changes and locks nothing, but
-- enables triggers that a user disabled. Options that are changed without a lock apply to transactions that begin after the commit of this one; a
-- transaction that is in progress may use the former options.
--
-- Creating a trigger locks the table (SHARE ROW EXCLUSIVE) until the transaction ends, so call this in a short transaction. Changes of other options
-- lock no table. The call waits at most 100 ms at a time for the lock, so that no writer waits longer behind it (leat_internal.change_triggers). It
-- waits for all its locks together, those on other calls and on the capture function too, for the caller's lock_timeout, or for five seconds if there
-- is none. Then the error names the sessions that hold the lock.
--
-- A table may be attached under the name of another attached table. If the other table was dropped, its attachment is deleted. If it was renamed, it
-- stays attached under its present name.
--
--     SELECT leat.attach('public.orders');
--     SELECT leat.attach('public.orders', key => '{customer_id}', exclude => '{card_number}');
--
-- relation       an ordinary or a partitioned table. Its partitions are captured too, also those added later
-- key            columns of the partition key; null: the primary key. With other columns than the primary key's, events are held: they wait until
--                every lower id is known to be committed or rolled back
-- without_key    for a table without a primary key, in place of key. unique: the columns of a unique index whose columns are NOT NULL.
--                whole-row: the hash of all columns, but excluded and masked ones. table: none, the table's events have one order. In each case they
--                are held. It has no effect where there is a primary key
-- exclude        columns that never leave the database, whatever they are called later
-- mask           columns whose values are replaced by a mask (null stays null), whatever they are called later: by '***'; with =hash after the name by
--                the SHA-256 of its text, as 64 hexadecimal digits in upper case; with =digits, each digit by # or, with =digits:x, by x; with
--                =random-digits, each digit by another
-- rename         columns that consumers see under another name: the column's name, = and that name
-- filter         which rows are captured; null: all. A list of entries that must all be true, each for one column: {"column": "age", "any": [...]} with
--                conditions of which one must be true: {"operator": "gte", "value": "30"}, {"operator": "between", "start": "1", "end": "5"},
--                {"operator": "notnull"}. The operators are eq, noteq, gte, lte, between, notbetween, null and notnull. An update that takes a row into
--                the filter is captured as an insert, one that takes it out of the filter as a delete
-- transform      columns that are added and changed on their way; null: none. An object of add, a list of {"name": "at", "type": "datetime", "value": node}, whose
--                values are computed when a row is captured (leat_internal.added_value has the nodes; types are those of AWS DMS); types, an object of
--                columns whose values are sent as strings: {"total": "string"}; and before, {"prefix": "BI_", "suffix": "", "columns": "pk-only"} or
--                non-lob or all, which adds to updates what these columns were before. Not with capture by the statement
-- rename_schema, rename_table   the names of schema and table that consumers see; null: the table's own. Partition keys keep the table's own
-- mapping        a partition key and attributes that are made of columns; null: none. An object with any of:
--                key         {"type": "schema-table"}: the table is one key. {"type": "constant", "text": ["a"]} or {"type": "attribute-name", "text":
--                            ["a-", {"column": "id"}]}: the key is this text. Events are held. Tables with the same text share an order
--                document    true: the columns stand in an object of their own, _doc
--                attributes  a list of {"name": "n"} with one of "column": "id" (its value), "text": [...] as above, and "members": [...] (an object
--                            of such attributes). One that has the name of a column takes its place. They may be made of excluded columns
-- before         (not with the format dms, whose options say it) whether updates and deletes contain the old row. If not, deletes and changes of the primary key contain the old primary key alone
-- operations     some of insert, update, delete, truncate. An update that changes the key is an update, though it is
--                captured as a delete and an insert; one that moves a row to another partition is a delete and an insert
-- stream         a stream's name or ARN; null: the poller's default
-- format         the wire format of the table's events (docs/formats.md), with its options; null: the poller's
-- on_quarantine  wait: when an event cannot be sent, later events of its key wait for a person. pass: they go on
-- capture        row: each row by itself. statement: all rows of a statement at once, which costs less if a statement changes many rows, and more if
--                it changes one. It is refused if order or completeness would suffer (leat_internal.statement_risks). If such a reason appears later,
--                leat.refresh changes to row
-- event_router   for an outbox table: each inserted row is a domain event, as of leat.publish, with the column aggregateid as its key; updates, deletes
--                and truncates of the table are not captured. {}: the columns have the names id, aggregatetype, aggregateid, type, payload and
--                tracingspancontext. Other names by id=, route=, key=, type=, payload= and tracing=, such as {key=aggregate_id}. With delete, each
--                captured row is removed by the writer's own transaction, with the writer's rights; a row that was not captured stays. The stream may have
--                aggregatetype in its name, in braces after a dollar sign. The format is debezium:event-router unless another is named. No option about a row's image is possible
-- Returns:  attached, changed or unchanged
-- Tables:   writes leat_internal.attachment; creates leat_internal.capture_<n>() and the triggers (leat_internal.row_triggers, !leat_truncate)
-- Errors:   undefined_table, wrong_object_type, insufficient_privilege, undefined_column, invalid_parameter_value,
--           object_not_in_prerequisite_state (a partition and its table cannot both be attached), lock_not_available.
--           Warns if something in the table defeats the order (leat_internal.order_risks)
CREATE OR REPLACE FUNCTION leat.attach(
        relation regclass,
        key text[] DEFAULT NULL,
        exclude text[] DEFAULT '{}',
        mask text[] DEFAULT '{}',
        before boolean DEFAULT true,
        operations text[] DEFAULT '{insert,update,delete,truncate}',
        stream text DEFAULT NULL,
        on_quarantine text DEFAULT 'wait',
        capture text DEFAULT 'row',
        without_key text DEFAULT NULL,
        format text DEFAULT NULL,
        rename text[] DEFAULT '{}',
        rename_schema text DEFAULT NULL,
        rename_table text DEFAULT NULL,
        filter jsonb DEFAULT NULL,
        transform jsonb DEFAULT NULL,
        mapping jsonb DEFAULT NULL,
        event_router text[] DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    -- Most of its statements run once or a few times: planning them takes longer than running them.
    SET plan_cache_mode = force_generic_plan
    AS $$
#variable_conflict use_column
DECLARE
    began    timestamptz := clock_timestamp();
    ends     timestamptz := began + leat_internal.patience();
    timeout  text := current_setting('lock_timeout');
    options  leat_internal.attachment;
    former   leat_internal.attachment;
    seen     leat_internal.attachment;
    target   record;
    other    regclass;
    unknown  text;
    existing record;
    changed  boolean := false;
    risk     text;
    risks    text[];
    sequence text;
    keys     text[] := attach.key;
    index    text;
    masks    jsonb := '{}';
    renamed  jsonb := '{}';
    router   jsonb;
    template text;
BEGIN
    IF attach.relation IS NULL OR attach.exclude IS NULL OR attach.mask IS NULL OR attach.before IS NULL
       OR attach.operations IS NULL OR attach.on_quarantine IS NULL OR attach.capture IS NULL OR attach.rename IS NULL THEN
        RAISE EXCEPTION 'leat.attach: only key, stream, without_key, format, rename_schema, rename_table, filter, transform, mapping and event_router may be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT c.relkind, c.relpersistence, c.relowner, n.nspname, c.relname INTO target
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = attach.relation;
    IF target IS NULL THEN
        RAISE EXCEPTION 'leat.attach: there is no table with the oid %', attach.relation::oid USING ERRCODE = 'undefined_table';
    END IF;
    IF target.relkind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION 'leat.attach: % is %, and only ordinary and partitioned tables can be attached', attach.relation,
                CASE target.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table'
                                    WHEN 'S' THEN 'a sequence' WHEN 'i' THEN 'an index' WHEN 'I' THEN 'an index'
                                    WHEN 'c' THEN 'a composite type' ELSE 'a relation of another kind' END
            USING ERRCODE = 'wrong_object_type', HINT = 'Attach the table that holds the rows.';
    END IF;
    IF target.relpersistence = 't' THEN
        RAISE EXCEPTION 'leat.attach: % is a temporary table', attach.relation
            USING ERRCODE = 'wrong_object_type', HINT = 'Attach a table that outlives the session.';
    END IF;
    IF target.nspname IN ('leat', 'leat_poller', 'leat_internal') THEN
        RAISE EXCEPTION 'leat.attach: % is one of Leat''s own tables', attach.relation
            USING ERRCODE = 'wrong_object_type', HINT = 'Attach a table of the application''s.';
    END IF;
    IF target.nspname IN ('pg_catalog', 'information_schema') OR starts_with(target.nspname, 'pg_toast') THEN
        RAISE EXCEPTION 'leat.attach: % is a system table', attach.relation
            USING ERRCODE = 'wrong_object_type', HINT = 'Attach a table of the application''s.';
    END IF;
    IF NOT pg_has_role(current_user, target.relowner, 'USAGE') THEN
        RAISE EXCEPTION 'leat.attach: % may not create triggers on %, which belongs to %', current_user, attach.relation,
                pg_get_userbyid(target.relowner)
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('Grant it the role that owns the table: GRANT %I TO %I.',
                                pg_get_userbyid(target.relowner), current_user);
    END IF;

    IF attach.event_router IS NOT NULL THEN
        unknown := CASE WHEN attach.key IS NOT NULL THEN 'key' WHEN attach.without_key IS NOT NULL THEN 'without_key'
                        WHEN attach.exclude <> '{}' THEN 'exclude' WHEN attach.mask <> '{}' THEN 'mask' WHEN attach.rename <> '{}' THEN 'rename'
                        WHEN attach.rename_schema IS NOT NULL THEN 'rename_schema' WHEN attach.rename_table IS NOT NULL THEN 'rename_table'
                        WHEN attach.filter IS NOT NULL THEN 'filter' WHEN attach.transform IS NOT NULL THEN 'transform' WHEN attach.mapping IS NOT NULL THEN 'mapping'
                        WHEN NOT attach.before THEN 'before' WHEN attach.capture <> 'row' THEN 'capture'
                        WHEN NOT (attach.operations @> '{insert,update,delete,truncate}' OR attach.operations = '{insert}') THEN 'operations'
                        WHEN leat_internal.is_dms(attach.format) THEN 'the format dms' END;
        IF unknown IS NOT NULL THEN
            RAISE EXCEPTION 'leat.attach: event_router makes each inserted row a domain event, for which % means nothing', unknown
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = CASE unknown WHEN 'key' THEN 'Leave it out, and name the column of the key in event_router: key=aggregate_id.'
                                          ELSE 'Leave one of them out.' END;
        END IF;
        IF EXISTS (SELECT FROM leat_internal.load l WHERE l.relation = attach.relation AND l.state IN ('running', 'paused')) THEN
            RAISE EXCEPTION 'leat.attach: % is being loaded, row by row', attach.relation USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Wait for the load, or cancel it first.';
        END IF;
        template := CASE WHEN leat_internal.stream_for(attach.stream, '') <> attach.stream THEN attach.stream END;
        router := leat_internal.read_router('leat.attach', attach.relation, attach.event_router, template IS NOT NULL)
                  || jsonb_strip_nulls(jsonb_build_object('stream', template));
        PERFORM leat_internal.check_route('leat.attach', leat_internal.stream_for(template, 'x'), attach.on_quarantine);
        attach.key := ARRAY[router ->> 'key'];
        keys := attach.key;
        attach.operations := '{insert}';
        attach.stream := CASE WHEN template IS NULL THEN attach.stream END;
        attach.format := coalesce(attach.format, 'debezium:event-router');
    END IF;
    SELECT m.names, m.masks INTO attach.mask, masks FROM leat_internal.read_masks('leat.attach', attach.relation, attach.mask) AS m;
    renamed := leat_internal.read_renames('leat.attach', attach.relation, attach.rename, attach.exclude, attach.rename_schema, attach.rename_table);
    SELECT c.name INTO unknown
      FROM unnest(coalesce(attach.key, '{}') || attach.exclude || attach.mask) AS c (name)
     WHERE c.name IS NULL OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = attach.relation
                                          AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leat.attach: % has no column "%"', attach.relation, coalesce(unknown, 'null')
            USING ERRCODE = 'undefined_column',
                  HINT = coalesce((
                      SELECT format('It has %s: a column''s name is given as it is, without quotes and in its own case. ',
                                    string_agg(a.attname, ', ' ORDER BY a.attnum))
                        FROM pg_attribute a
                       WHERE a.attrelid = attach.relation AND a.attnum > 0 AND NOT a.attisdropped
                         AND lower(a.attname COLLATE "C") = lower(replace(unknown COLLATE "C", '"', ''))), '')
                      || 'Its columns are: ' || coalesce((
                      SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a
                       WHERE a.attrelid = attach.relation AND a.attnum > 0 AND NOT a.attisdropped), 'none');
    END IF;
    IF attach.key = '{}' THEN
        RAISE EXCEPTION 'leat.attach: key names no column' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave key out for the primary key.';
    END IF;
    IF cardinality(attach.key) <> (SELECT count(DISTINCT k) FROM unnest(attach.key) AS k) THEN
        RAISE EXCEPTION 'leat.attach: key names a column twice' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name each key column once.';
    END IF;
    IF attach.mapping ? 'key' AND (attach.key IS NOT NULL OR attach.without_key IS NOT NULL) THEN
        RAISE EXCEPTION 'leat.attach: mapping has the key, and % asks for another', CASE WHEN attach.key IS NULL THEN 'without_key' ELSE 'key' END
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave one of them out.';
    END IF;
    IF attach.without_key NOT IN ('unique', 'whole-row', 'table') OR attach.without_key IS NOT NULL AND attach.key IS NOT NULL THEN
        RAISE EXCEPTION 'leat.attach: %', CASE WHEN attach.key IS NULL THEN format('without_key is "%s"', attach.without_key)
                                               ELSE 'key names the key, and without_key asks for another' END
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = CASE WHEN attach.key IS NULL THEN 'It is unique, whole-row or table.' ELSE 'Leave one of them out.' END;
    END IF;
    IF attach.key IS NULL AND EXISTS (SELECT FROM pg_constraint con WHERE con.conrelid = attach.relation AND con.contype = 'p') THEN
        without_key := NULL;
    ELSIF attach.key IS NULL AND attach.without_key IS NULL AND NOT coalesce(attach.mapping ? 'key', false) THEN
        RAISE EXCEPTION 'leat.attach: % has no primary key, so events have no order to keep', attach.relation
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Name the columns whose changes must stay in order, key => ''{customer_id}'', or say without_key =>'
                         ' ''unique'' (by the columns of a unique index without nulls), ''whole-row'' (by the hash of a row''s columns)'
                         ' or ''table'' (all changes of the table in one order).';
    END IF;
    IF attach.exclude && attach.mask THEN
        RAISE EXCEPTION 'leat.attach: column "%" is both excluded and masked',
                (SELECT x FROM unnest(attach.exclude) AS x WHERE x = ANY (attach.mask) LIMIT 1)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Exclude it, or mask it.';
    END IF;
    SELECT o INTO unknown FROM unnest(attach.operations) AS o
     WHERE o IS NULL OR o NOT IN ('insert', 'update', 'delete', 'truncate') LIMIT 1;
    IF FOUND OR cardinality(attach.operations) = 0 THEN
        RAISE EXCEPTION 'leat.attach: %', CASE WHEN cardinality(attach.operations) = 0 THEN 'operations names none'
                                               ELSE format('unknown operation "%s"', coalesce(unknown, 'null')) END
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The operations are insert, update, delete and truncate.';
    END IF;
    IF attach.capture NOT IN ('row', 'statement') THEN
        RAISE EXCEPTION 'leat.attach: capture is "%"', attach.capture USING ERRCODE = 'invalid_parameter_value',
            HINT = 'row: each change by itself (the default). statement: all changes of a statement at once.';
    END IF;
    PERFORM leat_internal.check_route('leat.attach', attach.stream, attach.on_quarantine);
    -- An event of an outbox table has a payload.
    IF router IS NULL OR attach.format <> 'raw' THEN
        PERFORM leat_internal.check_format('leat.attach', attach.format);
    END IF;

    -- Only one attach, detach or refresh runs at a time: two that replace the same function would fail.
    PERFORM leat_internal.take_mutex('attachments', 'leat.attach');

    PERFORM leat_internal.wait_until(ends);
    BEGIN
        SELECT a.* INTO former FROM leat_internal.attachment a WHERE a.relation = attach.relation FOR UPDATE;
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.raise_own_busy('leat.attach', 'what is noted of the table', began);
    END;
    IF attach.without_key = 'unique' THEN
        SELECT u.names, u.index INTO keys, index
          FROM (SELECT k.place, k.index,
                       ARRAY(SELECT a.attname::text FROM unnest(k.columns) WITH ORDINALITY AS c (attnum, place)
                               JOIN pg_attribute a ON a.attrelid = attach.relation AND a.attnum = c.attnum ORDER BY c.place) AS names
                  FROM leat_internal.unique_keys(attach.relation) AS k) AS u
         WHERE NOT u.names && (attach.exclude || attach.mask)
         -- The one of the last time, as long as it is there: another one would give each row another key.
         ORDER BY former.without_key = 'unique' AND u.names @> former.key_columns AND u.names <@ former.key_columns DESC NULLS LAST, u.place
         LIMIT 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'leat.attach: % has no unique index that could be its key', attach.relation
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'It must be over columns that are NOT NULL and neither excluded nor masked, not partial, not over expressions, and'
                             ' not deferrable. Or say without_key => ''whole-row'' or ''table'', or name a key.';
        END IF;
        -- In the order that it had, which the partition keys have.
        IF former.without_key = 'unique' AND keys @> former.key_columns AND keys <@ former.key_columns THEN
            keys := former.key_columns;
        END IF;
    END IF;
    SELECT a.relation INTO other FROM leat_internal.attachment a
     WHERE a.relation <> attach.relation
       AND (a.relation IN (SELECT p.relid FROM pg_partition_ancestors(attach.relation) AS p)
            OR a.relation IN (SELECT p.relid FROM leat_internal.partitions(attach.relation) AS p))
     LIMIT 1;
    -- A table that was attached before it became a partition stays attached.
    IF FOUND AND former.attachment IS NULL THEN
        RAISE EXCEPTION 'leat.attach: % and % are parts of one partitioned table, and % is attached already',
                attach.relation, other, other
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('A partitioned table captures its partitions. To change that: SELECT leat.detach(%L).',
                                other::text);
    END IF;

    options := former;
    IF former.attachment IS NOT NULL THEN
        seen := leat_internal.follow_columns(former);
    END IF;
    options.relation := attach.relation;
    options.schema_name := target.nspname;
    options.table_name := target.relname;
    options.pinned_in := attach.relation;
    options.pinned_columns := ARRAY(SELECT c.name FROM leat_internal.columns_of(attach.relation) AS c ORDER BY c.attnum);
    options.key_columns := keys;
    options.without_key := attach.without_key;
    -- A column that was left out stays left out under a name that it got later, which no list contains.
    options.followed := (SELECT coalesce(array_agg(c ORDER BY c), '{}') FROM unnest(seen.followed) AS c
                       WHERE c <> ALL (attach.exclude || attach.mask));
    options.left_out := (SELECT coalesce(array_agg(DISTINCT c ORDER BY c), '{}') FROM unnest(attach.exclude || seen.left_out) AS c
                       WHERE c = ANY (attach.exclude || options.followed));
    options.masked := (SELECT coalesce(array_agg(DISTINCT c ORDER BY c), '{}') FROM unnest(attach.mask || seen.masked) AS c
                     WHERE c = ANY (attach.mask || options.followed));
    SELECT k INTO unknown
      FROM unnest(coalesce(keys, (SELECT array_agg(a.attname::text)
                                          FROM pg_constraint con
                                          JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = ANY (con.conkey)
                                         WHERE con.conrelid = attach.relation AND con.contype = 'p'))) AS k
     WHERE k = ANY (options.left_out || options.masked) AND NOT coalesce(attach.mapping ? 'key', false) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leat.attach: column "%" is a key column, and its value leaves in the partition key', unknown
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = CASE WHEN unknown = ANY (options.followed)
                              THEN 'It was called otherwise when it was excluded or masked, and stays so until the table is detached.'
                              ELSE 'Name another key with key => ..., or neither exclude nor mask this column.' END;
    END IF;
    options.key_attnums := leat_internal.attnums(attach.relation, keys);
    options.left_out_attnums := leat_internal.attnums(attach.relation, options.left_out);
    options.masked_attnums := leat_internal.attnums(attach.relation, options.masked);
    -- What an event of this format has of the old row is one of its options.
    options.masks := masks || coalesce((SELECT jsonb_object_agg(m.key, m.value) FROM jsonb_each(seen.masks) AS m
                                        WHERE m.key = ANY (options.masked) AND NOT masks ? m.key AND m.key <> ALL (attach.mask)), '{}');
    options.renamed := renamed;
    options.filter := leat_internal.read_filter('leat.attach', attach.relation, attach.filter);
    options.transform := leat_internal.read_transform('leat.attach', attach.relation, attach.transform, options.left_out, options.masked, renamed);
    options.mapping := leat_internal.read_mapping('leat.attach', attach.relation, attach.mapping, options.masked);
    options.event_router := router;
    options.before := CASE WHEN leat_internal.is_dms(attach.format)
                           THEN attach.format ~ ':before-image-columns=(all|non-lob)(:|$)' ELSE attach.before END;
    options.operations := (SELECT array_agg(DISTINCT o ORDER BY o) FROM unnest(attach.operations) AS o);
    options.stream := attach.stream;
    options.format := attach.format;
    options.on_quarantine := attach.on_quarantine;
    options.capture := attach.capture;

    IF former.attachment IS NULL THEN
        PERFORM leat_internal.skip_orphan_numbers();
        INSERT INTO leat_internal.attachment (relation, schema_name, table_name, key_columns, key_attnums, without_key, left_out,
                                     left_out_attnums, masked, masked_attnums, masks, renamed, filter, transform, mapping, event_router, followed, pinned_in, pinned_columns, before, operations, stream, format,
                                     on_quarantine, capture)
        VALUES (options.relation, options.schema_name, options.table_name, options.key_columns, options.key_attnums, options.without_key, options.left_out,
                options.left_out_attnums, options.masked, options.masked_attnums, options.masks, options.renamed, options.filter, options.transform, options.mapping, options.event_router, options.followed, options.pinned_in, options.pinned_columns, options.before, options.operations, options.stream,
                options.format, options.on_quarantine, options.capture)
        RETURNING attachment INTO options.attachment;
    ELSIF options IS DISTINCT FROM former THEN
        UPDATE leat_internal.attachment a
           SET schema_name = options.schema_name, table_name = options.table_name, followed = options.followed, key_columns = options.key_columns, key_attnums = options.key_attnums, without_key = options.without_key, left_out = options.left_out,
               left_out_attnums = options.left_out_attnums, masked = options.masked, masked_attnums = options.masked_attnums, masks = options.masks, renamed = options.renamed, filter = options.filter, transform = options.transform, mapping = options.mapping, event_router = options.event_router,
               pinned_in = options.pinned_in, pinned_columns = options.pinned_columns, before = options.before, operations = options.operations, stream = options.stream,
               format = options.format, on_quarantine = options.on_quarantine, capture = options.capture
         WHERE a.attachment = options.attachment;
        changed := true;
    END IF;
    FOR existing IN SELECT a.attachment, c.oid::regclass AS relation, n.nspname, c.relname,
                           array_to_string(ARRAY(SELECT h FROM unnest(a.left_out || a.masked) AS h
                                                  WHERE h <> ALL (options.left_out || options.masked)), ', ') AS hidden
                      FROM leat_internal.attachment a
                      LEFT JOIN pg_class c ON c.oid = a.relation
                      LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE a.schema_name = options.schema_name AND a.table_name = options.table_name AND a.attachment <> options.attachment
    LOOP
        IF existing.relation IS NULL THEN
            PERFORM leat_internal.delete_attachment(existing.attachment);
            RAISE NOTICE '%: the table that was attached under this name was dropped, and its attachment is forgotten%', attach.relation,
                         CASE existing.hidden WHEN '' THEN '' ELSE format('; it left out or masked %s, which this one does not',
                                                                          existing.hidden) END;
        ELSE
            UPDATE leat_internal.attachment a SET schema_name = existing.nspname, table_name = existing.relname
             WHERE a.attachment = existing.attachment;
            RAISE NOTICE '%: the table that was attached under this name is called % now, and stays attached%', attach.relation,
                         format('%I.%I', existing.nspname, existing.relname),
                         CASE existing.hidden WHEN '' THEN '' ELSE format('; it leaves out or masks %s, which this one does not',
                                                                          existing.hidden) END;
        END IF;
    END LOOP;
    IF options.capture = 'statement' THEN
        risks := leat_internal.statement_risks(options.attachment);
        IF risks <> '{}' THEN
            RAISE EXCEPTION 'leat.attach: % cannot be captured by the statement: %', attach.relation,
                    array_to_string(risks, '; ')
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Leave capture out, and it is captured by the row.';
        END IF;
    END IF;
    PERFORM leat_internal.wait_until(ends);
    BEGIN
        changed := leat_internal.write_capture(options.attachment) OR changed;
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.raise_function_busy('leat.attach', options.attachment, began);
    END;
    PERFORM leat_internal.wait_until(ends);
    changed := leat_internal.change_triggers('leat.attach', options.attachment) > 0 OR changed;
    PERFORM set_config('lock_timeout', timeout, true);

    IF leat_internal.captured_above(options.attachment, 'capture') IS NOT NULL THEN
        RAISE WARNING '%: %', attach.relation, (SELECT s.problem FROM leat_internal.shape(options.attachment) AS s);
    END IF;
    FOREACH risk IN ARRAY leat_internal.order_risks(attach.relation) LOOP
        RAISE WARNING '%: %', attach.relation, risk;
    END LOOP;
    IF router ? 'delete' THEN
        FOR risk IN
            SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
              FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
             WHERE c.oid = attach.relation AND a.privilege_type = 'INSERT'
               AND NOT (has_table_privilege(a.grantee, c.oid, 'DELETE') AND has_table_privilege(a.grantee, c.oid, 'SELECT'))
             ORDER BY 1
        LOOP
            RAISE WARNING '%: rows that % inserts are captured and stay in the table, because it may not delete them: GRANT SELECT, DELETE ON % TO %',
                attach.relation, risk, attach.relation, risk;
        END LOOP;
    END IF;
    IF template IS NOT NULL AND former.event_router ->> 'stream' IS DISTINCT FROM template THEN
        RAISE NOTICE '%: allow each stream that events of it may go to: SELECT leat.allow_stream(%)', attach.relation,
            quote_literal(leat_internal.stream_for(template, 'order'));
    END IF;
    IF index IS NOT NULL AND (former.attachment IS NULL OR former.key_columns IS DISTINCT FROM keys) THEN
        RAISE NOTICE '%: its key is (%), the columns of the unique index %', attach.relation, array_to_string(keys, ', '), quote_ident(index);
    END IF;
    IF former.attachment IS NULL THEN
        SELECT min(pg_get_serial_sequence(attach.relation::text, a.attname)) INTO sequence
          FROM pg_attribute a
         WHERE a.attrelid = attach.relation AND a.attnum > 0 AND NOT a.attisdropped;
        IF FOUND AND sequence IS NOT NULL THEN
            RAISE NOTICE '%: after an INSERT into this table lastval() no longer tells the row''s id: the outbox draws an id after it;'
                         ' use INSERT ... RETURNING or currval(%)', attach.relation, quote_literal(sequence);
        END IF;
    END IF;
    RETURN CASE WHEN former.attachment IS NULL THEN 'attached' WHEN changed THEN 'changed' ELSE 'unchanged' END;
END
$$;

REVOKE ALL ON FUNCTION leat.attach(regclass, text[], text[], text[], boolean, text[], text, text, text, text, text, text[], text, text, jsonb, jsonb, jsonb, text[]) FROM PUBLIC;

-- leat.detach(relation): stops capturing the changes of the table from the commit of this transaction on. Captured events stay in the outbox and are
-- sent.
--
-- leat.detach(schema_name, table_name): the same by name, also for a table that was dropped.
-- leat_internal.delete_attachment(attachment): removes an attachment.
--
-- relation  an attached table
-- schema_name, table_name   as leat.attached() has them
-- Tables:   deletes from leat_internal.attachment and attachment_state; drops the triggers (ACCESS EXCLUSIVE on the table until the transaction
--           ends; waited for, as by leat.attach) and leat_internal.capture_<n>()
-- Errors:   undefined_object when it is not attached, lock_not_available
CREATE OR REPLACE FUNCTION leat.detach(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    began   timestamptz := clock_timestamp();
    ends    timestamptz := began + leat_internal.patience();
    former  text := current_setting('lock_timeout');
    options leat_internal.attachment;
    root    regclass;
BEGIN
    PERFORM leat_internal.take_mutex('attachments', 'leat.detach');
    SELECT a.* INTO options FROM leat_internal.attachment a WHERE a.relation = detach.relation;
    IF NOT FOUND THEN
        SELECT a.relation INTO root FROM leat_internal.attachment a, pg_partition_ancestors(detach.relation) AS p
         WHERE p.relid = a.relation;
        RAISE EXCEPTION 'leat.detach: % is not attached', coalesce(detach.relation::text, 'null')
            USING ERRCODE = 'undefined_object',
                  HINT = CASE WHEN root IS NULL THEN 'SELECT * FROM leat.attached() lists what is.'
                              ELSE format('It is a partition of %s, which is: detach that one.', root) END;
    END IF;
    -- The limit applies to all waits together.
    PERFORM leat_internal.wait_until(ends);
    BEGIN
        UPDATE leat_internal.attachment a SET operations = '{}' WHERE a.attachment = options.attachment;
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.raise_function_busy('leat.detach', options.attachment, began);
    END;
    PERFORM leat_internal.change_triggers('leat.detach', options.attachment);
    PERFORM leat_internal.wait_until(ends);
    BEGIN
        PERFORM leat_internal.delete_attachment(options.attachment);
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.raise_function_busy('leat.detach', options.attachment, began);
    END;
    PERFORM set_config('lock_timeout', former, true);
END
$$;

CREATE OR REPLACE FUNCTION leat.detach(schema_name text, table_name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    present regclass;
    lost    record;
BEGIN
    PERFORM leat_internal.take_mutex('attachments', 'leat.detach');
    SELECT c.oid INTO present
      FROM leat_internal.attachment a JOIN pg_class c ON c.oid = a.relation
     WHERE leat_internal.readable_names(c.oid) = ARRAY[detach.schema_name, detach.table_name];
    IF FOUND THEN
        PERFORM leat.detach(present);
        RETURN;
    END IF;
    SELECT a.attachment, c.oid::regclass AS relation INTO lost
      FROM leat_internal.attachment a LEFT JOIN pg_class c ON c.oid = a.relation
     WHERE leat_internal.readable(a.schema_name) = detach.schema_name AND leat_internal.readable(a.table_name) = detach.table_name;
    IF lost.attachment IS NULL OR lost.relation IS NOT NULL THEN
        RAISE EXCEPTION 'leat.detach: %.% is not attached', coalesce(quote_ident(detach.schema_name), 'null'),
                coalesce(quote_ident(detach.table_name), 'null')
            USING ERRCODE = 'undefined_object',
                  HINT = CASE WHEN lost.attachment IS NULL THEN 'SELECT * FROM leat.attached() lists what is.'
                              ELSE format('The table that was attached under this name is called %1$s now: detach that one, or attach'
                                          ' it again, under that name.', lost.relation) END;
    END IF;
    PERFORM leat_internal.delete_attachment(lost.attachment);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.delete_attachment(attachment integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    IF to_regprocedure(format('leat_internal.capture_%s()', delete_attachment.attachment)) IS NOT NULL THEN
        EXECUTE format('DROP FUNCTION leat_internal.%I()', 'capture_' || delete_attachment.attachment);
    END IF;
    DELETE FROM leat_internal.attachment_state s WHERE s.attachment = delete_attachment.attachment;
    DELETE FROM leat_internal.attachment a WHERE a.attachment = delete_attachment.attachment;
END
$$;

REVOKE ALL ON FUNCTION leat.detach(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.delete_attachment(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.detach(regclass) FROM PUBLIC;
