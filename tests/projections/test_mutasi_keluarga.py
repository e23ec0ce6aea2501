"""The monthly account of families: why each came or went, and in which month."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from ledger import Draft
from ledger.database import Databases
from projections import catch_up, rebuild
from projections.mutasi import KOREKSI, MUTASI_KELUARGA, Kind
from projections.queries.laporan_bulanan import lines, moves, reports
from projections.queries.mutasi import Month, Rows, Whom, rows
from projections.queries.statistik import places, table
from tests.ledger.catalogue.records import SOUND
from tests.projections.accounts import families, stored
from tests.simulator import START, House, Village, penduduk

NO_KK, OTHER = "5306140101800011", "5306140101800012"
KEPALA, ISTRI, ANAK = 1, 3, 4
LATER = START + timedelta(days=3)
NOVEMBER = date(2026, 11, 1)
MAN, WOMAN = Kind(1, wna=False), Kind(2, wna=False)


class Told:
    """A village whose account is read when it is asked for."""

    def __init__(self, databases: Databases) -> None:
        self.house = House(databases)
        self.village: Village = self.house.village()

    def push(self, *drafts: Draft) -> None:
        self.house.push(self.village, drafts)

    def months(self, as_of: int | None = None) -> dict[date, Month]:
        databases = self.house.databases
        catch_up(databases.projector, self.house.now)
        with databases.reader.connect() as tx:
            found = reports(tx, self.village.kode_desa, START.date(), as_of)
        return {it.bulan: it.families for it in found}

    def told(self, bulan: date = NOVEMBER) -> dict[str, dict[Kind, int]]:
        """What changed in a month, without what did not."""
        return {name: dict(it) for name, it in self.months()[bulan].flows.items() if it}

    def rows(self, whom: Whom) -> Rows:
        with self.house.databases.reader.connect() as tx:
            return rows(tx, self.village.kode_desa, whom)


@pytest.fixture
def desa(databases: Databases) -> Told:
    return Told(databases)


def person(id_: int, kk_level: int = KEPALA, *, at: datetime = START, **data: object) -> Draft:
    told = {"no_kk": NO_KK, "kk_level": kk_level, "sex": 1, **data}
    return replace(penduduk(id_, f"ORANG {id_}", **told), at=at)


def card(id_: int, *, at: datetime = START, **data: object) -> Draft:
    return Draft("keluarga", str(id_), "put", at, {"id": id_, "no_kk": NO_KK, **data})


def event(id_: int, id_pend: int, kode: int, **facts: object) -> Draft:
    told = {"id": id_, "id_pend": id_pend, "kode": kode, "jenis": None, "tgl_lapor": "2026-11-20"}
    return Draft("peristiwa", str(id_), "put", START, {**SOUND["peristiwa"], **told, **facts})


def of_family(id_: int, id_kk: int, kode: int, day: str = "2026-11-20") -> Draft:
    told = {"id": id_, "id_kk": id_kk, "kode": kode, "tgl_peristiwa": day}
    return Draft("peristiwa_keluarga", str(id_), "put", START, told)


# --- of a desa that tells of events --------------------------------------------------------------


def test_a_family_goes_as_its_head_does_in_the_month_of_the_report(desa: Told) -> None:
    there = [event(it, it, 5, saldo_awal=True, tgl_lapor="2026-09-30") for it in (1, 2, 3)]
    desa.push(
        person(1), person(2, no_kk=OTHER, sex=2), person(3, no_kk="5306140101800013"), *there
    )
    desa.push(
        person(1, status_dasar=3),
        event(4, 1, 3, tgl_lapor="2026-10-30", ref_pindah=4),
        person(2, no_kk=OTHER, sex=2, status_dasar=2),
        event(5, 2, 2),
    )
    assert desa.told(date(2026, 9, 1)) == {"saldo_awal": {MAN: 2, WOMAN: 1}}
    assert desa.told(date(2026, 10, 1)) == {"pindah": {MAN: 1}}
    assert desa.months()[date(2026, 10, 1)].rincian_pindah == {4: {MAN: 1}}
    assert desa.told() == {"mati": {WOMAN: 1}}
    assert desa.months()[NOVEMBER].akhir == {MAN: 1}
    assert desa.months()[NOVEMBER].turunan == 0
    # As of the first batch nobody had gone.
    assert desa.months(as_of=1)[NOVEMBER].akhir == {MAN: 2, WOMAN: 1}


def test_a_new_head_of_the_other_sex_is_koreksi_and_one_of_the_same_is_nothing(
    desa: Told,
) -> None:
    people = [person(1, id_kk=3), person(2, ISTRI, sex=2, id_kk=3), person(4, ANAK, id_kk=3)]
    desa.push(card(3, kepala_id=1), *people)
    desa.push(
        person(1, id_kk=3, status_dasar=2), event(1, 1, 2), card(3, kepala_id=2),
        of_family(1, 3, 2),
    )  # fmt: skip
    assert desa.told() == {"saldo_awal": {MAN: 1}, KOREKSI: {MAN: -1, WOMAN: 1}}
    desa.push(card(3, kepala_id=4))
    desa.push(person(4, ANAK, id_kk=3, agama_id=1))
    assert desa.months()[NOVEMBER].akhir == {MAN: 1}
    assert desa.told() == {"saldo_awal": {MAN: 1}}  # koreksi comes to nothing


def test_a_card_that_is_split_is_a_new_family(desa: Told) -> None:
    desa.push(card(3, kepala_id=1), person(1, id_kk=3), person(4, ANAK, id_kk=3))
    desa.push(
        card(5, no_kk=OTHER, kepala_id=4),
        person(4, id_kk=5, no_kk=OTHER),
        of_family(1, 5, 1, "2026-10-15"),
    )
    assert desa.told(NOVEMBER) == {"saldo_awal": {MAN: 1}}
    # It is told to have been in a month before the first of the account.
    assert desa.months()[NOVEMBER].awal == {MAN: 1}
    desa.push(card(6, no_kk="5306140101800013", kepala_id=4), event(1, 1, 2))
    assert desa.told(NOVEMBER)["baru"] == {MAN: 1}


def test_what_nobody_tells_a_reason_for_is_koreksi(desa: Told) -> None:
    desa.push(person(9, no_kk=None), event(9, 9, 5))
    desa.push(person(1))
    assert desa.told() == {KOREKSI: {MAN: 1}}
    desa.push(card(3, kepala_id=1), person(1, id_kk=3))
    desa.push(Draft("penduduk", "1", "delete", START))
    assert desa.months()[NOVEMBER].akhir == {}


def test_the_families_of_the_first_batch_were_there(desa: Told) -> None:
    """Whether they are told to be new, or their heads' events come later, or for another one."""
    desa.push(
        card(3, kepala_id=1), person(1, id_kk=3), of_family(1, 3, 1, "2026-10-15"),
        person(2, no_kk=OTHER), person(9, no_kk=None), event(9, 9, 5),
    )  # fmt: skip
    desa.push(event(1, 1, 5, saldo_awal=True, tgl_lapor="2026-09-30"))
    assert desa.told() == {"saldo_awal": {MAN: 2}}


