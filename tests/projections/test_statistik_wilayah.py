"""The places of a desa and who lives there, against counts made in Python."""

from collections import Counter
from datetime import date
from typing import Any

from cli.demo.village import kecamatan
from ledger import Draft
from ledger.database import Databases
from projections import catch_up
from projections.queries.statistik import Count, Place
from projections.queries.statistik_wilayah import wilayah
from tests.simulator import KODE_DESA, START, House, penduduk


def place(id_: int, dusun: str, rw: str = "0", rt: str = "0", **data: Any) -> Draft:
    record = {"id": id_, "dusun": dusun, "rw": rw, "rt": rt, **data}
    return Draft("wilayah", str(id_), "put", START, record)


def test_a_generated_village_at_two_points(databases: Databases) -> None:
    house = House(databases)
    (generated,) = kecamatan(seed=5, until=date(2026, 11, 20), desa=1, people=120, months=8)
    village = house.village(generated.kode)
    pushes = list(generated.pushes())
    for push in pushes:
        house.push(village, push.drafts)
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        for batch in (4, len(pushes)):
            found = wilayah(tx, Place(generated.kode, batch))
            state = generated.state_after(batch)
            places = state["wilayah"].values()
            people = [it for it in state["penduduk"].values() if it["status_dasar"] == 1]
            assert found.people.jumlah == len(people)
            assert found.people.perempuan == sum(it["sex"] == 2 for it in people)
            assert found.keluarga == sum(it["kk_level"] == 1 for it in people)
            assert found.rt == sum(it["rt"] != "0" for it in places)
            assert found.rw == sum(it["rt"] == "0" and it["rw"] != "0" for it in places)
            assert [it.nama for it in found.dusun] == sorted({it["dusun"] for it in places})
            lived = Counter(it["id_cluster"] for it in people)
            names = {it["id"]: it["nama"] for it in state["penduduk"].values()}
            told = {(it["dusun"], it["rw"], it["rt"]): it for it in places}
            for dusun in found.dusun:
                head = told[dusun.nama, "0", "0"]["id_kepala"]
                assert dusun.kepala == names.get(head)
                assert dusun.people.jumlah == sum(it.people.jumlah for it in dusun.rts)
                for rt in dusun.rts:
                    expected = told[dusun.nama, rt.rw, rt.rt]
                    assert rt.people.jumlah == lived[expected["id"]]
                    assert rt.kepala == names.get(expected["id_kepala"])


def test_places_that_only_people_tell_of(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    house.push(
        village,
        [
            penduduk(1, sex=1, kk_level=1, dusun="Hulu", rw="001", rt="010"),
            penduduk(2, sex=2, kk_level=3, dusun="HULU", rw="001", rt="010"),
            penduduk(3, sex=2, kk_level=1, dusun="HULU", rw="001", rt="002"),
            penduduk(4, dusun=None, rw="-", rt="-"),
            penduduk(5, dusun="HULU", rw="001", rt="002", status_dasar=2),
        ],
    )
    house.push(village, [place(1, "HILIR"), place(2, "HULU", "001", "010", id_kepala=2)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        first, second = (wilayah(tx, Place(KODE_DESA, batch)) for batch in (1, 2))
    hulu, nowhere = first.dusun
    assert [(it.rt, it.keluarga, it.people) for it in hulu.rts] == [
        ("002", 1, Count(1, 0, 1)),
        ("010", 1, Count(2, 1, 1)),
    ]
    assert (nowhere.nama, nowhere.rt, nowhere.people.jumlah) == ("", 0, 1)
    assert (first.rw, first.rt, first.keluarga, first.people.jumlah) == (1, 2, 2, 4)
    assert [it.nama for it in second.dusun] == ["HILIR", "HULU", ""]
    assert second.dusun[0].people == Count(0, 0, 0)
    assert [it.kepala for it in second.dusun[1].rts] == [None, "SITI"]
