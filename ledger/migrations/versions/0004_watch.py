"""What watches the office: scheduled work, the scrub, alarms, and who saw whose data."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE ledger.job (
    name     text PRIMARY KEY,
    begun_at timestamptz NOT NULL,
    ended_at timestamptz,
    ok       boolean,
    result   text NOT NULL DEFAULT '',
    failures integer NOT NULL DEFAULT 0,
    next_at  timestamptz NOT NULL
);
COMMENT ON TABLE ledger.job IS 'scheduled work: its last run, and when the next one is due';
COMMENT ON COLUMN ledger.job.ok IS 'how the last run ended; empty while the first one runs';
COMMENT ON COLUMN ledger.job.result IS 'what the last run says of itself';
COMMENT ON COLUMN ledger.job.failures IS 'failed runs in a row';

CREATE TABLE ledger.scrub (
    kode_desa   text NOT NULL,
    part        text NOT NULL,
    reached     text NOT NULL,
    begun_at    timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (kode_desa, part)
);
COMMENT ON TABLE ledger.scrub IS 'how far what is stored was read again and checked';
COMMENT ON COLUMN ledger.scrub.part IS 'log, berkas or akses';
COMMENT ON COLUMN ledger.scrub.reached IS 'the last place of this round: a position or a hash';
COMMENT ON COLUMN ledger.scrub.begun_at IS 'when this round began';
COMMENT ON COLUMN ledger.scrub.finished_at IS 'when the last whole round ended';

CREATE TABLE ledger.alarm (
    kode_desa text NOT NULL,
    id        uuid NOT NULL,
    raised_at timestamptz NOT NULL,
    part      text NOT NULL,
    place     text NOT NULL,
    fault     text NOT NULL,
    detail    text NOT NULL,
    PRIMARY KEY (kode_desa, id)
);
COMMENT ON TABLE ledger.alarm IS 'damage that was found; never changed';
COMMENT ON COLUMN ledger.alarm.part IS 'log, berkas or akses';
COMMENT ON COLUMN ledger.alarm.place IS 'a position, a number, or a file''s hash';
COMMENT ON COLUMN ledger.alarm.fault IS 'what is wrong there: a code';

CREATE TABLE ledger.alarm_end (
    kode_desa text NOT NULL,
    id        uuid NOT NULL,
    ended_at  timestamptz NOT NULL,
    username  text NOT NULL,
    note      text NOT NULL,
    PRIMARY KEY (kode_desa, id)
);
COMMENT ON TABLE ledger.alarm_end IS 'alarms that somebody settled, and how; never changed';

CREATE TABLE ledger.access (
    kode_desa text NOT NULL,
    number    bigint NOT NULL,
    at        timestamptz NOT NULL,
    username  text NOT NULL,
    role      text NOT NULL,
    entity    text NOT NULL,
    id        text NOT NULL,
    people    bigint NOT NULL,
    fields    text[] NOT NULL,
    query     text NOT NULL,
    purpose   text NOT NULL,
    reason    text NOT NULL,
    until     timestamptz,
    hash      bytea NOT NULL,
    PRIMARY KEY (kode_desa, number)
);
CREATE INDEX access_record ON ledger.access (kode_desa, entity, id);
CREATE INDEX access_time ON ledger.access (kode_desa, at DESC);
COMMENT ON TABLE ledger.access IS
    'who saw unmasked data of which record, when and why; never changed';
COMMENT ON COLUMN ledger.access.number IS '1, 2, 3 … of the desa';
COMMENT ON COLUMN ledger.access.id IS 'the record; empty for a list';
COMMENT ON COLUMN ledger.access.people IS 'how many records were shown';
COMMENT ON COLUMN ledger.access.fields IS 'the fields that were shown and are masked else';
COMMENT ON COLUMN ledger.access.query IS 'how a list was narrowed';
COMMENT ON COLUMN ledger.access.purpose IS 'one of the usual purposes';
COMMENT ON COLUMN ledger.access.reason IS 'what the viewer said it was for';
COMMENT ON COLUMN ledger.access.until IS 'the record stays open to the viewer until then';
COMMENT ON COLUMN ledger.access.hash IS 'RFC 6962 leaf hash of the row''s text';

CREATE TABLE ledger.access_anchor (
    kode_desa text NOT NULL,
    size      bigint NOT NULL,
    root      bytea NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (kode_desa, size)
);
COMMENT ON TABLE ledger.access_anchor IS
    'roots of the access log that the office log holds; never changed';
COMMENT ON COLUMN ledger.access_anchor.size IS 'rows under the root: numbers 1 to this';
COMMENT ON COLUMN ledger.access_anchor.position IS 'the batch of the office log that says so';
"""

APPEND_ONLY = ("alarm", "alarm_end", "access", "access_anchor")

GRANTS = """
GRANT SELECT, INSERT
    ON ledger.alarm, ledger.alarm_end, ledger.access, ledger.access_anchor TO opendk_ingest;
GRANT SELECT, INSERT, UPDATE ON ledger.job, ledger.scrub TO opendk_ingest;
GRANT SELECT ON ledger.job, ledger.scrub, ledger.alarm, ledger.alarm_end TO opendk_reader;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.{table}
                FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
            ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER refuse_change;
        """)
    op.execute(GRANTS)
