-- name: behind
-- Which projections of which desa have batches to follow, and may try now. One that follows
-- another has those that the other one has. Rows that another version made are not added to.
SELECT head.kode_desa, wanted.projection
FROM ledger.head
JOIN ledger.desa ON desa.kode_desa = head.kode_desa
CROSS JOIN unnest(
        CAST(:projections AS text[]), CAST(:leaders AS text[]), CAST(:versions AS integer[])
    ) AS wanted (projection, leader, version)
LEFT JOIN projections.position
    ON position.kode_desa = head.kode_desa AND position.projection = wanted.projection
LEFT JOIN projections.position AS ahead
    ON ahead.kode_desa = head.kode_desa AND ahead.projection = wanted.leader
WHERE CASE WHEN wanted.leader IS NULL THEN head.size ELSE coalesce(ahead.position, 0) END
        > coalesce(position.position, 0)
    AND coalesce(position.version, wanted.version) = wanted.version
    AND position.parked_at IS NULL
    AND (position.retry_at IS NULL OR position.retry_at <= :now)
ORDER BY head.kode_desa, wanted.projection;

-- name: begin
-- A projection that has not followed this desa yet stands before its first batch.
INSERT INTO projections.position (kode_desa, projection, version, position, attempts)
VALUES (:kode_desa, :projection, :version, 0, 0)
ON CONFLICT (kode_desa, projection) DO NOTHING;

-- name: claim
-- Where it stands, for whoever gets the lock; nothing for whoever comes second.
SELECT position FROM projections.position
WHERE kode_desa = :kode_desa AND projection = :projection AND version = :version
FOR UPDATE SKIP LOCKED;

-- name: take
-- Where it stands, waiting for the lock.
SELECT position FROM projections.position
WHERE kode_desa = :kode_desa AND projection = :projection
FOR UPDATE;

-- name: reached
-- How far a projection is that another one follows.
SELECT coalesce(max(position), 0) FROM projections.position
WHERE kode_desa = :kode_desa AND projection = :projection;

-- name: move
-- It has followed the log up to here.
UPDATE projections.position
SET position = :position, version = :version, applied_at = :now, attempts = 0,
    retry_at = NULL, parked_at = NULL, error = NULL
WHERE kode_desa = :kode_desa AND projection = :projection;

-- name: fail
-- The next batch could not be applied: later again, or parked until somebody looks.
UPDATE projections.position
SET attempts = :attempts, retry_at = :retry_at, parked_at = :parked_at, error = :error
WHERE kode_desa = :kode_desa AND projection = :projection;

-- name: retry
-- Whatever failed is tried again at once; all projections or all desa when none is named.
UPDATE projections.position
SET attempts = 0, retry_at = NULL, parked_at = NULL, error = NULL
WHERE attempts > 0
    AND (CAST(:projection AS text) IS NULL OR projection = :projection)
    AND (CAST(:kode_desa AS text) IS NULL OR kode_desa = :kode_desa);

-- name: attempts
-- How often its next batch has failed.
SELECT attempts FROM projections.position
WHERE kode_desa = :kode_desa AND projection = :projection;

-- name: status
-- Every projection of every desa: how far it is, and how far it should be.
SELECT wanted.projection, head.kode_desa, head.size AS head,
    coalesce(position.position, 0) AS position, position.applied_at,
    coalesce(position.attempts, 0) AS attempts, position.parked_at, position.error,
    coalesce(position.version <> wanted.version, false) AS outdated
FROM ledger.head
JOIN ledger.desa ON desa.kode_desa = head.kode_desa
CROSS JOIN unnest(CAST(:projections AS text[]), CAST(:versions AS integer[]))
    AS wanted (projection, version)
LEFT JOIN projections.position
    ON position.kode_desa = head.kode_desa AND position.projection = wanted.projection
ORDER BY wanted.projection, head.kode_desa;

-- name: outdated
-- Whether rows that serve were made by another version.
SELECT EXISTS (
    SELECT FROM projections.position
    JOIN unnest(CAST(:projections AS text[]), CAST(:versions AS integer[]))
        AS wanted (projection, version) USING (projection)
    WHERE position.version <> wanted.version
);
