"""The read models of a generated village, against its own account, after every few pushes."""

from datetime import date

from cli.demo.village import kecamatan
from ledger.database import Databases
from projections import catch_up
from projections.queries import catatan
from projections.queries.desa import village as village_of
from projections.queries.penduduk import Filters, people
from projections.queries.statistik import Place
from tests.simulator import House


def test_people_and_families_are_those_of_the_villages_own_account(databases: Databases) -> None:
    house = House(databases)
    (generated,) = kecamatan(seed=5, until=date(2026, 11, 20), desa=1, people=120, months=8)
    village = house.village(generated.kode)
    pushes = list(generated.pushes())
    for push in pushes:
        house.push(village, push.drafts)
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        for batch in [*range(3, len(pushes), 4), len(pushes)]:
            state = generated.state_after(batch)
            found = people(tx, generated.kode, Filters({}), as_of=batch, limit=1000)
            stated = {id_: it["nama"] for id_, it in state["penduduk"].items()}
            assert {it.id: it["nama"] for it in found.people} == stated
            living = people(tx, generated.kode, Filters(), as_of=batch)
            assert living.total == generated.living_after(batch)
            place = [Place(generated.kode, batch)]
            cards = catatan.page(tx, "keluarga", place, filters={}, limit=1000, concluded=True)
            assert {it["id"]: it["no_kk"] for it in cards} == {
                id_: it["no_kk"] for id_, it in state["keluarga"].items()
            }
            assert catatan.count(tx, "keluarga", place, {}, concluded=True) == len(cards)
            for card in cards:
                assert not card["turunan"]
                assert card["anggota"] == sum(
                    it["status_dasar"] == 1 and str(it["id_kk"]) == card["id"]
                    for it in state["penduduk"].values()
                )
                assert card["kepala"] == stated.get(str(card["kepala_id"]))
        now = village_of(tx, generated.kode)
    assert now
    akhir = generated.account()[-1].akhir
    assert (now.laki_laki, now.perempuan) == (akhir.laki_laki, akhir.perempuan)
    assert (now.size, now.behind) == (len(pushes), 0)
