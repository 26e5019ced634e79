SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
SELECT set_config('enable_seqscan', 'off', true),
       set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true),
       set_config('jit', 'off', true),
       set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('statement_timeout', '60s', true),
       set_config('lock_timeout', '5s', true),
       set_config('tcp_user_timeout', '20s', true),
       set_config('idle_in_transaction_session_timeout', ?, true)
