-- What a log knows at the place where a manifest wants to stand: the key of its chain, the
-- chain's newest batch, where the same text already stands, and our root at the size it has seen.
SELECT
    key.public,
    key.first,
    key."end",
    newest.number,
    newest.manifest_hash,
    (
        SELECT position FROM ledger.batch
        WHERE kode_desa = :kode_desa AND manifest_hash = :manifest_hash
    ) AS replayed,
    (
        SELECT root FROM ledger.batch
        WHERE kode_desa = :kode_desa AND position = :seen
    ) AS seen_root
FROM (VALUES (:kode_desa)) AS log (kode_desa)
LEFT JOIN ledger.key
    ON key.kode_desa = log.kode_desa AND key.name = :chain
LEFT JOIN LATERAL (
    SELECT number, manifest_hash FROM ledger.batch
    WHERE kode_desa = :kode_desa AND chain = :chain
    ORDER BY number DESC
    LIMIT 1
) AS newest ON true
