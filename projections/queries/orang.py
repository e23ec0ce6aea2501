"""People of several desa at once: found by words of a name, by NIK, or by the number of a card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, select

from projections.history import valid_at
from projections.queries.catatan import standing
from projections.queries.penduduk import named_by, number_of
from projections.queries.statistik import Place, facts_of
from projections.tables import penduduk


@dataclass(frozen=True)
class Found:
    """A person of a desa, as a list of several desa shows them; `nik` and `no_kk` are whole."""

    kode_desa: str
    id: str
    nama: str | None
    nik: str | None
    no_kk: str | None
    sex: int | None
    tanggal_lahir: date | None
    kk_level: int | None
    dusun: str | None
    rw: str | None
    rt: str | None
    status_dasar: int | None


def search(
    tx: Connection,
    where: Sequence[Place],
    words: str,
    *,
    past: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> list[Found]:
    """People whom words name, in alphabetical order: all words of a name, or a whole number.

    `past` is whether the places are as of their batches; else the present is looked through, by
    indexes that know nothing else.
    """
    columns = [penduduk.c[name] for name in Found.__dataclass_fields__]
    order = (penduduk.c.nama_cari, penduduk.c.kode_desa, func.length(penduduk.c.id), penduduk.c.id)
    query = _among(select(*columns), where, words, past=past).order_by(*order)
    rows = tx.execute(query.limit(limit).offset(offset)).mappings()
    return [Found(**row) for row in rows]


def numbered(
    tx: Connection, where: Sequence[Place], words: str, *, past: bool = False
) -> dict[str, list[tuple[str, str]]]:
    """By desa, the ids of the people whose number it is, each with the field that holds it."""
    number = number_of(words)
    found: dict[str, list[tuple[str, str]]] = {}
    columns = (penduduk.c.kode_desa, penduduk.c.id, penduduk.c.nik)
    query = _among(select(*columns), where, words, past=past).order_by(*columns[:2])
    for kode_desa, id_, nik in tx.execute(query):
        found.setdefault(kode_desa, []).append((id_, "nik" if nik == number else "no_kk"))
    return found


def counts(
    tx: Connection, where: Sequence[Place], words: str, *, past: bool = False
) -> dict[str, int]:
    """How many people `search` finds, by desa; desa without any are left out."""
    query = _among(select(penduduk.c.kode_desa, func.count()), where, words, past=past)
    query = query.group_by(penduduk.c.kode_desa).order_by(penduduk.c.kode_desa)
    return {row[0]: row[1] for row in tx.execute(query)}


def _among(query: Select[Any], where: Sequence[Place], words: str, *, past: bool) -> Select[Any]:
    named = named_by(words)
    if not past:
        codes = [it.kode_desa for it in where]
        return query.where(
            penduduk.c.kode_desa == func.any(codes), valid_at(penduduk, None), *named
        )
    source, _, stood = standing("penduduk", {})
    return query.select_from(source).where(*stood, *named).params(**facts_of(where))