def test_the_event_of_a_family_dates_it_unless_its_head_came_or_went_so(desa: Told) -> None:
    desa.push(person(9, no_kk=None), event(9, 9, 5, tgl_lapor="2026-09-01"))
    born = event(1, 1, 1, tgl_lapor="2026-09-30")
    desa.push(card(3, kepala_id=1), person(1, id_kk=3), of_family(1, 3, 1, "2026-10-15"), born)
    assert desa.told(date(2026, 10, 1)) == {"baru": {MAN: 1}}
    desa.push(person(1, id_kk=3, status_dasar=2), of_family(2, 3, 2, "2062-10-15"))
    # What is dated after it was saved is a slip.
    assert desa.told() == {"mati": {MAN: 1}}
    desa.push(
        person(2, no_kk=OTHER),
        of_family(3, 3, 5),
        Draft("peristiwa_keluarga", "3", "delete", START),
    )
    assert desa.told()[KOREKSI] == {MAN: 1}


def test_an_event_that_the_desa_concluded_stays_concluded(desa: Told) -> None:
    desa.push(person(1), event(1, 1, 5, saldo_awal=True))
    desa.push(person(1, status_dasar=3), event(2, 1, 3, turunan=True))
    assert desa.told() == {"saldo_awal": {MAN: 1}, "pindah": {MAN: 1}}
    assert desa.months()[NOVEMBER].turunan == 1


