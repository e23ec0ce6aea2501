"""Statistics, against counts made in Python from what the desa stated."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from typing import Any, Literal

import pytest
from sqlalchemy import Connection, event

from ledger import Draft
from ledger.catalogue import age
from ledger.database import Databases
from ledger.server import Server
from projections import PROJECTIONS, catch_up, named, rebuild, status
from projections.queries import catatan
from projections.queries.indikator import indicators
from projections.queries.mutasi import account
from projections.queries.rincian import Whom, counts, rows
from projections.queries.statistik import (
    Count,
    Place,
    came_at,
    month_by_month,
    monthly,
    places,
    table,
    tables,
    whole,
)
from projections.queries.statistik_wilayah import wilayah
from projections.statistik import BANDS, STATISTICS, Asked
from projections.statistik.catalogue import Source
from tests import postgres
from tests.projections import invented
from tests.simulator import KODE, START, House, deleted, penduduk

ON = date(2026, 11, 24)
Books = dict[str, list[dict[str, dict[str, Any]]]]


def keluarga(id_: int, **data: object) -> Draft:
    """A statement about one family card."""
    return Draft("keluarga", str(id_), "put", START, {"id": id_, **data})


def aid(id_: int, **data: object) -> Draft:
    """A statement about one aid programme."""
    return Draft("program_bantuan", str(id_), "put", START, {"id": id_, "nama": "BLT", **data})


def taking_part(id_: int, program: int, peserta: str, sasaran: int = 1) -> Draft:
    """A statement that somebody takes part in a programme."""
    record = {"id": id_, "program_id": program, "peserta": peserta, "sasaran": sasaran}
    return Draft("peserta_bantuan", str(id_), "put", START, record)


def death(id_: int, id_pend: int, tgl_peristiwa: str, **data: object) -> Draft:
    """A statement that somebody died."""
    record = {"id": id_, "kode": 2, "jenis": "mati", "id_pend": id_pend}
    facts = {"tgl_peristiwa": tgl_peristiwa, "tgl_lapor": tgl_peristiwa, **data}
    return Draft("peristiwa", str(id_), "put", START, {**record, **facts})


def together(counts: dict[str, int]) -> int:
    """All of a figure, whatever their sex and nation."""
    return sum(counts.values())


class Filled:
    """An office with villages that another program invented, and what each had stated by when."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.house = House(databases)
        self.books: Books = {}
        for kode_desa, pushes in list(invented.villages())[:3]:
            village = self.house.village(kode_desa)
            stated: dict[str, dict[str, Any]] = {}
            after: list[dict[str, dict[str, Any]]] = [{}]
            for drafts in pushes:
                self.house.push(village, drafts)
                for it in drafts:
                    if it.entity == "penduduk":
                        stated.pop(it.id, None)
                        if it.data:
                            stated[it.id] = it.data
                after.append(dict(stated))
            self.books[kode_desa] = after
        catch_up(databases.projector, self.house.now)


@pytest.fixture(scope="module")
def filled(shared_databases: Databases) -> Filled:
    """Filled once: whoever takes it only looks, or leaves it as it was."""
    return Filled(shared_databases)


