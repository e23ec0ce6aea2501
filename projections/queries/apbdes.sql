-- name: lines
-- The lines of a year's budget of several desa, each as of its own batch.
SELECT apbdes.kode_desa, id, kode_rekening, kode_kegiatan, uraian, anggaran, realisasi,
    upper(sumber_dana) AS sumber_dana, periode
FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
JOIN projections.apbdes ON apbdes.kode_desa = place.kode_desa
    AND apbdes.from_batch <= place.batch
    AND (apbdes.to_batch IS NULL OR apbdes.to_batch > place.batch)
WHERE tahun = :tahun AND jenis_anggaran = :jenis
    AND (CAST(:sumber_dana AS text) IS NULL OR upper(sumber_dana) = :sumber_dana)
ORDER BY apbdes.kode_desa, kode_rekening, kode_kegiatan, length(id), id;

-- name: known
-- The budgets that these desa have stated: year, kind, and how many desa have it.
SELECT tahun, jenis_anggaran, count(DISTINCT apbdes.kode_desa) AS desa
FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
JOIN projections.apbdes ON apbdes.kode_desa = place.kode_desa
    AND apbdes.from_batch <= place.batch
    AND (apbdes.to_batch IS NULL OR apbdes.to_batch > place.batch)
GROUP BY tahun, jenis_anggaran
ORDER BY tahun DESC, jenis_anggaran DESC;
