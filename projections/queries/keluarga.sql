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
-- One row of each, as the planner sees by the grouping: it drops a join of which nothing is asked.
area AS NOT MATERIALIZED (
    SELECT wilayah.kode_desa, id, min(dusun) AS dusun, min(rw) AS rw, min(rt) AS rt
    FROM projections.wilayah JOIN place ON place.kode_desa = wilayah.kode_desa
    WHERE from_batch <= batch AND (to_batch IS NULL OR to_batch > batch)
    GROUP BY wilayah.kode_desa, id
),
cell AS (
    -- The people who state the same id and number: how many live, and who of them comes first. That
    -- is a living head, a head, somebody alive, anybody, shorter ids before longer ones: the least
    -- of these keys, found without sorting everybody.
    SELECT penduduk.kode_desa, batch, penduduk.id_kk::text AS id_kk, no_kk,
        count(*) FILTER (WHERE status_dasar = 1) AS anggota,
        min((
            CASE WHEN kk_level = 1 AND status_dasar = 1 THEN '1' WHEN kk_level = 1 THEN '2'
                WHEN status_dasar = 1 THEN '3' ELSE '4' END || chr(length(id)) || id
        ) COLLATE "C") AS key
    FROM projections.penduduk JOIN place ON place.kode_desa = penduduk.kode_desa
    WHERE from_batch <= batch AND (to_batch IS NULL OR to_batch > batch)
        AND (penduduk.id_kk IS NOT NULL OR no_kk IS NOT NULL)
    GROUP BY penduduk.kode_desa, batch, penduduk.id_kk, no_kk
),
loose AS (
    SELECT * FROM cell WHERE NOT EXISTS (
        SELECT FROM card WHERE card.kode_desa = cell.kode_desa AND card.id = cell.id_kk
    )
),
numbered AS (
    SELECT kode_desa, no_kk, min(id) AS id FROM card
    WHERE EXISTS (
        SELECT FROM loose WHERE loose.kode_desa = card.kode_desa AND loose.no_kk = card.no_kk
    )
    GROUP BY 1, 2
),
named AS (
    SELECT kode_desa, no_kk, min(id_kk) AS id_kk FROM cell
    WHERE id_kk IS NOT NULL AND EXISTS (
        SELECT FROM loose
        WHERE loose.kode_desa = cell.kode_desa AND loose.no_kk = cell.no_kk AND loose.id_kk IS NULL
    )
    GROUP BY 1, 2
),
counted AS (
    SELECT kode_desa, batch, family, sum(anggota)::integer AS anggota, min(key) AS key
    FROM (
        SELECT cell.kode_desa, cell.batch, card.id AS family, anggota, key
        FROM cell JOIN card ON card.kode_desa = cell.kode_desa AND card.id = cell.id_kk
        UNION ALL
        SELECT loose.kode_desa, batch,
            coalesce(numbered.id, loose.id_kk, named.id_kk, 'no ' || loose.no_kk), anggota, key
        FROM loose
        LEFT JOIN numbered ON numbered.kode_desa = loose.kode_desa AND numbered.no_kk = loose.no_kk
        LEFT JOIN named ON named.kode_desa = loose.kode_desa AND named.no_kk = loose.no_kk
    ) AS it
    GROUP BY 1, 2, 3
),
family AS (
    SELECT coalesce(card.kode_desa, counted.kode_desa) AS kode_desa,
        coalesce(card.batch, counted.batch) AS batch, coalesce(card.id, counted.family) AS id,
        from_batch, line, no_kk, kepala_id, tgl_daftar, tgl_cetak_kk, kelas_sosial, alamat,
        id_cluster, dusun, rw, rt, updated_at, coalesce(anggota, 0) AS anggota,
        substr(key, 1, 1) AS place, substr(key, 3) COLLATE "default" AS first,
        card.id IS NULL AS turunan
    FROM card
    FULL JOIN counted ON counted.kode_desa = card.kode_desa AND counted.family = card.id
    WHERE card.id IS NOT NULL OR anggota > 0
)
SELECT family.kode_desa,
    CASE WHEN family.id LIKE 'no %' THEN 'orang-' || family.first ELSE family.id END AS id,
    coalesce(family.from_batch, first.from_batch) AS from_batch,
    CAST(NULL AS bigint) AS to_batch,
    coalesce(family.line, first.line) AS line,
    CASE WHEN turunan THEN first.no_kk ELSE family.no_kk END AS no_kk,
    CASE WHEN NOT turunan THEN kepala_id
        WHEN place IN ('1', '2') AND family.first ~ '^[0-9]{1,9}$' THEN family.first::integer
    END AS kepala_id,
    coalesce(head.nama, first.nama, (
        SELECT nama FROM projections.penduduk
        WHERE penduduk.kode_desa = family.kode_desa AND penduduk.id = family.first
            AND penduduk.from_batch <= batch
            AND (penduduk.to_batch IS NULL OR penduduk.to_batch > batch)
    )) AS kepala,
    tgl_daftar, tgl_cetak_kk, kelas_sosial,
    CASE WHEN turunan THEN first.alamat_kk ELSE alamat END AS alamat,
    CASE WHEN turunan THEN first.id_cluster ELSE family.id_cluster END AS id_cluster,
    coalesce(family.dusun, area.dusun, head.dusun, first_area.dusun, first.dusun) AS dusun,
    coalesce(family.rw, area.rw, head.rw, first_area.rw, first.rw) AS rw,
    coalesce(family.rt, area.rt, head.rt, first_area.rt, first.rt) AS rt,
    updated_at, anggota,
    coalesce(
        head.hidup, place = '1' OR place = '3' AND family.first = kepala_id::text, false
    ) AS kepala_hidup,
    turunan
