"""The register in the desa's computer: ids, numbers, and what has not been sent yet.

It is told of each record that was saved or erased, and makes of it the changes since the last
push: one a record, as it stands, in the order in which entities refer to each other. [pure]
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Any, Final, Protocol

from cli.demo.names import PEREMPUAN
from cli.demo.people import Family, Peristiwa, Person, Wilayah
from cli.demo.traits import region
from ledger import Draft

ENTITIES: Final = (
    "desa",
    "wilayah",
    "keluarga",
    "penduduk",
    "peristiwa",
    "aparatur",
    "lembaga",
    "anggota_lembaga",
    "apbdes",
    "program_bantuan",
    "peserta_bantuan",
)


class Record(Protocol):
    """What can be saved and sent."""

    @property
    def entity(self) -> str:
        """Its kind, a name of the catalogue."""

    @property
    def id(self) -> int | str:
        """Its key in this desa."""

    def data(self) -> dict[str, Any]:
        """The record as it is sent."""


@dataclass(eq=False)
class Entry:
    """A record of the desa's books, as it is sent."""

    entity: str
    id: int
    values: dict[str, Any]

    def data(self) -> dict[str, Any]:
        """The record as it is sent."""
        return {"id": self.id, **self.values}


class Numbers:
    """Issues the numbers of NIK and KK. Nobody gets a number twice, in any village of a seed.

    Villages take turns in the serials: of three, the first has 1, 4, 7 …
    """

    def __init__(self, rng: Random, kode_desa: str, turn: int, of: int) -> None:
        self._rng = rng
        self._kode = kode_desa.replace(".", "")
        self._turn = turn
        self._of = of
        self._issued: Counter[str] = Counter()

    def nik(self, sex: int, born: date) -> str:
        """Region, day of birth (40 more for women), month, year and serial: 16 digits."""
        return self._next(born, 40 if sex == PEREMPUAN else 0)

    def kk(self, on: date) -> str:
        """The same form for a family, by the day of its recording."""
        return self._next(on, 0)

    def temporary(self) -> str:
        """A number that OpenSID gives to whoever has no NIK yet: 0, kode desa, serial."""
        self._issued["0"] += 1
        return f"0{self._kode}{self._issued['0']:05d}"

    def _next(self, on: date, shift: int) -> str:
        prefix = f"{region(self._rng)}{on.day + shift:02d}{on.month:02d}{on.year % 100:02d}"
        serial = self._turn + self._of * self._issued[prefix]
        self._issued[prefix] += 1
        return f"{prefix}{serial:04d}"


class Register:
    """All records of one desa, in the order of their ids."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.wilayah: list[Wilayah] = []
        self.families: list[Family] = []
        self.people: list[Person] = []
        self._ids: Counter[str] = Counter()
        self._pending: dict[tuple[int, int | str], tuple[Record | None, datetime]] = {}
        self._sent: dict[tuple[int, int | str], dict[str, Any]] = {}

    def next_id(self, entity: str) -> int:
        """Ids count from one for each entity, and are never used again."""
        self._ids[entity] += 1
        return self._ids[entity]

    def add_family(self, wilayah: Wilayah, on: date, kelas_sosial: int | None) -> Family:
        """A family without members; it needs a head before it is saved."""
        family = Family(self.next_id("keluarga"), self.numbers.kk(on), wilayah, on, kelas_sosial)
        self.families.append(family)
        return family

    def record(self, person: Person, at: datetime, **recorded: object) -> Peristiwa:
        """Record what happened to a person, with what they were at that time."""
        peristiwa = Peristiwa(
            self.next_id("peristiwa"),
            {
                "id_pend": person.id,
                "no_kk": person.family.no_kk,
                "nama_kk": person.family.head.nama,
                "sex": person.sex,
                "warganegara_id": person.warganegara_id,
                "dusun": person.family.wilayah.dusun,
                **recorded,
            },
        )
        self.save(at, peristiwa)
        return peristiwa

    def save(self, at: datetime, *records: Record) -> None:
        """Remember that these records were saved; what is sent is how they stand at the push."""
        for record in records:
            self._pending[_key(record)] = (record, at)
            if isinstance(record, Person):
                record.created_at = record.created_at or at
                record.updated_at = at

    def erase(self, at: datetime, record: Record) -> None:
        """Remove a mis-entry; if it was never sent, nobody hears of it."""
        if _key(record) in self._sent:
            self._pending[_key(record)] = (None, at)
        else:
            self._pending.pop(_key(record), None)

    def changes(self) -> list[Draft]:
        """What is to be sent now; records saved as they were are left out."""
        drafts = []
        for key, (record, at) in sorted(self._pending.items(), key=lambda it: it[0]):
            entity, id_ = ENTITIES[key[0]], str(key[1])
            if record is None:
                del self._sent[key]
                drafts.append(Draft(entity, id_, "delete", at))
                continue
            data, before = record.data(), self._sent.get(key)
            if before is None or {**before, "updated_at": None} != {**data, "updated_at": None}:
                self._sent[key] = data
                drafts.append(Draft(entity, id_, "put", at, data))
        self._pending.clear()
        return drafts


def _key(record: Record) -> tuple[int, int | str]:
    return ENTITIES.index(record.entity), record.id
