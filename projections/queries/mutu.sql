-- name: kinds
-- How many findings of each kind there are as of a batch.
SELECT severity, entity, code, field, count(*) AS jumlah, min(message) AS message
FROM projections.mutu
WHERE kode_desa = :kode_desa
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
GROUP BY severity, entity, code, field
ORDER BY array_position(ARRAY['severe', 'warning', 'notice'], severity), jumlah DESC,
    entity, code, field;

-- name: records
-- The records of one kind of finding as of a batch, after one of them.
SELECT entity, id, field, code, severity, message, from_batch
FROM projections.mutu
WHERE kode_desa = :kode_desa AND entity = :entity AND code = :code AND field = :field
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
    AND (length(id), id) > (length(:after), :after)
ORDER BY length(id), id
LIMIT :limit;

-- name: trend
-- How many findings of each severity there were after each batch that changed it.
SELECT batch, severity, sum(sum(sign)) OVER (PARTITION BY severity ORDER BY batch) AS jumlah
FROM (
    SELECT from_batch AS batch, severity, 1 AS sign
    FROM projections.mutu WHERE kode_desa = :kode_desa AND from_batch <= :batch
    UNION ALL
    SELECT to_batch, severity, -1
    FROM projections.mutu WHERE kode_desa = :kode_desa AND to_batch <= :batch
) AS changed
GROUP BY batch, severity
ORDER BY batch, severity;

-- name: shared_nik
-- Living people of a desa who share a NIK, as of a batch.
SELECT array_agg(id ORDER BY length(id), id) AS ids
FROM projections.penduduk
WHERE kode_desa = :kode_desa AND nik IS NOT NULL AND status_dasar = 1
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
GROUP BY nik
HAVING count(*) > 1
ORDER BY min(length(id)), min(id);

-- name: headless
-- Families with living people and no living head, as of a batch, by their No. KK.
SELECT array_agg(id ORDER BY length(id), id) AS ids
FROM projections.penduduk
WHERE kode_desa = :kode_desa AND no_kk IS NOT NULL AND status_dasar = 1
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
GROUP BY no_kk
HAVING count(*) FILTER (WHERE kk_level = 1) = 0
ORDER BY min(length(id)), min(id);
