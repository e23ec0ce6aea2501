"""Counts of people by statistic and batch, the indexes that make them quick, and findings.

Tables are made from the code's own description, as in 0001; indexes that a table has by now are
left as they are.
"""

from alembic import op

from projections.tables import metadata

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("""
        CREATE INDEX IF NOT EXISTS penduduk_opened
            ON projections.penduduk (kode_desa, from_batch);
        CREATE INDEX IF NOT EXISTS penduduk_closed
            ON projections.penduduk (kode_desa, to_batch);
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA projections
            TO opendk_projector;
        GRANT SELECT ON ALL TABLES IN SCHEMA projections TO opendk_reader;
        REVOKE ALL ON projections.alembic_version FROM opendk_projector, opendk_reader;
    """)
