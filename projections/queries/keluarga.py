"""Families of a desa as of a batch: the cards it states, and those that its people name.

A desa that only sends OpenSID's old export states no cards; its people still have their numbers.
Who shares one is a family all the same, concluded (`turunan`) from what the people state.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnClause,
    Connection,
    Integer,
    Subquery,
    Text,
    cast,
    column,
    func,
    select,
)

from ledger.catalogue import Field, Sensitivity
from ledger.catalogue.fields import Integer as IntegerField
from ledger.catalogue.fields import Text as TextField
from ledger.catalogue.fields import YesNo
from projections import sql
from projections.history import valid_at
from projections.queries.statistik import Place
from projections.tables import keluarga, penduduk

_SQL = sql.load("projections.queries", "keluarga.sql")
CONCLUDED: Final = (
    Field("kepala", "Kepala keluarga", TextField(100), Sensitivity.DASAR),
    Field("anggota", "Anggota hidup", IntegerField(), Sensitivity.DASAR),
    Field("kepala_hidup", "Kepala masih hidup", YesNo(), Sensitivity.DASAR),
    Field("turunan", "Turunan dari penduduk", YesNo(), Sensitivity.DASAR),
)
"""What is known of a family besides what its card states."""
_OF_PERSON: Final = "orang-"
"""How the id of a family begins that has none: that of somebody in it follows."""


def families() -> Subquery:
    """All families of some desa, as a table: parameters `desa` and `batches`.

    It has the columns of the cards and those of CONCLUDED; where a card has no dusun, RW or RT,
    they are those of its wilayah or its head.
    """
    stated: list[ColumnClause[Any]] = [column(it.name, it.type) for it in keluarga.c]
    stated += [column("kepala", Text()), column("anggota", Integer())]
    stated += [column("kepala_hidup", Boolean()), column("turunan", Boolean())]
    return _SQL["families"].columns(*stated).subquery("keluarga")


def family(tx: Connection, where: Place, id_: str) -> Mapping[str, Any] | None:
    """One family by its id, or by `orang-` and the id of anybody in it."""
    table = families()
    facts = {"desa": [where.kode_desa], "batches": [where.batch]}
    row = tx.execute(select(table).where(table.c.id == id_), facts).mappings().first()
    if row is None and id_.startswith(_OF_PERSON):
        query = select(penduduk.c.id_kk, penduduk.c.no_kk).where(
            penduduk.c.kode_desa == where.kode_desa,
            penduduk.c.id == id_.removeprefix(_OF_PERSON),
            valid_at(penduduk, where.batch),
        )
        person = tx.execute(query).first()
        if person is None:
            return None
        same = [
            table.c.id == cast(person.id_kk, Text),
            table.c.no_kk == person.no_kk,
        ]
        for condition in same:
            query_ = select(table).where(condition).order_by(func.length(table.c.id), table.c.id)
            if row := tx.execute(query_, facts).mappings().first():
                break
    return dict(row) if row else None


def members(tx: Connection, where: Place, card: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The people of a family that `family` found, by their place in it, the dead among them."""
    facts = {
        "kode_desa": where.kode_desa,
        "batch": where.batch,
        "id": card["id"],
        "no_kk": card["no_kk"],
        "stated": not card["turunan"],
    }
    return [dict(row) for row in tx.execute(_SQL["members"], facts).mappings()]
