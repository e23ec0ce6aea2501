"""People and heads of families are counted from an index alone: whole rows took twice as long."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Databases made from 0001 by this version have it; to make it again costs a second.
    op.execute("""
        DROP INDEX IF EXISTS projections.penduduk_opened;
        CREATE INDEX penduduk_opened ON projections.penduduk (kode_desa, from_batch)
            INCLUDE (to_batch, sex, tanggal_lahir, status_dasar, status, status_kawin,
                warganegara_id, pekerjaan_id, pendidikan_sedang_id, cara_kb_id, ktp_el,
                status_rekam, kk_level, dusun, nik, akta_lahir);
        DROP INDEX IF EXISTS projections.penduduk_kepala;
        CREATE INDEX penduduk_kepala ON projections.penduduk (kode_desa, from_batch)
            INCLUDE (to_batch, id, status_dasar, id_kk, no_kk)
            WHERE kk_level = 1;
    """)
