"""An index by which an event is found that waits for its person."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # New databases have it from 0001.
    op.execute("""
        CREATE INDEX IF NOT EXISTS mutasi_waiting ON projections.mutasi (kode_desa, id_pend)
            WHERE jumlah = 0;
    """)
