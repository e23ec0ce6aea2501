"""People of a desa: lists, counts, and one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from ledger.catalogue import ENTITIES, Field
from projections.history import valid_at
from projections.names import searched
from projections.tables import HISTORY, penduduk

HIDUP: Final = 1
"""status_dasar of those who live in the desa: the default of every list."""

FACETS: Final = (
    "sex",
    "dusun",
    "pendidikan_kk_id",
    "pekerjaan_id",
    "status_kawin",
    "kk_level",
    "status_dasar",
)
"""The fields that lists can be narrowed by, in the order of the page."""

SORTS: Final[Mapping[str, ColumnElement[Any]]] = {
    "nama": penduduk.c.nama_cari,
    "dusun": penduduk.c.dusun,
    "umur": penduduk.c.tanggal_lahir,
}
_BACKWARDS: Final = frozenset({"umur"})
"""Who is older was born earlier."""
_DIGITS_OF_NIK = 16


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed by.

    `values` maps a field of FACETS to its value: a code, or a text; None asks for those who have
    none. `cari` is words of a name, all of which must occur, or a whole NIK or KK number.
    """

    values: Mapping[str, int | str | None] = field(default_factory=lambda: {"status_dasar": HIDUP})
    cari: str = ""


@dataclass(frozen=True)
class Person:
    """A person as of a batch; `values` are the fields by name, None for those not stated."""

    id: str
    from_batch: int
    to_batch: int | None
    line: int
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # the field's own type
        return self.values[name]


@dataclass(frozen=True)
class Page:
    """A page of a list, and how many there are in all."""

    people: list[Person]
    total: int


@dataclass(frozen=True)
class Option:
    """A value of a facet, how many have it, and whether the list is narrowed to it."""

    value: int | str | None
    count: int


def fields() -> tuple[Field, ...]:
    """The fields of a person that the read model has, in the catalogue's order."""
    return tuple(
        it
        for it in ENTITIES["penduduk"].fields
        if it.name in penduduk.c and it.name not in HISTORY
    )


def people(
    tx: Connection,
    kode_desa: str,
    filters: Filters,
    *,
    as_of: int | None = None,
    sort: str = "nama",
    descending: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> Page:
    """People of a desa; `sort` is one of SORTS, ties go by id.

    A page beyond the last is the last.
    """
    condition = _condition(kode_desa, filters, as_of)
    total = tx.execute(select(func.count()).select_from(penduduk).where(condition)).scalar_one()
    last = max(total - 1, 0) // limit * limit
    falling = descending is not (sort in _BACKWARDS)
    order = SORTS[sort].desc() if falling else SORTS[sort].asc()
    query = (
        select(penduduk)
        .where(condition)
        .order_by(order.nulls_last(), func.length(penduduk.c.id), penduduk.c.id)
        .offset(min(offset, last))
        .limit(limit)
    )
    return Page([_person(row) for row in tx.execute(query).mappings()], total)


def facet(
    tx: Connection,
    kode_desa: str,
    name: str,
    filters: Filters,
    as_of: int | None = None,
) -> list[Option]:
    """The values of a facet with their counts, under all the other filters."""
    others = {key: value for key, value in filters.values.items() if key != name}
    column = penduduk.c[name]
    query = (
        select(column, func.count())
        .where(_condition(kode_desa, replace(filters, values=others), as_of))
        .group_by(column)
        .order_by(column.asc().nulls_last())
    )
    return [Option(value, count) for value, count in tx.execute(query)]


def person(
    tx: Connection,
    kode_desa: str,
    id_: str,
    as_of: int | None = None,
) -> Person | None:
    """One person as of a batch, if the desa states them there."""
    query = select(penduduk).where(
        penduduk.c.kode_desa == kode_desa,
        penduduk.c.id == id_,
        valid_at(penduduk, as_of),
    )
    row = tx.execute(query).mappings().first()
    return _person(row) if row else None


def family(
    tx: Connection,
    kode_desa: str,
    member: Person,
    as_of: int | None = None,
) -> list[Person]:
    """The people of a person's family card, by their place on it; empty without a card."""
    same: ColumnElement[bool]
    if member["id_kk"] is not None:
        same = penduduk.c.id_kk == member["id_kk"]
    elif member["no_kk"] is not None:
        same = penduduk.c.no_kk == member["no_kk"]
    else:
        return []
    query = (
        select(penduduk)
        .where(penduduk.c.kode_desa == kode_desa, same, valid_at(penduduk, as_of))
        .order_by(penduduk.c.kk_level.asc().nulls_last(), penduduk.c.tanggal_lahir, penduduk.c.id)
    )
    return [_person(row) for row in tx.execute(query).mappings()]


def _condition(kode_desa: str, filters: Filters, as_of: int | None) -> ColumnElement[bool]:
    conditions = [penduduk.c.kode_desa == kode_desa, valid_at(penduduk, as_of)]
    for name, value in filters.values.items():
        column = penduduk.c[name]
        conditions.append(column.is_(None) if value is None else column == value)
    return and_(*conditions, *named_by(filters.cari))


def number_of(words: str) -> str | None:
    """The whole NIK or KK number that is looked for, if it is not a name."""
    digits = "".join(words.split())
    told = len(digits) == _DIGITS_OF_NIK and digits.isdecimal() and digits.isascii()
    return digits if told else None


def named_by(words: str) -> list[ColumnElement[bool]]:
    """The conditions that words name a person: all of them, or that a whole number is theirs."""
    if digits := number_of(words):
        return [or_(penduduk.c.nik == digits, penduduk.c.no_kk == digits)]
    return [
        penduduk.c.nama_cari.contains(word, autoescape=True)
        for word in (searched(words) or "").split()
    ]


def _person(row: Mapping[Any, Any]) -> Person:
    values = {it.name: row[it.name] for it in fields()}
    return Person(row["id"], row["from_batch"], row["to_batch"], row["line"], values)
