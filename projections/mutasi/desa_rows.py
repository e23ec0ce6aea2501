"""What an account knows of a desa as a whole, kept from page to page."""

from dataclasses import asdict

from sqlalchemy import Connection, Table, select

from projections.mutasi.book import Began, Desa


def read_desa(tx: Connection, table: Table, kode_desa: str) -> Desa:
    """What is known so far."""
    row = tx.execute(select(table).where(table.c.kode_desa == kode_desa)).one_or_none()
    if row is None:
        return Desa()
    began = None if row.batch is None else Began(row.batch, row.signed_at, row.upload)
    return Desa(began, row.events)


def write_desa(tx: Connection, table: Table, kode_desa: str, desa: Desa) -> None:
    """Know this from now on."""
    tx.execute(table.delete().where(table.c.kode_desa == kode_desa))
    facts = asdict(desa.began) if desa.began else {}
    tx.execute(table.insert().values(kode_desa=kode_desa, events=desa.events, **facts))
