"""Events that come too late: whom they were planned for has died, left or married since."""

from datetime import date, datetime
from random import Random

import pytest

from cli.demo.households import Households
from cli.demo.life import WITA, Life
from cli.demo.people import Family
from cli.demo.register import Register

BEGIN = date(2026, 11, 1)
AT = datetime(2026, 11, 24, 9, 0, tzinfo=WITA)
SON, DAUGHTER = 2, 3


@pytest.fixture
def life(rng: Random, register: Register) -> Life:
    return Life(rng, register, Households(rng, register, "LAMIKA"), BEGIN)


def test_birth_of_a_widow_is_recorded_without_a_father(
    life: Life, register: Register, family: Family
) -> None:
    father, mother = family.members[:2]
    life.die(father, AT)
    life.give_birth(mother, AT)
    assert (register.people[-1].mother, register.people[-1].father) == (mother, None)


def test_unmarried_are_not_divorced(life: Life, register: Register, family: Family) -> None:
    life.divorce(family.members[DAUGHTER], AT)
    assert register.changes() == []


def test_wedding_needs_a_groom(life: Life, register: Register, family: Family) -> None:
    life.marry(family.members[DAUGHTER], AT)
    assert register.changes() == []


def test_who_has_left_is_not_corrected(life: Life, register: Register, family: Family) -> None:
    son = family.members[SON]
    life.move_out(son, AT)
    register.changes()
    life._correct(son, AT)
    assert register.changes() == []


def test_who_has_left_is_not_deleted(life: Life, register: Register, family: Family) -> None:
    son = family.members[SON]
    birth = register.record(son, AT, kode=1)
    life.move_out(son, AT)
    register.changes()
    life._delete(son, birth, AT)
    assert register.changes() == []


def test_nobody_comes_back_to_an_empty_house(
    life: Life, register: Register, family: Family
) -> None:
    son = family.members[SON]
    move = register.record(son, AT, kode=3)
    life.move_out_together(family.head, AT)
    register.changes()
    life._cancel(son, move, AT)
    assert register.changes() == []


def test_head_of_an_rt_who_dies_is_replaced(
    life: Life, register: Register, family: Family
) -> None:
    father, mother = family.members[:2]
    place = register.wilayah[0]
    place.kepala = father
    homes = Households(Random(2), register, "LAMIKA")
    neighbour = homes.founding(place, BEGIN).head
    life.die(father, AT)
    assert place.kepala is neighbour
    assert family.head is mother
