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
SELECT date_trunc('month', received_at AT TIME ZONE :zone)::date AS bulan, category,
    sum(jumlah) AS jumlah
FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
JOIN projections.statistik
    ON statistik.kode_desa = place.kode_desa AND statistik.batch <= place.batch
JOIN ledger.batch
    ON batch.kode_desa = statistik.kode_desa AND batch.position = statistik.batch
WHERE statistik.statistik = :statistik
GROUP BY 1, 2
ORDER BY 1;

-- name: places
-- The desa of a scope, each with the newest batch that all of some read models know and that had
-- come by a moment.
SELECT desa.kode_desa, coalesce(max(batch.position), 0) AS batch
FROM ledger.desa
CROSS JOIN LATERAL (
    SELECT min(coalesce(position.position, 0)) AS position
    FROM unnest(CAST(:read_models AS text[])) AS wanted (projection)
    LEFT JOIN projections.position
        ON position.kode_desa = desa.kode_desa AND position.projection = wanted.projection
) AS followed
LEFT JOIN ledger.batch
    ON batch.kode_desa = desa.kode_desa AND batch.position <= followed.position
    AND batch.received_at < coalesce(CAST(:before AS timestamptz), 'infinity')
WHERE desa.kode_desa = :scope OR desa.kode_desa LIKE :below
GROUP BY desa.kode_desa
ORDER BY desa.kode_desa;
