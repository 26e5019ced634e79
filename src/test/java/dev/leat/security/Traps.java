package dev.leat.security;

import dev.leat.testkit.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Objects that a stranger may create in schemas on the search_path of others, so that their statements call the stranger's code: functions,
 * operators, types and views with the names of PostgreSQL's own. Some have exactly the types of PostgreSQL's own, and are found first if
 * the schema is before pg_catalog on the path. Others fit the types of a call better, and are found wherever the schema is. Each records
 * its caller and then does the same as PostgreSQL's own.
 */
final class Traps {

    /** Calls in the sources; what is no function of PostgreSQL's is passed over. */
    private static final Pattern CALL = Pattern.compile("\\b([a-z_][a-z_0-9]*)\\(");

    /** What Flyway and the driver call. */
    private static final List<String> OTHERS = List.of(
            "array_upper",
            "current_database",
            "current_schema",
            "current_schemas",
            "generate_series",
            "pg_get_expr",
            "pg_try_advisory_lock",
            "pg_try_advisory_xact_lock",
            "set_config",
            "version");

    private static final String NOTE = """
            CREATE SCHEMA trap;
            CREATE TABLE trap.fired (role text, what text);
            CREATE FUNCTION trap.note(caller pg_catalog.text, what pg_catalog.text) RETURNS boolean
                LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF current_setting('transaction_read_only')::boolean THEN
                    RAISE EXCEPTION 'trap: % by %', what, caller;
                END IF;
                INSERT INTO trap.fired VALUES (caller, what);
                RETURN true;
            END $$;
            GRANT USAGE ON SCHEMA trap TO PUBLIC;
            """;

    /** Creates what can be created: not every combination of types makes sense. */
    private static final String SET = """
            CREATE FUNCTION trap.try(command pg_catalog.text) RETURNS boolean
                LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                EXECUTE command;
                RETURN true;
            EXCEPTION WHEN OTHERS THEN
                RETURN false;
            END $$;

            CREATE FUNCTION trap.call(schema text, name text, declared oid[], types oid[], returned text) RETURNS boolean
                LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
            SELECT trap.try(format(
                'CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE sql SET search_path = pg_catalog, pg_temp AS %L',
                schema, name,
                (SELECT string_agg(format_type(t, null), ', ' ORDER BY n) FROM unnest(types) WITH ORDINALITY u (t, n)),
                returned,
                format('SELECT trap.note(current_user::text, %L); SELECT pg_catalog.%I(%s)',
                    'function ' || schema || '.' || name, name,
                    (SELECT string_agg(format('$%s::%s', n, format_type(d, null)), ', ' ORDER BY n)
                     FROM unnest(declared) WITH ORDINALITY u (d, n)))))
            $$;

            CREATE FUNCTION trap.set(schema text, names text[]) RETURNS bigint
                LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
            DECLARE
                types text[] := ARRAY['text', 'varchar', 'name', '"char"', 'int2', 'int4', 'int8', 'float8', 'numeric', 'oid',
                    'regclass', 'bool', 'timestamptz', 'interval', 'uuid', 'json', 'text[]', 'int2[]', 'int8[]'];
                operators text[] := ARRAY['=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '||', '->>', '>>', '&', '~~', '~~*'];
                made bigint := 0;
                p record;
                l text;
                r text;
                operator text;
                near oid;
                body text;
                result text;
            BEGIN
                -- Functions of exactly the same types, and those that fit other types of one argument better.
                FOR p IN SELECT f.proname, coalesce(string_to_array(nullif(f.proargtypes::text, ''), ' ')::oid[], '{}') AS declared,
                                CASE WHEN f.proretset THEN 'SETOF ' ELSE '' END || format_type(f.prorettype, null) AS returned
                         FROM pg_proc f
                         WHERE f.pronamespace = 'pg_catalog'::regnamespace AND f.proname = ANY (names) AND f.prokind IN ('f', 'a')
                           AND f.proallargtypes IS NULL AND f.provariadic = 0
                LOOP
                    made := made + trap.call(schema, p.proname, p.declared, p.declared, p.returned)::int;
                    FOR i IN 1 .. cardinality(p.declared) LOOP
                        FOR near IN SELECT n::regtype FROM unnest(CASE format_type(p.declared[i], null)
                                WHEN 'text' THEN ARRAY['varchar', 'name', '"char"'] WHEN 'bigint' THEN ARRAY['int4', 'int2']
                                WHEN 'integer' THEN ARRAY['int8', 'int2'] WHEN 'double precision' THEN ARRAY['int8', 'int4', 'numeric']
                                WHEN 'numeric' THEN ARRAY['int8', 'int4'] WHEN 'oid' THEN ARRAY['int8', 'int4', 'regclass']
                                WHEN 'regclass' THEN ARRAY['oid', 'text', 'varchar'] WHEN 'name' THEN ARRAY['text', 'varchar']
                                ELSE ARRAY[]::text[] END) n
                        LOOP
                            made := made + trap.call(schema, p.proname, p.declared,
                                p.declared[:i - 1] || near || p.declared[i + 1:], p.returned)::int;
                        END LOOP;
                    END LOOP;
                END LOOP;
                -- Functions that PostgreSQL has for any type.
                FOREACH l IN ARRAY types LOOP
                    IF l LIKE '%[]' THEN
                        made := made + trap.call(schema, 'unnest', ARRAY[l::regtype::oid], ARRAY[l::regtype::oid],
                            'SETOF ' || replace(l, '[]', ''))::int;
                    ELSE
                        made := made + trap.call(schema, 'count', ARRAY[l::regtype::oid], ARRAY[l::regtype::oid], 'bigint')::int
                            + trap.call(schema, 'format', ARRAY['text'::regtype, l::regtype, l::regtype]::oid[],
                                ARRAY['text'::regtype, l::regtype, l::regtype]::oid[], 'text')::int;
                    END IF;
                END LOOP;
                -- Operators.
                FOREACH l IN ARRAY types LOOP
                    FOREACH r IN ARRAY types LOOP
                        FOREACH operator IN ARRAY operators LOOP
                            SELECT format_type(oprresult, null) INTO result FROM pg_operator
                            WHERE oprname = operator AND oprleft = l::regtype AND oprright = r::regtype
                              AND oprnamespace = 'pg_catalog'::regnamespace;
                            IF FOUND THEN
                                body := format('$1 OPERATOR(pg_catalog.%s) $2', operator);
                            ELSIF operator IN ('=', '<>', '<', '>', '<=', '>=') THEN
                                result := 'boolean';
                                body := format('$1::text OPERATOR(pg_catalog.%s) $2::text', operator);
                            ELSE
                                result := l;
                                body := 'null::' || l;
                            END IF;
                            IF trap.try(format(
                                'CREATE FUNCTION trap.%I(%s, %s) RETURNS %s LANGUAGE sql SET search_path = pg_catalog, pg_temp AS %L',
                                schema || ' ' || operator, l, r, result,
                                format('SELECT trap.note(current_user::text, %L); SELECT %s',
                                    format('operator %s.%s (%s, %s)', schema, operator, l, r), body)))
                                AND trap.try(format('CREATE OPERATOR %I.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trap.%I)',
                                    schema, operator, l, r, schema || ' ' || operator))
                            THEN
                                made := made + 1;
                            END IF;
                        END LOOP;
                    END LOOP;
                END LOOP;
                -- Relations of the catalog.
                FOR p IN SELECT c.relname FROM pg_class c
                         WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
                LOOP
                    made := made + trap.try(format(
                        'CREATE VIEW %I.%I AS SELECT c.* FROM trap.note(current_user::text, %4$L) n, pg_catalog.%2$I c WHERE n',
                        schema, p.relname, null, 'relation ' || schema || '.' || p.relname))::int;
                    PERFORM trap.try(format('GRANT SELECT ON %I.%I TO PUBLIC', schema, p.relname));
                END LOOP;
                -- Types.
                FOREACH l IN ARRAY types LOOP
                    IF l NOT LIKE '%[]' THEN
                        made := made + trap.try(format(
                            'CREATE DOMAIN %I.%s AS pg_catalog.%2$s CHECK (trap.note(current_user::pg_catalog.text, %L))',
                            schema, l, 'type ' || schema || '.' || l))::int;
                    END IF;
                END LOOP;
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO PUBLIC', schema);
                RETURN made;
            END $$;
            """;

