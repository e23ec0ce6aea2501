"""What happens in a village from day to day, and the books that are kept of it.

Each kind of event has a rate for each person. In a span of days it is offered to people drawn by
lot, as often as the highest rate wants, and befalls them by their own: so a span costs what
happens in it, not the size of the village. What follows later (a NIK arrives, a mistake is
noticed) is planned on the same agenda. [pure]
"""
# ruff: noqa: PLR2004  # life is made of numbers, and each stands where it is meant

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from random import Random
from typing import Final

from cli.demo import chances, families, names, traits
from cli.demo.households import Households
from cli.demo.names import LAKI_LAKI, PEREMPUAN
from cli.demo.people import (
    CERAI_MATI,
    HIDUP,
    TIDAK_TETAP,
    TIDAK_VALID,
    Family,
    Peristiwa,
    Person,
    kinship,
)
from cli.demo.register import Register
from cli.demo.traits import pick

LONGEST_SPAN: Final = 25
"""Days; the most that may lie between two pushes."""
WITA: Final = timezone(timedelta(hours=8), "WITA")
LAHIR, MATI, PINDAH, HILANG, MASUK, PERGI = range(1, 7)
LINES: Final = {
    LAHIR: "lahir",
    MATI: "mati",
    PINDAH: "pindah",
    HILANG: "hilang",
    MASUK: "datang",
    PERGI: "pergi",
}
"""The line of the monthly report in which a kind of event is counted."""

Action = Callable[[datetime], None]
Event = Callable[["Life", Person, datetime], None]

Books = Counter[tuple[str, str, int]]
"""How many, by month ("2026-11"), line and sex."""


