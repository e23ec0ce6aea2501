"""The office's own figures, by desa and period."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE ledger.figure (
    kode_desa       text NOT NULL,
    id              uuid NOT NULL,
    jenis           text NOT NULL,
    tahun           integer NOT NULL,
    periode         integer NOT NULL,
    rincian         integer NOT NULL,
    act             text NOT NULL,
    angka           jsonb NOT NULL,
    username        text NOT NULL,
    nama            text NOT NULL,
    role            text NOT NULL,
    way             text NOT NULL,
    source          text NOT NULL,
    row             integer NOT NULL,
    reason          text NOT NULL,
    at              timestamptz NOT NULL,
    office_position bigint NOT NULL,
    line            integer NOT NULL,
    PRIMARY KEY (kode_desa, id)
);
CREATE INDEX figure_cell ON ledger.figure
    (kode_desa, jenis, tahun, periode, rincian, office_position, line);
CREATE INDEX figure_batch ON ledger.figure (office_position);
COMMENT ON TABLE ledger.figure IS
    'figures that the office itself states of desa and periods; never changed';
COMMENT ON COLUMN ledger.figure.jenis IS 'which table of the office''s: FIGURE_KINDS';
COMMENT ON COLUMN ledger.figure.periode IS 'month or semester, as the kind has it';
COMMENT ON COLUMN ledger.figure.rincian IS 'which disease; 0: not divided';
COMMENT ON COLUMN ledger.figure.act IS 'nyatakan, cabut';
COMMENT ON COLUMN ledger.figure.angka IS 'by column; null: not stated';
COMMENT ON COLUMN ledger.figure.way IS 'formulir, berkas';
COMMENT ON COLUMN ledger.figure.source IS 'SHA-256 of the file; empty: a form';
COMMENT ON COLUMN ledger.figure.row IS 'of the file; 0: a form';
COMMENT ON COLUMN ledger.figure.reason IS 'why it was withdrawn: a code';
COMMENT ON COLUMN ledger.figure.office_position IS 'batch of the office''s log';
COMMENT ON COLUMN ledger.figure.line IS 'in that batch';
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.figure
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.figure ENABLE ALWAYS TRIGGER refuse_change;
"""

GRANTS = """
GRANT SELECT, INSERT ON ledger.figure TO opendk_ingest;
GRANT SELECT ON ledger.figure TO opendk_reader;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GRANTS)