    private final TestDatabase database;

    private Traps(TestDatabase database) {
        this.database = database;
    }

    /** Sets them in {@code public}, and in a schema named like each of the roles. */
    static Traps set(TestDatabase database, List<String> roles) throws SQLException {
        Traps traps = new Traps(database);
        database.superuser(NOTE + SET);
        traps.set("public");
        for (String role : roles) {
            database.superuser("CREATE SCHEMA " + role);
            traps.set(role);
        }
        return traps;
    }

    private void set(String schema) throws SQLException {
        String names = String.join(",", names());
        String made =
                rows("SELECT trap.set('" + schema + "', '{" + names + "}')").get(0);
        if (Integer.parseInt(made) < 1_000) {
            throw new IllegalStateException("only " + made + " traps could be set in the schema " + schema);
        }
    }

    /** Who ran into what, each once. */
    List<String> fired() throws SQLException {
        return rows("SELECT DISTINCT role || ': ' || what FROM trap.fired ORDER BY 1");
    }

    private List<String> rows(String sql) throws SQLException {
        try (Connection connection = database.server().superuser(database.name());
                Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = pg_catalog");
            return TestDatabase.rows(connection, sql).stream()
                    .map(row -> String.valueOf(row.get(0)))
                    .toList();
        }
    }

    private static Set<String> names() {
        Set<String> names = new TreeSet<>(OTHERS);
        for (String sources : List.of("src/main/java/dev/leat", "db/migration", "src/main/resources/dev/leat/sql")) {
            try (Stream<Path> files = Files.walk(Path.of(sources))) {
                files.filter(Files::isRegularFile)
                        .forEach(file -> CALL.matcher(text(file)).results().forEach(call -> names.add(call.group(1))));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return names;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
