"""Indexes by which whoever has a number is found without looking through all people."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # New databases have them from 0001.
    op.execute("""
        CREATE INDEX IF NOT EXISTS penduduk_nik ON projections.penduduk (nik);
        CREATE INDEX IF NOT EXISTS penduduk_no_kk ON projections.penduduk (no_kk);
    """)
