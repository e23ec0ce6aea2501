"""How families are made: those that were always there, and those that arrive.

    couple   husband, wife and the children still at home
    parent   one of the two with the children: widowed or divorced
    alone    an old person, or a young one

The first two have at times a grandmother, a nephew or the family of a grown child with them.
People come with everything that the desa would know of them; saving them is for the caller. [pure]
"""
# ruff: noqa: PLR2004  # life is made of numbers, and each stands where it is meant

from datetime import date, timedelta
from random import Random
from typing import Final, Literal

from cli.demo import names, traits
from cli.demo.families import wed
from cli.demo.names import LAKI_LAKI, PEREMPUAN
from cli.demo.people import (
    BELUM_KAWIN,
    CERAI_HIDUP,
    CERAI_MATI,
    YEAR,
    Family,
    Person,
    Wilayah,
)
from cli.demo.register import Register
from cli.demo.traits import pick

Shape = Literal["couple", "parent", "alone"]

_SHAPES: Final[tuple[tuple[float, dict[Shape, float]], ...]] = (
    # up to which age of the head
    (30, {"couple": 84, "parent": 4, "alone": 12}),
    (60, {"couple": 86, "parent": 10, "alone": 4}),
    (120, {"couple": 58, "parent": 24, "alone": 18}),
)
_AT_HOME: Final = ((18, 0.98), (22, 0.74), (27, 0.5), (34, 0.22), (120, 0.06))
"""The share of children who still live with their parents, up to an age."""


