"""What becomes of a family when somebody leaves it."""

from datetime import date, datetime
from random import Random

from cli.demo import families
from cli.demo.households import Households
from cli.demo.life import WITA
from cli.demo.people import KAWIN, Family, Person
from cli.demo.register import Register

AT = datetime(2026, 11, 24, 9, 0, tzinfo=WITA)
PEREMPUAN = 2
KEPALA, SUAMI, ISTRI, ANAK, CUCU, FAMILI = 1, 2, 3, 4, 6, 9


def levels(family: Family) -> list[int]:
    return [member.kk_level for member in family.members]


def leave(person: Person) -> None:
    person.status_dasar = 2
    person.family.members.remove(person)


def test_kinship_is_to_the_head(family: Family) -> None:
    assert levels(family) == [KEPALA, ISTRI, ANAK, CUCU]


def test_husband_of_a_head_is_suami(family: Family) -> None:
    family.lead_by(family.members[1])
    assert levels(family) == [SUAMI, KEPALA, ANAK, CUCU]


def test_widow_leads_the_family(rng: Random, register: Register, family: Family) -> None:
    leave(father := family.head)
    families.succeed(rng, register, father, family, AT)
    assert levels(family) == [KEPALA, ANAK, CUCU]


def test_eldest_leads_when_there_is_no_widow(
    rng: Random, register: Register, family: Family
) -> None:
    father, mother, son, child = family.members
    leave(mother)
    leave(father)
    families.succeed(rng, register, father, family, AT)
    assert (family.head, child.kk_level) == (son, ANAK)


def test_little_children_are_taken_in(rng: Random, register: Register, family: Family) -> None:
    neighbours = Households(rng, register, "LAMIKA").founding(register.wilayah[0], AT.date())
    child = family.members[-1]
    for person in family.members[:-1]:
        leave(person)
    families.succeed(rng, register, family.head, family, AT)
    assert child.family is neighbours
    assert child.kk_level == FAMILI
    assert child.no_kk_sebelumnya == family.no_kk


def test_head_stays_when_all_are_gone(rng: Random, register: Register, family: Family) -> None:
    father = family.head
    for person in list(family.members):
        leave(person)
    families.succeed(rng, register, father, family, AT)
    assert family.head is father


def test_divorced_wife_of_a_head_leaves(rng: Random, register: Register, family: Family) -> None:
    father, mother = family.members[:2]
    families.part(rng, father, mother, AT.date())
    families.separate(register, father, mother, AT)
    assert (father.family, mother.family.head) == (family, mother)


def test_divorced_husband_of_a_head_leaves(
    rng: Random, register: Register, family: Family
) -> None:
    father, mother = family.members[:2]
    family.lead_by(mother)
    families.part(rng, father, mother, AT.date())
    families.separate(register, father, mother, AT)
    assert (father.family.head, mother.family) == (father, family)


def test_little_children_go_with_their_mother(
    rng: Random, register: Register, family: Family
) -> None:
    father, mother = family.members[:2]
    little = Households(rng, register, "LAMIKA").person(
        family, PEREMPUAN, date(2020, 1, 1), 3, "KOTEN", (father, mother)
    )
    families.part(rng, father, mother, AT.date())
    families.separate(register, father, mother, AT)
    assert little.family is mother.family
    assert little.kk_level == ANAK


def test_wedding_ends_a_divorce_on_paper(rng: Random, family: Family) -> None:
    father, mother = family.members[:2]
    families.part(rng, father, mother, date(2020, 1, 1))
    families.wed(rng, father, mother, date(2021, 1, 1))
    assert (father.status_kawin, father.tanggal_perceraian) == (KAWIN, None)


def test_siblings_do_not_marry(rng: Random, register: Register, family: Family) -> None:
    father, mother, son, _ = family.members
    homes = Households(rng, register, "LAMIKA")
    sister = homes.person(family, PEREMPUAN, date(2000, 1, 1), 3, "KOTEN", (father, mother))
    families.found_family(register, sister, [], AT)
    assert not families.suits(son, sister, AT.date())


def test_mistake_that_was_never_sent_is_not_sent(register: Register, family: Family) -> None:
    event = register.record(family.head, AT, kode=1)
    register.erase(AT, event)
    assert register.changes() == []


def test_mistake_that_was_sent_is_deleted(register: Register, family: Family) -> None:
    event = register.record(family.head, AT, kode=1)
    register.changes()
    register.erase(AT, event)
    assert [(draft.entity, draft.op) for draft in register.changes()] == [("peristiwa", "delete")]
