"""What the gateway for today's OpenSID keeps: tokens, uploads, files, and what is stated now."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE ledger.head ADD COLUMN known bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN ledger.head.known IS 'batches that table stated knows';

CREATE TABLE ledger.stated (
    kode_desa text NOT NULL,
    entity    text NOT NULL,
    id        text NOT NULL,
    hash      bytea NOT NULL,
    PRIMARY KEY (kode_desa, entity, id)
);
COMMENT ON TABLE ledger.stated IS
    'what a log says now, as hashes of its records; for desa that the gateway serves';
COMMENT ON COLUMN ledger.stated.hash IS 'SHA-256 of the record with sorted members';

CREATE TABLE ledger.token (
    kode_desa  text NOT NULL,
    id         text NOT NULL,
    hash       bytea NOT NULL,
    label      text NOT NULL,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (kode_desa, id)
);
COMMENT ON TABLE ledger.token IS
    'who may push by the old protocol; the office log says who issued and revoked them';
COMMENT ON COLUMN ledger.token.hash IS 'SHA-256 of the token';
COMMENT ON COLUMN ledger.token.label IS 'for whom it was issued';

CREATE TABLE ledger.upload (
    kode_desa   text NOT NULL,
    id          uuid NOT NULL,
    received_at timestamptz NOT NULL,
    endpoint    text NOT NULL,
    entity      text NOT NULL,
    token       text NOT NULL,
    sha256      text NOT NULL,
    bytes       bigint NOT NULL,
    whole       boolean NOT NULL,
    refusal     text NOT NULL,
    message     text NOT NULL,
    new         integer NOT NULL,
    changed     integer NOT NULL,
    unchanged   integer NOT NULL,
    deleted     integer NOT NULL,
    kept        integer NOT NULL,
    withheld    integer NOT NULL,
    pictures    integer NOT NULL,
    left_out    jsonb NOT NULL,
    positions   bigint[] NOT NULL,
    PRIMARY KEY (kode_desa, id)
);
CREATE INDEX upload_time ON ledger.upload (kode_desa, received_at DESC);
COMMENT ON TABLE ledger.upload IS 'what came by the old protocol, and what became of it';
COMMENT ON COLUMN ledger.upload.whole IS 'it stated all records of its entity';
COMMENT ON COLUMN ledger.upload.refusal IS 'code of why nothing was taken; empty: taken';
COMMENT ON COLUMN ledger.upload.message IS 'the sentence that belongs to it';
COMMENT ON COLUMN ledger.upload.kept IS 'named for deletion, yet in the newest whole upload';
COMMENT ON COLUMN ledger.upload.withheld IS 'missing from a whole upload, and not deleted';
COMMENT ON COLUMN ledger.upload.pictures IS 'files named as pictures that are none';
COMMENT ON COLUMN ledger.upload.left_out IS 'rows that are no records: row, code, id';
COMMENT ON COLUMN ledger.upload.positions IS 'the batches that it became';

CREATE TABLE ledger.waiting (
    kode_desa  text NOT NULL,
    entity     text NOT NULL,
    upload     uuid NOT NULL,
    noticed_at timestamptz NOT NULL,
    reason     text NOT NULL,
    ids        text[] NOT NULL,
    PRIMARY KEY (kode_desa, entity)
);
COMMENT ON TABLE ledger.waiting IS
    'records missing from the newest whole upload, not deleted until somebody confirms';
COMMENT ON COLUMN ledger.waiting.reason IS 'many, or unreadable rows';

CREATE TABLE ledger.blob (
    kode_desa   text NOT NULL,
    sha256      text NOT NULL,
    type        text NOT NULL,
    bytes       bigint NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (kode_desa, sha256)
);
COMMENT ON TABLE ledger.blob IS 'files that a desa sent; their bytes are in the data folder';
COMMENT ON COLUMN ledger.blob.type IS 'media type, by content';

CREATE TABLE ledger.message (
    kode_desa     text NOT NULL,
    number        bigint NOT NULL,
    conversation  bigint NOT NULL,
    pengirim      text NOT NULL,
    nama_pengirim text NOT NULL,
    judul         text NOT NULL,
    isi           text NOT NULL,
    sent_at       timestamptz NOT NULL,
    PRIMARY KEY (kode_desa, number)
);
COMMENT ON TABLE ledger.message IS
    'messages between a desa and the office, of both logs, in one order';
COMMENT ON COLUMN ledger.message.conversation IS 'number of the message that began it';
COMMENT ON COLUMN ledger.message.pengirim IS 'desa or kecamatan';
"""

GRANTS = """
GRANT SELECT, INSERT ON ledger.upload, ledger.blob, ledger.message TO opendk_ingest;
GRANT SELECT, INSERT, UPDATE ON ledger.token TO opendk_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.stated, ledger.waiting TO opendk_ingest;
GRANT SELECT ON ledger.upload, ledger.waiting, ledger.blob, ledger.message TO opendk_reader;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GRANTS)
