-- name: outdone
-- The desa whose log was redacted since some of their rows were made, and how often it was by now.
SELECT head.kode_desa, head.redactions
FROM ledger.head
WHERE head.redactions > 0 AND EXISTS (
    SELECT FROM projections.position
    WHERE position.kode_desa = head.kode_desa
        AND position.projection = ANY(:projections)
        AND position.redactions < head.redactions
)
ORDER BY head.kode_desa;

-- name: know
-- The rows of a desa know of its redactions up to this one.
UPDATE projections.position
SET redactions = :redactions
WHERE kode_desa = :kode_desa AND projection = ANY(:projections) AND redactions < :redactions;

-- name: back
-- The rows of a desa are to be made from its first batch on.
UPDATE projections.position
SET position = 0, attempts = 0, retry_at = NULL, parked_at = NULL, error = NULL
WHERE kode_desa = :kode_desa AND projection = ANY(:projections);