class Life:
    """The events of one village; it changes people, tells the register, and keeps the books."""

    def __init__(self, rng: Random, register: Register, homes: Households, begin: date) -> None:
        self.books: Books = Counter()
        self._rng = rng
        self._register = register
        self._homes = homes
        self._begin = begin
        self._planned = itertools.count()
        self._agenda: list[tuple[datetime, int, Action]] = []

    def admit(self, person: Person, at: datetime) -> None:
        """Enter a person who was always here; some of what was typed in is wrong."""
        self._register.save(at, person)
        self.books[f"{self._begin:%Y-%m}", "awal", person.sex] += 1
        if self._rng.random() < 0.01:
            self._mistype(person)
        today = at.date().isoformat()
        self._register.record(
            person, at, kode=MASUK, tgl_peristiwa=today, tgl_lapor=today, saldo_awal=True
        )

    def live(self, first: date, last: date) -> None:
        """Let the days pass, both included."""
        living = [person for person in self._register.people if person.living]
        for most, event, rate in _EVENTS:
            for day in self._days(most * len(living), first, last):
                person = self._rng.choice(living)
                if self._rng.random() * most < rate(person, person.age(day)):
                    self._plan(day, partial(self._befall, event, person))
        while self._agenda and self._agenda[0][0].date() <= last:
            at, _, action = heapq.heappop(self._agenda)
            action(at)

    def _days(self, yearly: float, first: date, last: date) -> Iterator[date]:
        """Days on which something happens that is expected so many times a year."""
        span = (last - first).days + 1
        passed = 0.0
        while yearly and (passed := passed + self._rng.expovariate(yearly / 365)) < span:
            yield first + timedelta(days=int(passed))

    def _plan(self, day: date, action: Action) -> None:
        """Do it on that day, in office hours."""
        morning = datetime.combine(day, time(8), WITA)
        at = morning + timedelta(seconds=self._rng.randrange(7 * 3600))
        heapq.heappush(self._agenda, (at, next(self._planned), action))

    def _plan_after(self, at: datetime, least: int, most: int, action: Action) -> None:
        self._plan(at.date() + timedelta(days=self._rng.randint(least, most)), action)

    def _plan_correction(self, at: datetime, action: Action) -> None:
        # Not before the mistake has been sent: the books would know more than the records.
        self._plan_after(at, LONGEST_SPAN, 90, action)

    def _befall(self, event: Event, person: Person, at: datetime) -> None:
        # Drawn for the span beforehand: the person may have died or left since.
        if person.living:
            event(self, person, at)

    # --- coming and going --------------------------------------------------------------------

    def give_birth(self, mother: Person, at: datetime) -> None:
        """A child, or two, of a married woman; reported later than born, at times much later."""
        rng, father = self._rng, mother.husband_or_wife
        born, reported = self._dates(at, 20 if rng.random() < 0.9 else 150, mother.since)
        if any(abs((child.born - born).days) < 330 for child in mother.children):
            return
        twins = rng.random() < 0.012
        for _ in range(2 if twins else 1):
            child = self._bear(mother, father, born, at)
            birth = self._happen(
                child,
                at,
                LAHIR,
                (born, reported),
                jenis_kelahiran=2 if twins else 1,
                kelahiran_anak_ke=len(mother.children),
                tempat_dilahirkan=pick(rng, {1: 30, 2: 40, 3: 12, 4: 18}),
                penolong_kelahiran=pick(rng, {1: 20, 2: 74, 3: 6}),
                berat_lahir=round(rng.gauss(3050, 380)),
                panjang_lahir=round(rng.gauss(49, 2)),
                waktu_lahir=self._clock(),
                akta_lahir=child.akta_lahir,
            )
            if rng.random() < 0.06:
                self._enter_twice(mother, child, birth, at)
        traits.plan_family(rng, mother, at.date())
        self._register.save(at, mother)

    def _bear(self, mother: Person, father: Person | None, born: date, at: datetime) -> Person:
        rng = self._rng
        sex = LAKI_LAKI if rng.random() < 0.512 else PEREMPUAN
        clan = father.clan if father else mother.clan
        parents = (father, mother)
        child = self._homes.person(mother.family, sex, born, mother.agama_id, clan, parents)
        traits.endow(rng, child, at.date())
        child.kk_level = kinship(mother.family.head, child)
        child.since = at.date()
        if rng.random() < 0.25:
            child.nik = self._register.numbers.temporary()
            self._plan_after(at, 20, 150, partial(self._correct, child))
        self._register.save(at, child)
        return child

    def die(self, person: Person, at: datetime) -> None:
        """A death; who is left is widowed, or leads the family."""
        rng, widowed = self._rng, person.husband_or_wife
        dates = self._dates(at, 6 if rng.random() < 0.85 else 90, person.since)
        death = self._depart(
            person,
            at,
            MATI,
            dates,
            meninggal_di="RUMAH" if rng.random() < 0.7 else "RUMAH SAKIT",
            jam_mati=self._clock(),
            sebab=pick(rng, {1: 88, 2: 2, 3: 6, 6: 4}),
            penolong_mati=pick(rng, {1: 25, 2: 40, 4: 35}),
            akta_mati=traits.deed(rng, "KM", dates[1]) if rng.random() < 0.4 else None,
        )
        if widowed:
            widowed.status_kawin = CERAI_MATI
            traits.plan_family(rng, widowed, at.date())
            self._register.save(at, widowed)
        elif person.family.head is not person and rng.random() < 0.12:
            self._plan_correction(at, partial(self._cancel, person, death))
        families.succeed(self._rng, self._register, person, person.family, at)

    def move_out(self, person: Person, at: datetime) -> None:
        """A grown child leaves the parents' house and the desa; some come back on the word."""
        move = self._leave_desa([person], at)
        if self._rng.random() < 0.15:
            self._plan_correction(at, partial(self._cancel, person, move))

    def move_out_together(self, head: Person, at: datetime) -> None:
        """A whole family leaves the desa."""
        self._leave_desa(list(head.family.members), at)

    def _leave_desa(self, people: list[Person], at: datetime) -> Peristiwa:
        rng = self._rng
        ref_pindah = pick(rng, {1: 20, 2: 26, 3: 32, 4: 22})
        where = {
            "ref_pindah": ref_pindah,
            "alamat_tujuan": rng.choice(names.DESTINATIONS[ref_pindah]),
        }
        dates = self._dates(at, 9, max(person.since for person in people))
        moves = [self._depart(person, at, PINDAH, dates, **where) for person in people]
        return moves[0]

    def go_missing(self, person: Person, at: datetime) -> None:
        """Someone is reported as missing."""
        dates = self._dates(at, 30, person.since)
        self._depart(person, at, HILANG, dates, catatan="DILAPORKAN HILANG OLEH KELUARGA")
        families.succeed(self._rng, self._register, person, person.family, at)

    def come_together(self, neighbour: Person, at: datetime) -> None:
        """A young family moves in, next door to someone."""
        age = self._rng.triangular(23, 50, 30)
        place, today = neighbour.family.wilayah, at.date()
        self._arrive(self._homes.household(place, today, age, "couple", today), at, "MENETAP")

    def come(self, host: Person, at: datetime) -> None:
        """A single person moves in, next door to someone."""
        age, today = self._rng.triangular(18, 40, 24), at.date()
        newcomer = self._homes.household(host.family.wilayah, today, age, "alone", today)
        self._arrive(newcomer, at, "MENETAP")

    def come_for_work(self, host: Person, at: datetime) -> None:
        """A temporary resident, who leaves again after some months."""
        age, today = self._rng.triangular(19, 50, 28), at.date()
        family = self._homes.household(host.family.wilayah, today, age, "alone", today)
        family.head.status = TIDAK_TETAP
        self._arrive(family, at, "BEKERJA")
        self._plan_after(at, 60, 400, partial(self._befall, Life.go_back, family.head))

    def go_back(self, person: Person, at: datetime) -> None:
        """A temporary resident leaves."""
        self._depart(person, at, PERGI, self._dates(at, 4, person.since), tujuan="DAERAH ASAL")

    def _arrive(self, family: Family, at: datetime, purpose: str) -> None:
        origin = self._rng.choice(names.PLACES)
        dates = self._dates(at, 12, max(person.born for person in family.members))
        self._register.save(at, family)
        for person in family.members:
            person.alamat_sebelumnya = origin
            person.since = at.date()
            self._register.save(at, person)
            self._happen(
                person, at, MASUK, dates, alamat_asal=origin, maksud_tujuan_kedatangan=purpose
            )

    def _depart(
        self, person: Person, at: datetime, kode: int, dates: tuple[date, date], **facts: object
    ) -> Peristiwa:
        """A person is no longer here; the status that follows has the code of the event."""
        peristiwa = self._happen(person, at, kode, dates, **facts)
        person.status_dasar = kode
        person.family.members.remove(person)
        self._register.save(at, person)
        for place in self._register.wilayah:
            if place.kepala is person:
                place.kepala = families.elect(self._rng, self._register, place)
                self._register.save(at, place)
        return peristiwa

    # --- families ----------------------------------------------------------------------------

    def marry(self, bride: Person, at: datetime) -> None:
        """A wedding with a man of the village, who has or founds a family of his own."""
        rng, register = self._rng, self._register
        grooms = [it for it in register.people if families.suits(it, bride, at.date())]
        if not grooms:
            return
        nearest = sorted(grooms, key=lambda it: abs((bride.born - it.born).days - 900))[:8]
        groom = rng.choice(nearest)
        families.wed(rng, groom, bride, at.date() - timedelta(days=int(rng.expovariate(1 / 25))))
        if groom.family.head is not groom:
            families.found_family(register, groom, families.little_ones(groom, 18, at), at)
        old = bride.family
        children = families.little_ones(bride, 18, at)
        families.gather(register, [bride, *children], groom.family, at)
        for person in (bride, groom):
            traits.plan_family(rng, person, at.date())
        families.succeed(rng, register, bride, old, at)

    def divorce(self, wife: Person, at: datetime) -> None:
        """A couple parts; one of them gets a KK of their own."""
        husband = wife.husband_or_wife
        if husband is None:
            return
        on = at.date() - timedelta(days=int(self._rng.expovariate(1 / 40)))
        families.part(self._rng, husband, wife, on)
        for person in (husband, wife):
            traits.plan_family(self._rng, person, at.date())
        families.separate(self._register, husband, wife, at)

    def move_house(self, head: Person, at: datetime) -> None:
        """A family moves to another RT of the desa."""
        places = [it for it in self._register.wilayah if it.rt != "0"]
        head.family.wilayah = self._rng.choice(places)
        self._register.save(at, head.family, *head.family.members)

    # --- edits and mistakes ------------------------------------------------------------------

    def edit(self, person: Person, at: datetime) -> None:
        """The operator brings a row up to date."""
        rng, today = self._rng, at.date()
        if person.age(today) < 25 and rng.random() < 0.8:
            traits.go_to_school(rng, person, today)
            if person.akta_lahir is None:
                person.akta_lahir = traits.deed(rng, "LT", today)
        else:
            match pick(rng, {"work": 45, "insurance": 22, "family": 15, "blood": 12, "ill": 6}):
                case "work":
                    traits.go_to_work(rng, person, today)
                case "insurance":
                    person.asuransi_id = pick(rng, names.INSURANCE)
                case "family":
                    traits.plan_family(rng, person, today)
                case "blood":
                    person.golongan_darah_id = pick(rng, {4: 40, 2: 28, 1: 25, 3: 7})
                case _:
                    person.sakit_menahun_id = pick(rng, names.ILLNESSES)
        self._register.save(at, person)

    def take_card(self, person: Person, at: datetime) -> None:
        """KTP-el: first recorded, then issued."""
        if person.status_rekam == 3 or self._rng.random() < 0.5:
            person.ktp_el, person.status_rekam = 2, 8
        else:
            person.ktp_el, person.status_rekam = 1, 3
        self._register.save(at, person)

    def _mistype(self, person: Person) -> None:
        """The flaws that registers have; most are found within these two years."""
        numbers = self._register.numbers
        match self._rng.randrange(4):
            case 0:
                person.nik = None
            case 1:
                person.nik = numbers.temporary()
            case 2:
                person.nik = numbers.nik(LAKI_LAKI + PEREMPUAN - person.sex, person.born)
            case _:
                person.tempat_lahir = None
        found = self._begin + timedelta(days=self._rng.randrange(30, 1000))
        self._plan(found, partial(self._correct, person))

    def _correct(self, person: Person, at: datetime) -> None:
        """The right NIK and birthplace; the children's rows name their parents' NIK."""
        if not person.living:
            return
        if person.tempat_lahir is None:
            person.tempat_lahir = names.PLACES[0]
        else:
            person.nik = self._register.numbers.nik(person.sex, person.born)
        self._register.save(at, person, *(it for it in person.children if it.living))

    def _enter_twice(self, mother: Person, child: Person, birth: Peristiwa, at: datetime) -> None:
        """A birth that two people typed in; the second row is deleted when it is noticed."""
        twice = self._bear(mother, child.father, child.born, at)
        twice.nama, twice.sex, twice.nik = child.nama, child.sex, None
        day = date.fromisoformat(birth.recorded["tgl_lapor"])
        again = self._happen(twice, at, LAHIR, (child.born, day))
        self._plan_correction(at, partial(self._delete, twice, again))

    def _delete(self, person: Person, birth: Peristiwa, at: datetime) -> None:
        if not person.living:
            return
        person.status_dasar = TIDAK_VALID
        person.family.members.remove(person)
        self._register.people.remove(person)
        for parent in person.parents:
            parent.children.remove(person)
        self._register.erase(at, person)
        self._register.erase(at, birth)
        self.books[f"{at:%Y-%m}", "koreksi", person.sex] -= 1

    def _cancel(self, person: Person, peristiwa: Peristiwa, at: datetime) -> None:
        """It was another person, or the move was called off: here again, as if never gone."""
        if not person.family.members:
            return
        person.status_dasar = HIDUP
        person.family.members.append(person)
        person.kk_level = kinship(person.family.head, person)
        self._register.erase(at, peristiwa)
        self._register.save(at, person)
        self.books[f"{at:%Y-%m}", "koreksi", person.sex] += 1

    # --- the book of events ------------------------------------------------------------------

    def _happen(
        self, person: Person, at: datetime, kode: int, dates: tuple[date, date], **facts: object
    ) -> Peristiwa:
        happened, reported = dates
        self.books[f"{reported:%Y-%m}", LINES[kode], person.sex] += 1
        return self._register.record(
            person,
            at,
            kode=kode,
            tgl_peristiwa=happened.isoformat(),
            tgl_lapor=reported.isoformat(),
            **facts,
        )

    def _dates(self, at: datetime, lag: float, since: date) -> tuple[date, date]:
        """When it happened and when it was reported; a few reports lie about before typed in."""
        rng = self._rng
        waited = rng.randint(1, 40) if rng.random() < 0.04 else 0
        reported = max(at.date() - timedelta(days=waited), self._begin, since)
        happened = reported - timedelta(days=int(rng.expovariate(1 / lag)))
        return max(happened, since), reported

    def _clock(self) -> str:
        return f"{self._rng.randrange(24):02d}:{self._rng.randrange(60):02d}"


_EVENTS: Final[tuple[tuple[float, Event, chances.Rate], ...]] = (
    # the highest rate, what happens, and the rate for a person
    (0.22, Life.die, chances.mortality),
    (0.28, Life.give_birth, chances.fertility),
    (0.12, Life.marry, chances.nuptiality),
    (0.004, Life.divorce, chances.sometimes(0.004, chances.is_wife)),
    (0.025, Life.move_out, chances.sometimes(0.025, chances.is_grown_child)),
    (0.006, Life.move_out_together, chances.sometimes(0.006, chances.leads)),
    (0.0003, Life.go_missing, chances.sometimes(0.0003, lambda _, age: age > 15)),
    (0.0014, Life.come_together, lambda *_: 0.0014),
    (0.005, Life.come, lambda *_: 0.005),
    (0.002, Life.come_for_work, lambda *_: 0.002),
    (0.012, Life.move_house, chances.sometimes(0.012, chances.leads)),
    (2.0, Life.take_card, chances.sometimes(2.0, chances.lacks_card)),
    (0.14, Life.edit, lambda *_: 0.14),
)
