-- name: places
-- The dusun, RW and RT of a desa as of a batch, with the name of each head.
SELECT place.dusun, place.rw, place.rt, head.nama AS kepala
FROM projections.wilayah AS place
LEFT JOIN projections.penduduk AS head ON head.kode_desa = place.kode_desa
    AND head.id = place.id_kepala::text
    AND head.from_batch <= :batch AND (head.to_batch IS NULL OR head.to_batch > :batch)
WHERE place.kode_desa = :kode_desa
    AND place.from_batch <= :batch AND (place.to_batch IS NULL OR place.to_batch > :batch)
ORDER BY length(place.id), place.id;

-- name: people
-- The living people of a desa as of a batch by where they live, and the heads of families among
-- them: by their place, or as they state it where they have none.
SELECT coalesce(place.dusun, person.dusun) AS dusun, coalesce(place.rw, person.rw) AS rw,
    coalesce(place.rt, person.rt) AS rt, count(*) AS jumlah,
    count(*) FILTER (WHERE person.sex = 1) AS laki_laki,
    count(*) FILTER (WHERE person.sex = 2) AS perempuan,
    count(*) FILTER (WHERE person.kk_level = 1) AS keluarga
FROM projections.penduduk AS person
LEFT JOIN projections.wilayah AS place ON place.kode_desa = person.kode_desa
    AND place.id = person.id_cluster::text
    AND place.from_batch <= :batch AND (place.to_batch IS NULL OR place.to_batch > :batch)
WHERE person.kode_desa = :kode_desa AND person.status_dasar = 1
    AND person.from_batch <= :batch AND (person.to_batch IS NULL OR person.to_batch > :batch)
GROUP BY 1, 2, 3;

-- name: rows
-- The living people of some of these places, as `people` tells them apart, by name.
SELECT person.kode_desa, person.id, NULL AS record, person.nama, person.nik, person.no_kk,
    person.sex, person.tanggal_lahir, person.kk_level, person.dusun, person.rw, person.rt,
    '' AS category, person.from_batch, person.line, count(*) OVER () AS total
FROM projections.penduduk AS person
LEFT JOIN projections.wilayah AS place ON place.kode_desa = person.kode_desa
    AND place.id = person.id_cluster::text
    AND place.from_batch <= :batch AND (place.to_batch IS NULL OR place.to_batch > :batch)
JOIN unnest(CAST(:dusun AS text[]), CAST(:rw AS text[]), CAST(:rt AS text[]))
    AS chosen (dusun, rw, rt)
    ON chosen.dusun IS NOT DISTINCT FROM coalesce(place.dusun, person.dusun)
    AND chosen.rw IS NOT DISTINCT FROM coalesce(place.rw, person.rw)
    AND chosen.rt IS NOT DISTINCT FROM coalesce(place.rt, person.rt)
WHERE person.kode_desa = :kode_desa AND person.status_dasar = 1
    AND person.from_batch <= :batch AND (person.to_batch IS NULL OR person.to_batch > :batch)
    AND (CAST(:sex AS int) IS NULL OR person.sex = :sex)
    AND (NOT CAST(:heads AS boolean) OR person.kk_level = 1)
ORDER BY person.nama_cari, length(person.id), person.id
LIMIT :limit OFFSET :offset;
