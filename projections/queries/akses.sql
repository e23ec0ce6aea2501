-- name: telling
-- The records of a desa that ever told of this person what is protected: theirs by id, of their
-- family or household, or with their NIK in it, in any version of either.
WITH person AS (
    SELECT nik, no_kk, id_kk::text AS id_kk, id_rtm::text AS id_rtm
    FROM projections.penduduk
    WHERE kode_desa = :kode_desa AND id = :id
)
SELECT 'penduduk' AS entity, id
FROM projections.penduduk
WHERE kode_desa = :kode_desa AND id <> :id AND (
    nik IN (SELECT nik FROM person)
    OR ayah_nik IN (SELECT nik FROM person)
    OR ibu_nik IN (SELECT nik FROM person)
)
UNION
SELECT 'keluarga', id
FROM projections.keluarga
WHERE kode_desa = :kode_desa
    AND (id IN (SELECT id_kk FROM person) OR no_kk IN (SELECT no_kk FROM person))
UNION
-- A family that no card states is listed by the id that they name, or by that of one of them.
SELECT 'keluarga', coalesce(member.id_kk::text, 'orang-' || member.id)
FROM projections.penduduk AS member
WHERE member.kode_desa = :kode_desa
    AND (member.id = :id OR member.no_kk IN (SELECT no_kk FROM person))
UNION
SELECT 'rumah_tangga', id
FROM projections.rumah_tangga
WHERE kode_desa = :kode_desa AND id IN (SELECT id_rtm FROM person)
UNION
SELECT 'peristiwa', id
FROM projections.peristiwa
WHERE kode_desa = :kode_desa AND id_pend::text = :id
UNION
SELECT 'aparatur', id
FROM projections.aparatur
WHERE kode_desa = :kode_desa AND (id_pend::text = :id OR nik IN (SELECT nik FROM person))
UNION
SELECT 'surat', id
FROM projections.surat
WHERE kode_desa = :kode_desa AND nik IN (SELECT nik FROM person)
UNION
-- A participant is a person's NIK, or a family's number.
SELECT 'peserta_bantuan', id
FROM projections.peserta_bantuan
WHERE kode_desa = :kode_desa AND (
    kartu_id_pend::text = :id
    OR kartu_nik IN (SELECT nik FROM person)
    OR peserta IN (SELECT nik FROM person UNION SELECT no_kk FROM person)
);
