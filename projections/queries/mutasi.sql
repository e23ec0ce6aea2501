-- name: flows
-- What came and went in each month as of a batch, by kind of change and of people.
SELECT bulan, jenis, sex, wna, sum(jumlah) AS jumlah
FROM projections.mutasi
WHERE kode_desa = :kode_desa
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
GROUP BY bulan, jenis, sex, wna
ORDER BY bulan;

-- name: moves
-- How far those went who moved away, by month.
SELECT bulan, ref_pindah, sum(-jumlah) AS jumlah
FROM projections.mutasi
WHERE kode_desa = :kode_desa AND jenis = 'pindah' AND ref_pindah IS NOT NULL
    AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
GROUP BY bulan, ref_pindah
ORDER BY bulan, ref_pindah;

-- name: rows
-- The rows behind a number of a month, with the people's names now.
SELECT mutasi.id, mutasi.id_pend, mutasi.jenis, mutasi.jumlah, mutasi.from_batch, mutasi.line,
    mutasi.tgl_peristiwa, mutasi.turunan, mutasi.sex, mutasi.wna, person.nama
FROM projections.mutasi
LEFT JOIN LATERAL (
    SELECT nama FROM projections.penduduk
    WHERE penduduk.kode_desa = mutasi.kode_desa AND penduduk.id = mutasi.id_pend
        AND penduduk.from_batch <= :batch
    ORDER BY penduduk.from_batch DESC
    LIMIT 1
) AS person ON true
WHERE mutasi.kode_desa = :kode_desa AND bulan = :bulan AND jenis = :jenis
    AND mutasi.from_batch <= :batch AND (mutasi.to_batch IS NULL OR mutasi.to_batch > :batch)
ORDER BY mutasi.from_batch, mutasi.line;
