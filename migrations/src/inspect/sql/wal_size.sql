SELECT coalesce(sum(w.size), 0)::bigint FROM pg_ls_waldir() w
