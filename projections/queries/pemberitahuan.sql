-- name: notices
-- What wants somebody's attention, of those kinds that are asked for: one row a kind and desa (a
-- letter's state, a conversation, a projection, an alarm or a job each have their own), with how
-- many, since when, and what the desa calls it.
WITH place AS (
    SELECT desa.kode_desa, desa.registered_at, head.appended_at
    FROM ledger.desa
    JOIN ledger.head ON head.kode_desa = desa.kode_desa
    WHERE desa.kode_desa = :scope OR desa.kode_desa LIKE :below
), heard AS (
    SELECT place.*, taken.at AS taken_at, refused.at AS refused_at
    FROM place
    LEFT JOIN LATERAL (
        SELECT received_at AS at FROM ledger.upload
        WHERE upload.kode_desa = place.kode_desa AND refusal = ''
        ORDER BY received_at DESC LIMIT 1
    ) AS taken ON true
    LEFT JOIN LATERAL (
        SELECT received_at AS at FROM ledger.upload
        WHERE upload.kode_desa = place.kode_desa AND refusal <> ''
        ORDER BY received_at DESC LIMIT 1
    ) AS refused ON true
)
SELECT 'hapus' AS kind, waiting.kode_desa, waiting.entity AS what,
    cardinality(ids) AS jumlah, noticed_at AS since, '' AS judul
FROM ledger.waiting
JOIN place ON place.kode_desa = waiting.kode_desa
WHERE 'hapus' = ANY(:kinds)
UNION ALL
SELECT 'unggahan', kode_desa, '', 1, refused_at, ''
FROM heard
WHERE 'unggahan' = ANY(:kinds) AND refused_at > coalesce(taken_at, '-infinity')
UNION ALL
SELECT 'kiriman', refusal.kode_desa, '', count(*), min(refusal.refused_at), ''
FROM ledger.refusal
JOIN place ON place.kode_desa = refusal.kode_desa
WHERE 'kiriman' = ANY(:kinds) AND authentic
    AND refusal.refused_at > coalesce(place.appended_at, '-infinity')
GROUP BY refusal.kode_desa
UNION ALL
SELECT 'diam', kode_desa, CASE WHEN greatest(appended_at, taken_at) IS NULL THEN 'belum' ELSE '' END,
    1, coalesce(greatest(appended_at, taken_at), registered_at), ''
FROM heard
WHERE 'diam' = ANY(:kinds)
    AND (greatest(appended_at, taken_at) IS NULL OR greatest(appended_at, taken_at) < :silent_since)
UNION ALL
-- What a desa wrote in a conversation after the office's last word in it.
SELECT 'pesan', said.kode_desa, said.conversation::text, count(*), min(said.sent_at),
    min(said.judul)
FROM ledger.message AS said
JOIN place ON place.kode_desa = said.kode_desa
LEFT JOIN (
    SELECT kode_desa, conversation, max(number) AS number
    FROM ledger.message WHERE pengirim = 'kecamatan'
    GROUP BY kode_desa, conversation
) AS answer ON answer.kode_desa = said.kode_desa AND answer.conversation = said.conversation
WHERE 'pesan' = ANY(:kinds) AND said.pengirim = 'desa' AND said.number > coalesce(answer.number, 0)
GROUP BY said.kode_desa, said.conversation
UNION ALL
SELECT 'sengketa', key.kode_desa, key.name, count(*), min(batch.received_at), ''
FROM ledger.key
JOIN place ON place.kode_desa = key.kode_desa
JOIN ledger.batch ON batch.kode_desa = key.kode_desa AND batch.chain = key.name
    AND batch.position >= key.suspected
WHERE 'sengketa' = ANY(:kinds) AND key.suspected IS NOT NULL AND NOT key.acknowledged
GROUP BY key.kode_desa, key.name
UNION ALL
SELECT 'parkir', position.kode_desa, position.projection, 1, position.parked_at, ''
FROM projections.position
JOIN place ON place.kode_desa = position.kode_desa
WHERE 'parkir' = ANY(:kinds) AND position.parked_at IS NOT NULL
UNION ALL
SELECT 'alarm', alarm.kode_desa, alarm.part, count(*), min(alarm.raised_at), ''
FROM ledger.alarm
LEFT JOIN ledger.alarm_end ON alarm_end.kode_desa = alarm.kode_desa AND alarm_end.id = alarm.id
WHERE 'alarm' = ANY(:kinds) AND alarm_end.id IS NULL
GROUP BY alarm.kode_desa, alarm.part
UNION ALL
SELECT 'pekerjaan', '', job.name, job.failures, job.begun_at, ''
FROM ledger.job
WHERE 'pekerjaan' = ANY(:kinds) AND NOT coalesce(job.ok, true);
