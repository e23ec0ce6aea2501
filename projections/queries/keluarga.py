"""Families of a desa: the cards it states, with their heads and members, as of a batch.

A desa that only sends OpenSID's old export states no cards; its people still have their numbers,
and `penduduk.family` finds who shares one.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Text, and_, cast, func, select

from projections.history import valid_at
from projections.queries.penduduk import HIDUP
from projections.tables import keluarga, penduduk


@dataclass(frozen=True)
class Family:
    """A family card; `members` are its living people, `kepala` the name of its head."""

    id: str
    from_batch: int
    line: int
    no_kk: str | None
    kepala_id: int | None
    kepala: str | None
    dusun: str | None
    members: int


def families(
    tx: Connection,
    kode_desa: str,
    *,
    as_of: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> tuple[list[Family], int]:
    """A page of the cards, by id, and how many there are in all."""
    here = and_(keluarga.c.kode_desa == kode_desa, valid_at(keluarga, as_of))
    people = and_(penduduk.c.kode_desa == kode_desa, valid_at(penduduk, as_of))
    members = (
        select(penduduk.c.id_kk, func.count().label("members"))
        .where(people, penduduk.c.status_dasar == HIDUP)
        .group_by(penduduk.c.id_kk)
        .subquery()
    )
    heads = select(penduduk.c.id, penduduk.c.nama).where(people).subquery()
    query = (
        select(
            keluarga.c.id,
            keluarga.c.from_batch,
            keluarga.c.line,
            keluarga.c.no_kk,
            keluarga.c.kepala_id,
            heads.c.nama.label("kepala"),
            keluarga.c.dusun,
            func.coalesce(members.c.members, 0).label("members"),
        )
        .outerjoin(heads, heads.c.id == cast(keluarga.c.kepala_id, Text))
        .outerjoin(members, cast(members.c.id_kk, Text) == keluarga.c.id)
        .where(here)
        .order_by(func.length(keluarga.c.id), keluarga.c.id)
        .offset(offset)
        .limit(limit)
    )
    total = tx.execute(select(func.count()).select_from(keluarga).where(here)).scalar_one()
    return [Family(**row) for row in tx.execute(query).mappings()], total


def active(tx: Connection, kode_desa: str, as_of: int | None = None) -> dict[int | None, int]:
    """How many families have a living head, by the head's sex."""
    query = (
        select(penduduk.c.sex, func.count())
        .join(keluarga, penduduk.c.id == cast(keluarga.c.kepala_id, Text))
        .where(
            keluarga.c.kode_desa == kode_desa,
            penduduk.c.kode_desa == kode_desa,
            valid_at(keluarga, as_of),
            valid_at(penduduk, as_of),
            penduduk.c.status_dasar == HIDUP,
        )
        .group_by(penduduk.c.sex)
    )
    return {row.sex: row[1] for row in tx.execute(query)}
