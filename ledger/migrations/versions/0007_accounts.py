"""Sessions, second factors, and what is kept of log-ins."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE ledger.account
    ADD COLUMN active     boolean NOT NULL DEFAULT true,
    ADD COLUMN once_until timestamptz,
    ADD COLUMN totp       text,
    ADD COLUMN totp_step  bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN ledger.account.once_until IS 'the password is a one-time one, good until then';
COMMENT ON COLUMN ledger.account.totp IS 'secret of the second factor, sealed; empty: none';
COMMENT ON COLUMN ledger.account.totp_step IS 'time step of the newest code that was accepted';

CREATE TABLE ledger.recovery (
    username text NOT NULL,
    hash     bytea NOT NULL,
    used_at  timestamptz,
    PRIMARY KEY (username, hash)
);
COMMENT ON TABLE ledger.recovery IS 'codes that stand in for a lost second factor, each once';
COMMENT ON COLUMN ledger.recovery.hash IS 'SHA-256 of name and code';

CREATE TABLE ledger.session (
    hash       bytea PRIMARY KEY,
    username   text NOT NULL,
    role       text NOT NULL,
    complete   boolean NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    address    text NOT NULL,
    agent      text NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX session_account ON ledger.session (username);
COMMENT ON TABLE ledger.session IS 'who is logged in where';
COMMENT ON COLUMN ledger.session.hash IS 'SHA-256 of what the cookie holds';
COMMENT ON COLUMN ledger.session.role IS 'the account''s at log-in';
COMMENT ON COLUMN ledger.session.complete IS 'false: the second factor is awaited';
COMMENT ON COLUMN ledger.session.address IS 'network of the address';
COMMENT ON COLUMN ledger.session.agent IS 'browser and system, in short';

CREATE TABLE ledger.log_in (
    id       uuid PRIMARY KEY,
    at       timestamptz NOT NULL,
    username text,
    outcome  text NOT NULL,
    door     text NOT NULL,
    address  text NOT NULL,
    agent    text NOT NULL
);
CREATE INDEX log_in_account ON ledger.log_in (username, at DESC);
CREATE INDEX log_in_time ON ledger.log_in (at DESC);
COMMENT ON TABLE ledger.log_in IS 'log-ins that were tried; never changed';
COMMENT ON COLUMN ledger.log_in.username IS 'empty: a name that is no account''s';
COMMENT ON COLUMN ledger.log_in.outcome IS 'masuk, kata-sandi, kode, nama';
COMMENT ON COLUMN ledger.log_in.door IS 'web, program, opensid';
COMMENT ON COLUMN ledger.log_in.address IS 'network of the address';
COMMENT ON COLUMN ledger.log_in.agent IS 'browser and system, in short';

CREATE TABLE ledger.attempt (
    key        text PRIMARY KEY,
    failures   integer NOT NULL,
    until      timestamptz NOT NULL,
    counted_at timestamptz NOT NULL
);
COMMENT ON TABLE ledger.attempt IS 'failed log-ins that count against whoever tries next';
COMMENT ON COLUMN ledger.attempt.key IS 'hash of a name, or a network, or both';
COMMENT ON COLUMN ledger.attempt.until IS 'nothing is looked at before';
"""

GRANTS = """
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.log_in
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.log_in ENABLE ALWAYS TRIGGER refuse_change;
GRANT SELECT, INSERT ON ledger.log_in TO opendk_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.session, ledger.attempt, ledger.recovery
    TO opendk_ingest;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GRANTS)
