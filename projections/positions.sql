-- name: status
-- Every projection of every desa: how far it is, how far it should be, and since when the oldest
-- batch waits that is not in its rows.
SELECT wanted.projection, head.kode_desa, head.size AS head,
    coalesce(position.position, 0) AS position, position.applied_at,
    coalesce(position.attempts, 0) AS attempts, position.parked_at, position.error,
    coalesce(position.version <> wanted.version, false) AS outdated,
    next.received_at AS waiting_since
FROM ledger.head
JOIN ledger.desa ON desa.kode_desa = head.kode_desa
CROSS JOIN unnest(CAST(:projections AS text[]), CAST(:versions AS integer[]))
    AS wanted (projection, version)
LEFT JOIN projections.position
    ON position.kode_desa = head.kode_desa AND position.projection = wanted.projection
LEFT JOIN ledger.batch AS next
    ON next.kode_desa = head.kode_desa AND next.position = coalesce(position.position, 0) + 1
ORDER BY wanted.projection, head.kode_desa;

-- name: outdated
-- Whether rows that serve were made by another version.
SELECT EXISTS (
    SELECT FROM projections.position
    JOIN unnest(CAST(:projections AS text[]), CAST(:versions AS integer[]))
        AS wanted (projection, version) USING (projection)
    WHERE position.version <> wanted.version
);

-- name: retry
-- Whatever failed is tried again at once; all projections or all desa when none is named.
UPDATE projections.position
SET attempts = 0, retry_at = NULL, parked_at = NULL, error = NULL
WHERE attempts > 0
    AND (CAST(:projection AS text) IS NULL OR projection = :projection)
    AND (CAST(:kode_desa AS text) IS NULL OR kode_desa = :kode_desa);

-- name: standing
-- How far a desa's log goes, how far the last of some projections has followed it, and whether one
-- of them was given up before a batch.
SELECT head.size, min(coalesce(position.position, 0)) AS position,
    bool_or(position.parked_at IS NOT NULL AND position.position < :batch) AS parked
FROM ledger.head
CROSS JOIN unnest(CAST(:projections AS text[])) AS wanted (projection)
LEFT JOIN projections.position
    ON position.kode_desa = head.kode_desa AND position.projection = wanted.projection
WHERE head.kode_desa = :kode_desa
GROUP BY head.size;
