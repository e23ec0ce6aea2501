"""What a person of some age and sex is likely to be: their name, school, work and health.

The shares are in `names`; when it is asked is for `households` and `life`. [pure]
"""
# ruff: noqa: PLR2004  # life is made of numbers, and each stands where it is meant

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Final, TypeVar

from cli.demo import names
from cli.demo.names import PEREMPUAN
from cli.demo.people import BELUM_KAWIN, KAWIN, WNA, Person

T = TypeVar("T")

_SCHOOLS: Final = (
    # until which age, for whom (least ambition), the certificate held, the school attended
    (4, 0, 1, 1),
    (7, 0, 1, 2),
    (13, 2, 2, 4),
    (16, 4, 3, 6),
    (19, 5, 4, 7),
    (24, 8, 5, 11),
    (22, 6, 5, 10),
    (27, 9, 8, 12),
)
_NOT_AT_SCHOOL: Final = 18
_PRESCHOOL: Final = (1, 2)
_WITHOUT_WORK, _PUPIL, _PENSIONER = 1, 3, 4
_CIVIL_SERVICE: Final = (5, 6, 7, 65)
_FERTILE: Final = range(15, 50)


def pick(rng: Random, weights: Mapping[T, float]) -> T:
    """One of the keys, by weight."""
    return rng.choices(tuple(weights), tuple(weights.values()))[0]


def region(rng: Random) -> str:
    """The first six digits of a NIK or KK number."""
    return pick(rng, names.REGIONS)


def name(rng: Random, sex: int, agama: int, clan: str) -> str:
    """An invented name: of the church or the mosque, mostly a given one, and the clan's."""
    firsts = names.MOSQUE_NAMES if agama == names.ISLAM else names.CHURCH_NAMES
    first, given = rng.choice(firsts[sex]), rng.choice(names.GIVEN_NAMES[sex])
    return f"{first} {given} {clan}" if rng.random() < 0.8 else f"{first} {clan}"


def ambition(rng: Random, born: date) -> int:
    """The last school that someone of this generation finishes."""
    return next(pick(rng, shares) for until, shares in names.EDUCATION if born.year <= until)


def schooling(age: float, ambition: int) -> tuple[int, int]:
    """The certificate held (pendidikan_kk) and the school attended (pendidikan_sedang)."""
    for until, least, held, attended in _SCHOOLS:
        if age < until and ambition >= least:
            return held, attended
    return ambition, _NOT_AT_SCHOOL


def go_to_school(rng: Random, person: Person, on: date) -> None:
    """Bring a person's school up to their age, and find them work when they leave it."""
    age = person.age(on)
    person.pendidikan_kk_id, attended = schooling(age, person.ambition)
    if attended != person.pendidikan_sedang_id:
        person.pendidikan_sedang_id = attended
        go_to_work(rng, person, on)


def go_to_work(rng: Random, person: Person, on: date) -> None:
    """Draw a person's work; pupils have none, and the old of the civil service a pension."""
    age = person.age(on)
    if person.pendidikan_sedang_id in _PRESCHOOL or age < 16:
        at_school = person.pendidikan_sedang_id not in (*_PRESCHOOL, _NOT_AT_SCHOOL)
        person.pekerjaan_id = _PUPIL if at_school else _WITHOUT_WORK
    elif person.pendidikan_sedang_id != _NOT_AT_SCHOOL:
        person.pekerjaan_id = _PUPIL
    else:
        graduate = person.pendidikan_kk_id > 5
        jobs = names.GRADUATE_JOBS if graduate else names.JOBS
        person.pekerjaan_id = pick(rng, jobs[person.sex])
        if age > 60 and person.pekerjaan_id in _CIVIL_SERVICE:
            person.pekerjaan_id = _PENSIONER


def plan_family(rng: Random, person: Person, on: date) -> None:
    """Pregnancy and contraception: asked of married women of fertile age only."""
    fertile = person.sex == PEREMPUAN and person.age(on) // 1 in _FERTILE
    if not (fertile and person.status_kawin == KAWIN):
        person.hamil = person.cara_kb_id = None
        return
    person.hamil = 1 if rng.random() < 0.06 else 2
    uses = person.hamil == 2 and rng.random() < 0.57
    person.cara_kb_id = pick(rng, names.CONTRACEPTION) if uses else None


def endow(rng: Random, person: Person, on: date) -> None:
    """Give a new person all that follows from age, sex and marriage."""
    age = person.age(on)
    person.ambition = ambition(rng, person.born)
    go_to_school(rng, person, on)
    plan_family(rng, person, on)
    person.golongan_darah_id = pick(rng, names.BLOOD)
    person.asuransi_id = pick(rng, names.INSURANCE)
    person.bahasa_id = 1 if person.pendidikan_kk_id > 1 else None
    if rng.random() < (0.012 if age < 70 else 0.04):
        person.cacat_id = pick(rng, names.DISABILITIES)
    if rng.random() < 0.0012 * max(0, age - 35):
        person.sakit_menahun_id = pick(rng, names.ILLNESSES)
    if rng.random() < (0.85 if age < 18 else 0.4):
        person.akta_lahir = deed(rng, "LT", person.born)
    if age >= 17 or person.status_kawin != BELUM_KAWIN:
        person.ktp_el, person.status_rekam = (2, 8) if rng.random() < 0.95 else (1, 2)
    elif rng.random() < 0.35:
        person.ktp_el = 3
    if rng.random() < 0.001:
        person.warganegara_id, person.negara_asal = WNA, "TIMOR LESTE"
        person.dokumen_kitas = f"2C1JE{rng.randrange(10_000):04d}-X"
        person.dokumen_paspor = f"C{rng.randrange(10_000_000):07d}"


def deed(rng: Random, kind: str, on: date) -> str:
    """The number of a civil deed: LT of birth, KW of marriage, CR of divorce, KM of death."""
    return f"5306-{kind}-{on:%d%m%Y}-{rng.randrange(1, 10_000):04d}"
