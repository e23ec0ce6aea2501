"""The monthly account, against that of the program that invented the villages."""

from collections import Counter
from datetime import date

import pytest

from ledger.database import Databases
from projections import catch_up, named, rebuild
from projections.mutasi import KOREKSI, Kind
from projections.queries.keluarga import active
from projections.queries.mutasi import Month, account, rows
from projections.queries.penduduk import Filters, people
from tests.projections import invented
from tests.simulator import START, House, deleted, penduduk

UNTIL = date(2025, 12, 31)
KINDS = {f"{nation}_{sex}": Kind("LP".index(sex) + 1, nation == "WNA")
         for nation in ("WNI", "WNA") for sex in "LP"}  # fmt: skip
ROWS = ("lahir", "datang", "mati", "pindah", "hilang", "pergi", "koreksi")


def figures(month: Month) -> dict[str, dict[str, int]]:
    """A month as the other program writes it; people who were there are pendatang to it."""
    flows = {name: Counter(month.flows[name]) for name in ROWS}
    flows["datang"] += Counter(month.flows["saldo_awal"])
    counted = {"awal": month.awal, **flows, "akhir": month.akhir}
    return {
        name: {short: counts.get(kind, 0) for short, kind in KINDS.items()}
        for name, counts in counted.items()
    }


def test_every_figure_of_every_month_of_seven_villages(databases: Databases) -> None:
    house = House(databases)
    truth = invented.account()
    for kode_desa, pushes in invented.villages():
        village = house.village(kode_desa)
        for drafts in pushes:
            house.push(village, drafts)
    catch_up(databases.projector, house.now)
    compared = 0
    with databases.reader.connect() as tx:
        for kode_desa, told in truth.items():
            ours = {f"{it.bulan:%Y-%m}": it for it in account(tx, kode_desa, UNTIL)}
            for month, expected in told["menurut_tgl_lapor"].items():
                found = figures(ours[month])
                assert found == {name: expected[name] for name in found}, (kode_desa, month)
                moved = {str(ref): ours[month].rincian_pindah.get(ref, 0) for ref in (1, 2, 3, 4)}
                assert moved == expected["rincian_pindah"]
                compared += sum(map(len, found.values())) + len(moved)
            living = people(tx, kode_desa, Filters(), limit=1).total
            assert living == told["penduduk_hidup"] == sum(ours[max(ours)].akhir.values())
            heads = active(tx, kode_desa)
            assert {"L": heads[1], "P": heads[2]} == told["keluarga_aktif"]
    assert compared > 7 * 25 * 36


def test_a_rebuild_gives_the_same_rows(databases: Databases) -> None:
    house = House(databases)
    kode_desa, pushes = next(iter(invented.villages()))
    village = house.village(kode_desa)
    for number, drafts in enumerate(pushes):
        house.push(village, drafts)
        if number % 3 == 0:
            catch_up(databases.projector, house.now)
    catch_up(databases.projector, house.now)
    projection = named("mutasi")

    def stored() -> list[list[tuple[object, ...]]]:
        with databases.reader.connect() as tx:
            return [
                sorted((tuple(row) for row in tx.execute(table.select())), key=str)
                for table in projection.tables
            ]

    live = stored()
    rebuild(databases.projector, [projection], [kode_desa], house.now)
    assert stored() == live


# --- single facts --------------------------------------------------------------------------------


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def months(house: House, kode_desa: str, as_of: int | None = None) -> list[Month]:
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        return account(tx, kode_desa, START.date(), as_of)


def test_a_change_that_no_event_explains_is_koreksi(house: House) -> None:
    village = house.village()
    house.push(village, [penduduk(1), penduduk(2, sex=1)])
    house.push(village, [penduduk(1, status_dasar=2)])
    house.push(village, [deleted(2)])
    (month,) = months(house, village.kode_desa)
    assert month.flows[KOREKSI] == {}
    assert month.akhir == {}
    (before,) = months(house, village.kode_desa, as_of=1)
    assert before.akhir == {Kind(2, wna=False): 1, Kind(1, wna=False): 1}
    with house.databases.reader.connect() as tx:
        found = rows(tx, village.kode_desa, START.date().replace(day=1), KOREKSI)
    assert [(it.id_pend, it.jumlah) for it in found] == [("1", 1), ("2", 1), ("1", -1), ("2", -1)]


def test_a_village_without_people_has_no_account(house: House) -> None:
    village = house.village()
    assert months(house, village.kode_desa) == []
