"""People are counted from an index by what ended them: those of now without those of before."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Databases made from 0001 by this version have them; to make them again costs a second.
    op.execute("""
        DROP INDEX IF EXISTS projections.penduduk_opened;
        CREATE INDEX penduduk_opened ON projections.penduduk (kode_desa, from_batch);
        DROP INDEX IF EXISTS projections.penduduk_closed;
        CREATE INDEX penduduk_closed ON projections.penduduk
            (kode_desa, (coalesce(to_batch, 9223372036854775807)), from_batch)
            INCLUDE (to_batch, sex, tanggal_lahir, status_dasar, status, status_kawin,
                warganegara_id, pekerjaan_id, pendidikan_sedang_id, cara_kb_id, ktp_el,
                status_rekam, kk_level, dusun, nik, akta_lahir);
    """)
