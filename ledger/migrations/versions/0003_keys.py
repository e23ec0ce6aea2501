"""Keys that hand over, end and are disputed; one-time codes; the office's own keys."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE ledger.key ADD COLUMN how text NOT NULL DEFAULT 'kantor';
ALTER TABLE ledger.key ADD COLUMN ended text NOT NULL DEFAULT '';
ALTER TABLE ledger.key ADD COLUMN suspected bigint;
ALTER TABLE ledger.key ADD COLUMN acknowledged boolean NOT NULL DEFAULT false;
ALTER TABLE ledger.key ADD COLUMN note text NOT NULL DEFAULT '';
ALTER TABLE ledger.key ADD COLUMN end_note text NOT NULL DEFAULT '';
COMMENT ON COLUMN ledger.key.how IS 'by what it began: kantor, kode, rotasi';
COMMENT ON COLUMN ledger.key.ended IS 'by what it ended: kantor, rotasi, desa; empty: it has not';
COMMENT ON COLUMN ledger.key.suspected IS 'its batches from here on may be a thief''s';
COMMENT ON COLUMN ledger.key.acknowledged IS 'the desa says that those are its own';
COMMENT ON COLUMN ledger.key.note IS 'the key note by which it began; empty: none';
COMMENT ON COLUMN ledger.key.end_note IS 'the key note by which it ended; empty: none';

CREATE TABLE ledger.enrolment (
    kode_desa   text NOT NULL,
    id          uuid NOT NULL,
    code_hash   bytea NOT NULL,
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    tries       integer NOT NULL,
    vkey        text NOT NULL,
    note        text NOT NULL,
    received_at timestamptz,
    decided_at  timestamptz,
    accepted    boolean NOT NULL,
    PRIMARY KEY (kode_desa, id)
);
COMMENT ON TABLE ledger.enrolment IS
    'one-time codes, and the key that used each; what was decided is in the office log';
COMMENT ON COLUMN ledger.enrolment.code_hash IS 'SHA-256 of the code';
COMMENT ON COLUMN ledger.enrolment.tries IS 'wrong codes that were sent while this one was open';
COMMENT ON COLUMN ledger.enrolment.vkey IS 'the key that used it; empty: none yet';
COMMENT ON COLUMN ledger.enrolment.note IS 'its enrol note, signed';

CREATE TABLE ledger.office_key (
    kode_desa text NOT NULL,
    role      text NOT NULL,
    number    integer NOT NULL,
    public    bytea NOT NULL,
    note      text NOT NULL,
    signs     boolean NOT NULL,
    PRIMARY KEY (kode_desa, role, number)
);
COMMENT ON TABLE ledger.office_key IS
    'the office''s own keys, which hand over to each other; the seeds are files';
COMMENT ON COLUMN ledger.office_key.kode_desa IS 'the office''s own code';
COMMENT ON COLUMN ledger.office_key.role IS 'log, kantor, gateway';
COMMENT ON COLUMN ledger.office_key.number IS '1, 2, 3 …: the newest counts';
COMMENT ON COLUMN ledger.office_key.public IS 'Ed25519 public key, 32 bytes';
COMMENT ON COLUMN ledger.office_key.note IS 'the rotate note by which it began; empty: the first';
COMMENT ON COLUMN ledger.office_key.signs IS 'it signs, alone or beside its successor';
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON ledger.enrolment, ledger.office_key TO opendk_ingest;
GRANT SELECT ON ledger.office_key TO opendk_reader;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GRANTS)
