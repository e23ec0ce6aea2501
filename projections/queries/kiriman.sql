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
SELECT id, refused_at, code, message, chain, number, authentic,
    coalesce(jsonb_array_length(facts -> 'lines'), 0) AS faults
FROM ledger.refusal
WHERE kode_desa = :kode_desa
ORDER BY refused_at DESC, id
LIMIT :limit;

-- name: refusal
-- One batch of a desa that was not taken.
SELECT id, refused_at, code, message, chain, number, authentic,
    coalesce(jsonb_array_length(facts -> 'lines'), 0) AS faults
FROM ledger.refusal
WHERE kode_desa = :kode_desa AND id = :id;

-- name: faults
-- The lines for which a batch of a desa was refused; of older refusals only number and code.
SELECT (fault ->> 'line')::integer AS line, fault ->> 'code' AS code,
    coalesce(fault ->> 'entity', '') AS entity, coalesce(fault ->> 'id', '') AS id,
    coalesce(fault ->> 'member', '') AS member
FROM ledger.refusal
CROSS JOIN LATERAL jsonb_array_elements(facts -> 'lines') AS fault
WHERE kode_desa = :kode_desa AND refusal.id = :id
ORDER BY 1
LIMIT :limit OFFSET :offset;

-- name: said
-- What a batch made of records of one table: the row that it opened, and whether one ended by it
-- that said the same.
SELECT wanted.id, opened.line, closed.id IS NOT NULL AS known,
    coalesce(
        to_jsonb(opened) - ARRAY['from_batch', 'to_batch', 'line']
        = to_jsonb(closed) - ARRAY['from_batch', 'to_batch', 'line'],
        false
    ) AS same
FROM unnest(CAST(:ids AS text[])) AS wanted (id)
LEFT JOIN {table} AS opened ON opened.kode_desa = :kode_desa
    AND opened.id = wanted.id AND opened.from_batch = :batch
LEFT JOIN {table} AS closed ON closed.kode_desa = :kode_desa
    AND closed.id = wanted.id AND closed.to_batch = :batch
WHERE opened.id IS NOT NULL OR closed.id IS NOT NULL;

-- name: newest
-- The newest batches of the villages in a scope.
SELECT batch.kode_desa, desa.nama, batch.position, batch.changes, batch.chain, batch.received_at
FROM ledger.batch
JOIN ledger.desa ON desa.kode_desa = batch.kode_desa
WHERE (batch.kode_desa = :scope OR batch.kode_desa LIKE :below)
ORDER BY batch.received_at DESC, batch.kode_desa, batch.position DESC
LIMIT :limit;

-- name: rhythm
-- How often the villages of a scope are heard, by either way: days with a batch or an upload that
-- was taken, and what came in the last thirty days.
WITH village AS (
    SELECT kode_desa FROM ledger.desa WHERE kode_desa = :scope OR kode_desa LIKE :below
), came AS (
    SELECT kode_desa, received_at, changes FROM ledger.batch
    UNION ALL
    SELECT kode_desa, received_at, 0 FROM ledger.upload WHERE refusal = ''
), heard AS (
    SELECT kode_desa, (received_at AT TIME ZONE :zone)::date AS day, count(*) AS came
    FROM came JOIN village USING (kode_desa)
    WHERE received_at > CAST(:now AS timestamptz) - interval '2 years'
    GROUP BY 1, 2
), gap AS (
    SELECT kode_desa, day - lag(day) OVER (PARTITION BY kode_desa ORDER BY day) AS days,
        row_number() OVER (PARTITION BY kode_desa ORDER BY day DESC) AS age
    FROM heard
), usual AS (
    SELECT kode_desa, percentile_disc(0.5) WITHIN GROUP (ORDER BY days) AS days
    FROM gap
    WHERE age <= :gaps AND days IS NOT NULL
    GROUP BY kode_desa
), lately AS (
    SELECT kode_desa, count(*) AS batches, sum(changes) AS changes
    FROM ledger.batch JOIN village USING (kode_desa)
    WHERE received_at > CAST(:now AS timestamptz) - interval '30 days'
    GROUP BY kode_desa
), refused AS (
    SELECT kode_desa, count(*) AS refusals
    FROM ledger.refusal JOIN village USING (kode_desa)
    WHERE authentic AND refused_at > CAST(:now AS timestamptz) - interval '30 days'
    GROUP BY kode_desa
)
SELECT village.kode_desa, usual.days AS usual,
    (CAST(:now AS timestamptz) AT TIME ZONE :zone)::date
        - (SELECT max(day) FROM heard WHERE heard.kode_desa = village.kode_desa) AS since,
    coalesce(lately.batches, 0) AS batches, coalesce(lately.changes, 0) AS changes,
    coalesce(refused.refusals, 0) AS refusals
FROM village
LEFT JOIN usual USING (kode_desa)
LEFT JOIN lately USING (kode_desa)
LEFT JOIN refused USING (kode_desa)
ORDER BY kode_desa;