# --- of a desa that tells of none ----------------------------------------------------------------


def test_without_events_they_are_concluded(desa: Told) -> None:
    desa.push(person(1), person(2, no_kk=OTHER), person(4, ANAK))
    desa.push(
        person(1, status_dasar=3, at=LATER),
        person(4, no_kk="5306140101800013", at=LATER),
        person(7, no_kk="5306140101800014", sex=2, at=LATER),
    )
    assert desa.told() == {
        "saldo_awal": {MAN: 2}, "pindah": {MAN: 1}, "baru": {MAN: 1}, "datang": {WOMAN: 1},
    }  # fmt: skip
    assert desa.months()[NOVEMBER].turunan == 5


def test_a_family_that_only_goes_by_another_id_has_not_changed(desa: Told) -> None:
    desa.push(person(1), person(4, ANAK))
    desa.push(card(3, kepala_id=1))
    desa.push(person(1, id_kk=3), card(3, kepala_id=1, no_kk=OTHER))
    desa.push(Draft("keluarga", "3", "delete", START))
    assert desa.told() == {"saldo_awal": {MAN: 1}}


def test_who_names_no_id_goes_by_the_first_that_the_number_has(desa: Told) -> None:
    desa.push(person(1), person(2, ANAK, id_kk=30))
    desa.push(person(3, ANAK, id_kk=20, at=LATER))
    desa.push(Draft("penduduk", "3", "delete", LATER), person(4, ANAK, id_kk=10, at=LATER))
    assert desa.told() == {"saldo_awal": {MAN: 1}}
    desa.push(person(1, status_dasar=2, at=LATER))
    assert desa.told() == {"saldo_awal": {MAN: 1}, "mati": {MAN: 1}}


def test_who_is_alive_again_is_koreksi(desa: Told) -> None:
    desa.push(person(1))
    desa.push(person(1, status_dasar=2, at=LATER))
    desa.push(person(1, at=LATER))
    assert desa.told() == {"saldo_awal": {MAN: 1}, "mati": {MAN: 1}, KOREKSI: {MAN: 1}}


def test_a_correction_is_of_one_month_whatever_else_changes(desa: Told) -> None:
    """The head's sex with the family's id; a widow who leads the family, saved another month."""
    october = START - timedelta(days=40)
    desa.push(person(1), person(2, ISTRI, sex=2))
    desa.push(person(1, sex=2, id_kk=3, at=LATER), card(3, kepala_id=1, at=LATER))
    assert desa.told() == {"saldo_awal": {MAN: 1}, KOREKSI: {MAN: -1, WOMAN: 1}}
    desa.push(
        Draft("keluarga", "3", "delete", START),
        person(1, at=START), person(2, ISTRI, sex=2),
    )  # fmt: skip
    desa.push(
        person(1, status_dasar=2, at=october), person(2, sex=2, at=LATER),
    )  # fmt: skip
    assert desa.told() == {"saldo_awal": {MAN: 1}, KOREKSI: {MAN: -1, WOMAN: 1}}


def test_one_head_of_two_cards_is_two_families(desa: Told) -> None:
    desa.push(person(1, id_kk=3), card(3, kepala_id=1), card(5, no_kk=OTHER, kepala_id=1))
    assert desa.told() == {"saldo_awal": {MAN: 2}}
    desa.push(person(1, id_kk=3, status_dasar=2))
    assert desa.told() == {"saldo_awal": {MAN: 2}, "mati": {MAN: 2}}


