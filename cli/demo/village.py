"""The demonstration's villages: two years of life, as about fifty pushes each.

    >>> for village in kecamatan(seed=1, until=date(2026, 11, 24)):
    ...     for push in village.pushes():
    ...         send(village.kode, push.drafts)

The first pushes carry the whole register; the others, about every fortnight, what changed since.
The same arguments give the same changes, in every process. A village also keeps account: what its
monthly books say and how its records stand after a push, for whoever checks what became of them
elsewhere. Signing and sending are for the caller. [pure]
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from random import Random
from typing import Any, Final, NamedTuple

from cli.demo import names
from cli.demo.bantuan import Bantuan
from cli.demo.families import elect
from cli.demo.government import Government
from cli.demo.households import Households
from cli.demo.life import LONGEST_SPAN, WITA, Books, Life
from cli.demo.names import LAKI_LAKI, PEREMPUAN
from cli.demo.people import HIDUP
from cli.demo.places import divide, found_desa
from cli.demo.register import ENTITIES, Numbers, Register
from ledger import Draft

LARGEST_PUSH: Final = 4_000
"""Changes; fewer than a ledger takes, as a village's line is thin."""
_LOADS: Final = (("desa", "wilayah", "keluarga"), ("penduduk",), ENTITIES[4:])
_SIGNS: Final = {
    "lahir": 1,
    "mati": -1,
    "datang": 1,
    "pindah": -1,
    "hilang": -1,
    "pergi": -1,
    "koreksi": 1,
}


@dataclass(frozen=True)
class Push:
    """What a desa sends at one time; `on` is when, `number` counts from 1.

    `files` are the photos and documents that its records refer to.
    """

    number: int
    on: datetime
    drafts: tuple[Draft, ...]
    files: tuple[bytes, ...] = ()


class BySex(NamedTuple):
    """A number of people."""

    laki_laki: int
    perempuan: int


@dataclass(frozen=True)
class Month:
    """A line of the village's own books: people by the month in which they were reported.

    `koreksi` counts deleted mis-entries and cancelled events in the month of that decision; what
    they correct stays where it was counted.

        akhir = awal + lahir + datang - mati - pindah - hilang - pergi + koreksi
    """

    month: str
    awal: BySex
    lahir: BySex
    mati: BySex
    datang: BySex
    pindah: BySex
    hilang: BySex
    pergi: BySex
    koreksi: BySex
    akhir: BySex


