"""Aid that the desa hands out: programmes of each year, and who takes part in them.

Families are chosen among the poor, old people among all; whoever was chosen stays for the year,
whatever becomes of them. The chances are its own, so that the life of the people does not change
with it. [pure]
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from random import Random
from typing import Final, NamedTuple

from cli.demo.life import WITA
from cli.demo.people import Person
from cli.demo.register import Entry, Register

_PERSON, _FAMILY = 1, 2
"""Codes of sasaran_program."""
_ENTERED: Final = (1, 8)
"""Month and day on which the office enters the programmes of a year."""
_OLD, _POOR = 60, 2


class Programme(NamedTuple):
    """A programme of every year, and what share of those whom it is for take part."""

    nama: str
    sasaran: int
    asal_dana: str
    share: float


_PROGRAMMES: Final = (
    Programme("Program Keluarga Harapan (PKH)", _FAMILY, "APBN", 0.45),
    Programme("Bantuan Sembako (BPNT)", _FAMILY, "APBN", 0.55),
    Programme("BLT Dana Desa", _FAMILY, "Dana Desa", 0.2),
    Programme("Bantuan Lanjut Usia", _PERSON, "APBD Kabupaten", 0.3),
)


class Bantuan:
    """The programmes of a desa, kept through the years."""

    def __init__(self, kode: str, register: Register) -> None:
        self._rng = Random(f"bantuan/{kode}")  # noqa: S311  # a play, not a secret
        self._register = register

    def begin(self, morning: datetime) -> None:
        """Enter what runs on the first day at the computer."""
        self._register.save(morning, *self._year(morning.date()))

    def keep(self, first: date, last: date) -> None:
        """Enter what falls on these days."""
        for year in range(first.year, last.year + 1):
            day = date(year, *_ENTERED)
            if first <= day <= last:
                at = datetime.combine(day, time(11), WITA)
                self._register.save(at, *self._year(day))

    def _year(self, day: date) -> Iterator[Entry]:
        for it in _PROGRAMMES:
            programme = Entry(
                "program_bantuan",
                self._register.next_id("program_bantuan"),
                {
                    "nama": f"{it.nama} {day.year}",
                    "sasaran": it.sasaran,
                    "tgl_mulai": date(day.year, 1, 1).isoformat(),
                    "tgl_selesai": date(day.year, 12, 31).isoformat(),
                    "status": True,
                    "asal_dana": it.asal_dana,
                },
            )
            yield programme
            for person in self._chosen(it, day):
                yield self._participant(programme, it.sasaran, person)

    def _chosen(self, programme: Programme, day: date) -> list[Person]:
        """Whose names stand on the cards: heads of families, or old people."""
        if programme.sasaran == _FAMILY:
            there = [
                it.head
                for it in self._register.families
                if it.members and it.head.living and (it.kelas_sosial or _POOR + 1) <= _POOR
            ]
        else:
            there = [it for it in self._register.people if it.living and it.age(day) > _OLD]
        known = [it for it in there if it.nik]
        return self._rng.sample(known, k=round(len(known) * programme.share))

    def _participant(self, programme: Entry, sasaran: int, person: Person) -> Entry:
        id_ = self._register.next_id("peserta_bantuan")
        return Entry(
            "peserta_bantuan",
            id_,
            {
                "program_id": programme.id,
                "sasaran": sasaran,
                "peserta": person.family.no_kk if sasaran == _FAMILY else person.nik,
                "no_id_kartu": f"{programme.id:02d}{id_:06d}",
                "kartu_nik": person.nik,
                "kartu_nama": person.nama,
                "kartu_id_pend": person.id,
            },
        )
