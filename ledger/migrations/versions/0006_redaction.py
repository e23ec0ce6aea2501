"""Redaction: the one change of a log that the database lets through, and checks to the last byte."""

from alembic import op

from ledger.database import create_roles

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE ledger.head ADD COLUMN redactions bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN ledger.head.redactions IS
    'how often batches of the log were redacted: read models that know less forget';
COMMENT ON COLUMN ledger.batch.packed IS
    'the change lines, zstd; plain where some were redacted or an act redacts';
COMMENT ON TABLE ledger.batch IS 'the logs: one row a push, never changed but by redaction';

ALTER TABLE ledger.upload ADD COLUMN erased uuid;
COMMENT ON COLUMN ledger.upload.erased IS 'the redaction that took the file kept as evidence';

CREATE TABLE ledger.redaction (
    kode_desa   text NOT NULL,
    position    bigint NOT NULL,
    line        integer NOT NULL,
    hash        bytea NOT NULL,
    office      text NOT NULL,
    act         bigint NOT NULL,
    id          uuid NOT NULL,
    entity      text NOT NULL,
    record      text NOT NULL,
    dasar_hukum text NOT NULL,
    redacted_at timestamptz NOT NULL,
    PRIMARY KEY (kode_desa, position, line)
);
CREATE INDEX redaction_record ON ledger.redaction (kode_desa, entity, record);
COMMENT ON TABLE ledger.redaction IS 'the lines that were redacted, each by an act of the office';
COMMENT ON COLUMN ledger.redaction.line IS '1, 2, 3 … in the batch';
COMMENT ON COLUMN ledger.redaction.hash IS 'leaf hash of the line, which stands in its place';
COMMENT ON COLUMN ledger.redaction.office IS 'code of the office whose log has the act';
COMMENT ON COLUMN ledger.redaction.act IS 'position of the act in that log';
COMMENT ON COLUMN ledger.redaction.id IS 'of the act';
COMMENT ON COLUMN ledger.redaction.entity IS 'kind of the record that the redaction was for';
COMMENT ON COLUMN ledger.redaction.record IS 'its id in that desa''s OpenSID';

CREATE TABLE ledger.discard (
    kode_desa text NOT NULL,
    sha256    text NOT NULL,
    PRIMARY KEY (kode_desa, sha256)
);
COMMENT ON TABLE ledger.discard IS
    'files that a redaction took and that are still to be removed from the data folder';
