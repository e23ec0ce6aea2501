"""The account of families, made from the code's own description, as in 0001."""

from alembic import op

from projections.tables import metadata

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("""
        GRANT SELECT, INSERT, UPDATE, DELETE ON projections.mutasi_keluarga,
            projections.mutasi_anggota, projections.mutasi_kartu, projections.mutasi_keluarga_desa
            TO opendk_projector;
        GRANT SELECT ON projections.mutasi_keluarga, projections.mutasi_anggota,
            projections.mutasi_kartu, projections.mutasi_keluarga_desa TO opendk_reader;
    """)