class Households:
    """Makes the families of one village."""

    def __init__(self, rng: Random, register: Register, birthplace: str) -> None:
        self._rng = rng
        self._register = register
        self._birthplace = birthplace

    def founding(self, wilayah: Wilayah, on: date) -> Family:
        """A family that lives here when the register begins."""
        rng = self._rng
        age = rng.triangular(21, 86, 27)
        shape = next(pick(rng, shares) for until, shares in _SHAPES if age < until)
        registered = on - timedelta(days=rng.randrange(30, 4000))
        return self.household(wilayah, on, age, shape, registered)

    def household(
        self, wilayah: Wilayah, on: date, age: float, shape: Shape, registered: date
    ) -> Family:
        """A family with a head of this age."""
        rng = self._rng
        kelas_sosial = rng.randint(1, 4) if rng.random() < 0.7 else None
        family = self._register.add_family(wilayah, registered, kelas_sosial)
        agama, clan = pick(rng, names.AGAMA), rng.choice(names.CLANS)
        if shape == "couple":
            head = self._couple(family, on, age, agama, clan)
        elif shape == "parent":
            head = self._lone_parent(family, on, max(age, 27), agama, clan)
        else:
            head = self.person(family, self._sex(0.5), _born(on, age), agama, clan)
            head.status_kawin = BELUM_KAWIN if age < 40 else CERAI_MATI
        if shape != "alone":
            self._add_relatives(family, head, on)
        for member in family.members:
            traits.endow(rng, member, on)
        family.lead_by(head)
        return family

    def person(
        self,
        family: Family,
        sex: int,
        born: date,
        agama: int,
        clan: str,
        parents: tuple[Person | None, Person | None] = (None, None),
    ) -> Person:
        """One more member of a family, unmarried, with a NIK and parents at least by name."""
        rng = self._rng
        father, mother = parents
        local = rng.random() < 0.82
        person = Person(
            id=self._register.next_id("penduduk"),
            nik=self._register.numbers.nik(sex, born),
            nama=traits.name(rng, sex, agama, clan),
            clan=clan,
            sex=sex,
            born=born,
            since=born,
            agama_id=agama,
            family=family,
            father=father,
            mother=mother,
            tempat_lahir=self._birthplace if local else rng.choice(names.PLACES),
            ayah_nama=traits.name(rng, LAKI_LAKI, agama, clan),
            ibu_nama=traits.name(rng, PEREMPUAN, agama, rng.choice(names.CLANS)),
        )
        for parent in person.parents:
            parent.children.append(person)
        family.members.append(person)
        self._register.people.append(person)
        return person

    def _couple(self, family: Family, on: date, age: float, agama: int, clan: str) -> Person:
        rng = self._rng
        husband = self.person(family, LAKI_LAKI, _born(on, age), agama, clan)
        wife_born = _born(on, max(19.5, age - rng.gauss(3.5, 3)))
        wife = self.person(family, PEREMPUAN, wife_born, agama, rng.choice(names.CLANS))
        earliest = max(_later(husband.born, 20), _later(wife.born, 18.5))
        on_wedding = min(_later(earliest, rng.expovariate(1 / 3)), on - timedelta(days=90))
        wed(rng, husband, wife, on_wedding)
        self._add_children(wife, (husband, wife), on_wedding, on)
        return husband

    def _lone_parent(self, family: Family, on: date, age: float, agama: int, clan: str) -> Person:
        rng = self._rng
        head = self.person(family, self._sex(0.3), _born(on, age), agama, clan)
        head.status_kawin = CERAI_MATI if rng.random() < 0.7 else CERAI_HIDUP
        if head.status_kawin == CERAI_HIDUP:
            head.tanggal_perceraian = on - timedelta(days=rng.randrange(60, 2000))
            head.akta_perceraian = traits.deed(rng, "CR", head.tanggal_perceraian)
        first = _later(head.born, 20 + rng.expovariate(1 / 3))
        parents = (head, None) if head.sex == LAKI_LAKI else (None, head)
        self._add_children(head, parents, first, on)
        for child in head.children:  # of one absent parent
            child.ayah_nama = head.children[0].ayah_nama
            child.ibu_nama = head.children[0].ibu_nama
        return head

    def _add_children(
        self,
        parent: Person,
        parents: tuple[Person | None, Person | None],
        since: date,
        on: date,
    ) -> None:
        """Children as the parent's generation had them; those who have left are not here."""
        rng, father = self._rng, parents[0]
        wanted = 5.2 if parent.born.year < 1968 else 4.1 if parent.born.year < 1985 else 3.4
        clan = father.clan if father else parent.clan
        born = since
        for _ in range(max(0, round(rng.gauss(wanted, 1.4)))):
            born = _later(born, 0.9 + rng.expovariate(1 / 1.4))
            if born > on - timedelta(days=20) or born > _later(parent.born, 44):
                break
            age = (on - born).days / YEAR
            if rng.random() < next(share for until, share in _AT_HOME if age < until):
                self.person(parent.family, self._sex(0.512), born, parent.agama_id, clan, parents)

    def _add_relatives(self, family: Family, head: Person, on: date) -> None:
        rng = self._rng
        age = head.age(on)
        if 24 < age < 60 and rng.random() < 0.08:
            born = _later(head.born, -rng.uniform(21, 30))
            old = self.person(family, PEREMPUAN, born, head.agama_id, rng.choice(names.CLANS))
            old.status_kawin, head.mother = CERAI_MATI, old
            old.children.append(head)
        if rng.random() < 0.06:
            born = _born(on, rng.uniform(8, 32))
            self.person(family, self._sex(0.5), born, head.agama_id, head.clan)
        grown = [child for child in head.children if 20 < child.age(on) < 34]
        if grown and rng.random() < 0.12:
            self._add_young_family(family, grown[0], on)

    def _add_young_family(self, family: Family, child: Person, on: date) -> None:
        """A child of the house who has married and stayed."""
        rng = self._rng
        man = child.sex == LAKI_LAKI
        born = min(_later(child.born, 2 if man else -2), _born(on, 19.5))
        spouse = self.person(
            family, PEREMPUAN if man else LAKI_LAKI, born, child.agama_id, rng.choice(names.CLANS)
        )
        father, mother = (child, spouse) if man else (spouse, child)
        on_wedding = _later(max(father.born, mother.born), 19)
        wed(rng, father, mother, on_wedding)
        born = _later(on_wedding, 1 + rng.expovariate(1 / 2))
        if born < on - timedelta(days=20):
            parents = (father, mother)
            self.person(family, self._sex(0.5), born, child.agama_id, father.clan, parents)

    def _sex(self, men: float) -> int:
        return LAKI_LAKI if self._rng.random() < men else PEREMPUAN


def _born(on: date, age: float) -> date:
    """The birthday of someone of this age."""
    return on - timedelta(days=int(age * YEAR))


def _later(day: date, years: float) -> date:
    return day + timedelta(days=int(years * YEAR))
