"""Letters that villages sent to be signed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, and_, func, select

from projections.history import valid_at
from projections.tables import penduduk, surat


@dataclass(frozen=True)
class Letter:
    """A letter; `nama` is its kind, `nama_penduduk` whom it is about, if the desa states them."""

    nomor: str
    nama: str
    nik: str | None
    tanggal: datetime | None
    berkas: str
    nama_penduduk: str | None


def letters(tx: Connection, kode_desa: str, limit: int = 200) -> list[Letter]:
    """The newest letters of a desa, by date."""
    query = _letters(kode_desa).order_by(surat.c.tanggal.desc().nulls_last(), surat.c.id)
    return [Letter(**row) for row in tx.execute(query.limit(limit)).mappings()]


def letter(tx: Connection, kode_desa: str, nomor: str) -> Letter | None:
    """One letter of a desa, by its number."""
    row = tx.execute(_letters(kode_desa).where(surat.c.id == nomor)).mappings().first()
    return Letter(**row) if row else None


def _letters(kode_desa: str) -> Select[tuple[str, str, str | None, datetime | None, str, str]]:
    # A NIK that two records of the desa share names nobody for certain: the first will do.
    name = (
        select(func.min(penduduk.c.nama))
        .where(
            and_(
                penduduk.c.kode_desa == surat.c.kode_desa,
                penduduk.c.nik == surat.c.nik,
                valid_at(penduduk, None),
            ),
        )
        .scalar_subquery()
    )
    return select(
        surat.c.id.label("nomor"),
        surat.c.nama,
        surat.c.nik,
        surat.c.tanggal,
        surat.c.berkas,
        name.label("nama_penduduk"),
    ).where(surat.c.kode_desa == kode_desa, valid_at(surat, None))
