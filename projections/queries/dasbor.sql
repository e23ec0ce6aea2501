-- name: figures
-- Living people by sex, and families with a living head, of several desa, each as of its own
-- batch.
SELECT place.kode_desa,
    coalesce(sum(jumlah) FILTER (WHERE statistik = 'jenis-kelamin'), 0) AS penduduk,
    coalesce(sum(jumlah) FILTER (WHERE statistik = 'jenis-kelamin' AND sex = 1), 0) AS laki_laki,
    coalesce(sum(jumlah) FILTER (WHERE statistik = 'jenis-kelamin' AND sex = 2), 0) AS perempuan,
    coalesce(sum(jumlah) FILTER (WHERE statistik = 'hubungan-kk' AND category = '1'), 0)
        AS keluarga
FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
LEFT JOIN projections.statistik
    ON statistik.kode_desa = place.kode_desa AND statistik.batch <= place.batch
    AND statistik.statistik IN ('jenis-kelamin', 'hubungan-kk')
GROUP BY place.kode_desa
ORDER BY place.kode_desa;

-- name: borders
-- What the desa stated of their borders, each as of its own batch.
SELECT place.kode_desa, desa.path
FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
JOIN projections.desa
    ON desa.kode_desa = place.kode_desa AND desa.from_batch <= place.batch
    AND (desa.to_batch IS NULL OR desa.to_batch > place.batch)
WHERE desa.path IS NOT NULL
ORDER BY place.kode_desa;

-- name: evidence
-- What the figures of several desa were made from: the batches up to its own of each.
SELECT count(*) AS batches, coalesce(sum(changes), 0) AS changes,
    count(DISTINCT batch.kode_desa) AS desa,
    count(*) FILTER (WHERE chain LIKE 'desa/%') AS signed,
    count(DISTINCT chain) AS chains
FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
JOIN ledger.batch ON batch.kode_desa = place.kode_desa AND batch.position <= place.batch;

-- name: flows
-- How the people of several desa came and went up to its own batch of each.
SELECT jenis, sum(jumlah) AS jumlah
FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
JOIN projections.mutasi
    ON mutasi.kode_desa = place.kode_desa AND mutasi.from_batch <= place.batch
    AND (mutasi.to_batch IS NULL OR mutasi.to_batch > place.batch)
GROUP BY jenis;

-- name: begun
-- When the first batch of a scope came.
SELECT min(received_at)
FROM ledger.batch
JOIN ledger.desa ON desa.kode_desa = batch.kode_desa
WHERE (batch.kode_desa = :scope OR batch.kode_desa LIKE :below) AND batch.position = 1;
