-- name: counted
-- Counts of statistics by category and sex, of several desa, each as of its own batch: together,
-- or by desa or dusun.
SELECT statistik, CASE CAST(:by AS text) WHEN 'desa' THEN statistik.kode_desa WHEN 'dusun' THEN dusun ELSE ''
    END AS part, category, sex, sum(jumlah) AS jumlah
FROM projections.statistik
JOIN unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
    ON statistik.kode_desa = place.kode_desa AND statistik.batch <= place.batch
WHERE statistik.statistik = ANY(CAST(:statistik AS text[]))
    AND (CAST(:dusun AS text) IS NULL OR dusun = :dusun)
GROUP BY 1, 2, 3, 4
HAVING sum(jumlah) <> 0;  -- where nobody is any more, there is no part

-- name: monthly
-- How many more or fewer of a statistic the batches of each month brought to each category.
SELECT date_trunc('month', came_at AT TIME ZONE :zone)::date AS bulan, category,
    sum(jumlah) AS jumlah
FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
CROSS JOIN LATERAL (
    -- A clock that was set back brings no batch to a month before that of the one before it.
    SELECT position, max(received_at) OVER (ORDER BY position) AS came_at
    FROM ledger.batch
    WHERE batch.kode_desa = place.kode_desa AND batch.position <= place.batch
) AS come
JOIN projections.statistik
    ON statistik.kode_desa = place.kode_desa AND statistik.batch = come.position
WHERE statistik.statistik = :statistik
GROUP BY 1, 2
ORDER BY 1;

-- name: places
-- The desa of a scope, each with the newest batch that all of some read models know and that had
-- come, with all before it, before a moment: where a clock was set back, one that stands later in
-- the log seems to have come earlier, and can be shown only with those before it.
SELECT desa.kode_desa, least(followed.position, late.position - 1) AS batch
FROM ledger.desa
CROSS JOIN LATERAL (
    SELECT min(coalesce(position.position, 0)) AS position
    FROM unnest(CAST(:read_models AS text[])) AS wanted (projection)
    LEFT JOIN projections.position
        ON position.kode_desa = desa.kode_desa AND position.projection = wanted.projection
) AS followed
CROSS JOIN LATERAL (
    SELECT min(batch.position) AS position
    FROM ledger.batch
    WHERE batch.kode_desa = desa.kode_desa AND batch.received_at >= CAST(:before AS timestamptz)
) AS late
WHERE desa.kode_desa = :scope OR desa.kode_desa LIKE :below
ORDER BY desa.kode_desa;

-- name: came
-- When a batch had come, and all before it.
SELECT max(received_at) FROM ledger.batch WHERE kode_desa = :kode_desa AND position <= :batch;

