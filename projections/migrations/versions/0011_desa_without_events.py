"""What mutasi knows of a desa as a whole, made from the code's own description, as in 0001."""

from alembic import op

from projections.tables import metadata

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("""
        COMMENT ON COLUMN projections.warga.id IS 'of the person';
        GRANT SELECT, INSERT, UPDATE, DELETE ON projections.mutasi_desa TO opendk_projector;
        GRANT SELECT ON projections.mutasi_desa TO opendk_reader;
    """)
