-- name: changes
-- What came and went as of a batch, one by one, in the account of people or in that of families;
-- put before each of the following.
SELECT kode_desa, id, from_batch, line, bulan, jenis, sex, wna, jumlah, id_pend, ref_pindah,
    tgl_peristiwa, turunan
FROM projections.mutasi
WHERE NOT :families AND kode_desa = :kode_desa AND jumlah <> 0
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
UNION ALL
SELECT kode_desa, id, from_batch, line, bulan, jenis, sex, wna, jumlah, id_pend, ref_pindah,
    NULL, turunan
FROM projections.mutasi_keluarga
WHERE :families AND kode_desa = :kode_desa AND from_batch <= :batch;

-- name: flows
-- What came and went in each month, by kind of change and of people; and how many of them by what
-- no event stated.
SELECT bulan, jenis, sex, wna, sum(jumlah) AS jumlah,
    coalesce(sum(abs(jumlah)) FILTER (WHERE turunan), 0) AS turunan
FROM changes
GROUP BY bulan, jenis, sex, wna
ORDER BY bulan;

-- name: moves
-- How far those went who moved away, by month and kind of people.
SELECT bulan, ref_pindah, sex, wna, sum(-jumlah) AS jumlah
FROM changes
WHERE jenis = 'pindah' AND ref_pindah IS NOT NULL
GROUP BY bulan, ref_pindah, sex, wna
ORDER BY bulan, ref_pindah;

-- name: rows
-- The rows behind a number of a month, with who they or their heads are as of the batch, or were
-- last; how many they are, and what they come to.
SELECT change.id, change.id_pend, change.jenis, change.jumlah, change.from_batch, change.line,
    change.tgl_peristiwa, change.turunan, change.sex, change.wna, change.rows, change.number,
    person.*
FROM (
    SELECT changes.*, count(*) OVER () AS rows, sum(jumlah) OVER () AS number
    FROM changes
    WHERE (bulan < CAST(:before AS date) OR bulan = :bulan AND jenis = ANY(CAST(:jenis AS text[])))
        AND (CAST(:sex AS int) IS NULL OR coalesce(sex, 0) = :sex)
        AND (CAST(:wna AS boolean) IS NULL OR wna = :wna)
        AND (CAST(:ref AS int) IS NULL
            OR coalesce(CASE WHEN jenis = 'pindah' THEN ref_pindah END, 0) = :ref)
    ORDER BY from_batch, line, id, jumlah
    LIMIT :limit OFFSET :offset
) AS change
LEFT JOIN LATERAL (
    SELECT nama, nik, no_kk, tempat_lahir, tanggal_lahir, ayah_nama, ibu_nama
    FROM projections.penduduk
    WHERE penduduk.kode_desa = change.kode_desa AND penduduk.id = change.id_pend
        AND penduduk.from_batch <= :batch
    ORDER BY penduduk.from_batch DESC
    LIMIT 1
) AS person ON true
ORDER BY change.from_batch, change.line, change.id, change.jumlah;
