-- READ COMMITTED: each of the statements that follow sees what was committed before it, not before the transaction.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
-- Plans do not depend on statistics, and no timeout of the session's ends a claim. Not the search_path: each function sets it for itself, and
-- from PostgreSQL 18 on the driver prepares all its statements anew when it changes.
SELECT pg_catalog.set_config('enable_seqscan', 'off', true),
       pg_catalog.set_config('enable_bitmapscan', 'off', true),
       pg_catalog.set_config('enable_sort', 'off', true),
       pg_catalog.set_config('enable_hashjoin', 'off', true),
       pg_catalog.set_config('enable_mergejoin', 'off', true),
       pg_catalog.set_config('jit', 'off', true),
       pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true),
       pg_catalog.set_config('array_nulls', 'on', true),
       pg_catalog.set_config('statement_timeout', '60s', true),
       pg_catalog.set_config('lock_timeout', '5s', true),
       CASE WHEN pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL
            THEN pg_catalog.set_config('transaction_timeout', '0', true) END,
       pg_catalog.set_config('tcp_user_timeout', '20s', true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', ?, true)
