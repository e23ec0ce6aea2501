"""Which version of a projection made the rows that serve."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # New databases have it from 0001; what older ones hold was made by the first versions.
    op.execute("""
        ALTER TABLE projections.position
            ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1;
        ALTER TABLE projections.position ALTER COLUMN version DROP DEFAULT;
        COMMENT ON COLUMN projections.position.version IS 'of the projection that made the rows';
    """)
