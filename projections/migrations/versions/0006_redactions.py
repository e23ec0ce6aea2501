"""How many redactions of a log the rows know of."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # New databases have it from 0001.
    op.execute("""
        ALTER TABLE projections.position
            ADD COLUMN IF NOT EXISTS redactions bigint NOT NULL DEFAULT 0;
        COMMENT ON COLUMN projections.position.redactions IS
            'redactions of the log that the rows know of';
    """)
