"""Read models of budgets, officials, institutions, households, lists, facilities, regulations.

Made from the code's own description, as in 0001.
"""

from alembic import op

from projections.tables import metadata

revision = "0005"
down_revision = "0004"
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