"""

# What the checks are made of. A body that they can read is plain: lines, each with its newline.
READING = r"""
CREATE FUNCTION ledger.plain_lines(body bytea) RETURNS TABLE (line integer, said text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp AS $$
    SELECT number::integer, lines.said
    FROM string_to_table(left(convert_from(body, 'UTF8'), -1), E'\n')
        WITH ORDINALITY AS lines (said, number)
$$;
COMMENT ON FUNCTION ledger.plain_lines IS 'the lines of a body that is not packed';

CREATE FUNCTION ledger.redacted_hash(said text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp AS $$
    -- 32 bytes in their one spelling: the last digit has two bits to spare.
    SELECT CASE WHEN said ~ '^\{"_h":"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="\}$'
        THEN decode(substr(said, 8, 44), 'base64') END
$$;
COMMENT ON FUNCTION ledger.redacted_hash IS 'the hash that a redacted line holds, else nothing';

CREATE FUNCTION ledger.lines_root(body bytea) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    level bytea[];
BEGIN
    SELECT array_agg(
            coalesce(
                ledger.redacted_hash(said), sha256('\x00'::bytea || convert_to(said, 'UTF8'))
            ) ORDER BY line
        )
        INTO level FROM ledger.plain_lines(body);
    WHILE cardinality(level) > 1 LOOP
        -- An odd one out goes up as it is.
        SELECT array_agg(coalesce(sha256('\x01'::bytea || hash || next), hash) ORDER BY number)
            INTO level
            FROM (
                SELECT number, hash, lead(hash) OVER (ORDER BY number) AS next
                FROM unnest(level) WITH ORDINALITY AS hashes (hash, number)
            ) AS pairs
            WHERE number % 2 = 1;
    END LOOP;
    RETURN level[1];
END $$;
COMMENT ON FUNCTION ledger.lines_root IS 'the RFC 6962 root over the lines of a plain body';

CREATE FUNCTION ledger.is_body_of(body bytea, note bytea, changes integer) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF substr(body, 1, 3) <> '{"_'::bytea OR substr(body, length(body)) <> '\x0a'::bytea THEN
        RETURN false;
    END IF;
    -- The count too: the root alone could be that of fewer lines, hashes of inner nodes.
    RETURN (SELECT count(*) FROM ledger.plain_lines(body)) = changes
        AND encode(ledger.lines_root(body), 'base64')
            = substring(convert_from(note, 'UTF8') FROM '\nchanges ([A-Za-z0-9+/=]{44})\n');
END $$;
COMMENT ON FUNCTION ledger.is_body_of IS
    'whether a plain body has the lines, or their hashes, that a manifest was signed for';
"""

# Two triggers keep what they guard, whoever writes: the owner and a superuser too.
#
# A line may be named as redacted only by an act that the office's log took in this transaction.
# A body may be changed only to itself with just the named lines as hashes; every other line has
# the hash that was signed, so it is what it was, byte for byte.
CHECKS = r"""
CREATE FUNCTION ledger.refuse_redaction_without_act() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stands ledger.batch;
BEGIN
    SELECT batch.* INTO stands FROM ledger.batch
        WHERE batch.kode_desa = NEW.office AND batch.position = NEW.act
            AND batch.xmin = pg_current_xact_id()::xid
            AND batch.kode_desa NOT IN (SELECT desa.kode_desa FROM ledger.desa);
    IF NOT FOUND OR ledger.is_body_of(stands.packed, stands.note, stands.changes) IS NOT TRUE THEN
        RAISE EXCEPTION 'a redaction without an act of the office in the same transaction'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM (
            SELECT act ->> 'id' AS id, act -> 'data' AS said
            FROM ledger.plain_lines(stands.packed) AS lines,
                LATERAL (SELECT CASE WHEN ledger.redacted_hash(lines.said) IS NULL
                    THEN lines.said::jsonb END AS act) AS parsed
            WHERE act ->> 'entity' = 'redaksi' AND act ->> 'op' = 'put'
        ) AS acts,
        jsonb_array_elements(said -> 'baris') WITH ORDINALITY AS named (place, number)
        WHERE acts.id = NEW.id::text
            AND said ->> 'kode_desa' = NEW.kode_desa
            AND said ->> 'entity' = NEW.entity
            AND said ->> 'id' = NEW.record
            AND said ->> 'dasar_hukum' = NEW.dasar_hukum
            AND place = jsonb_build_array(NEW.position, NEW.line)
            AND said -> 'hash' ->> (number - 1)::integer = encode(NEW.hash, 'base64')
            -- Two people answer for it.
            AND length(said ->> 'alasan') > 0 AND length(said ->> 'dasar_hukum') > 0
            AND length(said ->> 'nomor') > 0 AND length(said ->> 'oleh') > 0
            AND length(said ->> 'disetujui') > 0
            AND lower(said ->> 'oleh') <> lower(said ->> 'disetujui');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a redaction that the act of the office does not name'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger.refuse_all_but_redaction() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before ledger.batch;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := OLD;
        before.packed := NEW.packed;
        IF before IS NOT DISTINCT FROM NEW
            AND EXISTS (
                SELECT FROM ledger.redaction
                WHERE redaction.kode_desa = NEW.kode_desa AND redaction.position = NEW.position
                    AND redaction.xmin = pg_current_xact_id()::xid
            )
            AND ledger.is_body_of(NEW.packed, NEW.note, NEW.changes) IS TRUE
            AND NOT EXISTS (
                SELECT FROM (
                    SELECT lines.line, ledger.redacted_hash(lines.said) AS hash
                    FROM ledger.plain_lines(NEW.packed) AS lines
                ) AS done
                FULL JOIN (
                    SELECT redaction.line, redaction.hash FROM ledger.redaction
                    WHERE redaction.kode_desa = NEW.kode_desa
                        AND redaction.position = NEW.position
                ) AS named USING (line)
                WHERE done.hash IS DISTINCT FROM named.hash
            )
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a log is never changed: % of ledger.%', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

DROP TRIGGER refuse_change ON ledger.batch;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON ledger.batch
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_all_but_redaction();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON ledger.batch
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.batch ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE ledger.batch ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER refuse_redaction_without_act BEFORE INSERT ON ledger.redaction
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_redaction_without_act();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.redaction
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.redaction ENABLE ALWAYS TRIGGER refuse_redaction_without_act;
ALTER TABLE ledger.redaction ENABLE ALWAYS TRIGGER refuse_change;
"""

# The one way in. It names the lines and puts their hashes in their place; the triggers say no.
REDACT = """
CREATE FUNCTION ledger.redact(
    of_desa text, at_position bigint, body bytea, lines integer[], hashes bytea[],
    of_office text, at_act bigint, of_act uuid, of_entity text, of_record text, basis text,
    at_time timestamptz
) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ledger.redaction (
        kode_desa, position, line, hash, office, act, id, entity, record, dasar_hukum, redacted_at
    )
    SELECT of_desa, at_position, named.line, named.hash, of_office, at_act, of_act, of_entity,
        of_record, basis, at_time
    FROM unnest(lines, hashes) AS named (line, hash);
    UPDATE ledger.batch SET packed = body
        WHERE batch.kode_desa = of_desa AND batch.position = at_position;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such batch' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE ledger.head SET redactions = redactions + 1 WHERE head.kode_desa = of_desa;
END $$;
REVOKE ALL ON FUNCTION ledger.redact FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.redact TO opendk_redactor;
"""

GRANTS = """
GRANT opendk_ingest TO opendk_redactor WITH INHERIT TRUE, SET FALSE;
GRANT SELECT ON ledger.redaction TO opendk_ingest, opendk_projector, opendk_reader;
GRANT SELECT, DELETE ON ledger.blob TO opendk_redactor;
GRANT SELECT, INSERT, DELETE ON ledger.discard TO opendk_redactor;
GRANT UPDATE (erased) ON ledger.upload TO opendk_redactor;
GRANT UPDATE (nama_pengirim, judul, isi) ON ledger.message TO opendk_redactor;
"""


def upgrade() -> None:
    create_roles(op.get_bind())
    op.execute(TABLES)
    op.execute(READING)
    op.execute(CHECKS)
    op.execute(REDACT)
    op.execute(GRANTS)
