"""How often things befall a person, by what they are: rates of a year.

Rough figures of a young rural population that many leave; what happens then is in `life`. [pure]
"""
# ruff: noqa: PLR2004  # life is made of numbers, and each stands where it is meant

from collections.abc import Callable
from typing import Final

from cli.demo.names import LAKI_LAKI, PEREMPUAN
from cli.demo.people import ANAK, BELUM_KAWIN, KAWIN, KEPALA, TETAP, Person

Rate = Callable[[Person, float], float]
"""How often something befalls a person of this age in a year."""

_MORTALITY: Final = (
    (1, 0.016),
    (5, 0.0016),
    (15, 0.0005),
    (30, 0.0013),
    (45, 0.0028),
    (55, 0.0065),
    (65, 0.015),
    (75, 0.038),
    (85, 0.095),
    (130, 0.19),
)
_FERTILITY: Final = ((25, 0.28), (30, 0.23), (35, 0.16), (40, 0.09), (45, 0.02))


def mortality(person: Person, age: float) -> float:
    """Deaths, of men somewhat more."""
    return _at(age, _MORTALITY) * (1.12 if person.sex == LAKI_LAKI else 0.88)


def fertility(person: Person, age: float) -> float:
    """Births of a woman whose husband lives."""
    return _at(age, _FERTILITY) if person.sex == PEREMPUAN and person.husband_or_wife else 0


def nuptiality(person: Person, age: float) -> float:
    """Weddings of an unmarried woman."""
    free = person.sex == PEREMPUAN and person.status_kawin != KAWIN and person.status == TETAP
    if not free or not 19 < age < 45:
        return 0
    return 0.12 if person.status_kawin == BELUM_KAWIN and age < 30 else 0.03


def is_wife(person: Person, age: float) -> bool:
    """Whether a divorce could be hers."""
    return person.sex == PEREMPUAN and person.husband_or_wife is not None and age < 60


def is_grown_child(person: Person, age: float) -> bool:
    """Whether someone may leave the parents' house."""
    return age > 17 and person.kk_level == ANAK and person.status_kawin == BELUM_KAWIN


def leads(person: Person, _age: float) -> bool:
    """Whether a family follows this person."""
    return person.kk_level == KEPALA and person.status == TETAP


def lacks_card(person: Person, age: float) -> bool:
    """Whether a KTP-el is still to come."""
    return age > 17 and person.status_rekam != 8


def sometimes(yearly: float, condition: Callable[[Person, float], bool]) -> Rate:
    """One rate for all of whom something is true."""
    return lambda person, age: yearly if condition(person, age) else 0


def _at(age: float, table: tuple[tuple[int, float], ...]) -> float:
    return next((rate for until, rate in table if age < until), 0)