def living(people: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [it for it in people.values() if it["status_dasar"] == 1]


def years(person: dict[str, Any], on: date = ON) -> int:
    return age(date.fromisoformat(person["tanggal_lahir"]), on)


def counted(people: list[dict[str, Any]], value: Callable[[dict[str, Any]], Any]) -> Counter[str]:
    """How many there are of each value that is stated."""
    found = Counter(value(it) for it in people)
    return Counter({str(key): count for key, count in found.items() if key is not None})


COLUMNS = {
    "pendidikan-kk": "pendidikan_kk_id",
    "pekerjaan": "pekerjaan_id",
    "status-kawin": "status_kawin",
    "agama": "agama_id",
    "jenis-kelamin": "sex",
    "hubungan-kk": "kk_level",
    "golongan-darah": "golongan_darah_id",
    "cacat": "cacat_id",
    "cara-kb": "cara_kb_id",
    "asuransi": "asuransi_id",
}


def test_counts_are_those_of_the_people_at_fifty_points(filled: Filled) -> None:
    dice = random.Random(1)
    with filled.databases.reader.connect() as tx:
        for _ in range(50):
            kode_desa = dice.choice(list(filled.books))
            batch = dice.randrange(len(filled.books[kode_desa]))
            people = living(filled.books[kode_desa][batch])
            name, column = dice.choice(list(COLUMNS.items()))
            found = table(tx, name, [Place(kode_desa, batch)], ON)
            expected = counted(people, itemgetter(column))
            assert {it.category.value: it.count.jumlah for it in found.lines} == {
                it.value: expected[it.value] for it in found.statistic.categories
            }
            assert found.total.jumlah == len(people)
            assert found.total.perempuan == sum(it["sex"] == 2 for it in people)
            assert found.jumlah.jumlah + found.belum_mengisi.jumlah == found.total.jumlah


@pytest.mark.parametrize("by", ["desa", "dusun"])
def test_the_parts_together_are_the_whole(filled: Filled, by: Literal["desa", "dusun"]) -> None:
    with filled.databases.reader.connect() as tx:
        where = places(tx, KODE)
        for name in STATISTICS:
            parts = tables(tx, name, where, ON, by)
            assert whole(name, parts.values()) == table(tx, name, where, ON)


def test_a_past_figure_is_that_of_a_ledger_that_ended_there(
    filled: Filled, server: Server
) -> None:
    kode_desa, after = next(iter(filled.books.items()))
    batch = len(after) // 2
    with filled.databases.reader.connect() as tx:
        past = {name: table(tx, name, [Place(kode_desa, batch)], ON) for name in STATISTICS}
    _, pushes = next(iter(invented.villages()))
    with postgres.opened_database(server) as shorter:
        house = House(shorter)
        village = house.village(kode_desa)
        for drafts in pushes[:batch]:
            house.push(village, drafts)
        catch_up(shorter.projector, house.now)
        with shorter.reader.connect() as tx:
            for statistic, expected in past.items():
                assert table(tx, statistic, [Place(kode_desa, batch)], ON) == expected


BANDED = {
    "umur": "lima_tahunan",
    "umur-kategori": "kategori_opensid",
    "umur-depkes": "depkes",
    "umur-permenkes": "permenkes",
    "umur-kerja": "kerja",
    "umur-sekolah": "sekolah",
    "umur-rentan": "rentan",
}


def test_ages_are_right_for_the_day_asked(filled: Filled) -> None:
    where = [Place(kode_desa, len(after) - 1) for kode_desa, after in filled.books.items()]
    people = [it for after in filled.books.values() for it in living(after[-1])]
    with filled.databases.reader.connect() as tx:
        for on in (date(2025, 12, 31), date(2026, 2, 28), date(2026, 3, 1), date(2036, 1, 1)):
            for name, bands in BANDED.items():
                found = table(tx, name, where, on)
                for line, band in zip(found.lines, BANDS[bands], strict=True):
                    among = [it for it in people if band.dari <= years(it, on) <= band.sampai]
                    assert line.count.jumlah == len(among), (on, band)
                    assert line.count.laki_laki == sum(it["sex"] == 1 for it in among)
                assert found.belum_mengisi.jumlah == 0, (on, name)


def test_ratios_are_those_of_the_people(filled: Filled) -> None:
    where = [Place(kode_desa, len(after) - 1) for kode_desa, after in filled.books.items()]
    people = [it for after in filled.books.values() for it in living(after[-1])]
    with filled.databases.reader.connect() as tx:
        found = {it.name: it for it in indicators(tx, where, ON)}
        nobody = indicators(tx, [], ON)
    work = sum(15 <= years(it) <= 64 for it in people)
    ratio = found["rasio-ketergantungan"]
    assert (ratio.of, ratio.per) == (len(people) - work, work)
    assert ratio.value == Decimal(f"{(len(people) - work) * 100 / work:.1f}")
    sexes = Counter(it["sex"] for it in people)
    assert (found["rasio-jenis-kelamin"].of, found["rasio-jenis-kelamin"].per) == (
        sexes[1],
        sexes[2],
    )
    children = [it for it in people if years(it) < 18]
    akta = found["akta-lahir-anak"]
    assert (akta.of, akta.per) == (sum(bool(it["akta_lahir"]) for it in children), len(children))
    ktp = found["perekaman-ktp"]
    wajib = [
        it for it in people if (years(it) >= 17 or it["status_kawin"] != 1) and it["ktp_el"] != 3
    ]
    assert (ktp.of, ktp.per) == (sum((it["status_rekam"] or 0) >= 3 for it in wajib), len(wajib))
    assert {it.value for it in nobody} == {None}


def test_a_dusun_and_a_whole_kecamatan(filled: Filled) -> None:
    with filled.databases.reader.connect() as tx:
        where = places(tx, KODE)
        assert where == [
            Place(kode_desa, len(after) - 1) for kode_desa, after in filled.books.items()
        ]
        people = [it for after in filled.books.values() for it in living(after[-1])]
        assert table(tx, "agama", where, ON).total.jumlah == len(people)
        dusun = Counter(it["dusun"] for it in people).most_common(1)[0][0]
        one = [it for it in people if it["dusun"] == dusun]
        for name in ("agama", "umur"):
            assert table(tx, name, where, ON, dusun).total.jumlah == len(one)


def test_a_dusun_is_one_however_it_is_written(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    told = ["Lewo", "LEWO", " lewo ", "Le wo", "Le  wo", None]
    voter: dict[str, Any] = {"tanggal_lahir": "2000-01-01", "status": 1, "warganegara_id": 1}
    cluster = {"id": 8, "dusun": "lewo", "rw": "001", "rt": "001"}
    people = [
        penduduk(id_, dusun=dusun, no_kk=f"530614010180001{id_}", kk_level=1, **voter)
        for id_, dusun in enumerate(told, 1)
    ]
    house.push(village, [Draft("wilayah", "8", "put", START, cluster), *people])
    catch_up(databases.projector, house.now)
    expected = {"": 1, "LE WO": 2, "LEWO": 3}
    with databases.reader.connect() as tx:
        where = places(tx, KODE)
        for name in ("jenis-kelamin", "umur", "keluarga"):
            parts = tables(tx, name, where, ON, "dusun")
            assert {it: of.total.jumlah for it, of in parts.items()} == expected, name
            for dusun, count in expected.items():
                assert len(rows(tx, Whom(name, dusun=dusun), where, ON)) == count
        assert table(tx, "umur", where, ON, "LEWO").total.jumlah == expected["LEWO"]
        voters = table(tx, "calon-pemilih", where, ON)
        assert [it.category.label for it in voters.lines] == ["LE WO", "LEWO"]
        lived = {it.nama: it.people.jumlah for it in wilayah(tx, where[0]).dusun}
        assert lived == expected
        filters = {"dusun": "LEWO"}
        assert catatan.count(tx, "penduduk", where, filters) == expected["LEWO"]


def test_the_places_of_a_day_are_those_that_had_come_by_then(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    house.push(village, [penduduk(1)])
    house.now.time += timedelta(days=3)
    house.push(village, [penduduk(2)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        day = datetime(2026, 11, 21, tzinfo=UTC)
        assert places(tx, KODE, day) == [Place(village.kode_desa, 1)]
        assert places(tx, KODE, day - timedelta(days=9)) == [Place(village.kode_desa, 0)]
        assert places(tx, KODE) == [Place(village.kode_desa, 2)]


def test_a_clock_that_was_set_back_brings_nothing_before_its_time(databases: Databases) -> None:
    """As of a day stands a beginning of the log, all of which had come by then."""
    house = House(databases)
    village = house.village()
    december = START + timedelta(days=20)
    moments = (december, december, START, december + timedelta(days=30))
    for number, moment in enumerate(moments, start=1):
        house.now.time = moment
        house.push(village, [penduduk(number, agama_id=1)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        for day, batch in ((0, 0), (19, 0), (21, 3), (49, 3), (51, 4)):
            (place,) = places(tx, KODE, START + timedelta(days=day))
            assert place == Place(village.kode_desa, batch), day
        came = [came_at(tx, Place(village.kode_desa, it)) for it in range(5)]
        assert [it and it.date() for it in came] == [
            None, *[december.date()] * 3, moments[3].date()
        ]  # fmt: skip
        found = monthly(tx, "agama", [Place(village.kode_desa, 4)], "Asia/Makassar")
    assert [(it.bulan.month, it.counts) for it in found] == [(12, {"1": 3}), (1, {"1": 4})]


def test_the_months_of_what_is_counted_are_what_its_batches_left(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    said = [
        [penduduk(1, agama_id=1), penduduk(2, agama_id=99)],
        [penduduk(1, agama_id=3)],
        [deleted(2)],
    ]
    for number, drafts in enumerate(said):
        house.now.time = START + number * timedelta(days=40)
        house.push(village, drafts)
    catch_up(databases.projector, house.now)
    ends = (date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28))
    with databases.reader.connect() as tx:
        found = monthly(tx, "agama", [Place(village.kode_desa, 3)], "Asia/Makassar")
        again = month_by_month(
            tx,
            "agama",
            [(it, places(tx, KODE, datetime.combine(it, time.max, UTC))) for it in ends],
        )
    assert found == again
    assert [it.counts for it in found] == [
        {"1": 1, "": 1},
        {"3": 1, "": 1},
        {"3": 1, "": 1},
        {"3": 1},
    ]


def test_whoever_dies_moves_or_was_a_mistake_counts_no_more(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    house.push(village, [penduduk(id_, agama_id=1, dusun="A") for id_ in (1, 2, 3)])
    house.push(village, [penduduk(1, agama_id=2, dusun="B"), penduduk(2, status_dasar=2)])
    house.push(village, [deleted(3)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        for batch, (islam, kristen) in enumerate([(0, 0), (3, 0), (1, 1), (0, 1)]):
            lines = table(tx, "agama", [Place(village.kode_desa, batch)], ON).lines
            assert [it.count.jumlah for it in lines[:2]] == [islam, kristen]


def test_what_follows_the_people_never_runs_ahead_of_them(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    house.push(village, [penduduk(1)])
    others = [it for it in PROJECTIONS if it.name != "penduduk"]
    from projections.runner import Runner  # noqa: PLC0415  # beside what it is used for

    Runner(databases.projector, others, house.now).catch_up()
    with databases.reader.connect() as tx:
        behind = {it.projection for it in status(tx) if it.behind}
    assert behind == {"penduduk", "statistik", "mutu"}
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        assert not any(it.behind for it in status(tx))


def test_a_rebuild_gives_the_same_counts(filled: Filled) -> None:
    kode_desa = next(iter(filled.books))
    projection = named("statistik")

    def stored() -> list[tuple[object, ...]]:
        with filled.databases.reader.connect() as tx:
            return sorted(tuple(row) for row in tx.execute(projection.tables[0].select()))

    live = stored()
    rebuild(filled.databases.projector, [projection], [kode_desa], filled.house.now)
    assert stored() == live


def test_every_statistic_is_sound_without_anybody(databases: Databases) -> None:
    with databases.reader.connect() as tx:
        for name in STATISTICS:
            empty = table(tx, name, [], ON)
            assert empty.total == Count(0, 0, 0)
            assert not any(empty.total.percents_of(0))
            assert len({it.category.value for it in empty.lines}) == len(empty.lines)


def test_names_are_for_addresses_and_bands_do_not_overlap() -> None:
    assert all(it.replace("-", "").isalnum() and it.islower() for it in STATISTICS)
    for bands in BANDS.values():
        for before, after in pairwise(bands):
            assert before.sampai < after.dari
    assert any(isinstance(it, Asked) for it in STATISTICS.values())


def test_families_by_class_and_their_average(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    house.push(
        village,
        [
            *(penduduk(id_, sex=1 + id_ % 2, nik=f"530614010180000{id_}") for id_ in range(1, 6)),
            penduduk(6, status_dasar=2),
            keluarga(1, kepala_id=1, kelas_sosial=2, no_kk="5306140101800011"),
            keluarga(2, kepala_id=2, kelas_sosial=2, no_kk="5306140101800012"),
            keluarga(3, kepala_id=3, no_kk="5306140101800013"),
            keluarga(4, kepala_id=6, kelas_sosial=1),
            keluarga(5, kepala_id=99, kelas_sosial=1),
        ],
    )
    house.push(village, [keluarga(2, kepala_id=2, kelas_sosial=5), deleted(3)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        first = table(tx, "kelas-sosial", [Place(village.kode_desa, 1)], ON)
        then = table(tx, "kelas-sosial", [Place(village.kode_desa, 2)], ON)
        average = {it.name: it for it in indicators(tx, [Place(village.kode_desa, 1)], ON)}
    assert [it.count.jumlah for it in first.lines] == [0, 2, 0, 0, 0]
    assert first.lines[1].count == Count(2, 1, 1)
    assert (first.belum_mengisi.jumlah, first.total) == (1, Count(3, 1, 2))
    assert [it.count.jumlah for it in then.lines] == [0, 1, 0, 0, 1]
    assert then.total.jumlah == 2
    assert average["anggota-keluarga"].value == Decimal("1.67")


def test_who_gets_aid_on_a_day(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    niks = {id_: f"530614010180000{id_}" for id_ in (1, 2, 3)}
    house.push(
        village,
        [
            *(penduduk(id_, nik=nik) for id_, nik in niks.items()),
            penduduk(4),
            keluarga(1, kepala_id=1, no_kk="5306140101800011"),
            keluarga(2, kepala_id=2, no_kk="5306140101800012"),
            aid(1, sasaran=1, tgl_mulai="2026-01-01", tgl_selesai="2026-06-30"),
            aid(2, sasaran=1, tgl_mulai="2026-05-01"),
            aid(3, sasaran=2),
            *(
                taking_part(n, it, niks[id_])
                for n, (it, id_) in enumerate([(1, 1), (2, 1), (1, 2)], 1)
            ),
            taking_part(9, 3, "5306140101800012", sasaran=2),
        ],
    )
    house.push(village, [Draft("peserta_bantuan", "1", "delete", START)])
    catch_up(databases.projector, house.now)
    days = {
        date(2025, 12, 31): (0, 0),
        date(2026, 4, 30): (2, 1),
        date(2026, 5, 1): (2, 2),
        date(2026, 7, 1): (1, 1),
    }
    with databases.reader.connect() as tx:
        for day, expected in days.items():
            for batch, receiving in enumerate(expected, start=1):
                place = [Place(village.kode_desa, batch)]
                found = table(tx, "bantuan-penduduk", place, day)
                assert [it.count.jumlah for it in found.lines] == [receiving, 4 - receiving], day
        families = table(tx, "bantuan-keluarga", [Place(village.kode_desa, 1)], ON)
    assert [it.count.jumlah for it in families.lines] == [1, 1]


def test_nobody_gets_aid_of_a_programme_that_the_desa_ended(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    nik, card = "5306140101800001", "5306140101800011"
    house.push(
        village,
        [
            penduduk(1, nik=nik, no_kk=card, kk_level=1),
            keluarga(1, kepala_id=1, no_kk=card),
            aid(1, sasaran=1, status=True),
            aid(2, sasaran=2),
            taking_part(1, 1, nik),
            taking_part(2, 2, card, sasaran=2),
        ],
    )
    house.push(village, [aid(1, sasaran=1, status=False), aid(2, sasaran=2, status=False)])
    catch_up(databases.projector, house.now)
    receiving = {
        "bantuan-penduduk": Whom("bantuan-penduduk", ("1",)),
        "bantuan-keluarga": Whom("bantuan-keluarga", ("1",)),
        "miskin-terdata": Whom("miskin-terdata", ("2",)),
        "peserta-program": Whom("peserta-program"),
    }
    with databases.reader.connect() as tx:
        for batch, each in ((1, 1), (2, 0)):
            where = [Place(village.kode_desa, batch)]
            for name, whom in receiving.items():
                found = {it.category.value: it.count for it in table(tx, name, where, ON).lines}
                expected = each * (2 if name == "peserta-program" else 1)
                values = whom.kategori or tuple(found)
                assert sum(found[it].jumlah for it in values) == expected, name
                assert len(rows(tx, whom, where, ON)) == expected, name
                assert sum(counts(tx, whom, where, ON).values()) == expected, name


def test_who_takes_part_in_each_programme(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    niks = {id_: f"530614010180000{id_}" for id_ in (1, 2, 3)}
    card = "5306140101800011"
    house.push(
        village,
        [
            penduduk(1, nik=niks[1], sex=1, no_kk=card, kk_level=1, dusun="A"),
            penduduk(2, nik=niks[2], sex=2, no_kk=card, kk_level=3, dusun="A"),
            penduduk(3, nik=niks[3], sex=2, status_dasar=2),
            aid(1, sasaran=1),
            aid(2, sasaran=2, tgl_mulai="2026-01-01", nama="PKH"),
            taking_part(1, 1, niks[2]),
            taking_part(2, 1, niks[3]),
            taking_part(3, 1, "9999999999999999"),
            taking_part(4, 2, card, sasaran=2),
        ],
    )
    catch_up(databases.projector, house.now)
    place = [Place(village.kode_desa, 1)]
    with databases.reader.connect() as tx:
        found = table(tx, "peserta-program", place, ON)
        before = table(tx, "peserta-program", place, date(2025, 12, 31))
        dusun = table(tx, "peserta-program", place, ON, "A")
        assert tables(tx, "peserta-program", place, ON, "desa") == {village.kode_desa: found}
    assert [(it.category.label, it.count) for it in found.lines] == [
        ("BLT", Count(3, 0, 2)),
        ("PKH", Count(1, 1, 0)),
    ]
    assert [it.category.label for it in before.lines] == ["BLT"]
    assert dusun.total == Count(2, 1, 1)


def test_who_is_known_to_be_poor(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    card = "5306140101800011"
    households = [
        Draft("rumah_tangga", "1", "put", START, {"id": 1, "no_rtm": "1", "dtks": "D-1"}),
        Draft("rumah_tangga", "2", "put", START, {"id": 2, "no_rtm": "2"}),
    ]
    house.push(
        village,
        [
            *households,
            penduduk(1, id_rtm=1, no_kk=card),
            penduduk(2, id_rtm=2, no_kk=card),
            penduduk(3, id_rtm=2),
            penduduk(4, id_rtm=1, status_dasar=2),
            aid(1, sasaran=2, tgl_selesai="2026-12-31"),
            taking_part(1, 1, card, sasaran=2),
        ],
    )
    house.push(village, [Draft("rumah_tangga", "1", "delete", START)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        for batch, on, expected in (
            (1, ON, [1, 1, 1]),
            (2, ON, [0, 2, 1]),
            (1, date(2027, 1, 1), [1, 0, 2]),
        ):
            found = table(tx, "miskin-terdata", [Place(village.kode_desa, batch)], on)
            assert [it.count.jumlah for it in found.lines] == expected
            assert found.belum_mengisi.jumlah == 0


def test_voters_couples_and_pupils(filled: Filled) -> None:
    where = [Place(kode_desa, len(after) - 1) for kode_desa, after in filled.books.items()]
    people = [it for after in filled.books.values() for it in living(after[-1])]
    with filled.databases.reader.connect() as tx:
        for on in (ON, date(2029, 2, 14)):
            voters = table(tx, "calon-pemilih", where, on)
            expected = [
                it
                for it in people
                if it["status"] == 1
                and it["warganegara_id"] == 1
                and (years(it, on) >= 17 or it["status_kawin"] in {2, 3, 4})
                and it["pekerjaan_id"] not in {6, 7}
            ]
            assert voters.total.jumlah == len(expected) > 0
            assert {it.category.label: it.count.jumlah for it in voters.lines} == Counter(
                it["dusun"] for it in expected
            )
        couples = table(tx, "pus", where, ON)
        pupils = table(tx, "apm-sd", where, ON)
    wives = [
        it for it in people if it["sex"] == 2 and it["status_kawin"] == 2 and 15 <= years(it) <= 49
    ]
    assert couples.total.jumlah == len(wives) > 0
    assert couples.jumlah.jumlah == sum(it["cara_kb_id"] is not None for it in wives)
    children = [it for it in people if 7 <= years(it) <= 12]
    assert pupils.total.jumlah == len(children) > 0
    assert pupils.jumlah.jumlah == sum(it["pendidikan_sedang_id"] == 4 for it in children)


def test_deaths_with_certificates_by_age_at_death(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    dead: dict[str, Any] = {"status_dasar": 2, "tanggal_lahir": "2000-02-29"}
    house.push(
        village, [penduduk(1, **dead), penduduk(2, **dead), penduduk(3, **dead), penduduk(4)]
    )
    house.push(village, [death(1, 1, "2026-02-28", akta_mati="AM-1"), death(2, 2, "2025-01-01")])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        found = table(tx, "akta-kematian", [Place(village.kode_desa, 2)], ON)
        before = table(tx, "akta-kematian", [Place(village.kode_desa, 2)], date(2025, 12, 31))
    assert {it.category.label: it.count.jumlah for it in found.lines if it.count.jumlah} == {
        "25 s/d 29 Tahun": 1
    }
    assert (found.belum_mengisi.jumlah, found.total.jumlah) == (2, 3)
    assert before.total.jumlah == 2


def test_density_needs_every_area(databases: Databases) -> None:
    house = House(databases)
    one, other = house.village(), house.village(f"{KODE}.2002")
    identity = {
        "kode_desa": one.kode_desa,
        "nama_desa": "A",
        "luas_wilayah": 50,
        "satuan_luas": "ha",
    }
    house.push(one, [penduduk(1), Draft("desa", one.kode_desa, "put", START, identity)])
    house.push(other, [penduduk(1)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        where = places(tx, KODE)
        alone = {it.name: it.value for it in indicators(tx, where[:1], ON)}
        both = {it.name: it.value for it in indicators(tx, where, ON)}
    assert alone["kepadatan"] == 2
    assert both["kepadatan"] is None


@pytest.mark.parametrize("area", [-40, 0])
def test_no_density_comes_of_an_area_that_is_none(databases: Databases, area: int) -> None:
    house = House(databases)
    for kode, said in ((f"{KODE}.2001", 50), (f"{KODE}.2002", area)):
        identity = {"kode_desa": kode, "nama_desa": "A", "luas_wilayah": said}
        drafts = [penduduk(1), Draft("desa", kode, "put", START, identity)]
        house.push(house.village(kode), drafts)
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        where = places(tx, KODE)
        density = {it.name: it for it in indicators(tx, where, ON)}["kepadatan"]
    assert density.value is None


RATES = {"pertumbuhan", "cbr", "cdr"}


def test_rates_of_the_newest_year(filled: Filled) -> None:
    kode_desa = next(iter(filled.books))
    told = invented.account()[kode_desa]
    place = Place(kode_desa, len(filled.books[kode_desa]) - 1)
    with filled.databases.reader.connect() as tx:
        found = {it.name: it for it in indicators(tx, [place], date(2025, 12, 31))}
        begun = account(tx, kode_desa, date(2025, 12, 31))[0].bulan
        early = indicators(tx, [place], begun.replace(year=begun.year + 1) - timedelta(days=1))
    year = list(told["menurut_tgl_lapor"].values())[-12:]
    for rate, jenis in (("cbr", "lahir"), ("cdr", "mati")):
        assert found[rate].of == sum(
            together(it[jenis])
            for month, it in told["alur_menurut_tgl_peristiwa"].items()
            if month.startswith("2025-")
        )
        assert found[rate].of > 0
    awal, akhir = together(year[0]["awal"]), together(year[-1]["akhir"])
    assert found["cbr"].per == Decimal(awal + akhir) / 2
    assert (found["pertumbuhan"].of, found["pertumbuhan"].per) == (akhir - awal, awal)
    assert found.keys() >= RATES
    assert RATES.isdisjoint(it.name for it in early)


def test_births_and_deaths_are_of_the_year_in_which_they_happened(databases: Databases) -> None:
    house = House(databases)
    village = house.village()

    def happened(id_: int, kode: int, on: str, reported: str) -> Draft:
        record = {"id": id_, "id_pend": id_, "kode": kode}
        facts = {**record, "tgl_peristiwa": on, "tgl_lapor": reported}
        return Draft("peristiwa", str(id_), "put", START, facts)

    house.push(
        village,
        [
            *(penduduk(id_) for id_ in range(1, 91)),
            *(happened(id_, 5, "2024-01-05", "2024-01-05") for id_ in range(1, 91)),
            # Ten births of 2024 that are reported now; below, a death of December in January.
            *(penduduk(id_, tanggal_lahir="2024-03-03") for id_ in range(91, 101)),
            *(happened(id_, 1, "2024-03-03", "2026-06-01") for id_ in range(91, 101)),
        ],
    )
    house.push(
        village, [penduduk(1, status_dasar=2), death(101, 1, "2025-12-31", tgl_lapor="2026-01-02")]
    )
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        where = places(tx, KODE)
        now = {it.name: it for it in indicators(tx, where, date(2026, 12, 31))}
        before = {it.name: it for it in indicators(tx, where, date(2025, 12, 31))}
    assert (now["cbr"].of, now["cdr"].of, now["pertumbuhan"].of) == (0, 0, 9)
    assert (before["cbr"].of, before["cdr"].of, before["pertumbuhan"].of) == (0, 1, 0)


def test_the_rates_of_a_region_are_those_of_its_desa_together(filled: Filled) -> None:
    day = date(2025, 12, 31)
    with filled.databases.reader.connect() as tx:
        where = places(tx, KODE)
        each = [{it.name: it for it in indicators(tx, [place], day)} for place in where]
        together_ = {it.name: it for it in indicators(tx, where, day)}
        accounts = [account(tx, it.kode_desa, day, it.batch)[-12:] for it in where]
    for name in RATES:
        assert together_[name].of == sum(it[name].of for it in each)
        assert together_[name].per == sum(it[name].per for it in each)
    grown = sum(sum(it[-1].akhir.values()) - sum(it[0].awal.values()) for it in accounts)
    assert together_["pertumbuhan"].of == grown != 0


def test_a_desa_that_began_in_the_year_leaves_the_region_without_rates(
    databases: Databases,
) -> None:
    house = House(databases)
    house.push(house.village(), [penduduk(1)])
    house.now.time += timedelta(days=400)
    late = house.village(f"{KODE}.2002")
    house.append(late.sign([replace(penduduk(1), at=house.now.time)], time=house.now.time))
    catch_up(databases.projector, house.now)
    day = house.now.time.date()
    with databases.reader.connect() as tx:
        where = places(tx, KODE)
        old = {it.name: it.value for it in indicators(tx, where[:1], day)}
        both = indicators(tx, where, day)
    assert [old[it] for it in ("pertumbuhan", "cbr", "cdr")] == [0, 0, 0]
    assert RATES.isdisjoint(it.name for it in both)


def test_the_months_of_any_statistic_are_its_tables_of_those_days(filled: Filled) -> None:
    kode_desa, after = next(iter(filled.books.items()))
    half, whole_ = (Place(kode_desa, batch) for batch in (len(after) // 2, len(after) - 1))
    days = [
        (date(2026, 9, 30), [Place(kode_desa, 0)]),
        (date(2026, 10, 31), [half]),
        (ON, [whole_]),
    ]
    with filled.databases.reader.connect() as tx:
        for name in ("umur", "ktp", "calon-pemilih", "keluarga"):
            first, last = month_by_month(tx, name, days)
            assert (first.bulan, last.bulan) == (date(2026, 10, 1), date(2026, 11, 1))
            found = table(tx, name, [whole_], ON)
            said = {it.category.value: it.count.jumlah for it in found.lines}
            said[""] = found.belum_mengisi.jumlah
            assert last.counts == {value: count for value, count in said.items() if count}
            assert sum(first.counts.values()) == table(tx, name, [half], days[1][0]).total.jumlah


def test_people_are_counted_from_an_index_alone(filled: Filled) -> None:
    with filled.databases.owner.connect() as tx:
        tx.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM (ANALYZE)")
    where = [Place(it, len(after) - 1) for it, after in filled.books.items()]
    plans = []

    def explain(
        _connection: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        _context: Any,
        _many: bool,  # noqa: FBT001  # SQLAlchemy's signature
    ) -> None:
        cursor.execute(f"EXPLAIN {statement}", parameters)
        plans.append("\n".join(line for (line,) in cursor))

    by_whole_rows = {"miskin-terdata"}
    with filled.databases.reader.connect() as tx:
        # So few people would be read from their table.
        tx.exec_driver_sql("SET enable_seqscan = off; SET enable_bitmapscan = off")
        event.listen(tx, "before_cursor_execute", explain)
        for it in STATISTICS.values():
            if isinstance(it, Asked) and it.source is Source.PENDUDUK:
                table(tx, it.name, where, ON)
                alone = "Index Only Scan using penduduk_closed" in plans[-1]
                assert alone is (it.name not in by_whole_rows), it.name
    assert len(plans) > len(by_whole_rows)
