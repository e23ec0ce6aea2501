-- name: names
-- What the villages of a scope are called.
SELECT kode_desa, nama
FROM ledger.desa
WHERE kode_desa = :scope OR kode_desa LIKE :below
ORDER BY kode_desa;

-- name: villages
-- The villages of a scope: their living people and families now, and the newest batch.
SELECT
    desa.kode_desa,
    desa.nama,
    head.size,
    head.appended_at,
    coalesce(followed.position, 0) AS followed,
    newest.chain,
    newest.changes,
    coalesce(people.laki_laki, 0) AS laki_laki,
    coalesce(people.perempuan, 0) AS perempuan,
    coalesce(people.penduduk, 0) AS penduduk,
    coalesce(people.keluarga, 0) AS keluarga,
    coalesce(refused.refusals, 0) AS refusals,
    greatest(head.appended_at, uploaded.taken_at) AS heard_at,
    uploaded.refused_at > coalesce(uploaded.taken_at, '-infinity') AS upload_refused,
    coalesce(missing.waiting, 0) AS waiting,
    ARRAY(
        SELECT parked.projection FROM projections.position AS parked
        WHERE parked.kode_desa = desa.kode_desa AND parked.parked_at IS NOT NULL
        ORDER BY parked.projection
    ) AS parked
FROM ledger.desa
JOIN ledger.head ON head.kode_desa = desa.kode_desa
LEFT JOIN ledger.batch AS newest
    ON newest.kode_desa = head.kode_desa AND newest.position = head.size
LEFT JOIN projections.position AS followed
    ON followed.kode_desa = desa.kode_desa AND followed.projection = 'statistik'
LEFT JOIN LATERAL (
    -- An active family is one whose head is alive.
    SELECT
        sum(jumlah) FILTER (WHERE statistik = 'jenis-kelamin' AND sex = 1) AS laki_laki,
        sum(jumlah) FILTER (WHERE statistik = 'jenis-kelamin' AND sex = 2) AS perempuan,
        sum(jumlah) FILTER (WHERE statistik = 'jenis-kelamin') AS penduduk,
        sum(jumlah) FILTER (WHERE statistik = 'hubungan-kk' AND category = '1') AS keluarga
    FROM projections.statistik
    WHERE statistik.kode_desa = desa.kode_desa AND statistik IN ('jenis-kelamin', 'hubungan-kk')
) AS people ON true
LEFT JOIN LATERAL (
    -- Only what came after the newest batch is still open; an older refusal was put right.
    SELECT count(*) AS refusals
    FROM ledger.refusal
    WHERE refusal.kode_desa = desa.kode_desa AND authentic
        AND refused_at > coalesce(head.appended_at, '-infinity')
) AS refused ON true
LEFT JOIN LATERAL (
    -- A dump in which nothing changed is no batch, and a sign of life all the same.
    SELECT
        max(received_at) FILTER (WHERE refusal = '') AS taken_at,
        max(received_at) FILTER (WHERE refusal <> '') AS refused_at
    FROM ledger.upload
    WHERE upload.kode_desa = desa.kode_desa
) AS uploaded ON true
LEFT JOIN LATERAL (
    SELECT sum(cardinality(ids)) AS waiting
    FROM ledger.waiting
    WHERE waiting.kode_desa = desa.kode_desa
) AS missing ON true
WHERE desa.kode_desa = :scope OR desa.kode_desa LIKE :below
ORDER BY desa.kode_desa;
