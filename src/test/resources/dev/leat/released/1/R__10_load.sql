-- Full loads: they write the rows that a table already has into the outbox, chunk by chunk, while its writers go on.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- How a load works (docs/decisions/0016-full-load.md has the reasons):
--
-- One chunk is one transaction. It locks the load's row, reads the next rows in the order of the key with FOR SHARE SKIP LOCKED in READ
-- COMMITTED, writes them into the outbox in the same statement, and stores the last key that it has read. The row lock orders the chunk and all
-- writers of a row: a writer that changed the row before has committed, with a lower id; a writer that changes it later waits for the chunk, and
-- draws a higher id. A row that a writer has locked is skipped. The same statement stores its key in leat_internal.load_left, to try it again.
--
-- The statement runs with the rights of Leat's owner. PostgreSQL evaluates parts of a table's indexes, statistics and partition key even when it
-- only plans a query, so it runs code of the owners of those. Therefore all of them must belong to roles that Leat's owner trusts.

-- leat_internal.trusts(role, trusted): whether code of a role may run with the rights of Leat's owner: the owner's own code, a superuser's, or
-- that of a role that the load names.
-- leat_internal.strange_code(class, objects, trusted): what the objects call or consist of that belongs to none of these roles, in words; null:
-- nothing.
-- leat_internal.load_distrust(relation, trusted): why a query on a table might run code of other roles, in words; null: it cannot.
--
-- role      a role's oid
-- trusted   additional trusted roles
-- class     the oid of a catalog, as in pg_depend
-- Tables:   the catalog
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.trusts(role oid, trusted oid[]) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(bool_or(r.rolsuper OR r.oid = ANY (trusts.trusted)
                                OR r.oid = (SELECT c.relowner FROM pg_class c WHERE c.oid = 'leat_internal.outbox'::regclass)), false)
          FROM pg_roles r
         WHERE r.oid = CASE WHEN pg_get_userbyid(trusts.role) = 'pg_database_owner'
                            THEN (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()) ELSE trusts.role END
    $$;

CREATE OR REPLACE FUNCTION leat_internal.strange_code(class oid, objects oid[], trusted oid[]) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT format('%s uses %s, which belongs to %s', pg_describe_object(d.classid, d.objid, 0),
                      pg_describe_object(d.refclassid, d.refobjid, 0), pg_get_userbyid(o.owner))
          FROM pg_depend d
         CROSS JOIN LATERAL (SELECT p.proowner AS owner FROM pg_proc p WHERE d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
                             UNION ALL
                             SELECT unnest(ARRAY[op.oprowner, p.proowner]) FROM pg_operator op JOIN pg_proc p ON p.oid = op.oprcode
                              WHERE d.refclassid = 'pg_operator'::regclass AND op.oid = d.refobjid
                             UNION ALL
                             SELECT t.typowner FROM pg_type t
                              WHERE d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid AND t.typtype = 'd') AS o
         WHERE d.classid = strange_code.class AND d.objid = ANY (strange_code.objects) AND d.refobjid >= 16384
           AND NOT leat_internal.trusts(o.owner, strange_code.trusted)
         LIMIT 1
    $$;

CREATE OR REPLACE FUNCTION leat_internal.load_distrust(relation oid, trusted oid[]) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    tree  oid[] := ARRAY(SELECT r.relid FROM leat_internal.partitions(load_distrust.relation) AS r);
    found text;
BEGIN
    SELECT CASE WHEN NOT leat_internal.trusts(c.relowner, load_distrust.trusted)
                THEN format('%s belongs to %s', c.oid::regclass, pg_get_userbyid(c.relowner))
                ELSE format('the schema %I belongs to %s', n.nspname, pg_get_userbyid(n.nspowner)) END
      INTO found
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = ANY (tree)
       AND NOT (leat_internal.trusts(c.relowner, load_distrust.trusted) AND leat_internal.trusts(n.nspowner, load_distrust.trusted))
     LIMIT 1;
    RETURN coalesce(
        found,
        leat_internal.strange_code('pg_class'::regclass,
                                   ARRAY(SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = ANY (tree) AND i.indexprs IS NOT NULL
                                         UNION SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = ANY (tree) AND i.indpred IS NOT NULL
                                         UNION SELECT p.partrelid FROM pg_partitioned_table p WHERE p.partrelid = ANY (tree)),
                                   load_distrust.trusted),
        leat_internal.strange_code('pg_statistic_ext'::regclass,
                                   ARRAY(SELECT s.oid FROM pg_statistic_ext s WHERE s.stxrelid = ANY (tree)), load_distrust.trusted));
END
$$;

