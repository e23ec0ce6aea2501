-- name: records
-- The records of some desa that were redacted, on what ground and when last; of one entity, or all.
SELECT kode_desa, entity, record AS id, max(redacted_at) AS redacted_at,
    (array_agg(dasar_hukum ORDER BY redacted_at DESC))[1] AS dasar_hukum
FROM ledger.redaction
WHERE kode_desa = ANY(CAST(:desa AS text[]))
    AND (CAST(:entity AS text) IS NULL OR entity = :entity)
    AND (CAST(:id AS text) IS NULL OR record = :id)
GROUP BY kode_desa, entity, record
ORDER BY kode_desa, entity, length(record), record;
