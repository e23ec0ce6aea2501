"""Witnesses of our logs and their cosignatures, logs that we witness, and anchors."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE ledger.cosignature (
    kode_desa   text NOT NULL,
    size        bigint NOT NULL,
    witness     text NOT NULL,
    line        text NOT NULL,
    cosigned_at timestamptz NOT NULL,
    PRIMARY KEY (kode_desa, size, witness)
);
COMMENT ON TABLE ledger.cosignature IS 'what witnesses signed of our checkpoints';
COMMENT ON COLUMN ledger.cosignature.size IS 'of the log';
COMMENT ON COLUMN ledger.cosignature.witness IS 'its vkey';
COMMENT ON COLUMN ledger.cosignature.line IS 'the note''s signature line';
COMMENT ON COLUMN ledger.cosignature.cosigned_at IS 'as the witness says';

CREATE TABLE ledger.anchor (
    kode_desa text PRIMARY KEY,
    size      bigint NOT NULL,
    root      bytea NOT NULL,
    position  bigint NOT NULL
);
COMMENT ON TABLE ledger.anchor IS
    'how far each desa''s log is stated in the office''s own log';
COMMENT ON COLUMN ledger.anchor.position IS 'of the office''s log';

CREATE TABLE ledger.witness (
    name text PRIMARY KEY,
    vkey text NOT NULL,
    url  text NOT NULL
);
COMMENT ON TABLE ledger.witness IS
    'who cosigns our checkpoints; the office log says since when';
COMMENT ON COLUMN ledger.witness.url IS 'before /add-checkpoint';

CREATE TABLE ledger.witnessed (
    origin      text PRIMARY KEY,
    origin_hash bytea NOT NULL CONSTRAINT witnessed_hash UNIQUE,
    keys        text[] NOT NULL,
    size        bigint NOT NULL,
    root        bytea NOT NULL,
    cosigned_at timestamptz,
    note        bytea,
    rival       bytea
);
COMMENT ON TABLE ledger.witnessed IS 'logs of other offices that this one witnesses';
COMMENT ON COLUMN ledger.witnessed.origin IS 'the name of somebody else''s log';
COMMENT ON COLUMN ledger.witnessed.origin_hash IS 'SHA-256 of the name';
COMMENT ON COLUMN ledger.witnessed.keys IS 'vkeys of the log';
COMMENT ON COLUMN ledger.witnessed.size IS 'of what was cosigned last';
COMMENT ON COLUMN ledger.witnessed.note IS 'the checkpoint that was cosigned last';
COMMENT ON COLUMN ledger.witnessed.rival IS
    'one that the log signed and that contradicts it';
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON ledger.cosignature, ledger.anchor, ledger.witnessed
    TO opendk_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.witness TO opendk_ingest;
GRANT SELECT ON ledger.cosignature, ledger.anchor, ledger.witness, ledger.witnessed
    TO opendk_reader;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GRANTS)
