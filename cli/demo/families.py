"""Families as they change: weddings, divorces, and who leads those that are left.

The rules of the register: a family that somebody lives in has one living head; children who are
left without a grown-up are taken in by others. When it happens is `life`'s part. [pure]
"""
# ruff: noqa: PLR2004  # life is made of numbers, and each stands where it is meant

from datetime import date, datetime
from random import Random

from cli.demo import traits
from cli.demo.names import LAKI_LAKI
from cli.demo.people import (
    ANAK,
    CERAI_HIDUP,
    CUCU,
    KAWIN,
    KEPALA,
    TETAP,
    Family,
    Person,
    Wilayah,
)
from cli.demo.register import Register


def wed(rng: Random, husband: Person, wife: Person, on: date) -> None:
    """Marry two people, on paper too; an earlier divorce is no longer stated."""
    akta = traits.deed(rng, "KW", on) if rng.random() < 0.75 else None
    for person, other in ((husband, wife), (wife, husband)):
        person.spouse = other
        person.status_kawin = KAWIN
        person.tanggal_perkawinan, person.akta_perkawinan = on, akta
        person.tanggal_perceraian = person.akta_perceraian = None


def part(rng: Random, husband: Person, wife: Person, on: date) -> None:
    """Divorce two people, on paper too."""
    akta = traits.deed(rng, "CR", on)
    for person in (husband, wife):
        person.status_kawin, person.spouse = CERAI_HIDUP, None
        person.tanggal_perceraian, person.akta_perceraian = on, akta


def suits(man: Person, bride: Person, on: date) -> bool:
    """Whether a man of the register could be the groom."""
    return (
        man.living
        and man.sex == LAKI_LAKI
        and man.status_kawin != KAWIN
        and man.status == TETAP
        and man.family is not bride.family
        and 20 < man.age(on) < 48
        and not set(man.parents) & set(bride.parents)
    )


def little_ones(parent: Person, below: float, at: datetime) -> list[Person]:
    """The children in a parent's family who are younger."""
    return [
        child
        for child in parent.children
        if child.living and child.family is parent.family and child.age(at.date()) < below
    ]


def gather(register: Register, people: list[Person], family: Family, at: datetime) -> None:
    """Move people into a family that has its head."""
    for person in list(people):
        person.move_to(family)
    family.lead_by(family.head)
    register.save(at, family, *family.members)


def found_family(register: Register, head: Person, children: list[Person], at: datetime) -> None:
    """Give people a KK of their own, in the same place."""
    old = head.family
    family = register.add_family(old.wilayah, at.date(), old.kelas_sosial)
    family.head = head
    gather(register, [head, *children], family, at)


def separate(register: Register, husband: Person, wife: Person, at: datetime) -> None:
    """Let one of a divorced couple leave the family; little children stay with their mother."""
    family = wife.family
    if wife.kk_level in (KEPALA, ANAK, CUCU):
        found_family(register, husband, [], at)
    else:
        found_family(register, wife, little_ones(wife, 12, at), at)
    family.lead_by(family.head)
    register.save(at, *family.members)


def succeed(rng: Random, register: Register, gone: Person, family: Family, at: datetime) -> None:
    """Give a family that its head has left another, or its children another family."""
    if family.head is not gone or not family.members:
        return
    adults = [it for it in family.members if it.age(at.date()) >= 17]
    if gone.spouse and gone.spouse in family.members:
        family.lead_by(gone.spouse)
    elif adults:
        family.lead_by(min(adults, key=lambda it: it.born))
    else:
        heads = [it.head for it in register.families if it.head.living]
        gather(register, family.members, rng.choice(heads).family, at)
        return
    register.save(at, family, *family.members)


def elect(rng: Random, register: Register, place: Wilayah) -> Person | None:
    """One of the heads of families who live in a place, to be its head."""
    families = [it for it in register.families if place.holds(it.wilayah)]
    return rng.choice([it.head for it in families if it.head.living] or [None])
