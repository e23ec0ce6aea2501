"""Positions, and the read models penduduk and keluarga.

The tables are made from the code's own description: a read model that changes is dropped and
rebuilt, so there is no older shape that a migration would have to remember.
"""

from alembic import op

from projections.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("""
        REVOKE ALL ON SCHEMA projections FROM PUBLIC;
        GRANT USAGE ON SCHEMA projections TO opendk_projector, opendk_reader;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA projections
            TO opendk_projector;
        GRANT SELECT ON ALL TABLES IN SCHEMA projections TO opendk_reader;
        REVOKE ALL ON projections.alembic_version FROM opendk_projector, opendk_reader;
    """)
