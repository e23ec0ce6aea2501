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

-- name: standing
-- Whether a village has a kind of finding, or ever had; and one sentence of it.
SELECT severity, message
FROM projections.mutu
WHERE kode_desa = :kode_desa AND entity = :entity AND code = :code AND field = :field
ORDER BY from_batch DESC
LIMIT 1;

-- name: brought
-- How many findings some batches opened and closed; those that did neither are left out.
SELECT batch, sum(opened)::integer AS opened, sum(closed)::integer AS closed
FROM (
    SELECT from_batch AS batch, count(*) AS opened, 0 AS closed
    FROM projections.mutu
    WHERE kode_desa = :kode_desa AND from_batch = ANY(:batches)
    GROUP BY from_batch
    UNION ALL
    SELECT to_batch, 0, count(*)
    FROM projections.mutu
    WHERE kode_desa = :kode_desa AND to_batch = ANY(:batches)
    GROUP BY to_batch
) AS changed
GROUP BY batch;

-- name: changed_kinds
-- The kinds of finding of which a batch opened or closed some.
SELECT severity, entity, code, field, min(message) AS message,
    count(*) FILTER (WHERE from_batch = :batch) AS opened,
    count(*) FILTER (WHERE from_batch <> :batch) AS closed
FROM (
    SELECT * FROM projections.mutu WHERE kode_desa = :kode_desa AND from_batch = :batch
    UNION ALL
    SELECT * FROM projections.mutu WHERE kode_desa = :kode_desa AND to_batch = :batch
) AS changed
GROUP BY severity, entity, code, field
ORDER BY array_position(ARRAY['severe', 'warning', 'notice'], severity), opened DESC,
    closed DESC, entity, code, field;

-- name: by_desa
-- How many findings of each severity some desa have, each as of its batch.
SELECT mutu.kode_desa, mutu.severity, count(*) AS jumlah
FROM projections.mutu
JOIN unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
    ON place.kode_desa = mutu.kode_desa
WHERE mutu.from_batch <= place.batch AND (mutu.to_batch IS NULL OR mutu.to_batch > place.batch)
GROUP BY mutu.kode_desa, mutu.severity;

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

-- name: budget_lines
-- The lines of all budgets of a desa as of a batch, with the batch that states each.
SELECT tahun, jenis_anggaran, from_batch, id, kode_rekening, coalesce(kode_kegiatan, ''), uraian,
    anggaran, realisasi, upper(sumber_dana), periode
FROM projections.apbdes
WHERE kode_desa = :kode_desa
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
ORDER BY tahun, jenis_anggaran, kode_rekening, kode_kegiatan, length(id), id;

-- name: shared_abroad
-- Living people of a desa whose NIK somebody has who lives in one of some other desa, each as of its
-- own batch; and for how long the younger of both statements has stood.
WITH place AS (
    SELECT * FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS its (kode_desa, batch)
)
SELECT own.id, own.from_batch AS batch, array_agg(DISTINCT other.kode_desa) AS others,
    min(greatest(own_since.at, other_since.at)) <= CAST(:on AS date) - INTERVAL '30 days' AS old
FROM projections.penduduk AS own
JOIN projections.penduduk AS other ON other.nik = own.nik
JOIN place ON place.kode_desa = other.kode_desa
CROSS JOIN LATERAL (
    SELECT min(received_at) AS at
    FROM projections.penduduk AS earlier
    JOIN ledger.batch ON batch.kode_desa = earlier.kode_desa AND batch.position = earlier.from_batch
    WHERE earlier.kode_desa = own.kode_desa AND earlier.id = own.id AND earlier.nik = own.nik
        AND earlier.status_dasar = 1
) AS own_since
CROSS JOIN LATERAL (
    SELECT min(received_at) AS at
    FROM projections.penduduk AS earlier
    JOIN ledger.batch ON batch.kode_desa = earlier.kode_desa AND batch.position = earlier.from_batch
    WHERE earlier.kode_desa = other.kode_desa AND earlier.id = other.id AND earlier.nik = other.nik
        AND earlier.status_dasar = 1
) AS other_since
WHERE own.kode_desa = :kode_desa AND own.status_dasar = 1 AND other.status_dasar = 1
    AND own.from_batch <= :batch AND (own.to_batch IS NULL OR own.to_batch > :batch)
    AND other.from_batch <= place.batch
    AND (other.to_batch IS NULL OR other.to_batch > place.batch)
GROUP BY own.id, own.from_batch;
