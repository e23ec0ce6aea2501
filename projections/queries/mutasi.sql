-- name: flows
-- What came and went in each month as of a batch, by kind of change and of people; and how many of
-- them by what no event stated.
SELECT bulan, jenis, sex, wna, sum(jumlah) AS jumlah,
    coalesce(sum(abs(jumlah)) FILTER (WHERE turunan), 0) AS turunan
FROM projections.mutasi
WHERE kode_desa = :kode_desa AND jumlah <> 0
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
GROUP BY bulan, jenis, sex, wna
ORDER BY bulan;

-- name: moves
-- How far those went who moved away, by month and kind of people.
SELECT bulan, ref_pindah, sex, wna, sum(-jumlah) AS jumlah
FROM projections.mutasi
WHERE kode_desa = :kode_desa AND jenis = 'pindah' AND ref_pindah IS NOT NULL AND jumlah <> 0
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
GROUP BY bulan, ref_pindah, sex, wna
ORDER BY bulan, ref_pindah;

-- name: rows
-- The rows behind a number of a month, with who they are as of the batch, or were last, how many they are, and what
-- they come to.
SELECT mutasi.id, mutasi.id_pend, mutasi.jenis, mutasi.jumlah, mutasi.from_batch, mutasi.line,
    mutasi.tgl_peristiwa, mutasi.turunan, mutasi.sex, mutasi.wna, mutasi.rows, mutasi.number,
    person.*
FROM (
    SELECT mutasi.*, count(*) OVER () AS rows, sum(jumlah) OVER () AS number
    FROM projections.mutasi
    WHERE kode_desa = :kode_desa
        AND (bulan < CAST(:before AS date) OR bulan = :bulan AND jenis = ANY(CAST(:jenis AS text[])))
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch) AND jumlah <> 0
        AND (CAST(:sex AS int) IS NULL OR coalesce(sex, 0) = :sex)
        AND (CAST(:wna AS boolean) IS NULL OR wna = :wna)
        AND (CAST(:ref AS int) IS NULL
            OR coalesce(CASE WHEN jenis = 'pindah' THEN ref_pindah END, 0) = :ref)
    ORDER BY from_batch, line, id
    LIMIT :limit OFFSET :offset
) AS mutasi
LEFT JOIN LATERAL (
    SELECT nama, nik, no_kk, tempat_lahir, tanggal_lahir, ayah_nama, ibu_nama
    FROM projections.penduduk
    WHERE penduduk.kode_desa = mutasi.kode_desa AND penduduk.id = mutasi.id_pend
        AND penduduk.from_batch <= :batch
    ORDER BY penduduk.from_batch DESC
    LIMIT 1
) AS person ON true
ORDER BY mutasi.from_batch, mutasi.line, mutasi.id;

-- name: family_flows
-- What families came and went in each month as of a batch, by kind of change and of their heads.
SELECT bulan, jenis, sex, wna, sum(jumlah) AS jumlah,
    coalesce(sum(abs(jumlah)) FILTER (WHERE turunan), 0) AS turunan
FROM projections.mutasi_keluarga
WHERE kode_desa = :kode_desa AND from_batch <= :batch
GROUP BY bulan, jenis, sex, wna
ORDER BY bulan;

-- name: family_moves
-- How far the families went that moved away, by month and kind of their heads.
SELECT bulan, ref_pindah, sex, wna, sum(-jumlah) AS jumlah
FROM projections.mutasi_keluarga
WHERE kode_desa = :kode_desa AND jenis = 'pindah' AND ref_pindah IS NOT NULL
    AND from_batch <= :batch
GROUP BY bulan, ref_pindah, sex, wna
ORDER BY bulan, ref_pindah;

-- name: family_rows
-- The rows behind a number of families, with who their heads are, as `rows` gives people.
SELECT family.id, family.id_pend, family.jenis, family.jumlah, family.from_batch, family.line,
    CAST(NULL AS date) AS tgl_peristiwa, family.turunan, family.sex, family.wna, family.rows,
    family.number, person.*
FROM (
    SELECT mutasi_keluarga.*, count(*) OVER () AS rows, sum(jumlah) OVER () AS number
    FROM projections.mutasi_keluarga
    WHERE kode_desa = :kode_desa
        AND (bulan < CAST(:before AS date) OR bulan = :bulan AND jenis = ANY(CAST(:jenis AS text[])))
        AND from_batch <= :batch
        AND (CAST(:sex AS int) IS NULL OR coalesce(sex, 0) = :sex)
        AND (CAST(:wna AS boolean) IS NULL OR wna = :wna)
        AND (CAST(:ref AS int) IS NULL
            OR coalesce(CASE WHEN jenis = 'pindah' THEN ref_pindah END, 0) = :ref)
    ORDER BY from_batch, line, id, jumlah
    LIMIT :limit OFFSET :offset
) AS family
LEFT JOIN LATERAL (
    SELECT nama, nik, no_kk, tempat_lahir, tanggal_lahir, ayah_nama, ibu_nama
    FROM projections.penduduk
    WHERE penduduk.kode_desa = family.kode_desa AND penduduk.id = family.id_pend
        AND penduduk.from_batch <= :batch
    ORDER BY penduduk.from_batch DESC
    LIMIT 1
) AS person ON true
ORDER BY family.from_batch, family.line, family.id, family.jumlah;
