"""What the account of families comes to, and all that is kept of it."""

from sqlalchemy import Connection, func, select

from projections import tables
from projections.mutasi import MUTASI_KELUARGA
from projections.queries.statistik import Place


def families(tx: Connection, where: Place) -> tuple[int, int, int]:
    """The families that came and have not gone, by the sex of the head, and all."""
    it = tables.mutasi_keluarga.c
    query = select(it.sex, func.sum(it.jumlah).label("jumlah")).where(
        it.kode_desa == where.kode_desa, it.from_batch <= where.batch
    )
    found = {it.sex: it.jumlah for it in tx.execute(query.group_by(it.sex))}
    return found.get(1, 0), found.get(2, 0), sum(found.values())


def stored(tx: Connection, kode_desa: str) -> list[list[str]]:
    """All rows of a desa's account, and what it keeps."""
    return [
        sorted(map(str, tx.execute(it.select().where(it.c.kode_desa == kode_desa)).all()))
        for it in MUTASI_KELUARGA.tables
    ]
