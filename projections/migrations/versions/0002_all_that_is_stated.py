"""Read models of all that is stated, and of how the population changed.

Made from the code's own description, as in 0001: where that has just made them all, nothing is
left to do.
"""

from alembic import op

from projections.tables import metadata

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("""
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA projections
            TO opendk_projector;
        GRANT SELECT ON ALL TABLES IN SCHEMA projections TO opendk_reader;
        REVOKE ALL ON projections.alembic_version FROM opendk_projector, opendk_reader;
    """)
