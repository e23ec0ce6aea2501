"""Indexes by which the findings that a batch brought are counted without looking through all."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # New databases have them from 0001.
    op.execute("""
        CREATE INDEX IF NOT EXISTS mutu_opened
            ON projections.mutu (kode_desa, from_batch, to_batch, severity);
        CREATE INDEX IF NOT EXISTS mutu_closed ON projections.mutu (kode_desa, to_batch);
    """)
