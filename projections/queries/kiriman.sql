-- name: batches
-- The batches of a log before a position, newest first; disputed while their key is suspected
-- to have been a thief's there, and the desa has not said that they are its own.
SELECT
    batch.position,
    batch.chain,
    batch.number,
    batch.changes,
    batch.bytes,
    batch.received_at,
    coalesce(batch.position >= key.suspected AND NOT key.acknowledged, false) AS disputed
FROM ledger.batch
LEFT JOIN ledger.key ON key.kode_desa = batch.kode_desa AND key.name = batch.chain
WHERE batch.kode_desa = :kode_desa AND batch.position < :before
ORDER BY batch.position DESC
LIMIT :limit;

-- name: refusals
-- The newest batches of a desa that were not taken.
SELECT refused_at, code, message, chain, number, authentic
FROM ledger.refusal
WHERE kode_desa = :kode_desa
ORDER BY refused_at DESC, id
LIMIT :limit;

-- name: newest
-- The newest batches of the villages in a scope.
SELECT batch.kode_desa, desa.nama, batch.position, batch.changes, batch.chain, batch.received_at
FROM ledger.batch
JOIN ledger.desa ON desa.kode_desa = batch.kode_desa
WHERE (batch.kode_desa = :scope OR batch.kode_desa LIKE :below)
ORDER BY batch.received_at DESC, batch.kode_desa, batch.position DESC
LIMIT :limit;
