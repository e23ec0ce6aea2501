-- name: storage
-- The size of the database and its parts, and of the files beside it as they are registered.
SELECT
    pg_database_size(current_database()) AS database,
    coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE n.nspname = 'ledger'), 0)::bigint
        AS logs,
    coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE n.nspname = 'projections'), 0)::bigint
        AS read_models,
    (SELECT coalesce(sum(bytes), 0)::bigint FROM ledger.blob) AS files,
    (SELECT count(*) FROM ledger.blob) AS file_count
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('ledger', 'projections');
