-- name: behind
-- The desa that have batches for some projections to follow, which may try now. One that follows
-- another has those that the other one has. Rows that another version made are not added to.
SELECT head.kode_desa,
    bool_or(position.position IS NULL) AS new,
    coalesce(array_agg(wanted.projection) FILTER (WHERE position.attempts > 0), '{}') AS failed
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
GROUP BY head.kode_desa
ORDER BY head.kode_desa;

-- name: begin
-- A projection that has not followed this desa yet stands before its first batch.
INSERT INTO projections.position (kode_desa, projection, version, position, attempts)
SELECT :kode_desa, wanted.projection, wanted.version, 0, 0
FROM unnest(CAST(:projections AS text[]), CAST(:versions AS integer[]))
    AS wanted (projection, version)
ORDER BY wanted.projection
ON CONFLICT (kode_desa, projection) DO NOTHING;

-- name: claim
-- Where those stand that have batches to follow and may try now, for whoever gets their locks;
-- nothing for whoever comes second.
SELECT position.projection, position.position
FROM projections.position
JOIN unnest(CAST(:projections AS text[]), CAST(:versions AS integer[]))
    AS wanted (projection, version)
    ON wanted.projection = position.projection AND wanted.version = position.version
JOIN ledger.head ON head.kode_desa = position.kode_desa AND head.size > position.position
WHERE position.kode_desa = :kode_desa
    AND position.projection = ANY(:names)
    AND position.parked_at IS NULL
    AND (position.retry_at IS NULL OR position.retry_at <= :now)
FOR UPDATE OF position SKIP LOCKED;

-- name: take
-- The locks of some projections of a desa, waiting for them.
SELECT position FROM projections.position
WHERE kode_desa = :kode_desa AND projection = ANY(:projections)
ORDER BY projection
FOR UPDATE;

-- name: reached
-- How far a projection is that another one follows.
SELECT coalesce(max(position), 0) FROM projections.position
WHERE kode_desa = :kode_desa AND projection = :projection;

-- name: move
-- They have followed the log up to here.
UPDATE projections.position
SET position = moved.position, version = moved.version, applied_at = :now, attempts = 0,
    retry_at = NULL, parked_at = NULL, error = NULL
FROM unnest(
        CAST(:projections AS text[]), CAST(:positions AS bigint[]), CAST(:versions AS integer[])
    ) AS moved (projection, position, version)
WHERE position.kode_desa = :kode_desa AND position.projection = moved.projection;

-- name: attempts
-- How often its next batch has failed.
SELECT attempts FROM projections.position
WHERE kode_desa = :kode_desa AND projection = :projection;

-- name: fail
-- The next batch could not be applied: later again, or parked until somebody looks.
UPDATE projections.position
SET attempts = :attempts, retry_at = :retry_at, parked_at = :parked_at, error = :error
WHERE kode_desa = :kode_desa AND projection = :projection;
