-- leat_internal.fingerprints(): for each attachment a number that changes with whatever a look at it rests on, so that only what has
-- changed is looked at: leat_internal.shape, statement_risks, order_risks, trigger_faults and capture_fault ask for nothing else. One
-- statement over the catalog, some 10 microseconds an attachment, where a look takes milliseconds.
--
-- What a row of the catalog says is taken as its values where it changes for other reasons too (pg_class by TRUNCATE), else as its xmin and
-- ctid. Each part's hashes are seeded with a number of its own.
--
-- Returns:  attachment, fingerprint; as of the statement's snapshot
-- Tables:   leat_internal.attachment, the catalog; locks nothing
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.fingerprints() RETURNS TABLE (attachment integer, fingerprint bigint)
    LANGUAGE plpgsql STABLE ROWS 1000
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET max_parallel_workers_per_gather = 0
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE below (attachment, oid, parent) AS (
        -- Partitions, and tables that inherit: what was attached, whatever is beneath.
        SELECT a.attachment, a.relation::oid, 0::oid FROM leat_internal.attachment a
        UNION
        SELECT b.attachment, i.inhrelid, i.inhparent FROM below b JOIN pg_inherits i ON i.inhparent = b.oid
    ), above (attachment, oid, child) AS (
        SELECT a.attachment, i.inhparent, i.inhrelid FROM leat_internal.attachment a JOIN pg_inherits i ON i.inhrelid = a.relation
        UNION
        SELECT u.attachment, i.inhparent, i.inhrelid FROM above u JOIN pg_inherits i ON i.inhrelid = u.oid
    ), typed (attachment, oid) AS (
        -- The types of columns that are not PostgreSQL's own, of their fields and elements, and what domains are over.
        SELECT a.attachment, c.atttypid
          FROM leat_internal.attachment a JOIN pg_attribute c ON c.attrelid = a.relation::oid
         WHERE c.atttypid >= 16384
        UNION
        SELECT k.attachment, inner_type.oid
          FROM typed k
          JOIN pg_type t ON t.oid = k.oid
         CROSS JOIN LATERAL (SELECT t.typbasetype AS oid
                             UNION ALL
                             SELECT t.typelem
                             UNION ALL
                             SELECT c.atttypid FROM pg_attribute c
                              WHERE c.attrelid = t.typrelid AND c.attnum > 0 AND NOT c.attisdropped) AS inner_type
         WHERE inner_type.oid >= 16384
    ), ours AS MATERIALIZED (
        SELECT p.oid, p.xmin, p.ctid,
               CASE WHEN p.proname ~ '^capture_[0-9]{1,9}$' THEN substr(p.proname, 9)::integer END AS attachment
          FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace
    ), fired AS MATERIALIZED (
        SELECT t.tgrelid, t.tgfoid,
               hash_record_extended((t.oid, t.xmin, t.ctid, p.proname, p.pronamespace, p.pronargs), 1) AS hash
          FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE NOT t.tgisinternal
    ), everywhere AS (
        -- Another version of Leat's functions may write another capture function; who owns Leat.
        SELECT bit_xor(all_parts.hash) AS hash
          FROM (SELECT hash_record_extended((o.oid, o.xmin, o.ctid), 2) FROM ours o WHERE o.attachment IS NULL
                UNION ALL
                SELECT hash_record_extended((n.oid, n.nspowner), 3) FROM pg_namespace n
                 WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal')
                UNION ALL
                SELECT hash_record_extended((c.oid, c.relowner), 4) FROM pg_class c
                 WHERE c.oid = 'leat_internal.outbox'::regclass) AS all_parts (hash)
    ), part (attachment, hash) AS (
        -- But for the source, which is written with the function.
        SELECT a.attachment,
               hash_record_extended((a.relation::oid, a.key_columns, a.key_attnums, a.left_out, a.left_out_attnums, a.masked,
                                     a.masked_attnums, a.pinned_in, a.pinned_columns, a.before, a.operations, a.stream,
                                     a.on_quarantine, a.capture), 5)
          FROM leat_internal.attachment a
        UNION ALL
        SELECT b.attachment, hash_record_extended((b.parent, c.oid, c.relname, c.relkind, c.relispartition, n.oid, n.nspname), 6)
          FROM below b JOIN pg_class c ON c.oid = b.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        UNION ALL
        -- Whether a table above captures.
        SELECT u.attachment, hash_record_extended((x.attachment, x.relation::oid), 13)
          FROM above u JOIN leat_internal.attachment x ON x.relation = u.oid
        UNION ALL
        SELECT u.attachment, f.hash FROM above u JOIN fired f ON f.tgrelid = u.oid
        UNION ALL
        SELECT u.attachment, hash_record_extended((u.child, c.oid, c.relname, c.relkind, n.oid, n.nspname), 7)
          FROM above u JOIN pg_class c ON c.oid = u.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        UNION ALL
        -- A table's own columns: most of all rows, so by a function that costs half as much.
        SELECT a.attachment,
               hashnameextended(c.attname, ((c.atttypid::bigint * 8192 + c.attnum) * 2 + c.attisdropped::integer) * 2
                                           + (c.attgenerated = 'v')::integer)
          FROM leat_internal.attachment a JOIN pg_attribute c ON c.attrelid = a.relation::oid
         WHERE c.attnum > 0
        UNION ALL
        SELECT a.attachment, hash_record_extended((con.oid, con.xmin, con.ctid), 8)
          FROM leat_internal.attachment a JOIN pg_constraint con ON con.conrelid = a.relation::oid
         WHERE con.contype IN ('p', 'f')
        UNION ALL
        SELECT b.attachment, f.hash FROM below b JOIN fired f ON f.tgrelid = b.oid
        UNION ALL
        SELECT o.attachment, hash_record_extended((o.oid, o.xmin, o.ctid), 9) FROM ours o WHERE o.attachment IS NOT NULL
        UNION ALL
        -- Where its function is called from: a partition that was detached keeps a trigger.
        SELECT o.attachment, hashint8extended(f.tgrelid::bigint, f.hash) FROM ours o JOIN fired f ON f.tgfoid = o.oid
         WHERE o.attachment IS NOT NULL
        UNION ALL
        SELECT k.attachment, hash_record_extended((t.oid, t.xmin, t.ctid, n.oid, n.nspname), 10)
          FROM typed k JOIN pg_type t ON t.oid = k.oid JOIN pg_namespace n ON n.oid = t.typnamespace
        UNION ALL
        SELECT k.attachment, hash_record_extended((c.attrelid, c.attnum, c.attname, c.atttypid, c.attisdropped), 11)
          FROM typed k JOIN pg_type t ON t.oid = k.oid JOIN pg_attribute c ON c.attrelid = t.typrelid
         WHERE c.attnum > 0
        UNION ALL
        SELECT a.attachment, hash_record_extended((s.srsubid, s.srrelid), 12)
          FROM leat_internal.attachment a JOIN pg_subscription_rel s ON s.srrelid = a.relation::oid
    )
    SELECT p.attachment, bit_xor(p.hash) # (SELECT e.hash FROM everywhere e)
      FROM part p
     -- A function may be left of an attachment that is gone.
     WHERE p.attachment IN (SELECT a.attachment FROM leat_internal.attachment a)
     GROUP BY p.attachment;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.fingerprints() FROM PUBLIC;