FROM family
LEFT JOIN area ON area.kode_desa = family.kode_desa AND area.id = family.id_cluster::text
-- Somebody who is the head and does not come first is looked for; mostly nobody has to be. One at
-- most, which the aggregates say for the same reason.
LEFT JOIN LATERAL (
    SELECT min(nama) AS nama, min(dusun) AS dusun, min(rw) AS rw, min(rt) AS rt,
        bool_or(coalesce(status_dasar = 1, false)) AS hidup
    FROM projections.penduduk
    WHERE family.first IS DISTINCT FROM kepala_id::text
        AND penduduk.kode_desa = family.kode_desa AND penduduk.id = kepala_id::text
        AND penduduk.from_batch <= batch
        AND (penduduk.to_batch IS NULL OR penduduk.to_batch > batch)
) AS head ON true
-- So is whoever comes first, where no card stands, or neither it nor its wilayah tells the place.
LEFT JOIN LATERAL (
    SELECT min(from_batch) AS from_batch, min(line) AS line, min(nama) AS nama,
        min(no_kk) AS no_kk, min(alamat_kk) AS alamat_kk, min(id_cluster) AS id_cluster,
        min(dusun) AS dusun, min(rw) AS rw, min(rt) AS rt
    FROM projections.penduduk
    WHERE (turunan OR num_nulls(
            coalesce(family.dusun, area.dusun), coalesce(family.rw, area.rw),
            coalesce(family.rt, area.rt)
        ) > 0)
        AND penduduk.kode_desa = family.kode_desa AND penduduk.id = family.first
        AND penduduk.from_batch <= batch
        AND (penduduk.to_batch IS NULL OR penduduk.to_batch > batch)
) AS first ON true
LEFT JOIN area AS first_area ON turunan
    AND first_area.kode_desa = family.kode_desa AND first_area.id = first.id_cluster::text;

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

-- name: active
-- The families of several desa that have a living head, each with that head's id: those of
-- `families` that say `kepala_hidup`, found without grouping everybody. To be put into a query in
-- which `place` has the desa, each with its batch. A card's head is whom it states; where it states
-- nobody that is known, as where no card stands, the first who lives and says to be the head.
WITH card AS (
    SELECT keluarga.kode_desa, id, no_kk, kelas_sosial, kepala_id::text AS kepala
    FROM place JOIN projections.keluarga ON keluarga.kode_desa = place.kode_desa
    WHERE from_batch <= batch AND (to_batch IS NULL OR to_batch > batch)
),
head AS MATERIALIZED (
    -- Living heads by their own words, but for those whom the card that they name states too.
    SELECT person.kode_desa, batch, person.id, id_kk::text AS id_kk, person.no_kk, card.id AS card
    FROM place JOIN projections.penduduk AS person ON person.kode_desa = place.kode_desa
    LEFT JOIN card ON card.kode_desa = person.kode_desa AND card.id = person.id_kk::text
    WHERE from_batch <= batch AND (to_batch IS NULL OR to_batch > batch)
        AND kk_level = 1 AND status_dasar = 1
        AND (person.id_kk IS NOT NULL OR person.no_kk IS NOT NULL)
        AND card.kepala IS DISTINCT FROM person.id
),
numbered AS (
    SELECT kode_desa, no_kk, min(id) AS id FROM card
    WHERE (kode_desa, no_kk) IN (SELECT kode_desa, no_kk FROM head WHERE head.card IS NULL)
    GROUP BY 1, 2
),
named AS (
    SELECT kode_desa, no_kk, min(id_kk) AS id_kk
    FROM (
        SELECT person.kode_desa, no_kk, id_kk::text AS id_kk
        FROM place JOIN projections.penduduk AS person ON person.kode_desa = place.kode_desa
        WHERE from_batch <= batch AND (to_batch IS NULL OR to_batch > batch)
            AND id_kk IS NOT NULL AND no_kk IS NOT NULL
        -- Read once or, without any such head, not at all; otherwise each number is looked for.
        OFFSET 0
    ) AS it
    WHERE (kode_desa, no_kk) IN (SELECT kode_desa, no_kk FROM head WHERE id_kk IS NULL)
    GROUP BY 1, 2
),
first AS (
    SELECT DISTINCT ON (kode_desa, family) *
    FROM (
        SELECT head.*, coalesce(
            head.card, numbered.id, head.id_kk, named.id_kk, 'no ' || head.no_kk
        ) COLLATE "C" AS family
        FROM head
        LEFT JOIN numbered USING (kode_desa, no_kk)
        LEFT JOIN named USING (kode_desa, no_kk)
    ) AS it
    ORDER BY kode_desa, family, length(id), id COLLATE "C"
)
SELECT kode_desa, id, no_kk, kelas_sosial, kepala FROM card
UNION ALL
SELECT first.kode_desa,
    CASE WHEN family LIKE 'no %' THEN 'orang-' || first.id ELSE family END,
    CASE WHEN card.id IS NULL THEN first.no_kk ELSE card.no_kk END, card.kelas_sosial, first.id
FROM first
LEFT JOIN card ON card.kode_desa = first.kode_desa AND card.id = family
WHERE card.id IS NULL OR NOT EXISTS (
    SELECT FROM projections.penduduk AS stated
    WHERE stated.kode_desa = first.kode_desa AND stated.id = card.kepala
        AND stated.from_batch <= first.batch
        AND (stated.to_batch IS NULL OR stated.to_batch > first.batch)
);
