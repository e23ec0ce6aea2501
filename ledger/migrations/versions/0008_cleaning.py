"""One-time codes that nobody used may be cleaned away; what a key came with stays."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION ledger.refuse_used_code() RETURNS trigger LANGUAGE plpgsql
            SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            IF OLD.vkey <> '' THEN
                RAISE EXCEPTION 'a code that a key came with is kept'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN OLD;
        END $$;
        CREATE TRIGGER refuse_used_code BEFORE DELETE ON ledger.enrolment
            FOR EACH ROW EXECUTE FUNCTION ledger.refuse_used_code();
        ALTER TABLE ledger.enrolment ENABLE ALWAYS TRIGGER refuse_used_code;
        GRANT DELETE ON ledger.enrolment TO opendk_ingest;
    """)
