-- name: families
-- The families of several desa, each as of its own batch: the cards that they state, and, marked
-- `turunan`, those that living people name while no card of that id or number stands. The first
-- of a family is its head, or whoever comes nearest. A family that only shares a number goes by
-- the id of that person, since no number stands in an address.
WITH place AS (
    SELECT * FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS it (kode_desa, batch)
),
card AS (
    SELECT keluarga.*, batch FROM projections.keluarga JOIN place ON place.kode_desa = keluarga.kode_desa
    WHERE from_batch <= batch AND (to_batch IS NULL OR to_batch > batch)
),
area AS (
    SELECT wilayah.* FROM projections.wilayah JOIN place ON place.kode_desa = wilayah.kode_desa
    WHERE from_batch <= batch AND (to_batch IS NULL OR to_batch > batch)
),
person AS NOT MATERIALIZED (
    SELECT penduduk.kode_desa, batch, id, id_kk::text AS id_kk, no_kk, kk_level,
        coalesce(status_dasar = 1, false) AS hidup
    FROM projections.penduduk JOIN place ON place.kode_desa = penduduk.kode_desa
    WHERE from_batch <= batch AND (to_batch IS NULL OR to_batch > batch)
),
numbered AS (
    SELECT kode_desa, no_kk, min(id) AS id FROM card WHERE no_kk IS NOT NULL GROUP BY 1, 2
),
named AS (
    SELECT kode_desa, no_kk, min(id_kk) AS id_kk FROM person
    WHERE no_kk IS NOT NULL AND id_kk IS NOT NULL GROUP BY 1, 2
),
member AS (
    SELECT person.kode_desa, person.batch, person.id, hidup,
        coalesce(card.id, numbered.id, person.id_kk, named.id_kk, 'no ' || person.no_kk) AS family,
        -- The head that the card names, a living head, a head, somebody alive, anybody.
        CASE WHEN person.id = card.kepala_id::text THEN '0' WHEN kk_level = 1 AND hidup THEN '1'
            WHEN kk_level = 1 THEN '2' WHEN hidup THEN '3' ELSE '4' END AS place
    FROM person
    LEFT JOIN card ON card.kode_desa = person.kode_desa AND card.id = person.id_kk
    LEFT JOIN numbered ON numbered.kode_desa = person.kode_desa AND numbered.no_kk = person.no_kk
    LEFT JOIN named ON named.kode_desa = person.kode_desa AND named.no_kk = person.no_kk
    WHERE person.id_kk IS NOT NULL OR person.no_kk IS NOT NULL
),
counted AS (
    -- Who comes first is the least of these keys: looked for without sorting everybody.
    SELECT kode_desa, batch, family, count(*) FILTER (WHERE hidup) AS anggota,
        min((place || to_char(length(id), 'FM00') || id) COLLATE "C") AS key
    FROM member GROUP BY kode_desa, batch, family
),
first AS (
    SELECT counted.family, counted.anggota, it.*
    FROM counted
    -- Each by its key, however many the planner expects.
    JOIN LATERAL (
        SELECT kode_desa, id, from_batch, line, nama, no_kk, kk_level, id_cluster, dusun, rw, rt,
            alamat_kk, coalesce(status_dasar = 1, false) AS hidup
        FROM projections.penduduk
        WHERE penduduk.kode_desa = counted.kode_desa AND penduduk.id = substr(counted.key, 4) COLLATE "default"
            AND from_batch <= counted.batch AND (to_batch IS NULL OR to_batch > counted.batch)
        OFFSET 0
    ) AS it ON true
)
SELECT card.kode_desa, card.id, card.from_batch, card.to_batch, card.line, card.no_kk,
    card.kepala_id, coalesce(head.nama, first.nama) AS kepala, card.tgl_daftar, card.tgl_cetak_kk,
    card.kelas_sosial, card.alamat, card.id_cluster,
    coalesce(card.dusun, area.dusun, head.dusun, first.dusun) AS dusun,
    coalesce(card.rw, area.rw, head.rw, first.rw) AS rw,
    coalesce(card.rt, area.rt, head.rt, first.rt) AS rt,
    card.updated_at, coalesce(first.anggota, 0) AS anggota,
    coalesce(
        head.hidup, first.hidup AND (first.kk_level = 1 OR first.id = card.kepala_id::text), false
    ) AS kepala_hidup,
    false AS turunan
FROM card
LEFT JOIN first ON first.kode_desa = card.kode_desa AND first.family = card.id
-- Somebody who is the head and does not name the card is looked for; mostly nobody has to be.
LEFT JOIN LATERAL (
    SELECT nama, dusun, rw, rt, coalesce(status_dasar = 1, false) AS hidup
    FROM projections.penduduk
    WHERE first.id IS DISTINCT FROM card.kepala_id::text
        AND penduduk.kode_desa = card.kode_desa AND penduduk.id = card.kepala_id::text
        AND penduduk.from_batch <= card.batch
        AND (penduduk.to_batch IS NULL OR penduduk.to_batch > card.batch)
    OFFSET 0
) AS head ON true
LEFT JOIN area ON area.kode_desa = card.kode_desa AND area.id = card.id_cluster::text
UNION ALL
SELECT first.kode_desa,
    CASE WHEN first.family LIKE 'no %' THEN 'orang-' || first.id ELSE first.family END,
    first.from_batch, CAST(NULL AS bigint), first.line, first.no_kk,
    CASE WHEN first.kk_level = 1 AND first.id ~ '^[0-9]{1,9}$' THEN first.id::integer END, first.nama,
    CAST(NULL AS date), CAST(NULL AS date), CAST(NULL AS integer), first.alamat_kk,
    first.id_cluster, coalesce(area.dusun, first.dusun), coalesce(area.rw, first.rw),
    coalesce(area.rt, first.rt), CAST(NULL AS timestamp), first.anggota,
    coalesce(first.hidup AND first.kk_level = 1, false), true
FROM first
LEFT JOIN area ON area.kode_desa = first.kode_desa AND area.id = first.id_cluster::text
WHERE first.anggota > 0 AND NOT EXISTS (
    SELECT FROM card WHERE card.kode_desa = first.kode_desa AND card.id = first.family
);

-- name: members
-- The people of a family as of a batch, by their place in it: those who name it by id; those who
-- name its number, and no card that stands; those who share a number with one who names its id.
WITH card AS (
    SELECT id, no_kk FROM projections.keluarga
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
),
person AS (
    SELECT * FROM projections.penduduk
    WHERE kode_desa = :kode_desa
        AND from_batch <= :batch AND (to_batch IS NULL OR to_batch > :batch)
)
SELECT * FROM person
WHERE id_kk::text = :id
    OR no_kk = :no_kk AND (id_kk IS NULL OR :stated)
        AND NOT EXISTS (SELECT FROM card WHERE card.id = person.id_kk::text)
    OR id_kk IS NULL AND no_kk IN (SELECT no_kk FROM person WHERE id_kk::text = :id)
        AND NOT EXISTS (SELECT FROM card WHERE card.no_kk = person.no_kk)
ORDER BY kk_level NULLS LAST, tanggal_lahir, length(id), id;