class Village:
    """A desa, which lives through its months when it is first asked about them."""

    def __init__(
        self, rng: Random, numbers: Numbers, kode: str, begin: date, until: date, people: int
    ) -> None:
        self.kode = kode
        self.nama = names.DESA[int(kode[-4:]) - names.FIRST_DESA][0]
        self._rng = rng
        self._numbers = numbers
        self._begin = begin
        self._until = until
        self._people = people

    def pushes(self) -> Iterator[Push]:
        """All pushes in their order; one that would be empty is not made."""
        yield from self._history[0]

    def account(self) -> list[Month]:
        """The monthly books, from the month of the first push to that of the last.

        They are kept where things happen, not counted from the records. Whoever was here when the
        register began is in the first month's `awal`.
        """
        books, months = self._history[1], []
        month = self._begin.replace(day=1)
        akhir = _by_sex(books, month, "awal")
        while month <= self._until:
            awal, flows = akhir, {line: _by_sex(books, month, line) for line in _SIGNS}
            signed = [[sign * count for count in flows[line]] for line, sign in _SIGNS.items()]
            akhir = BySex(*map(sum, zip(awal, *signed, strict=True)))
            months.append(Month(month=f"{month:%Y-%m}", awal=awal, akhir=akhir, **flows))
            month = (month + timedelta(days=31)).replace(day=1)
        return months

    def state_after(self, number: int) -> dict[str, dict[str, dict[str, Any]]]:
        """The records that stand after a push: entity, id, data."""
        state: dict[str, dict[str, dict[str, Any]]] = {entity: {} for entity in ENTITIES}
        for push in self._history[0][:number]:
            for draft in push.drafts:
                if draft.data is None:
                    del state[draft.entity][draft.id]
                else:
                    state[draft.entity][draft.id] = draft.data
        return state

    def living_after(self, number: int) -> int:
        """How many people live here after a push, as the register has it."""
        people = self.state_after(number)["penduduk"].values()
        return sum(person["status_dasar"] == HIDUP for person in people)

    @cached_property
    def _history(self) -> tuple[list[Push], Books]:
        register = Register(self._numbers)
        homes = Households(self._rng, register, self.nama.upper())
        life = Life(self._rng, register, homes, self._begin)
        books = self._enter_everything(register, homes, life)
        pushes: list[Push] = []
        for part in _loads(register.changes()):
            on = self._afternoon(self._begin) + timedelta(minutes=20) * len(pushes)
            pushes.append(Push(len(pushes) + 1, on, part))
        for first, last in self._spans():
            life.live(first, last)
            for it in books:
                it.keep(first, last)
            if part := tuple(register.changes()):
                pushes.append(Push(len(pushes) + 1, self._afternoon(last), part))
        return pushes, life.books

    def _enter_everything(
        self, register: Register, homes: Households, life: Life
    ) -> tuple[Government, Bantuan]:
        """The first day at the computer: the desa, its people, its offices, budget and aid."""
        rng, morning = self._rng, datetime.combine(self._begin, time(8), WITA)
        desa = found_desa(rng, self.kode, self._begin)
        register.save(morning, desa)
        places = divide(rng, register, self._people)
        while len(register.people) < self._people:
            homes.founding(rng.choice(places), self._begin)
        pace = timedelta(hours=6) / len(register.families)
        for turn, family in enumerate(register.families):
            at = (morning + pace * turn).replace(microsecond=0)
            register.save(at, family)
            for person in family.members:
                life.admit(person, at)
        for place in register.wilayah:
            place.kepala = elect(rng, register, place)
            register.save(morning, place)
        government = Government(self.kode, register, desa.nama_kepala_desa)
        bantuan = Bantuan(self.kode, register)
        government.begin(morning)
        bantuan.begin(morning)
        return government, bantuan

    def _spans(self) -> Iterator[tuple[date, date]]:
        """First and last day of what each push after the load tells; the last ends on `until`."""
        day = self._begin
        while day < self._until:
            last = day + timedelta(days=self._rng.randint(13, 18))
            if self._until - day < timedelta(days=LONGEST_SPAN):
                last = self._until
            yield day + timedelta(days=1), last
            day = last

    def _afternoon(self, day: date) -> datetime:
        """When the office has time to send, after the last entry of the day."""
        minutes = timedelta(minutes=self._rng.randrange(20))
        return datetime.combine(day, time(15), WITA) + minutes


def kecamatan(
    seed: int, until: date, desa: int = 3, people: int = 3000, months: int = 24
) -> list[Village]:
    """Neighbouring villages of about so many people each; their last push is on the day `until`.

    `desa` is at most the number of names that there are, seven.
    """
    ordinal = until.year * 12 + until.month - 1 - months
    begin = date(ordinal // 12, ordinal % 12 + 1, min(until.day, 28))
    villages = []
    for place in range(desa):
        kode = f"{names.KODE_KECAMATAN}.{names.FIRST_DESA + place}"
        rng = Random(f"{seed}/{kode}")  # noqa: S311  # a play, not a secret
        size = round(people * rng.uniform(0.94, 1.02))
        numbers = Numbers(rng, kode, place + 1, desa)
        villages.append(Village(rng, numbers, kode, begin, until, size))
    return villages


def _loads(drafts: list[Draft]) -> Iterator[tuple[Draft, ...]]:
    """The first pushes: what is referred to before what refers to it, none too large."""
    for load in _LOADS:
        part = [draft for draft in drafts if draft.entity in load]
        for first in range(0, len(part), LARGEST_PUSH):
            yield tuple(part[first : first + LARGEST_PUSH])


def _by_sex(books: Books, month: date, line: str) -> BySex:
    return BySex(*(books[f"{month:%Y-%m}", line, sex] for sex in (LAKI_LAKI, PEREMPUAN)))
