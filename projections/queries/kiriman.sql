-- name: batches
-- The batches of a log before a position, newest first.
SELECT position, chain, number, changes, bytes, received_at
FROM ledger.batch
WHERE kode_desa = :kode_desa AND position < :before
ORDER BY position DESC
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
