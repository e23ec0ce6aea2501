-- name: version
-- What the letters of a scope were and are, each with the batch with which its version began: what
-- `letters` and `counts` begin with.
WITH stated AS (
    SELECT
        kode_desa, id, from_batch, to_batch, line, nama, nik, tanggal, berkas,
        -- A version begins where anything differs from before, or where the letter was away.
        CASE WHEN lag(to_batch) OVER said = from_batch
                AND (nama, nik, tanggal, berkas) IS NOT DISTINCT FROM (
                    lag(nama) OVER said, lag(nik) OVER said, lag(tanggal) OVER said,
                    lag(berkas) OVER said
                )
            THEN NULL ELSE from_batch END AS begins
    FROM projections.surat
    WHERE (kode_desa = :scope OR kode_desa LIKE :below)
        AND (CAST(:nomor AS text) IS NULL OR id = :nomor)
    WINDOW said AS (PARTITION BY kode_desa, id ORDER BY from_batch)
), version AS (
    SELECT
        stated.*,
        max(begins) OVER (PARTITION BY kode_desa, id ORDER BY from_batch) AS position
    FROM stated
)

-- name: letters
-- The letters as they are now, each with the newest decision on this version of it.
letter AS (
    SELECT
        version.kode_desa,
        version.id AS nomor,
        version.position,
        version.from_batch,
        version.line,
        version.nama,
        version.nik,
        version.tanggal,
        version.berkas,
        coalesce(decided.state, 'diajukan') AS state,
        decided.at AS decided_at,
        coalesce(decided.reason, '') AS reason,
        coalesce(decided.signed, '') AS signed,
        coalesce(received.received_at, 'epoch') AS received_at
    FROM version
    LEFT JOIN ledger.batch AS received
        ON received.kode_desa = version.kode_desa AND received.position = version.position
    LEFT JOIN LATERAL (
        SELECT state, at, reason, signed
        FROM ledger.letter_act AS act
        WHERE act.kode_desa = version.kode_desa AND act.nomor = version.id
            AND act.position = version.position
            AND 'sha256:' || act.sha256 = version.berkas
        ORDER BY act.office_position DESC
        LIMIT 1
    ) AS decided ON true
    WHERE version.to_batch IS NULL
)
SELECT letter.*, camat.nama AS camat, subject.people, subject.nama AS nama_penduduk, subject.id
FROM letter
LEFT JOIN LATERAL (
    SELECT act.nama
    FROM ledger.letter_act AS act
    WHERE act.kode_desa = letter.kode_desa AND act.nomor = letter.nomor
        AND act.position = letter.position AND act.act = 'setujui'
    ORDER BY act.office_position DESC
    LIMIT 1
) AS camat ON true
LEFT JOIN LATERAL (
    -- A NIK that two records of the desa share names nobody for certain: the first will do.
    SELECT count(*) AS people, min(penduduk.nama) AS nama, min(penduduk.id) AS id
    FROM projections.penduduk
    WHERE penduduk.kode_desa = letter.kode_desa AND penduduk.nik = letter.nik
        AND penduduk.to_batch IS NULL
) AS subject ON true
WHERE CAST(:states AS text[]) IS NULL OR letter.state = ANY(:states)
ORDER BY
    -- What waits comes first, the longest waiting at the top; what is done, the newest.
    CASE WHEN letter.state IN ('diajukan', 'diperiksa_sekretaris', 'menunggu_camat', 'menunggu_tte')
        THEN letter.received_at END ASC NULLS LAST,
    letter.tanggal DESC NULLS LAST,
    letter.kode_desa,
    letter.nomor
LIMIT :limit OFFSET :offset;

-- name: counts
-- How many letters of each desa stand in each state, and when the first of them came.
decided AS (
    SELECT DISTINCT ON (kode_desa, nomor, position, sha256)
        kode_desa, nomor, position, sha256, state
    FROM ledger.letter_act
    WHERE kode_desa = :scope OR kode_desa LIKE :below
    ORDER BY kode_desa, nomor, position, sha256, office_position DESC
), standing AS (
    SELECT version.kode_desa, coalesce(decided.state, 'diajukan') AS state,
        count(*) AS jumlah, min(version.position) AS position
    FROM version
    LEFT JOIN decided
        ON decided.kode_desa = version.kode_desa AND decided.nomor = version.id
        AND decided.position = version.position AND 'sha256:' || decided.sha256 = version.berkas
    WHERE version.to_batch IS NULL
    GROUP BY 1, 2
)
SELECT standing.kode_desa, state, jumlah, coalesce(received_at, 'epoch') AS since
FROM standing
LEFT JOIN ledger.batch
    ON batch.kode_desa = standing.kode_desa AND batch.position = standing.position
ORDER BY standing.kode_desa, state;

-- name: spelled
-- The letters of a desa whose number is this one but for hyphens and slashes.
SELECT id
FROM projections.surat
WHERE kode_desa = :scope AND to_batch IS NULL AND replace(id, '/', '-') = replace(:nomor, '/', '-');