REVOKE ALL ON FUNCTION leat_internal.trusts(oid, oid[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.strange_code(oid, oid[], oid[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.load_distrust(oid, oid[]) FROM PUBLIC;

-- leat_internal.order_operators(typid): the operators of the order that ORDER BY uses for a type.
-- leat_internal.readable_back(typid): whether a text can be read as that type without running a domain's check.
-- leat_internal.page_columns(work): the columns by which a load orders the rows of its table, in their present form, with what the load stores
-- of them.
-- leat_internal.page_problem(work): why a load cannot order by these columns, in words; null: it can.
-- leat_internal.note_page_columns(work): the load, with the properties of these columns that must not change. They are stored because computing
-- them takes longer than the rest of a chunk.
--
-- Returns:  order_operators: greater, equal: the operators as SQL writes them between two values; literal: the type as SQL writes it in a cast.
--           For a domain, all of that for its base type. All null if the type has no order.
--           page_columns: in the order of page_attnums; name is null if the column was dropped
-- Tables:   the catalog
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.order_operators(typid oid, OUT greater text, OUT equal text, OUT literal text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT (SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname)
                  FROM pg_amop a JOIN pg_operator o ON o.oid = a.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace
                 WHERE a.amopfamily = c.opcfamily AND a.amoplefttype = c.opcintype AND a.amoprighttype = c.opcintype AND a.amopstrategy = 5),
               (SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname)
                  FROM pg_amop a JOIN pg_operator o ON o.oid = a.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace
                 WHERE a.amopfamily = c.opcfamily AND a.amoplefttype = c.opcintype AND a.amoprighttype = c.opcintype AND a.amopstrategy = 3),
               -- -1 gives the type without a length: a value cast to character of no stated length would be cut to one.
               format_type(t.oid, -1)
          FROM pg_type t
         -- Looked for once, and not for each operator class.
         CROSS JOIN LATERAL (SELECT t.oid AS typid
                             UNION ALL
                             -- Such as text for varchar, and oid for regclass. Only a superuser can create such a cast.
                             (SELECT k.casttarget FROM pg_cast k JOIN pg_opclass o ON o.opcintype = k.casttarget AND o.opcdefault
                                JOIN pg_am m ON m.oid = o.opcmethod AND m.amname = 'btree'
                               WHERE k.castsource = t.oid AND k.castmethod = 'b' AND k.castcontext = 'i'
                               ORDER BY k.casttarget LIMIT 1)
                             UNION ALL
                             SELECT CASE WHEN t.typsubscript = 'array_subscript_handler'::regproc THEN 'anyarray'::regtype
                                         WHEN t.typtype = 'e' THEN 'anyenum'::regtype WHEN t.typtype = 'c' THEN 'record'::regtype
                                         WHEN t.typtype = 'r' THEN 'anyrange'::regtype
                                         WHEN t.typtype = 'm' THEN 'anymultirange'::regtype END) AS orders
          JOIN pg_opclass c ON c.opcintype = orders.typid AND c.opcdefault
          JOIN pg_am m ON m.oid = c.opcmethod AND m.amname = 'btree'
         WHERE t.oid = leat_internal.base_type(order_operators.typid)
         ORDER BY c.opcintype = t.oid DESC
         LIMIT 1
    $$;

CREATE OR REPLACE FUNCTION leat_internal.readable_back(typid oid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH RECURSIVE part (oid) AS (
            SELECT leat_internal.base_type(readable_back.typid)
            UNION
            SELECT inner_type.oid
              FROM part p JOIN pg_type t ON t.oid = p.oid
             CROSS JOIN LATERAL (SELECT t.typelem AS oid WHERE t.typsubscript = 'array_subscript_handler'::regproc
                                 UNION ALL
                                 SELECT g.rngsubtype FROM pg_range g WHERE t.oid IN (g.rngtypid, g.rngmultitypid)
                                 UNION ALL
                                 SELECT a.atttypid FROM pg_attribute a
                                  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS inner_type
             WHERE p.oid >= 16384
        )
        SELECT NOT EXISTS (SELECT FROM part p JOIN pg_type t ON t.oid = p.oid WHERE t.typtype = 'd')
    $$;

CREATE OR REPLACE FUNCTION leat_internal.page_columns(work leat_internal.load)
    RETURNS TABLE (place bigint, name text, typid oid, "collation" oid, nullable boolean, literal text, greater text, equal text)
    LANGUAGE plpgsql STABLE ROWS 2
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT p.place, a.attname::text, a.atttypid, a.attcollation, NOT a.attnotnull, work.page_literals[p.place], work.page_greater[p.place],
               work.page_equal[p.place]
          FROM unnest(work.page_attnums) WITH ORDINALITY AS p (attnum, place)
          LEFT JOIN pg_attribute a ON a.attrelid = work.relation AND a.attnum = p.attnum AND NOT a.attisdropped
         ORDER BY p.place;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.page_problem(work leat_internal.load) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE WHEN c.name IS NULL THEN 'a column of the key is gone'
                    WHEN o.greater IS NULL THEN format('the type of the key column %I, %s, has no order', c.name, c.typid::regtype)
                    ELSE format('the type of the key column %I, %s, holds values of a domain, and reading one back would call its checks',
                                c.name, c.typid::regtype) END
          FROM leat_internal.page_columns(page_problem.work) AS c
          LEFT JOIN LATERAL leat_internal.order_operators(c.typid) AS o ON true
         WHERE c.name IS NULL OR o.greater IS NULL OR o.equal IS NULL OR NOT leat_internal.readable_back(c.typid)
         ORDER BY c.place
         LIMIT 1
    $$;

CREATE OR REPLACE FUNCTION leat_internal.note_page_columns(work leat_internal.load) RETURNS leat_internal.load
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    noted leat_internal.load := work;
BEGIN
    SELECT array_agg(c.typid ORDER BY c.place), array_agg(c."collation" ORDER BY c.place), array_agg(o.literal ORDER BY c.place),
           array_agg(o.greater ORDER BY c.place), array_agg(o.equal ORDER BY c.place)
      INTO noted.page_types, noted.page_collations, noted.page_literals, noted.page_greater, noted.page_equal
      FROM leat_internal.page_columns(work) AS c
     CROSS JOIN LATERAL leat_internal.order_operators(c.typid) AS o;
    RETURN noted;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.order_operators(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.readable_back(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.page_columns(leat_internal.load) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.page_problem(leat_internal.load) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.note_page_columns(leat_internal.load) FROM PUBLIC;

-- leat_internal.load_filter(relation, filter, trusted): checks an expression over a table's columns, and returns it as PostgreSQL writes it, with
-- every name qualified. It is parsed as a CHECK of an empty table with the same columns. So it can only be one expression of these columns,
-- without subqueries and aggregates, and it is not evaluated.
--
-- Errors:   invalid_parameter_value, in one line
CREATE OR REPLACE FUNCTION leat_internal.load_filter(relation regclass, filter text, trusted oid[]) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET default_tablespace = ''
    SET default_table_access_method = 'heap'
    AS $$
#variable_conflict use_column
DECLARE
    checks   integer;
    made     pg_constraint;
    volatile text;
    strange  text;
    written  text;
BEGIN
    EXECUTE format('CREATE TABLE leat_internal.load_filter (LIKE %s)', relation);
    BEGIN
        EXECUTE 'ALTER TABLE leat_internal.load_filter ADD CONSTRAINT leat_filter CHECK (' || E'\n' || filter || E'\n' || ')';
    EXCEPTION WHEN OTHERS THEN
        RAISE EXCEPTION 'leat.load: the filter is no expression over the columns of %: %', relation,
                replace(SQLERRM, 'load_filter', relation::text)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give what SQL would have after WHERE, such as "created_at >= ''2026-01-01''".';
    END;
    SELECT count(*) INTO checks FROM pg_constraint c WHERE c.conrelid = 'leat_internal.load_filter'::regclass AND c.contype = 'c';
    SELECT c.* INTO made FROM pg_constraint c WHERE c.conrelid = 'leat_internal.load_filter'::regclass AND c.conname = 'leat_filter';
    IF checks <> 1 THEN
        RAISE EXCEPTION 'leat.load: the filter is more than one expression' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Combine conditions with AND and OR.';
    END IF;
    strange := leat_internal.strange_code('pg_constraint'::regclass, ARRAY[made.oid], trusted);
    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'leat.load: the filter would run code of others with the rights of %: %', leat_internal.owner(),
                replace(strange, 'constraint leat_filter on table leat_internal.load_filter', 'it')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Name that role with trust => ..., or filter without it.';
    END IF;
    SELECT p.oid::regprocedure::text INTO volatile
      FROM regexp_matches(made.conbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') AS f (id)
      JOIN pg_proc p ON p.oid = f.id[1]::oid
     WHERE p.provolatile = 'v'
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leat.load: the filter calls %, which may say something else each time', volatile
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Which rows are loaded must depend on the rows alone.';
    END IF;
    written := pg_get_expr(made.conbin, made.conrelid);
    DROP TABLE leat_internal.load_filter;
    RETURN written;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.load_filter(regclass, text, oid[]) FROM PUBLIC;

-- leat.load(relation, ...): starts a full load of a table: after this transaction, pollers write the table's rows into the outbox, as events with
-- the operation r.
--
--     SELECT leat.load('public.orders');
--     SELECT leat.load('public.orders', filter => 'id = 42');
--     SELECT leat.load('public.seats', only_rows => true, key => '{event_id,seat}');
--
-- relation    an attached table; with only_rows, a table that is not attached
-- filter      an expression over its columns: only rows for which it is true are loaded; null: all rows
-- chunk       the maximal number of rows that one transaction reads. Leat reads fewer so that a transaction takes about 50 ms
-- only_rows   load the rows of a table that is not attached. A row that changes during the load may have its old or its new values
-- key, exclude, mask, stream, on_quarantine   as in leat.attach, for a table that is not attached; otherwise the attachment's are used. If the
--             table is attached with without_key => 'whole-row' or 'table', or with a key in its mapping, key names the columns whose order the load follows
-- trust       roles whose code may run with the rights of Leat's owner: those that own the table, its schema, or functions in its indexes
-- Returns:    the load's number
-- Tables:     leat_internal.attachment, the catalog; writes leat_internal.load
-- Errors:     undefined_table, wrong_object_type, undefined_column, undefined_object, invalid_parameter_value, insufficient_privilege,
--             object_not_in_prerequisite_state. It warns if no index has the columns of the key
CREATE OR REPLACE FUNCTION leat.load(
        relation regclass,
        filter text DEFAULT NULL,
        chunk integer DEFAULT NULL,
        only_rows boolean DEFAULT false,
        key text[] DEFAULT NULL,
        exclude text[] DEFAULT '{}',
        mask text[] DEFAULT '{}',
        stream text DEFAULT NULL,
        on_quarantine text DEFAULT 'wait',
        trust name[] DEFAULT '{}')
    RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    work     leat_internal.load;
    attached leat_internal.attachment;
    target   record;
    above    regclass;
    present  record;
    unknown  text;
    problem  text;
BEGIN
    SELECT c.relkind, c.relpersistence, n.nspname, c.relname INTO target
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = load.relation;
    IF target IS NULL THEN
        RAISE EXCEPTION 'leat.load: there is no table with the oid %', coalesce(load.relation::oid::text, 'null')
            USING ERRCODE = 'undefined_table', HINT = 'Name a table, such as public.orders.';
    END IF;
    IF target.relkind NOT IN ('r', 'p') OR target.relpersistence = 't' OR target.nspname ~ '^(leat|leat_poller|leat_internal|pg_.*|information_schema)$' THEN
        RAISE EXCEPTION 'leat.load: % is %, and only tables of the application can be loaded', load.relation,
                CASE WHEN target.relkind = 'v' THEN 'a view' WHEN target.relkind = 'm' THEN 'a materialized view'
                     WHEN target.relkind = 'f' THEN 'a foreign table' WHEN target.relkind NOT IN ('r', 'p') THEN 'no table'
                     WHEN target.relpersistence = 't' THEN 'a temporary table' ELSE 'a table of PostgreSQL''s or Leat''s' END
            USING ERRCODE = 'wrong_object_type', HINT = 'Load the table that holds the rows.';
    END IF;
    IF load.chunk < 1 OR load.only_rows IS NULL THEN
        RAISE EXCEPTION 'leat.load: %', CASE WHEN load.chunk < 1 THEN 'a chunk has at least one row' ELSE 'only_rows is null' END
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave it out for the default.';
    END IF;
    SELECT t INTO unknown FROM unnest(load.trust) AS t WHERE t IS NULL OR NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = t) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leat.load: there is no role "%" to trust', unknown USING ERRCODE = 'undefined_object',
            HINT = 'A role''s name is given as it is, without quotes.';
    END IF;
    work.trusted := ARRAY(SELECT r.oid::regrole FROM pg_roles r WHERE r.rolname = ANY (load.trust));

    PERFORM leat_internal.take_mutex('attachments', 'leat.load');
    SELECT a.* INTO attached FROM leat_internal.attachment a WHERE a.relation = load.relation;
    SELECT a.relation INTO above FROM leat_internal.attachment a
     WHERE a.attachment = leat_internal.captured_above(attached.attachment, 'capture')
        OR attached.attachment IS NULL AND a.relation IN (SELECT p.relid FROM pg_partition_ancestors(load.relation) AS p);
    IF above IS NOT NULL THEN
        RAISE EXCEPTION 'leat.load: % is a partition of %, which is attached', load.relation, above
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('Load %s, with a filter if only some of its rows are wanted.', above);
    ELSIF attached.attachment IS NULL AND NOT load.only_rows THEN
        RAISE EXCEPTION 'leat.load: % is not attached, so changes while it is loaded would be missed', load.relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Attach it first (leat attach --load does both). To load what is there, and no changes: only_rows => true (leat load --only).';
    ELSIF attached.event_router IS NOT NULL THEN
        RAISE EXCEPTION 'leat.load: % is an outbox table (event_router): its rows are events, which are captured when they are inserted', load.relation
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'An event that was inserted before the table was attached is sent if it is inserted again.';
    ELSIF attached.attachment IS NOT NULL AND load.only_rows THEN
        RAISE EXCEPTION 'leat.load: % is attached, and only_rows is for tables that are not', load.relation
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Leave only_rows (--only) out.';
    ELSIF attached.attachment IS NOT NULL AND (load.key IS NOT NULL AND attached.without_key IS DISTINCT FROM 'whole-row'
                                               AND attached.without_key IS DISTINCT FROM 'table' AND attached.mapping -> 'key' IS NULL OR load.exclude || load.mask <> '{}' OR load.stream IS NOT NULL) THEN
        RAISE EXCEPTION 'leat.load: % is attached, which says its key, stream and columns', load.relation
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Attach it again to change them.';
    END IF;
    SELECT l.* INTO present FROM leat_internal.load l WHERE l.relation = load.relation AND l.state IN ('running', 'paused');
    IF FOUND THEN
        RAISE EXCEPTION 'leat.load: % is being loaded already, and that load is %', load.relation, present.state
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('Wait for it, %sor cancel it first.', CASE present.state WHEN 'paused' THEN 'resume it ' ELSE '' END);
    END IF;
    IF attached.attachment IS NOT NULL AND EXISTS (
            SELECT FROM leat_internal.trigger_faults(attached.attachment) AS f
             WHERE f.trigger <> leat_internal.trigger_name('truncate', attached.attachment)) THEN
        RAISE EXCEPTION 'leat.load: changes of % are not captured: its triggers are missing, replaced or disabled', load.relation
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Attach it again with the same options: that mends them.';
    END IF;

    SELECT c INTO unknown FROM unnest(coalesce(load.key, '{}') || load.exclude || load.mask) AS c
     WHERE c IS NULL OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = load.relation AND a.attname = c AND a.attnum > 0
                                     AND NOT a.attisdropped)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leat.load: % has no column "%"', load.relation, coalesce(unknown, 'null') USING ERRCODE = 'undefined_column',
            HINT = 'A column''s name is given as it is, without quotes and in its own case.';
    END IF;
    PERFORM leat_internal.check_route('leat.load', load.stream, load.on_quarantine);
    work.relation := load.relation;
    work.captured := attached.attachment IS NOT NULL;
    work.key_columns := load.key;
    work.key_attnums := leat_internal.attnums(load.relation, load.key);
    work.left_out := load.exclude;
    work.left_out_attnums := leat_internal.attnums(load.relation, load.exclude);
    work.masked := load.mask;
    work.masked_attnums := leat_internal.attnums(load.relation, load.mask);
    work.stream := load.stream;
    work.on_quarantine := load.on_quarantine;
    work.page_attnums := coalesce((SELECT con.conkey FROM pg_constraint con WHERE con.conrelid = load.relation AND con.contype = 'p'),
                                  nullif(leat_internal.attnums(load.relation, coalesce(attached.key_columns, load.key)), '{}'));
    IF work.page_attnums IS NULL THEN
        RAISE EXCEPTION 'leat.load: % has no primary key whose order a load could follow', load.relation
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = CASE WHEN attached.attachment IS NULL
                              THEN 'Name the columns of its key: key => ''{a,b}'' (--key a,b). Rows that are alike in them are loaded together.'
                              ELSE 'Name the columns whose order it is to follow, best those of an index: leat.load(..., key => ''{a,b}'')'
                                   ' (leat load --key a,b). Rows that are alike in them are loaded together.' END;
    END IF;
    problem := leat_internal.page_problem(work);
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'leat.load: % cannot be loaded in the order of its key: %', load.relation, problem
            USING ERRCODE = 'invalid_parameter_value', HINT = 'A load goes by the primary key, or by the columns that key names.';
    END IF;
    SELECT format('%s is a foreign table', c.oid::regclass) INTO problem
      FROM leat_internal.partitions(load.relation) AS p JOIN pg_class c ON c.oid = p.relid AND c.relkind = 'f' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leat.load: % cannot be loaded: its partition %, whose rows cannot be locked', load.relation, problem
            USING ERRCODE = 'wrong_object_type', HINT = 'Load its other partitions by themselves.';
    END IF;
    problem := leat_internal.load_distrust(load.relation, work.trusted::oid[]);
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'leat.load: reading % could run code of others with the rights of %: %', load.relation, leat_internal.owner(), problem
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'If that role may do all that Leat''s owner may, name it: trust => ''{role}'' (--trust role). docs/security.md says why.';
    END IF;
    problem := (SELECT CASE WHEN s.unsafe THEN s.problem END FROM leat_internal.shape_of(leat_internal.load_options(work)) AS s);
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'leat.load: %: %', load.relation, problem USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Attach it again.';
    END IF;
    IF load.filter IS NOT NULL THEN
        work.filter := leat_internal.load_filter(load.relation, load.filter, work.trusted::oid[]);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_index i
                    WHERE i.indrelid = load.relation AND i.indisvalid AND i.indpred IS NULL
                      AND (i.indkey::smallint[])[0:cardinality(work.page_attnums) - 1] = work.page_attnums) THEN
        RAISE WARNING '%: no index has the order of the load''s key, so each chunk reads the whole table: create one on its key columns',
            load.relation;
    END IF;

    work := leat_internal.note_page_columns(work);
    -- A load that has ended is deleted after a month, or when its table is loaded again.
    DELETE FROM leat_internal.load l
     WHERE l.state NOT IN ('running', 'paused')
       AND (l.relation = load.relation OR l.ended_at < clock_timestamp() - interval '30 days');
    DELETE FROM leat_internal.load_left k WHERE NOT EXISTS (SELECT FROM leat_internal.load l WHERE l.load = k.load);
    INSERT INTO leat_internal.load (relation, schema_name, table_name, captured, key_columns, key_attnums, left_out, left_out_attnums, masked,
                                    masked_attnums, stream, on_quarantine, page_attnums, page_types, page_collations, page_literals,
                                    page_greater, page_equal, filter, trusted, most_rows, chunk_rows)
    VALUES (work.relation, leat_internal.readable(target.nspname), leat_internal.readable(target.relname), work.captured, work.key_columns,
           work.key_attnums, work.left_out, work.left_out_attnums, work.masked, work.masked_attnums, work.stream, work.on_quarantine,
            work.page_attnums, work.page_types, work.page_collations, work.page_literals, work.page_greater, work.page_equal, work.filter,
            work.trusted, coalesce(load.chunk, 50000), least(coalesce(load.chunk, 500), 500))
    RETURNING load INTO work.load;
    RETURN work.load;
END
$$;

REVOKE ALL ON FUNCTION leat.load(regclass, text, integer, boolean, text[], text[], text[], text, text, name[]) FROM PUBLIC;

-- leat_internal.load_options(work): a load's options in the form of an attachment. For a captured table that is its attachment, or null if the
-- table is not captured any more.
CREATE OR REPLACE FUNCTION leat_internal.load_options(work leat_internal.load) RETURNS leat_internal.attachment
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options leat_internal.attachment;
BEGIN
    IF work.captured THEN
        SELECT a.* INTO options FROM leat_internal.attachment a WHERE a.relation = work.relation;
        RETURN options;
    END IF;
    options.relation := work.relation;
    options.key_columns := work.key_columns;
    options.key_attnums := work.key_attnums;
    options.left_out := work.left_out;
    options.left_out_attnums := work.left_out_attnums;
    options.masked := work.masked;
    options.masked_attnums := work.masked_attnums;
    options.masks := '{}';
    options.renamed := '{}';
    options.pinned_in := work.relation;
    options.pinned_columns := '{}';
    options.before := true;
    options.stream := work.stream;
    options.on_quarantine := work.on_quarantine;
    RETURN options;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.load_options(leat_internal.load) FROM PUBLIC;

-- leat.pause_load(relation), resume_load, cancel_load: pause, resume and cancel the load of a table that is under way. They wait for a chunk that
-- is being read.
-- leat.restart_load(relation): starts the table's last load again from the first row, whether it has ended or not.
-- leat_internal.own_load(who, relation): the last load of a table, locked.
--
-- Returns:  nothing
-- Tables:   leat_internal.load, leat_internal.load_left
-- Errors:   undefined_object for a table that was never loaded; object_not_in_prerequisite_state
CREATE OR REPLACE FUNCTION leat_internal.own_load(who text, relation regclass) RETURNS leat_internal.load
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    work leat_internal.load;
BEGIN
    SELECT l.* INTO work FROM leat_internal.load l WHERE l.relation = own_load.relation ORDER BY l.load DESC LIMIT 1 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '%: % was never loaded', who, coalesce(own_load.relation::text, 'null') USING ERRCODE = 'undefined_object',
            HINT = 'leat status lists the loads; leat load begins one.';
    END IF;
    RETURN work;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.change_load(who text, relation regclass, wanted text, from_states text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    work leat_internal.load := leat_internal.own_load(who, change_load.relation);
BEGIN
    IF work.state = wanted THEN
        RETURN;
    END IF;
    IF work.state <> ALL (from_states) THEN
        RAISE EXCEPTION '%: the load of % is %', who, change_load.relation, work.state USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Only one that is under way can be paused, resumed or cancelled. To load the table from its first row again, restart it.';
    END IF;
    UPDATE leat_internal.load l
       SET state = wanted, due_at = clock_timestamp(), rate = NULL, ended_at = CASE wanted WHEN 'cancelled' THEN clock_timestamp() END
     WHERE l.load = work.load;
    IF wanted = 'cancelled' THEN
        DELETE FROM leat_internal.load_left k WHERE k.load = work.load;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION leat.pause_load(relation regclass) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT leat_internal.change_load('leat.pause_load', pause_load.relation, 'paused', '{running}') $$;

CREATE OR REPLACE FUNCTION leat.resume_load(relation regclass) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT leat_internal.change_load('leat.resume_load', resume_load.relation, 'running', '{paused}') $$;

CREATE OR REPLACE FUNCTION leat.cancel_load(relation regclass) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT leat_internal.change_load('leat.cancel_load', cancel_load.relation, 'cancelled', '{running,paused}') $$;

CREATE OR REPLACE FUNCTION leat.restart_load(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    work    leat_internal.load := leat_internal.own_load('leat.restart_load', restart_load.relation);
    problem text := coalesce(leat_internal.load_problem(work, true), leat_internal.page_problem(work));
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'leat.restart_load: % cannot be loaded: %', restart_load.relation, problem
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Begin another load of it (leat load).';
    END IF;
    work := leat_internal.note_page_columns(work);
    DELETE FROM leat_internal.load_left k WHERE k.load = work.load;
    UPDATE leat_internal.load l
       SET state = 'running', bound = NULL, scanned = false, loaded = 0, estimate = NULL, rate = NULL, failures = 0, error = NULL,
           chunk_rows = least(l.most_rows, 500), started_at = NULL, chunk_at = NULL, ended_at = NULL, due_at = clock_timestamp(),
           page_types = work.page_types, page_collations = work.page_collations, page_literals = work.page_literals,
           page_greater = work.page_greater, page_equal = work.page_equal
     WHERE l.load = work.load;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.own_load(text, regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.change_load(text, regclass, text, text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.pause_load(regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.resume_load(regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.cancel_load(regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.restart_load(regclass) FROM PUBLIC;

-- leat_internal.load_problem(work, anew): why a load cannot go on, in words; null: it can. The caller must have locked the table, so that the
-- answer stays true.
--
-- anew      true: the load starts again, so the types of its key may have changed
CREATE OR REPLACE FUNCTION leat_internal.load_problem(work leat_internal.load, anew boolean) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options leat_internal.attachment;
    problem text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = work.relation AND c.relkind IN ('r', 'p')) THEN
        RETURN 'the table was dropped';
    END IF;
    options := leat_internal.load_options(work);
    IF options.relation IS NULL THEN
        RETURN 'the table is not attached any more, so changes would be missed';
    ELSIF leat_internal.captured_above(options.attachment, 'capture') IS NOT NULL
          OR NOT work.captured AND EXISTS (SELECT FROM leat_internal.attachment a
                                            WHERE a.relation IN (SELECT p.relid FROM pg_partition_ancestors(work.relation) AS p
                                                                 UNION SELECT work.relation)) THEN
        RETURN 'the table is captured otherwise than when the load began';
    END IF;
    SELECT CASE WHEN c.name IS NULL THEN 'a column of the key is gone' ELSE format('the key column %I has another type than when the load began', c.name) END
      INTO problem
      FROM leat_internal.page_columns(work) AS c
     WHERE c.name IS NULL OR NOT anew AND (c.typid, c."collation") IS DISTINCT FROM (work.page_types[c.place], work.page_collations[c.place])
     ORDER BY c.place LIMIT 1;
    RETURN coalesce(problem,
                    'reading it could run code of others with the rights of Leat''s owner: '
                    || leat_internal.load_distrust(work.relation, work.trusted::oid[]));
END
$$;

REVOKE ALL ON FUNCTION leat_internal.load_problem(leat_internal.load, boolean) FROM PUBLIC;

-- leat_internal.page_conditions(work, key): SQL conditions on leat_r that together select the rows after a key. An index on the key finds the rows
-- of each condition in their order: first the rows that are equal in all columns of the key but the last, then in all but the last two, ...
-- leat_internal.key_condition(work, key, columns): the SQL condition that the first so many columns of the key have these values.
--
-- key       as leat_internal.load.bound; null: before all rows
CREATE OR REPLACE FUNCTION leat_internal.key_condition(work leat_internal.load, key text[], columns integer) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT coalesce(string_agg(CASE WHEN key[c.place] IS NULL THEN format('leat_r.%I IS NOT DISTINCT FROM NULL', c.name)
                                        ELSE format('(leat_r.%I::%s) %s (%L::%s)', c.name, c.literal, c.equal, key[c.place], c.literal) END,
                                   ' AND ' ORDER BY c.place), 'true')
          FROM leat_internal.page_columns(work) AS c
         WHERE c.place <= key_condition.columns
    $$;

CREATE OR REPLACE FUNCTION leat_internal.page_conditions(work leat_internal.load, key text[]) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT CASE WHEN key IS NULL THEN '{true}'
                    ELSE coalesce(array_agg(leat_internal.key_condition(work, key, c.place::integer - 1) || ' AND ' || beyond.condition
                                            ORDER BY c.place DESC, beyond.step), '{}') END
          FROM leat_internal.page_columns(work) AS c
         CROSS JOIN LATERAL (SELECT 1 AS step, format('(leat_r.%I::%s) %s (%L::%s)', c.name, c.literal, c.greater, key[c.place], c.literal) AS condition
                             UNION ALL
                             -- Nulls are the last in the order.
                             SELECT 2, format('leat_r.%I IS NOT DISTINCT FROM NULL', c.name) WHERE c.nullable) AS beyond
         WHERE key[c.place] IS NOT NULL
    $$;

REVOKE ALL ON FUNCTION leat_internal.key_condition(leat_internal.load, text[], integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.page_conditions(leat_internal.load, text[]) FROM PUBLIC;

-- leat_internal.load_statement(work, conditions, most, waits): the SQL statement that loads rows.
--
-- It finds the rows in the order of the key, locks each by its ctid, and writes those that it could lock into the outbox. A row that a writer has
-- locked, or has changed since the statement began, is not locked. The keys of such rows are stored in leat_internal.load_left, and no row of such
-- a key is loaded. So no row is missed because it got another ctid, and no key is loaded in part.
--
-- conditions  conditions on leat_r that select the rows
-- most        the maximal number of rows; more if the next ones have the same key as the last one. Null: all
-- waits       true: wait for writers, and do not find the rows by their ctid. For a row that is changed all the time
-- Returns:    the statement; it returns found, loaded, skipped, bytes, more (whether there are rows after these) and bound
CREATE OR REPLACE FUNCTION leat_internal.load_statement(work leat_internal.load, conditions text[], most integer, waits boolean) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    options leat_internal.attachment := leat_internal.load_options(work);
    shape   record;
    kind    "char" := (SELECT c.relkind FROM pg_class c WHERE c.oid = work.relation);
    target  text := CASE kind WHEN 'p' THEN '' ELSE 'ONLY ' END || work.relation::text || ' AS leat_r';
    filter  text := CASE WHEN work.filter IS NULL THEN '' ELSE ' AND (' || work.filter || ')' END;
    events  jsonb;
    names   text;
    keys    text;
    texts   text;
    alike   text := '';
    ends    text;
    images  text;
BEGIN
    SELECT s.* INTO STRICT shape FROM leat_internal.shape_of(options) AS s;
    IF shape.unsafe THEN
        RAISE EXCEPTION '%', shape.problem USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    filter := filter || coalesce(' AND ' || leat_internal.filter_expression(shape.filter, 'leat_r'), '');
    SELECT string_agg(format('leat_r.%I AS k%s', c.name, c.place), ', ' ORDER BY c.place),
           string_agg('k' || c.place, ', ' ORDER BY c.place),
           'ARRAY[' || string_agg(format('CASE WHEN f.k%1$s IS DISTINCT FROM NULL THEN format(''%%s'', f.k%1$s) END', c.place), ', '
                                  ORDER BY c.place) || ']::text[]',
           -- With this condition PostgreSQL finds the partition by the key.
           string_agg(CASE WHEN kind = 'p' AND NOT c.nullable
                           THEN format(' AND (leat_r.%I::%s) %s (f.k%s::%s)', c.name, c.literal, c.equal, c.place, c.literal) ELSE '' END, '')
      INTO names, keys, texts, alike
      FROM leat_internal.page_columns(work) AS c;
    ends := CASE WHEN most IS NULL THEN '' ELSE format(' ORDER BY %s FETCH FIRST %s ROWS WITH TIES', keys, most + 1) END;
    images := format('%s AS suffix, %s AS key, %s AS image',
                     leat_internal.suffix_expression(shape.hashed, shape.key_names, shape.key_types, 'leat_r', true, shape.output),
                     leat_internal.key_expression(shape.key_names, shape.key_types, 'leat_r', true, shape.output),
                     leat_internal.image_expression(shape.image_names, shape.image_types, shape.image_masked, 'leat_r', true, shape.output,
                                                    leat_internal.added_list(shape.output, 'leat_r', $q$'READ'$q$, true)));
    events := leat_internal.event_values(options, shape);
    RETURN leat_internal.fill(
        $statement$WITH {{taken}}, skipped AS MATERIALIZED (
    SELECT DISTINCT t.bound FROM taken AS t WHERE t.locked IS NULL
), chosen AS MATERIALIZED (
    SELECT s.n, CASE WHEN length(s.wanted) > 256 THEN leat_internal.partition_key(s.wanted) ELSE s.wanted END AS partition, s.key, s.image,
           {{fault}} AS fault
      FROM (SELECT t.n, {{prefix}} || t.suffix AS wanted, t.key, t.image FROM taken AS t
             WHERE t.locked AND NOT (t.bound IN (SELECT s.bound FROM skipped AS s)) OFFSET 0) AS s
), written AS (
    INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type, partition_key,
                                      key, after, db_user, stream, format, fault)
    SELECT {{lane}}, 'r', {{held}}, {{may_pass}}, clock_timestamp(), txid_current(), {{schema_name}}, {{table_name}},
           CASE WHEN {{none_left}} AND NOT EXISTS (SELECT FROM skipped) AND {{no_more}} AND c.n = (SELECT max(o.n) FROM chosen AS o) THEN 'last'
                WHEN {{none_loaded}} AND c.n = (SELECT min(o.n) FROM chosen AS o) THEN 'first' END,
           c.partition, CASE WHEN c.fault IS NULL THEN c.key END, CASE WHEN c.fault IS NULL THEN c.image END, {{db_user}}, {{stream}}, {{format}},
           c.fault
      FROM chosen AS c
     ORDER BY c.n
    RETURNING pg_column_size(after) AS bytes
), noted AS (
    INSERT INTO leat_internal.load_left (load, key) SELECT {{load}}, s.bound FROM skipped AS s RETURNING 1
)
SELECT (SELECT count(*) FROM taken) AS found, (SELECT count(*) FROM written) AS loaded, (SELECT count(*) FROM noted) AS skipped,
       (SELECT coalesce(sum(w.bytes), 0) FROM written AS w) AS bytes, NOT ({{no_more}}) AS more,
       (SELECT t.bound FROM taken AS t ORDER BY t.n DESC LIMIT 1) AS bound$statement$,
        jsonb_build_object(
            'taken', CASE WHEN waits THEN leat_internal.fill(
                $part$taken AS MATERIALIZED (
    SELECT row_number() OVER () AS n, NULL::text[] AS bound, l.*
      FROM (SELECT true AS locked, {{images}}
              FROM {{target}}
             WHERE ({{condition}}){{filter}}
               FOR SHARE) AS l
)$part$,
                jsonb_build_object('images', images, 'target', target, 'condition', array_to_string(conditions, ') OR ('), 'filter', filter))
            ELSE leat_internal.fill(
                $part$found AS MATERIALIZED (
    SELECT rank() OVER (ORDER BY {{keys}}) AS place, row_number() OVER (ORDER BY {{keys}}) AS n, u.*
      FROM (SELECT * FROM ({{rows}}) AS r{{ends}}) AS u
), taken AS MATERIALIZED (
    SELECT f.n, {{bound}} AS bound, l.*
      FROM found AS f
      LEFT JOIN LATERAL (SELECT true AS locked, {{images}}
                           FROM {{target}}
                          WHERE leat_r.ctid = f.spot AND leat_r.tableoid = f.part{{alike}}{{filter}}
                            FOR SHARE SKIP LOCKED) AS l ON true
     WHERE {{within}}
)$part$,
                jsonb_build_object(
                    'keys', keys,
                    -- One row more than wanted shows whether there are more.
                    -- Each part has its own ORDER BY and limit, or the planner would sort all rows.
                    'rows', (SELECT string_agg(format('(SELECT leat_r.tableoid AS part, leat_r.ctid AS spot, %s FROM %s WHERE (%s)%s%s)',
                                                      names, target, c.condition, filter, ends), ' UNION ALL ')
                               FROM unnest(conditions) AS c (condition)),
                    'ends', ends,
                    'bound', texts,
                    'images', images,
                    'target', target,
                    'alike', alike,
                    'filter', filter,
                    'within', CASE WHEN most IS NULL THEN 'true' ELSE 'f.place <= ' || most END)) END,
            'fault', CASE WHEN getdatabaseencoding() = 'UTF8' THEN 'NULL::text'
                          ELSE format('leat_internal.load_fault(concat(s.key::text, s.image::text), %s)', leat_internal.hides_values(options)) END,
            'prefix', quote_literal(shape.prefix),
            'lane', leat_internal.lane_expression('c.partition'),
            'held', events -> 'held',
            'may_pass', events -> 'may_pass',
            'schema_name', events -> 'schema_name',
            'table_name', events -> 'table_name',
            'db_user', events -> 'db_user',
            'stream', events -> 'stream',
            'format', events -> 'format',
            'load', work.load,
            'none_left', (NOT EXISTS (SELECT FROM leat_internal.load_left k WHERE k.load = work.load))::text,
            'none_loaded', (work.loaded = 0)::text,
            'no_more', CASE WHEN waits OR most IS NULL THEN 'true' ELSE '(SELECT count(*) FROM found) <= ' || most END));
END
$$;

-- leat_internal.load_fault(text, hide_values): why a text cannot be published: if the database's encoding is not UTF-8, the text may have no
-- form in UTF-8.
CREATE OR REPLACE FUNCTION leat_internal.load_fault(text text, hide_values boolean) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM convert_to(text, 'UTF8');
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN left(leat_internal.readable('the row has text that has no form in UTF-8: '
                                       || CASE WHEN hide_values THEN 'SQLSTATE ' || SQLSTATE ELSE SQLERRM END), 1000);
END
$$;

REVOKE ALL ON FUNCTION leat_internal.load_statement(leat_internal.load, text[], integer, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.load_fault(text, boolean) FROM PUBLIC;

-- leat_internal.load_rows(work, most): loads up to so many rows after the load's bound; when all rows have been read, those that writers had
-- locked.
--
-- Returns:  work: the load's row with its new values; loaded, bytes: what was loaded; seconds: how long locks were held at most, null if the
--           bound was not moved; waiting: true if writers hold all rows that are left
-- Errors:   those of reading the table
CREATE OR REPLACE FUNCTION leat_internal.load_rows(
        INOUT work leat_internal.load, most integer, OUT loaded bigint, OUT bytes bigint, OUT seconds double precision, OUT waiting boolean)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    at_once CONSTANT integer := 50;
    done    record;
    again   leat_internal.load_left[];
    keys    text[];
    statement text;
    began   timestamptz;
BEGIN
    waiting := false;
    IF NOT work.scanned THEN
        keys := leat_internal.page_conditions(work, work.bound);
        IF keys = '{}' THEN
            work.scanned := true;
        ELSE
            statement := leat_internal.load_statement(work, keys, most, false);
            began := clock_timestamp();
            EXECUTE statement INTO STRICT done;
            seconds := extract(epoch FROM clock_timestamp() - began);
            work.scanned := NOT done.more;
            work.bound := coalesce(done.bound, work.bound);
            loaded := done.loaded;
            bytes := done.bytes;
            RETURN;
        END IF;
    END IF;
    again := ARRAY(SELECT k FROM leat_internal.load_left k WHERE k.load = work.load ORDER BY k.number LIMIT at_once);
    loaded := 0;
    bytes := 0;
    IF cardinality(again) = 0 THEN
        RETURN;
    END IF;
    -- These rows are deleted first: the next statement stores again the keys that are still locked.
    DELETE FROM leat_internal.load_left k WHERE k.load = work.load AND k.number IN (SELECT a.number FROM unnest(again) AS a);
    SELECT array_agg(leat_internal.key_condition(work, a.key, cardinality(work.page_attnums))) INTO keys FROM unnest(again) AS a;
    EXECUTE leat_internal.load_statement(work, keys, NULL, false) INTO STRICT done;
    loaded := done.loaded;
    bytes := done.bytes;
    IF done.skipped = cardinality(again) THEN
        -- Wait for one of them: a row that is changed all the time is never free for SKIP LOCKED.
        DELETE FROM leat_internal.load_left k
         WHERE k.load = work.load AND k.number = (SELECT max(o.number) FROM leat_internal.load_left o WHERE o.load = work.load AND o.key = again[1].key);
        BEGIN
            EXECUTE leat_internal.load_statement(work, ARRAY[keys[1]], NULL, true) INTO STRICT done;
            loaded := done.loaded;
            bytes := done.bytes;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            INSERT INTO leat_internal.load_left (load, key) VALUES (work.load, again[1].key);
            waiting := true;
        END;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.load_rows(leat_internal.load, integer) FROM PUBLIC;

-- leat_poller.load_chunk(most): loads the next chunk of the load that was due first and that no other poller works on. All of it must be one
-- transaction in READ COMMITTED, in which nothing else is done.
-- leat_internal.load_next(work, most): does that for a load whose row is locked.
--
-- It waits at most 50 ms for a row or for the table's lock. If a chunk fails because of a value, it is read again in smaller parts, down to the
-- one row that cannot be read. An event with a fault stands for that row and goes to quarantine, as in capture. After errors that may be
-- temporary it is tried again, with growing pauses. Any other error ends the load.
--
-- most      about how many rows may be added to the outbox
-- Returns:  number: the load, null if none was due; added: how many events; bytes: of their images as they are stored; again: in how many
--           seconds the next chunk is due, null if none is; said: a message for a person
-- Tables:   leat_internal.load, leat_internal.load_left, the loaded table; writes leat_internal.outbox
-- Errors:   errors of reading the table are caught and stored in leat_internal.load
CREATE OR REPLACE FUNCTION leat_internal.load_next(work leat_internal.load, most integer, OUT loaded bigint, OUT bytes bigint, OUT said text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    wanted    CONSTANT double precision := 0.05;  -- how many seconds the locks of a chunk should be held
    most_rows CONSTANT integer := greatest(1, least(work.chunk_rows, work.most_rows, load_next.most));
    began     timestamptz := clock_timestamp();
    took      double precision;
    problem   text;
    outcome   text;
    waiting   boolean := false;
    faulty    boolean := false;
    done      record;
BEGIN
    loaded := 0;
    bytes := 0;
    work.started_at := coalesce(work.started_at, began);
    BEGIN
        IF EXISTS (SELECT FROM pg_class c WHERE c.oid = work.relation) THEN
            EXECUTE format('LOCK TABLE %s IN ROW SHARE MODE', work.relation);
        END IF;
        problem := leat_internal.load_problem(work, false);
        IF problem IS NULL THEN
            work.schema_name := coalesce((leat_internal.readable_names(work.relation))[1], work.schema_name);
            work.table_name := coalesce((leat_internal.readable_names(work.relation))[2], work.table_name);
            work.estimate := coalesce(work.estimate, leat_internal.load_estimate(work));
            SELECT r.* INTO STRICT done FROM leat_internal.load_rows(work, most_rows) AS r;
            work := done.work;
            loaded := done.loaded;
            bytes := done.bytes;
            waiting := done.waiting;
            took := done.seconds;
        END IF;
        work.failures := 0;
        work.error := NULL;
    EXCEPTION
        WHEN data_exception OR program_limit_exceeded THEN
            problem := left(SQLERRM, 500);
            work.error := problem;
            faulty := true;
        WHEN lock_not_available OR transaction_rollback OR insufficient_resources OR operator_intervention OR read_only_sql_transaction THEN
            -- These may be temporary. A chunk that is cancelled again and again, as by the poller's statement timeout, is not.
            work.error := left(SQLERRM, 500);
            IF SQLSTATE = '57014' AND work.failures >= 4 THEN
                problem := work.error || ': is there an index on its key?';
            END IF;
            waiting := true;
            work.failures := work.failures + 1;
        WHEN OTHERS THEN
            problem := left(SQLERRM, 500);
    END;
    IF faulty AND most_rows > 1 THEN
        problem := NULL;
        work.chunk_rows := greatest(1, most_rows / 8);
    ELSIF faulty THEN
        SELECT f.* INTO STRICT done FROM leat_internal.load_faulty(work, problem) AS f;
        work := done.work;
        problem := done.problem;
        loaded := CASE WHEN problem IS NULL THEN 1 ELSE 0 END;
    ELSIF took IS NOT NULL THEN
        -- Limits, because the time of a chunk with few rows is mostly the statement's, not the rows'.
        work.chunk_rows := least(work.most_rows, 2 * most_rows, greatest(10, most_rows / 2, most_rows * wanted / greatest(took, 0.001)))::integer;
    END IF;
    work.loaded := work.loaded + loaded;
    work.rate := CASE WHEN work.chunk_at IS NULL THEN NULL
                      ELSE 0.8 * coalesce(work.rate, loaded / greatest(0.001, extract(epoch FROM clock_timestamp() - work.chunk_at)))
                           + 0.2 * loaded / greatest(0.001, extract(epoch FROM clock_timestamp() - work.chunk_at)) END;
    work.chunk_at := clock_timestamp();
    outcome := CASE WHEN problem IS NOT NULL THEN 'failed'
                    WHEN work.scanned AND NOT EXISTS (SELECT FROM leat_internal.load_left k WHERE k.load = work.load) THEN 'finished'
                    ELSE work.state END;
    IF outcome <> work.state THEN
        work.error := CASE outcome WHEN 'failed' THEN problem END;
        said := format('the load of %I.%I has %s', work.schema_name, work.table_name,
                       CASE outcome WHEN 'failed' THEN 'failed: ' || problem ELSE format('finished: %s rows', work.loaded) END);
        IF outcome = 'failed' THEN
            DELETE FROM leat_internal.load_left k WHERE k.load = work.load;
        END IF;
    END IF;
    UPDATE leat_internal.load l
       SET schema_name = work.schema_name, table_name = work.table_name, state = outcome, bound = work.bound,
           scanned = work.scanned, loaded = work.loaded, estimate = work.estimate, chunk_rows = work.chunk_rows, rate = work.rate,
           failures = work.failures, error = work.error, started_at = work.started_at, chunk_at = work.chunk_at,
           ended_at = CASE WHEN outcome <> 'running' THEN clock_timestamp() END,
           due_at = clock_timestamp() + CASE WHEN waiting THEN least(interval '5 s', interval '50 ms' * 2 ^ least(work.failures, 10))
                                             ELSE interval '0' END
     WHERE l.load = work.load;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.load_chunk(
        most integer, OUT number integer, OUT added bigint, OUT bytes bigint, OUT again double precision, OUT said text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET "TimeZone" = 'UTC'
    SET "DateStyle" = 'ISO, YMD'
    SET "IntervalStyle" = 'postgres'
    SET lc_monetary = 'C'
    SET extra_float_digits = 1
    SET bytea_output = 'hex'
    SET array_nulls = on
    SET quote_all_identifiers = off
    -- A row security policy that applies is then an error: it is code of the table's owner.
    SET row_security = off
    SET constraint_exclusion = off
    SET lock_timeout = '50ms'
    SET jit = off
    SET max_parallel_workers_per_gather = 0
    -- To read by the index on the key, if there is one, whatever the statistics are.
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET enable_sort = off
    AS $$
#variable_conflict use_column
DECLARE
    work leat_internal.load;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'leat_poller.load_chunk: the transaction is %', current_setting('transaction_isolation')
            USING ERRCODE = 'invalid_transaction_state', HINT = 'A load sees what writers have committed in READ COMMITTED alone.';
    END IF;
    SELECT l.* INTO work FROM leat_internal.load l
     WHERE l.state = 'running' AND l.due_at <= clock_timestamp() ORDER BY l.due_at LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        number := work.load;
        SELECT n.loaded, n.bytes, n.said INTO added, bytes, said FROM leat_internal.load_next(work, load_chunk.most) AS n;
    END IF;
    again := (SELECT greatest(0, extract(epoch FROM min(l.due_at) - clock_timestamp())) FROM leat_internal.load l WHERE l.state = 'running');
END
$$;

-- leat_poller.backlog(most): what waits in the outbox. It reads by lane and id, from the lows on: the table may have many more dead rows.
--
-- most      how many events are counted
-- Returns:  events; bytes: of their images as they are stored; changes: how many of the events are not loaded rows
-- Tables:   leat_internal.lane, leat_internal.outbox
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_poller.backlog(most integer, OUT events bigint, OUT bytes bigint, OUT changes bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET enable_sort = off
    AS $$
BEGIN
    SELECT count(*), coalesce(sum(w.bytes), 0), count(*) FILTER (WHERE w.op <> 'r')
      INTO backlog.events, backlog.bytes, backlog.changes
      FROM (SELECT o.op, coalesce(pg_column_size(o.after), 0) + coalesce(pg_column_size(o.before), 0) AS bytes
              FROM leat_internal.lane l
             CROSS JOIN LATERAL (SELECT e.op, e.after, e.before FROM leat_internal.outbox e
                                  WHERE e.lane = l.lane AND e.id > l.low ORDER BY e.id LIMIT backlog.most) AS o
             LIMIT backlog.most) AS w;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.backlog(integer) FROM PUBLIC;

-- leat_internal.load_estimate(work): how many rows the planner expects; null: unknown.
-- leat_internal.load_faulty(work, problem): skips the next key, whose rows cannot be read, and writes an event with the fault in their place. If
-- even the key cannot be found, as with a filter that fails, the load cannot go on, and problem has the reason.
CREATE OR REPLACE FUNCTION leat_internal.load_estimate(work leat_internal.load) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM %s%s%s',
                   CASE (SELECT c.relkind FROM pg_class c WHERE c.oid = work.relation) WHEN 'p' THEN '' ELSE 'ONLY ' END, work.relation,
                   ' WHERE ' || work.filter)
       INTO STRICT plan;
    RETURN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::numeric::bigint;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.load_faulty(INOUT work leat_internal.load, INOUT problem text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options leat_internal.attachment := leat_internal.load_options(work);
    shape   record;
    left_one leat_internal.load_left;
    place   text[];
    target  text;
BEGIN
    SELECT s.* INTO STRICT shape FROM leat_internal.shape_of(options) AS s;
    IF work.scanned THEN
        SELECT k.* INTO left_one FROM leat_internal.load_left k WHERE k.load = work.load ORDER BY k.number LIMIT 1;
        DELETE FROM leat_internal.load_left k WHERE k.load = work.load AND k.number = left_one.number;
    ELSE
        target := CASE (SELECT c.relkind FROM pg_class c WHERE c.oid = work.relation) WHEN 'p' THEN '' ELSE 'ONLY ' END || work.relation::text;
        BEGIN
            EXECUTE (SELECT format('SELECT ARRAY[%s]::text[] FROM (%s) AS f ORDER BY %s LIMIT 1',
                                   string_agg(format('CASE WHEN f.k%1$s IS DISTINCT FROM NULL THEN format(''%%s'', f.k%1$s) END', c.place), ', '
                                              ORDER BY c.place),
                                   (SELECT string_agg(format('SELECT %s FROM %s AS leat_r WHERE (%s)%s',
                                                             (SELECT string_agg(format('leat_r.%I AS k%s', n.name, n.place), ', ' ORDER BY n.place)
                                                                FROM leat_internal.page_columns(work) AS n),
                                                             target, p.condition, ' AND (' || work.filter || ')'), ' UNION ALL ')
                                      FROM unnest(leat_internal.page_conditions(work, work.bound)) AS p (condition)),
                                   string_agg('f.k' || c.place, ', ' ORDER BY c.place))
                       FROM leat_internal.page_columns(work) AS c)
               INTO place;
        EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
            problem := left(SQLERRM, 500);
            RETURN;
        END;
        IF place IS NULL THEN
            RETURN;
        END IF;
        work.bound := place;
    END IF;
    INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key, db_user, stream, format,
                                      fault)
    SELECT leat_internal.lane_of(p.key), 'r', true, options.on_quarantine = 'pass', clock_timestamp(), txid_current(), shape.event_schema,
           shape.event_table, p.key, leat_internal.readable(session_user::text), options.stream, options.format,
           left('a row could not be loaded: ' || CASE WHEN leat_internal.hides_values(options) THEN 'a value has no form in JSON' ELSE problem END, 1000)
      FROM (SELECT leat_internal.partition_key(quote_ident(shape.schema_name) || '.' || quote_ident(shape.table_name)) AS key) AS p;
    problem := NULL;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.load_next(leat_internal.load, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.load_estimate(leat_internal.load) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.load_faulty(leat_internal.load, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.load_chunk(integer) FROM PUBLIC;