def test_whoever_is_linked_widely_is_read_to_the_end(desa: Told) -> None:
    """A chain of ids and numbers, each link shared with the next: one change reaches along it."""
    chain = [
        person(it, ANAK, id_kk=it // 2 + 1, no_kk=f"53061401018{it // 2 + it % 2:05d}")
        for it in range(1, 41)
    ]
    desa.push(*chain, person(90, no_kk="5306140101800020"))
    assert desa.told() == {"saldo_awal": {MAN: 1}}
    desa.push(person(1, id_kk=1, no_kk="5306140101800001", at=LATER))
    assert desa.told() == {"saldo_awal": {MAN: 1}, "baru": {MAN: 1}}
    desa.push(chain[0])
    assert desa.months()[NOVEMBER].akhir == {MAN: 1}


# --- as the report has it ------------------------------------------------------------------------


def test_the_report_has_families_beside_people(desa: Told) -> None:
    desa.push(person(1), person(4, ANAK, sex=2), person(5, no_kk=OTHER, sex=None))
    desa.push(person(1, status_dasar=3), person(4, ANAK, sex=2, status_dasar=3),
              event(1, 1, 3, ref_pindah=2), event(2, 4, 3, ref_pindah=2))  # fmt: skip
    desa.months()
    with desa.house.databases.reader.connect() as tx:
        report = reports(tx, desa.village.kode_desa, START.date())[-1:]
    cells = {it.baris: it.cells for it in lines(report)}
    columns = ("L+P", "KK L", "KK P", "KK L+P")
    assert [cells["awal"][it] for it in columns] == [3, 1, 0, 2]
    assert [cells["pindah-pergi"][it] for it in columns] == [2, 1, 0, 1]
    assert [cells["akhir"][it] for it in columns] == [1, 0, 0, 1]
    assert {it.baris: it.unstated_heads for it in lines(report)}["akhir"] == 1
    moved = {it.ref: (it.cells["L+P"], it.cells["KK L+P"]) for it in moves(report)}
    assert moved == {1: (0, 0), 2: (2, 1), 3: (0, 0), 4: (0, 0)}


def test_a_number_of_families_leads_to_their_heads(desa: Told) -> None:
    desa.push(person(1), person(2, no_kk=OTHER))
    desa.push(person(1, status_dasar=3), event(1, 1, 3, ref_pindah=2))
    desa.months()
    gone = desa.rows(Whom(NOVEMBER, "pindah-pergi", ref_pindah=2, families=True))
    assert (gone.number, [(it.id_pend, it.nama) for it in gone.rows]) == (1, [("1", "ORANG 1")])
    there = desa.rows(Whom(NOVEMBER, "akhir", sex=1, families=True))
    assert (there.number, there.total) == (1, 3)
    assert desa.rows(Whom(NOVEMBER, "lahir", families=True)).rows == []


# --- whatever is stated --------------------------------------------------------------------------

NUMBERS = [f"53061401018000{it:02d}" for it in range(6)]


def anything(dice: random.Random) -> Draft:
    """A statement about a few people and cards, who share what they can."""
    at = dice.choice([START, LATER, START - timedelta(days=40)])
    number = dice.choice([None, *NUMBERS])
    if dice.random() < 0.2:
        id_ = dice.randrange(1, 5)
        if dice.random() < 0.4:
            return Draft("keluarga", str(id_), "delete", at)
        return card(id_, at=at, no_kk=number, kepala_id=dice.choice([None, *range(1, 25)]))
    id_ = dice.randrange(1, 20)
    if dice.random() < 0.1:
        return Draft("penduduk", str(id_), "delete", at)
    facts = {"status_dasar": dice.choice([1, 1, 1, 2, 3]), "sex": dice.choice([1, 2])}
    of = {"id_kk": dice.choice([None, None, *range(1, 9)]), "no_kk": number}
    return person(id_, dice.choice([KEPALA, ANAK]), at=at, **facts, **of)


def test_whatever_is_stated_the_account_comes_to_the_families_there_are(
    databases: Databases,
) -> None:
    """After each batch; and read page by page as batch by batch."""
    house = House(databases)
    for seed in range(20):
        dice = random.Random(seed)
        kode_desa = f"53.06.14.{2100 + seed}"
        village = house.village(kode_desa)
        for _ in range(8):
            house.push(village, [anything(dice) for _ in range(dice.choice([2, 5, 20]))])
            catch_up(databases.projector, house.now)
            with databases.reader.connect() as tx:
                where = places(tx, kode_desa)
                there = table(tx, "keluarga", where, START.date()).total
                found = families(tx, where[0])
            assert found == (there.laki_laki, there.perempuan, there.jumlah), seed
        with databases.reader.connect() as tx:
            live = stored(tx, kode_desa)
        rebuild(databases.projector, [MUTASI_KELUARGA], [kode_desa], house.now)
        with databases.reader.connect() as tx:
            assert stored(tx, kode_desa) == live
