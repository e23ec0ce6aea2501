"""Wilayah administratif: the dusun, RW and RT of a desa, who heads them, and who lives there.

As OpenSID prints it (domain rules of section 2.6), but for the heads' NIK, which nobody needs.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from projections import sql
from projections.names import searched
from projections.queries.catatan import NO_PLACE
from projections.queries.rincian import Row
from projections.queries.statistik import Count, Place

_SQL = sql.load("projections.queries", "statistik_wilayah.sql")
_NONE: Final = frozenset({None, *NO_PLACE})
"""How a place says that it is above an RW or an RT."""


@dataclass(frozen=True)
class Rt:
    """An RT; `kepala` is the name of its head. Families are counted by their living heads."""

    rw: str
    rt: str
    kepala: str | None
    keluarga: int
    people: Count


@dataclass(frozen=True)
class Dusun:
    """A dusun with its RT; both are "" for people who do not say where they live."""

    nama: str
    kepala: str | None
    rts: tuple[Rt, ...]

    @property
    def rw(self) -> int:
        """How many RW it has."""
        return len({it.rw for it in self.rts} - _NONE)

    @property
    def rt(self) -> int:
        """How many RT it has."""
        return sum(it.rt not in _NONE for it in self.rts)

    @property
    def keluarga(self) -> int:
        """How many families live in it."""
        return sum(it.keluarga for it in self.rts)

    @property
    def people(self) -> Count:
        """Who lives in it."""
        return _together(it.people for it in self.rts)


@dataclass(frozen=True)
class Wilayah:
    """A desa by its dusun."""

    dusun: tuple[Dusun, ...]

    @property
    def rw(self) -> int:
        """How many RW there are."""
        return sum(it.rw for it in self.dusun)

    @property
    def rt(self) -> int:
        """How many RT there are."""
        return sum(it.rt for it in self.dusun)

    @property
    def keluarga(self) -> int:
        """How many families there are."""
        return sum(it.keluarga for it in self.dusun)

    @property
    def people(self) -> Count:
        """All living people of the desa."""
        return _together(it.people for it in self.dusun)


def wilayah(tx: Connection, place: Place) -> Wilayah:
    """The places of a desa as of a batch, in the order of their names.

    Places that only people tell of are there too: today's OpenSID sends no others.
    """
    facts = {"kode_desa": place.kode_desa, "batch": place.batch}
    heads: dict[tuple[str, str, str], str | None] = {}
    lived: dict[tuple[str, str, str], tuple[int, Count]] = {}
    for row in tx.execute(_SQL["places"], facts):
        heads[_key(row.dusun, row.rw, row.rt)] = row.kepala
    for row in tx.execute(_SQL["people"], facts):
        key = _key(row.dusun, row.rw, row.rt)
        families, people = lived.get(key, (0, Count(0, 0, 0)))
        added = Count(row.jumlah, row.laki_laki, row.perempuan)
        lived[key] = families + row.keluarga, _together((people, added))
    by_dusun: dict[str, list[Rt]] = defaultdict(list)
    for key in sorted({*heads, *lived}, key=_order):
        dusun, rw, rt = key
        rts = by_dusun[dusun]  # a dusun is there even if nobody lives in it
        families, people = lived.get(key, (0, Count(0, 0, 0)))
        if rt not in _NONE or people.jumlah:
            rts.append(Rt(rw, rt, heads.get(key), families, people))
    return Wilayah(
        tuple(Dusun(nama, heads.get((nama, "", "")), tuple(rts)) for nama, rts in by_dusun.items())
    )


@dataclass(frozen=True)
class Where:
    """Whom a number of the places counts; names are as `Wilayah` has them, None for any.

    `sex` is the one that they state, None for all of them; `heads` is whether only heads of
    families are counted.
    """

    dusun: str | None = None
    rw: str | None = None
    rt: str | None = None
    sex: int | None = None
    heads: bool = False

    def holds(self, key: tuple[str, str, str]) -> bool:
        """Whether a place is among these."""
        asked = (self.dusun, self.rw, self.rt)
        return all(it in (None, name) for it, name in zip(asked, key, strict=True))


def rows(
    tx: Connection, place: Place, where: Where, *, limit: int = 50, offset: int = 0
) -> tuple[list[Row], int]:
    """The people whom a number counts, by name, and how many they are; of a page beyond it, 0."""
    facts = {"kode_desa": place.kode_desa, "batch": place.batch}
    stated = [(it.dusun, it.rw, it.rt) for it in tx.execute(_SQL["people"], facts)]
    chosen = [it for it in stated if where.holds(_key(*it))]
    names = {name: [it[at] for it in chosen] for at, name in enumerate(("dusun", "rw", "rt"))}
    asked = {"sex": where.sex, "heads": where.heads, "limit": limit, "offset": offset}
    found = list(tx.execute(_SQL["rows"], {**facts, **names, **asked}).mappings())
    people = [Row(**{name: it for name, it in row.items() if name != "total"}) for row in found]
    return people, found[0]["total"] if found else 0


def _key(*names: str | None) -> tuple[str, str, str]:
    """Names as they are compared: in capitals, "" for none."""
    dusun, rw, rt = ("" if it in _NONE else searched(it) or "" for it in names)
    return dusun, rw, rt


def _order(key: tuple[str, str, str]) -> tuple[object, ...]:
    """By name; numbers by their size, whoever says nothing last."""
    return (not key[0], key[0], *((len(it.lstrip("0")), it) for it in key[1:]))


def _together(counts: Iterable[Count]) -> Count:
    jumlah = laki_laki = perempuan = 0
    for it in counts:
        jumlah, laki_laki, perempuan = (
            jumlah + it.jumlah,
            laki_laki + it.laki_laki,
            perempuan + it.perempuan,
        )
    return Count(jumlah, laki_laki, perempuan)
