-- name: stated
-- What a desa states as of a batch, narrow and once, for all checks to look at. A family is known
-- by its id, or by its No. KK where the desa sends no ids.
people AS MATERIALIZED (
    SELECT id, from_batch AS batch, nik, no_kk, id_kk::text AS id_kk, kk_level, sex,
        tanggal_lahir, status_kawin, status_dasar, ayah_nik, ibu_nik, id_cluster::text AS place,
        dusun, rw, rt,
        coalesce('id ' || id_kk, 'kk ' || no_kk) AS family
    FROM projections.penduduk
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
living AS MATERIALIZED (SELECT * FROM people WHERE status_dasar = 1),
cards AS MATERIALIZED (
    SELECT family,
        count(*) FILTER (WHERE kk_level = 1) AS heads,
        count(*) FILTER (WHERE kk_level = 2) AS husbands,
        count(*) FILTER (WHERE kk_level = 3) AS wives
    FROM living WHERE family IS NOT NULL GROUP BY family
),
families AS MATERIALIZED (
    SELECT id, from_batch AS batch, no_kk, kepala_id::text AS head
    FROM projections.keluarga
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
places AS MATERIALIZED (
    SELECT id, from_batch AS batch, dusun, rw, rt, id_kepala::text AS head
    FROM projections.wilayah
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
events AS MATERIALIZED (
    SELECT id, from_batch AS batch, id_pend::text AS person, kode, tgl_peristiwa, tgl_lapor
    FROM projections.peristiwa
    WHERE kode_desa = :kode_desa AND jenis <> 'dibatalkan'
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
programmes AS MATERIALIZED (
    SELECT id, sasaran, tgl_selesai, status
    FROM projections.program_bantuan
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
recipients AS MATERIALIZED (
    SELECT peserta.id, from_batch AS batch, program_id::text AS programme, peserta,
        coalesce(programmes.sasaran, peserta.sasaran) AS sasaran,
        programmes.id IS NOT NULL AS known,
        coalesce(programmes.status, true) AND coalesce(tgl_selesai >= :on, true) AS runs
    FROM projections.peserta_bantuan AS peserta
    LEFT JOIN programmes ON programmes.id = program_id::text
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
officials AS MATERIALIZED (
    SELECT id, from_batch AS batch, jenis_jabatan, aktif, id_pend::text AS person
    FROM projections.aparatur
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
institutions AS MATERIALIZED (
    SELECT id, from_batch AS batch, kode, ketua_id::text AS head
    FROM projections.lembaga
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
members AS MATERIALIZED (
    SELECT id, from_batch AS batch, id_lembaga::text AS institution, id_penduduk::text AS person
    FROM projections.anggota_lembaga
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
works AS MATERIALIZED (
    SELECT id, from_batch AS batch, tahun_anggaran
    FROM projections.pembangunan
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
progress AS MATERIALIZED (
    SELECT id, from_batch AS batch, id_pembangunan::text AS work, persentase, gambar, created_at
    FROM projections.dokumentasi_pembangunan
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
letters AS MATERIALIZED (
    SELECT id, from_batch AS batch, nik
    FROM projections.surat
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
reports AS MATERIALIZED (
    SELECT id, from_batch AS batch, jenis, tahun, periode
    FROM projections.laporan
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
budget_years AS MATERIALIZED (
    SELECT DISTINCT tahun
    FROM projections.apbdes
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
)

-- name: nik_ganda
-- A NIK of two living people.
SELECT id, batch, array_remove(ids, id) AS others
FROM living
JOIN (
    SELECT nik, array_agg(id) AS ids FROM living
    WHERE nik IS NOT NULL GROUP BY nik HAVING count(*) > 1
) AS shared USING (nik)

-- name: keluarga_tanpa_kepala
-- The living of a family that has no living head.
SELECT id, batch, array_remove(ids, id) AS others
FROM living
JOIN (
    SELECT family, array_agg(id) AS ids
    FROM living JOIN cards USING (family) WHERE heads = 0 GROUP BY family
) AS headless USING (family)

-- name: kepala_ganda
-- Several living heads of one family.
SELECT id, batch, array_remove(ids, id) AS others
FROM living
JOIN (
    SELECT family, array_agg(id) AS ids
    FROM living JOIN cards USING (family) WHERE heads > 1 AND kk_level = 1 GROUP BY family
) AS several USING (family)
WHERE kk_level = 1

-- name: pasangan_ganda
-- Several living wives or several living husbands on one card.
SELECT id, batch, array_remove(ids, id) AS others
FROM living
JOIN (
    SELECT family, kk_level, array_agg(id) AS ids
    FROM living JOIN cards USING (family)
    WHERE (husbands > 1 AND kk_level = 2) OR (wives > 1 AND kk_level = 3)
    GROUP BY family, kk_level
) AS several USING (family, kk_level)

-- name: kawin_tanpa_pasangan
-- Married heads, husbands and wives under 60 without the other one on the card. Of others on it
-- nobody can tell who is married to whom.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM living JOIN cards USING (family)
WHERE status_kawin = 2 AND tanggal_lahir > CAST(:on AS date) - INTERVAL '60 years'
    AND CASE WHEN kk_level = 1 THEN husbands + wives = 0
        WHEN kk_level IN (2, 3) THEN heads = 0 END

-- name: anak_lebih_tua
-- Children who are not younger than a parent, by the parents' NIK or the head of their family.
SELECT id, batch, array_agg(DISTINCT parent) AS others
FROM parents WHERE tanggal_lahir <= parent_born
GROUP BY id, batch

-- name: orang_tua_di_bawah_12
-- Children of a parent who was under 12 at their birth.
SELECT id, batch, array_agg(DISTINCT parent) AS others
FROM parents
WHERE tanggal_lahir > parent_born AND tanggal_lahir < parent_born + INTERVAL '12 years'
GROUP BY id, batch

-- name: parents
-- Everybody beside each parent whose birth is known.
parents AS MATERIALIZED (
    SELECT child.id, child.batch, child.tanggal_lahir, parent.id AS parent,
        parent.tanggal_lahir AS parent_born
    FROM (
        SELECT id, batch, tanggal_lahir, ayah_nik AS nik FROM living WHERE ayah_nik IS NOT NULL
        UNION ALL
        SELECT id, batch, tanggal_lahir, ibu_nik FROM living WHERE ibu_nik IS NOT NULL
    ) AS child
    JOIN people AS parent ON parent.nik = child.nik AND parent.id <> child.id
    UNION ALL
    SELECT child.id, child.batch, child.tanggal_lahir, head.id, head.tanggal_lahir
    FROM living AS child
    JOIN living AS head ON head.family = child.family AND head.kk_level = 1
    WHERE child.kk_level = 4
)

-- name: keluarga_tidak_dikenal
-- Living people of a family that the desa, which sends families, never sent.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM living
WHERE id_kk IS NOT NULL AND EXISTS (SELECT FROM families)
    AND id_kk NOT IN (SELECT id FROM families)

-- name: no_kk_beda
-- Living people whose No. KK is not that of their family.
SELECT living.id, living.batch, CAST(NULL AS text[]) AS others
FROM living JOIN families ON families.id = living.id_kk
WHERE living.no_kk <> families.no_kk

-- name: kk_ganda
-- A No. KK of two families with living people; of a family that has died out it may be kept.
SELECT id, batch, array_remove(ids, id) AS others
FROM families
JOIN (
    SELECT no_kk, array_agg(id) AS ids FROM families
    WHERE no_kk IS NOT NULL AND id IN (SELECT id_kk FROM living)
    GROUP BY no_kk HAVING count(*) > 1
) AS shared USING (no_kk)
WHERE id = ANY(ids)

-- name: kepala_tidak_dikenal
-- Families with living people whose head nobody sent.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM families
WHERE head IS NOT NULL AND head NOT IN (SELECT id FROM people)
    AND id IN (SELECT id_kk FROM living)

-- name: kepala_tidak_hidup
-- Families with living people whose head is not alive any more.
SELECT families.id, families.batch, ARRAY[head] AS others
FROM families JOIN people ON people.id = head AND status_dasar <> 1
WHERE families.id IN (SELECT id_kk FROM living)

-- name: wilayah_tidak_dikenal
-- Living people of a place that the desa, which sends its places, never sent.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM living
WHERE EXISTS (SELECT FROM places)
    AND CASE WHEN place IS NOT NULL THEN place NOT IN (SELECT id FROM places)
        WHEN rt IS NOT NULL AND rt NOT IN ('0', '-') THEN
            (dusun, upper(rw), upper(rt)) NOT IN (
                SELECT coalesce(dusun, ''), coalesce(upper(rw), ''), coalesce(upper(rt), '')
                FROM places
            ) END

-- name: wilayah_ganda
-- One dusun, RW and RT stated twice.
SELECT id, batch, array_remove(ids, id) AS others
FROM places
JOIN (
    SELECT array_agg(id) AS ids FROM places
    GROUP BY dusun, upper(rw), upper(rt) HAVING count(*) > 1
) AS shared ON id = ANY(ids)

-- name: kepala_wilayah_tidak_dikenal
-- Places whose head nobody sent.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM places WHERE head IS NOT NULL AND head NOT IN (SELECT id FROM people)

-- name: tanpa_peristiwa
-- People without any event, of a desa that sends events.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM people
WHERE EXISTS (SELECT FROM events) AND id NOT IN (SELECT person FROM events WHERE person IS NOT NULL)

-- name: hidup_kembali
-- People who were deleted and are stated again, until the desa says something else of them. What
-- could not be used in between was no deletion.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM people
WHERE EXISTS (
    SELECT FROM projections.penduduk AS earlier
    WHERE earlier.kode_desa = :kode_desa AND earlier.id = people.id
        AND earlier.to_batch < people.batch
) AND NOT EXISTS (
    SELECT FROM projections.penduduk AS earlier
    WHERE earlier.kode_desa = :kode_desa AND earlier.id = people.id
        AND earlier.to_batch = people.batch
) AND NOT EXISTS (
    SELECT FROM projections.mutu AS unusable
    WHERE unusable.kode_desa = :kode_desa AND unusable.entity = 'penduduk'
        AND unusable.id = people.id AND unusable.severity = 'severe'
        AND unusable.to_batch = people.batch
)

-- name: status_dasar_beda
-- People whose status is not that which their newest event left; 9 is a mistake kept for its log.
SELECT people.id, people.batch, CAST(NULL AS text[]) AS others
FROM people
JOIN (
    SELECT DISTINCT ON (person) person, kode FROM events
    ORDER BY person, tgl_lapor DESC NULLS LAST, tgl_peristiwa DESC NULLS LAST,
        length(id) DESC, id DESC
) AS newest ON newest.person = people.id
WHERE status_dasar <> 9 AND status_dasar <> CASE kode WHEN 5 THEN 1 ELSE kode END

-- name: peristiwa_rangkap
-- Two events of one kind on one day of one person.
SELECT id, batch, array_remove(ids, id) AS others
FROM events
JOIN (
    SELECT array_agg(id) AS ids FROM events
    WHERE tgl_peristiwa IS NOT NULL
    GROUP BY person, kode, tgl_peristiwa HAVING count(*) > 1
) AS shared ON id = ANY(ids)

-- name: peristiwa_tanpa_penduduk
-- Events of people who were never sent; who was deleted had been.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM events
WHERE NOT EXISTS (
    SELECT FROM projections.penduduk AS ever
    WHERE ever.kode_desa = :kode_desa AND ever.id = person AND ever.from_batch <= :batch
)

-- name: keluar_dua_kali
-- Events of leaving of somebody who has left already.
SELECT id, batch, ARRAY[before] AS others
FROM (
    SELECT id, batch, kode, lag(kode) OVER later AS kode_before, lag(id) OVER later AS before
    FROM events
    WINDOW later AS (PARTITION BY person ORDER BY tgl_lapor, tgl_peristiwa, length(id), id)
) AS followed
WHERE kode IN (2, 3, 4, 6) AND kode_before IN (2, 3, 4, 6)

-- name: lapor_sebelum_lahir
-- Events reported before the person was born.
SELECT events.id, events.batch, ARRAY[person] AS others
FROM events JOIN people ON people.id = person
WHERE tgl_lapor < tanggal_lahir

-- name: lahir_beda_tanggal
-- Births on another day than the person's birthday.
SELECT events.id, events.batch, ARRAY[person] AS others
FROM events JOIN people ON people.id = person
WHERE kode = 1 AND tgl_peristiwa <> tanggal_lahir

-- name: program_tidak_dikenal
-- Recipients of a programme that nobody sent.
SELECT id, batch, CAST(NULL AS text[]) AS others FROM recipients WHERE NOT known

-- name: peserta_tidak_dikenal
-- People and families who receive aid and whom nobody sent.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM recipients
WHERE peserta IS NOT NULL AND EXISTS (SELECT FROM people)
    AND CASE sasaran
        WHEN 1 THEN peserta NOT IN (SELECT nik FROM people WHERE nik IS NOT NULL)
        WHEN 2 THEN peserta NOT IN (
            SELECT no_kk FROM people WHERE no_kk IS NOT NULL
            UNION ALL SELECT no_kk FROM families WHERE no_kk IS NOT NULL
        ) END

-- name: salah_sasaran
-- People who receive aid of a programme that runs, and have died or moved; families none of whom
-- is here any more.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM recipients
WHERE runs AND CASE sasaran
    WHEN 1 THEN peserta IN (SELECT nik FROM people WHERE nik IS NOT NULL)
        AND peserta NOT IN (SELECT nik FROM living WHERE nik IS NOT NULL)
    WHEN 2 THEN peserta IN (SELECT no_kk FROM people WHERE no_kk IS NOT NULL)
        AND peserta NOT IN (SELECT no_kk FROM living WHERE no_kk IS NOT NULL)
    END

-- name: kepala_desa_ganda
-- More than one active head of the desa.
SELECT id, batch, array_remove(ids, id) AS others
FROM officials
JOIN (
    SELECT array_agg(id) AS ids FROM officials
    WHERE aktif AND jenis_jabatan = 1 HAVING count(*) > 1
) AS several ON id = ANY(ids)

-- name: aparatur_tidak_dikenal
-- Officials who are said to be of the register and whom nobody sent.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM officials WHERE aktif AND person IS NOT NULL AND person NOT IN (SELECT id FROM people)

-- name: kode_lembaga_ganda
-- One code of two institutions.
SELECT id, batch, array_remove(ids, id) AS others
FROM institutions
JOIN (
    SELECT array_agg(id) AS ids FROM institutions
    WHERE kode IS NOT NULL GROUP BY upper(kode) HAVING count(*) > 1
) AS shared ON id = ANY(ids)

-- name: ketua_tidak_hidup
-- Institutions whose head is unknown or not here any more.
SELECT id, batch, ARRAY[head] AS others
FROM institutions WHERE head IS NOT NULL AND head NOT IN (SELECT id FROM living)

-- name: lembaga_tidak_dikenal
-- Members of an institution that nobody sent.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM members WHERE institution NOT IN (SELECT id FROM institutions)

-- name: anggota_tidak_hidup
-- Members who are unknown or not here any more.
SELECT id, batch, ARRAY[person] AS others
FROM members WHERE person IS NOT NULL AND person NOT IN (SELECT id FROM living)

-- name: pembangunan_tanpa_apbdes
-- Works of a year of which the desa, which sends budgets, sent none.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM works
WHERE EXISTS (SELECT FROM budget_years) AND tahun_anggaran NOT IN (SELECT tahun FROM budget_years)

-- name: kemajuan_turun
-- Progress of a work that is less than it was.
SELECT id, batch, ARRAY[before] AS others
FROM (
    SELECT id, batch, persentase, lag(persentase) OVER later AS percent_before,
        lag(id) OVER later AS before
    FROM progress WHERE persentase IS NOT NULL
    WINDOW later AS (PARTITION BY work ORDER BY created_at, length(id), id)
) AS followed
WHERE persentase < percent_before

-- name: selesai_tanpa_foto
-- A work that is finished and of which nobody took a picture.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM progress WHERE persentase >= 100 AND gambar IS NULL

-- name: surat_tidak_dikenal
-- Letters about somebody who is unknown or not here any more.
SELECT id, batch, CAST(NULL AS text[]) AS others
FROM letters
WHERE nik IS NOT NULL AND EXISTS (SELECT FROM people)
    AND nik NOT IN (SELECT nik FROM living WHERE nik IS NOT NULL)

-- name: laporan_rangkap
-- Two reports of one kind for one period.
SELECT id, batch, array_remove(ids, id) AS others
FROM reports
JOIN (
    SELECT array_agg(id) AS ids FROM reports
    WHERE jenis IN ('laporan_apbdes', 'laporan_penduduk')
    GROUP BY jenis, tahun, periode HAVING count(*) > 1
) AS shared ON id = ANY(ids)
