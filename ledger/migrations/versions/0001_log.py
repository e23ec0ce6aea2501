"""The log, its bookkeeping, and the database's refusal to change it."""

from alembic import op

from ledger.database import create_roles

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE ledger.head (
    kode_desa   text PRIMARY KEY,
    size        bigint NOT NULL,
    root        bytea NOT NULL,
    appended_at timestamptz
);
COMMENT ON TABLE ledger.head IS 'one row a log: its size and root; who holds its lock may append';
COMMENT ON COLUMN ledger.head.kode_desa IS 'whose log; of the office: its own code';
COMMENT ON COLUMN ledger.head.size IS 'batches in the log';
COMMENT ON COLUMN ledger.head.root IS 'RFC 6962 root over the manifest notes';
COMMENT ON COLUMN ledger.head.appended_at IS 'when the newest batch came';

CREATE TABLE ledger.batch (
    kode_desa     text NOT NULL,
    position      bigint NOT NULL,
    chain         text NOT NULL,
    number        bigint NOT NULL,
    manifest_hash bytea NOT NULL,
    note          bytea NOT NULL,
    packed        bytea STORAGE EXTERNAL NOT NULL,
    changes       integer NOT NULL,
    bytes         integer NOT NULL,
    root          bytea NOT NULL,
    nodes         bytea NOT NULL,
    received_at   timestamptz NOT NULL,
    PRIMARY KEY (kode_desa, position),
    CONSTRAINT batch_manifest UNIQUE (kode_desa, manifest_hash),
    CONSTRAINT batch_chain UNIQUE (kode_desa, chain, number)
);
COMMENT ON TABLE ledger.batch IS 'the logs: one row a push, never changed';
COMMENT ON COLUMN ledger.batch.position IS '1, 2, 3 …';
COMMENT ON COLUMN ledger.batch.chain IS 'the name of the key that signed';
COMMENT ON COLUMN ledger.batch.number IS '1, 2, 3 … in the chain';
COMMENT ON COLUMN ledger.batch.manifest_hash IS 'SHA-256 of the manifest text';
COMMENT ON COLUMN ledger.batch.note IS 'the signed manifest: the leaf, exactly';
COMMENT ON COLUMN ledger.batch.packed IS 'the change lines, zstd';
COMMENT ON COLUMN ledger.batch.changes IS 'how many lines';
COMMENT ON COLUMN ledger.batch.bytes IS 'length of the lines, unpacked';
COMMENT ON COLUMN ledger.batch.root IS 'the log''s root with this batch';
COMMENT ON COLUMN ledger.batch.nodes IS 'hashes of the subtrees it completes';

CREATE TABLE ledger.refusal (
    kode_desa  text NOT NULL,
    id         uuid NOT NULL,
    refused_at timestamptz NOT NULL,
    code       text NOT NULL,
    message    text NOT NULL,
    chain      text,
    number     bigint,
    authentic  boolean NOT NULL,
    note       bytea,
    facts      jsonb NOT NULL,
    PRIMARY KEY (kode_desa, id)
);
CREATE INDEX refusal_time ON ledger.refusal (kode_desa, refused_at);
COMMENT ON TABLE ledger.refusal IS
    'batches that were not taken, for desa and staff to see; never changed';
COMMENT ON COLUMN ledger.refusal.message IS 'the sentence the sender was answered';
COMMENT ON COLUMN ledger.refusal.authentic IS 'the signature was right';
COMMENT ON COLUMN ledger.refusal.note IS 'the refused manifest, as evidence';

CREATE TABLE ledger.desa (
    kode_desa     text PRIMARY KEY,
    nama          text NOT NULL,
    registered_at timestamptz NOT NULL
);
COMMENT ON TABLE ledger.desa IS
    'the villages that may push; the office log says since when and by whom';
COMMENT ON COLUMN ledger.desa.kode_desa IS '53.06.14.2001';

CREATE TABLE ledger.key (
    kode_desa text NOT NULL,
    name      text NOT NULL,
    public    bytea NOT NULL,
    first     bigint NOT NULL,
    "end"     bigint,
    PRIMARY KEY (kode_desa, name)
);
COMMENT ON TABLE ledger.key IS 'who may sign, at which positions of the log';
COMMENT ON COLUMN ledger.key.name IS 'desa/53.06.14.2001/sekdes-1';
COMMENT ON COLUMN ledger.key.public IS 'Ed25519 public key, 32 bytes';
COMMENT ON COLUMN ledger.key.first IS 'valid from this log position';
COMMENT ON COLUMN ledger.key."end" IS 'valid below this log position; empty: no end';

CREATE TABLE ledger.account (
    username      text PRIMARY KEY,
    nama          text NOT NULL,
    role          text NOT NULL,
    scope         text NOT NULL,
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL
);
COMMENT ON TABLE ledger.account IS 'who may log in';
COMMENT ON COLUMN ledger.account.scope IS 'prefix of the kode that they may see';
COMMENT ON COLUMN ledger.account.password_hash IS 'argon2id';
"""

# The roles may not change a log because they were never given the right; the triggers refuse
# whoever was, the owner too. ALWAYS: not even session_replication_role gets past them.
REFUSAL = """
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a log is never changed: % of ledger.%', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""
APPEND_ONLY = ("batch", "refusal")

GRANTS = """
REVOKE ALL ON SCHEMA ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO opendk_ingest, opendk_projector, opendk_reader;
GRANT SELECT, INSERT ON ledger.batch, ledger.refusal TO opendk_ingest;
GRANT SELECT, INSERT, UPDATE ON ledger.head, ledger.desa, ledger.key, ledger.account
    TO opendk_ingest;
GRANT SELECT ON ledger.head, ledger.batch, ledger.refusal, ledger.desa, ledger.key
    TO opendk_projector, opendk_reader;
"""


def upgrade() -> None:
    create_roles(op.get_bind())
    op.execute(TABLES)
    op.execute(REFUSAL)
    for table in APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.{table}
                FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
            ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER refuse_change;
        """)
    op.execute(GRANTS)
