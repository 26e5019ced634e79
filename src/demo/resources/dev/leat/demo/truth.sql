-- What must arrive, known by the database alone and without Leat: every watched row carries the number of its version, and
-- an ordinary trigger notes each change in the transaction that makes it.

CREATE SCHEMA truth;

-- Draws the numbers of versions. Nothing that is rolled back gives its number back.
CREATE SEQUENCE truth.version;

-- The committed changes. The holder of a row's lock draws the next position, so they ascend in commit order for each row.
CREATE TABLE truth.change (
    position bigint GENERATED ALWAYS AS IDENTITY,
    history  text NOT NULL,
    op       text NOT NULL,
    before   bigint,
    after    bigint
);

-- Which columns tell the rows of a table apart.
CREATE TABLE truth.watched (
    table_name text PRIMARY KEY,
    identity   text[] NOT NULL
);

-- BEFORE INSERT OR UPDATE: numbers the version.
CREATE FUNCTION truth.number() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.version := nextval('truth.version');
    RETURN NEW;
END
$$;

-- The text of columns of a row, with commas between them, as an expression.
CREATE FUNCTION truth.listed(columns text[], image text) RETURNS text
    LANGUAGE sql
    RETURN (SELECT string_agg(format('%s.%I', image, c.name), $$ || ',' || $$ ORDER BY c.n)
              FROM unnest(columns) WITH ORDINALITY AS c(name, n));

-- The history of a row as an expression: its partition key, and which row it is among those that share that key. A key
-- that is not the primary key is named in the partition key's prefix.
CREATE FUNCTION truth.history(named text, key text[], identity text[], image text) RETURNS text
    LANGUAGE sql
    RETURN format(
        CASE WHEN cardinality(key) = 1 THEN $$%L || %s || '|' || %s$$ ELSE $$%L || '(' || %s || ')|' || %s$$ END,
        named || CASE WHEN key = identity THEN '.' ELSE '(' || array_to_string(key, ',') || ').' END,
        truth.listed(key, image),
        truth.listed(identity, image));

-- Watches a table from now on: numbers the versions of its rows, and notes its changes by a trigger function that names its
-- columns.
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

-- Publishes a domain event and notes it. The caller holds a lock that orders the events of the key.
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
