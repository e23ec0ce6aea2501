"""What the office decides on letters."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE ledger.letter_act (
    kode_desa       text NOT NULL,
    id              uuid NOT NULL,
    nomor           text NOT NULL,
    position        bigint NOT NULL,
    sha256          text NOT NULL,
    act             text NOT NULL,
    state           text NOT NULL,
    username        text NOT NULL,
    nama            text NOT NULL,
    role            text NOT NULL,
    reason          text NOT NULL,
    signed          text NOT NULL,
    way             text NOT NULL,
    at              timestamptz NOT NULL,
    office_position bigint NOT NULL,
    PRIMARY KEY (kode_desa, id)
);
CREATE INDEX letter_act_letter ON ledger.letter_act (kode_desa, nomor, office_position);
COMMENT ON TABLE ledger.letter_act IS
    'what the office decided on letters; only a reason is ever erased';
COMMENT ON COLUMN ledger.letter_act.nomor IS 'of the letter, which is its id in its desa';
COMMENT ON COLUMN ledger.letter_act.position IS
    'batch of the desa''s log with which the version began that was decided on';
COMMENT ON COLUMN ledger.letter_act.sha256 IS 'of the PDF that was decided on';
COMMENT ON COLUMN ledger.letter_act.state IS 'where the letter stands since';
COMMENT ON COLUMN ledger.letter_act.signed IS 'SHA-256 of the signed PDF; empty: none';
COMMENT ON COLUMN ledger.letter_act.way IS 'elektronik, basah; empty: not signed';
COMMENT ON COLUMN ledger.letter_act.office_position IS 'batch of the office''s log';
"""

GRANTS = """
GRANT SELECT, INSERT ON ledger.letter_act TO opendk_ingest;
GRANT SELECT ON ledger.letter_act TO opendk_reader;
GRANT UPDATE (reason) ON ledger.letter_act TO opendk_redactor;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GRANTS)
