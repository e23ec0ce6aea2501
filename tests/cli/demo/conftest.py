"""A register with one family, for what happens to it."""

from datetime import date
from random import Random

import pytest

from cli.demo import families
from cli.demo.households import Households
from cli.demo.people import Family, Person, Wilayah
from cli.demo.register import Numbers, Register

LAKI_LAKI, PEREMPUAN = 1, 2


@pytest.fixture
def rng() -> Random:
    return Random(1)  # the same each time


@pytest.fixture
def register(rng: Random) -> Register:
    register = Register(Numbers(rng, "53.06.14.2001", 1, 1))
    register.wilayah.append(Wilayah(1, "NUHA LOLON", "001", "001"))
    return register


@pytest.fixture
def family(rng: Random, register: Register) -> Family:
    """A couple, their grown son, and his little daughter."""
    homes = Households(rng, register, "LAMIKA")
    family = register.add_family(register.wilayah[0], date(2015, 1, 1), None)

    def person(sex: int, year: int, *parents: Person | None) -> Person:
        both = (parents[0], parents[1]) if parents else (None, None)
        return homes.person(family, sex, date(year, 6, 1), 3, "KOTEN", both)

    father, mother = person(LAKI_LAKI, 1970), person(PEREMPUAN, 1973)
    son = person(LAKI_LAKI, 1995, father, mother)
    person(PEREMPUAN, 2018, son, None)
    families.wed(rng, father, mother, date(1994, 1, 1))
    family.lead_by(father)
    return family
