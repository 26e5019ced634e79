-- The changes that must arrive, recorded by the database without Leat: every watched row has a version number, and an ordinary trigger
-- records each change in the transaction that makes it.

CREATE SCHEMA truth;

-- The version numbers. A rollback does not return a number.
CREATE SEQUENCE truth.version;

-- The committed changes. A transaction draws the position while it holds the row's lock, so positions of a row ascend in commit order.
CREATE TABLE truth.change (
    position bigint GENERATED ALWAYS AS IDENTITY,
    history  text NOT NULL,
    op       text NOT NULL,
    before   bigint,
    after    bigint
);

-- The columns that identify a row of each table.
CREATE TABLE truth.watched (
    table_name text PRIMARY KEY,
    identity   text[] NOT NULL
);

-- BEFORE INSERT OR UPDATE: sets the version number.
CREATE FUNCTION truth.number() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.version := nextval('truth.version');
    RETURN NEW;
END
$$;

-- An expression for the text of columns of a row, separated by commas.
CREATE FUNCTION truth.listed(columns text[], image text) RETURNS text
    LANGUAGE sql
    RETURN (SELECT string_agg(format('%s.%I', image, c.name), $$ || ',' || $$ ORDER BY c.n)
              FROM unnest(columns) WITH ORDINALITY AS c(name, n));

-- An expression for the history of a row: its partition key, and its identity among the rows of that key. A key that is not the primary key
-- is named in the prefix of the partition key.
CREATE FUNCTION truth.history(named text, key text[], identity text[], image text) RETURNS text
    LANGUAGE sql
    RETURN format(
        CASE WHEN cardinality(key) = 1 THEN $$%L || %s || '|' || %s$$ ELSE $$%L || '(' || %s || ')|' || %s$$ END,
        named || CASE WHEN key = identity THEN '.' ELSE '(' || array_to_string(key, ',') || ').' END,
        truth.listed(key, image),
        truth.listed(identity, image));

-- Starts to watch a table: adds version numbers, and records its changes by a trigger function that names its columns.
CREATE FUNCTION truth.watch(relation regclass, key text[], identity text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    named text := (SELECT format('%I.%I', n.nspname, c.relname)
                     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation);
    note  text := format('truth.%I', 'note_' || named);
BEGIN
    INSERT INTO truth.watched VALUES (named, identity);
    EXECUTE format('ALTER TABLE %s ADD COLUMN version bigint', relation);
    EXECUTE format($template$
        CREATE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql AS $body$
        DECLARE
            was    text;
            is_now text;
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                was := %2$s;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                is_now := %3$s;
            END IF;
            IF was = is_now THEN
                INSERT INTO truth.change (history, op, before, after) VALUES (is_now, 'u', OLD.version, NEW.version);
                RETURN NULL;
            END IF;
            IF was IS NOT NULL THEN
                INSERT INTO truth.change (history, op, before) VALUES (was, 'd', OLD.version);
            END IF;
            IF is_now IS NOT NULL THEN
                INSERT INTO truth.change (history, op, after) VALUES (is_now, 'c', NEW.version);
            END IF;
            RETURN NULL;
        END
        $body$
        $template$,
        note, truth.history(named, key, identity, 'OLD'), truth.history(named, key, identity, 'NEW'));
    EXECUTE format('CREATE TRIGGER number BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION truth.number()',
                   relation);
    EXECUTE format('CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %s()',
                   relation, note);
END
$$;

-- Publishes a domain event and records it. The caller must hold a lock that orders the events of the key.
CREATE FUNCTION truth.publish(key text, type text, payload jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    number bigint := nextval('truth.version');
BEGIN
    PERFORM leat.publish(key, type, (payload || jsonb_build_object('version', number))::json);
    INSERT INTO truth.change (history, op, after) VALUES (key, 'm', number);
END
$$;
