"""What takes more than one record to judge: each check against a village made to break it.

A sound village is told first, in which every check is silent. Then, case by case, a batch breaks
something, the check points at exactly the records that are amiss, and the next batch mends it.
"""

from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from cli.demo.village import kecamatan
from ledger import Draft
from ledger.database import Databases
from projections import catch_up
from projections.mutu_checks import CHECKS, OTHERS
from projections.queries.mutu import RecordFinding, across, records
from tests.simulator import KODE, KODE_DESA, START, House

ON = date(2026, 11, 24)
KK = "5306140101200001"
NIKS = {id_: f"53061401018000{id_:02}" for id_ in range(1, 30)}


def put(entity: str, id_: int, **data: object) -> Draft:
    return Draft(entity, str(id_), "put", START, {"id": id_, **data})


def person(id_: int, **data: object) -> Draft:
    """A member of family 1, who lives in place 1."""
    record: dict[str, Any] = {
        "nama": "X", "nik": NIKS[id_], "id_kk": 1, "no_kk": KK, "kk_level": 4, "sex": 1,
        "tanggal_lahir": "2010-05-05", "status_kawin": 1, "id_cluster": 1, "status_dasar": 1,
    }  # fmt: skip
    return put("penduduk", id_, **record | data)


def event(id_: int, id_pend: int, kode: int = 5, day: str = "2020-01-01", **data: object) -> Draft:
    record = {"kode": kode, "id_pend": id_pend, "tgl_peristiwa": day, "tgl_lapor": day}
    return put("peristiwa", id_, **record | data)


def budget(id_: int, kode: str, anggaran: int, **data: object) -> Draft:
    record = {"tahun": 2026, "jenis_anggaran": "murni", "kode_rekening": kode}
    return put("apbdes", id_, **record | {"anggaran": str(anggaran)} | data)


def head(**data: object) -> Draft:
    record = {"kk_level": 1, "status_kawin": 2, "tanggal_lahir": "1980-01-01"}
    return person(1, **record | data)


def wife(**data: object) -> Draft:
    record = {"kk_level": 3, "status_kawin": 2, "sex": 2, "tanggal_lahir": "1982-01-01"}
    return person(2, **record | data)


def child(**data: object) -> Draft:
    return person(3, **{"ayah_nik": NIKS[1], "ibu_nik": NIKS[2]} | data)


def work(id_: int, tahun: int = 2026) -> Draft:
    return put("pembangunan", id_, judul="Jembatan", tahun_anggaran=tahun)


def progress(id_: int, percent: int, **data: object) -> Draft:
    record = {"id_pembangunan": 1, "persentase": percent, "gambar": "a.jpg"}
    moment = {"created_at": f"2026-03-{id_:02} 08:00:00"}
    return put("dokumentasi_pembangunan", id_, **record | moment | data)


def letter(nomor: str, nik: str) -> Draft:
    data = {"nomor": nomor, "nama": "Domisili", "nik": nik, "berkas": "a.pdf"}
    return Draft("surat", nomor, "put", START, data)


def report(id_: int, periode: int) -> Draft:
    data = {"jenis": "laporan_apbdes", "judul": "X", "tahun": 2026, "periode": periode}
    return put("laporan", id_, **data)


def taking_part(id_: int, program: int, peserta: str, sasaran: int = 1) -> Draft:
    data = {"program_id": program, "peserta": peserta, "sasaran": sasaran}
    return put("peserta_bantuan", id_, **data)


SOUND = [
    put("wilayah", 1, dusun="HULU", rw="001", rt="001", id_kepala=1),
    put("keluarga", 1, no_kk=KK, kepala_id=1),
    head(),
    wife(),
    child(),
    person(4, status_dasar=2, tanggal_lahir="1950-01-01"),
    person(5, id_kk=2, no_kk="5306140101200002", kk_level=1, status_dasar=3),
    *(event(id_, id_) for id_ in range(1, 6)),
    event(6, 4, 2, "2024-01-01"),
    event(7, 5, 3, "2024-01-01"),
    put("program_bantuan", 1, nama="BLT", sasaran=1),
    put("program_bantuan", 2, nama="PKH", sasaran=2),
    put("program_bantuan", 3, nama="Lama", sasaran=1, tgl_selesai="2023-12-31"),
    taking_part(1, 1, NIKS[1]),
    taking_part(2, 2, KK, 2),
    taking_part(3, 3, NIKS[4]),
    put("aparatur", 1, nama="A", jabatan="Kepala Desa", jenis_jabatan=1, aktif=True, id_pend=1),
    put("aparatur", 2, nama="B", jabatan="Kepala Desa", jenis_jabatan=1, aktif=False),
    put("lembaga", 1, tipe="lembaga", nama="PKK", kode="PKK", ketua_id=2),
    put("anggota_lembaga", 1, id_lembaga=1, id_penduduk=2, jabatan=1),
    budget(1, "4.2.1", 100),
    budget(2, "5.1.1.01", 100, kode_kegiatan="01.01.01"),
    budget(3, "5", 100),
    work(1),
    progress(1, 30),
    progress(2, 100),
    letter("1", NIKS[2]),
    report(1, 1),
    report(2, 2),
]  # fmt: skip


class Case(NamedTuple):
    """What breaks a check, whom it points at, and where it says to look."""

    code: str
    broken: list[Draft]
    pointed: list[str]
    told: str = ""


CASES = [
    Case("nik-ganda", [person(6, nik=NIKS[3]), event(9, 6)], ["3", "6"], "Lihat ID 6."),
    # The case before had this one too, and its cleaning up deleted it.
    Case("hidup-kembali", [person(6), event(9, 6)], ["6"]),
    Case("keluarga-tanpa-kepala", [head(kk_level=11, status_kawin=3)], ["1", "2", "3"]),
    Case("kepala-ganda", [child(kk_level=1)], ["1", "3"], "Lihat ID 3."),
    Case("pasangan-ganda", [child(kk_level=3, sex=2, ayah_nik=None, ibu_nik=None)], ["2", "3"]),
    Case("kawin-tanpa-pasangan", [wife(kk_level=11)], ["1"]),
    Case("anak-lebih-tua", [child(tanggal_lahir="1981-01-01")], ["3"], "Lihat ID 2."),
    Case("orang-tua-di-bawah-12", [child(tanggal_lahir="1993-12-31")], ["3"], "Lihat ID 2."),
    Case("keluarga-tidak-dikenal", [child(id_kk=9)], ["3"]),
    Case("no-kk-beda", [child(no_kk="5306140101209999")], ["3"]),
    Case("wilayah-tidak-dikenal", [child(id_cluster=9)], ["3"]),
    Case("wilayah-tidak-dikenal", [child(id_cluster=None, dusun="HULU", rw="001", rt="2")], ["3"]),
    Case("status-dasar-beda", [child(status_dasar=3)], ["3"]),
    Case("status-dasar-beda", [event(9, 3, 4, "2026-01-01")], ["3"]),
    Case("tanpa-peristiwa", [person(6)], ["6"]),
    Case(
        "kk-ganda",
        [put("keluarga", 2, no_kk=KK, kepala_id=6), person(6, id_kk=2, kk_level=1), event(9, 6)],
        ["1", "2"],
        "Lihat ID 2.",
    ),
    Case("kepala-tidak-dikenal", [put("keluarga", 1, no_kk=KK, kepala_id=77)], ["1"]),
    Case(
        "kepala-tidak-hidup",
        [put("keluarga", 1, no_kk=KK, kepala_id=4)],
        ["1"],
        "Lihat penduduk ID 4.",
    ),
    Case("wilayah-ganda", [put("wilayah", 2, dusun="hulu", rw="001", rt="001")], ["1", "2"]),
    Case(
        "kepala-wilayah-tidak-dikenal",
        [put("wilayah", 1, dusun="HULU", rw="001", rt="001", id_kepala=77)],
        ["1"],
    ),
    Case("peristiwa-rangkap", [event(9, 3)], ["3", "9"], "Lihat ID 9."),
    Case("peristiwa-tanpa-penduduk", [event(9, 77)], ["9"]),
    Case("keluar-dua-kali", [event(9, 5, 2, "2025-01-01"),
                             person(5, id_kk=2, no_kk="5306140101200002", kk_level=1,
                                    status_dasar=2)], ["9"], "Lihat ID 7."),
    Case("lapor-sebelum-lahir", [event(3, 3, day="2010-05-04")], ["3"], "Lihat penduduk ID 3."),
    Case("lahir-beda-tanggal", [event(3, 3, 1, "2010-05-06")], ["3"]),
    Case("program-tidak-dikenal", [taking_part(1, 77, NIKS[1])], ["1"]),
    Case("peserta-tidak-dikenal", [taking_part(1, 1, NIKS[29])], ["1"]),
    Case("peserta-tidak-dikenal", [taking_part(2, 2, "5306140101209999", 2)], ["2"]),
    Case("salah-sasaran", [taking_part(1, 1, NIKS[4])], ["1"]),
    Case("salah-sasaran", [taking_part(2, 2, "5306140101200002", 2)], ["2"]),
    Case(
        "kepala-desa-ganda",
        [put("aparatur", 2, nama="B", jabatan="Kades", jenis_jabatan=1, aktif=True)],
        ["1", "2"],
    ),
    Case(
        "aparatur-tidak-dikenal",
        [put("aparatur", 3, nama="C", jabatan="Kaur", jenis_jabatan=3, aktif=True, id_pend=77)],
        ["3"],
    ),
    Case("kode-lembaga-ganda", [put("lembaga", 2, nama="PKK", kode="pkk")], ["1", "2"]),
    Case("ketua-tidak-hidup", [put("lembaga", 1, nama="PKK", kode="PKK", ketua_id=4)], ["1"]),
    Case("lembaga-tidak-dikenal", [put("anggota_lembaga", 2, id_lembaga=9, id_penduduk=1)], ["2"]),
    Case("anggota-tidak-hidup", [put("anggota_lembaga", 2, id_lembaga=1, id_penduduk=4)], ["2"]),
    Case("pembangunan-tanpa-apbdes", [work(2, 2024)], ["2"]),
    Case("kemajuan-turun", [progress(3, 80)], ["3"], "Lihat ID 2."),
    Case("selesai-tanpa-foto", [progress(2, 100, gambar=None)], ["2"]),
    Case("surat-tidak-dikenal", [letter("2", NIKS[4])], ["2"]),
    Case("laporan-rangkap", [report(2, 1)], ["1", "2"]),
    Case("apbdes-tidak-seimbang", [budget(1, "4.2.1", 101)], ["1"], "APBDes 2026 murni"),
    Case("apbdes-jumlah-beda", [budget(3, "5", 101)], ["3"], "anggaran 5"),
    Case("apbdes-rangkap", [budget(4, "4.2.1", 0)], ["1", "4"]),
]  # fmt: skip


Told = dict[int, dict[str, list[RecordFinding]]]


@pytest.fixture(scope="module")
def told(shared_databases: Databases) -> Told:
    """What every check finds as of every batch: sound first, then broken and mended in turn."""
    return tell(shared_databases)


def tell(databases: Databases) -> Told:
    house = House(databases)
    village = house.village()
    house.push(village, SOUND)
    sound = {(it.entity, it.id): it for it in SOUND}
    for case in CASES:
        house.push(village, case.broken)
        house.push(
            village,
            [
                sound.get((it.entity, it.id)) or Draft(it.entity, it.id, "delete", START)
                for it in case.broken
            ],
        )
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        found = {}
        for batch in range(1, 2 * len(CASES) + 2):
            kinds = across(tx, KODE_DESA, ON, batch)
            found[batch] = {
                kind.code: records(tx, KODE_DESA, kind, as_of=batch, on=ON) for kind in kinds
            }
            assert all(kind.jumlah == len(found[batch][kind.code]) for kind in kinds)
    return found


def test_nothing_is_amiss_in_a_sound_village(told: Told) -> None:
    assert told[1] == {}


@pytest.mark.parametrize(
    ("batch", "case"),
    [(2 * number + 2, case) for number, case in enumerate(CASES)],
    ids=[f"{number}-{case.code}" for number, case in enumerate(CASES)],
)
def test_a_check_points_at_what_is_amiss_until_it_is_put_right(
    told: Told, batch: int, case: Case
) -> None:
    found = told[batch][case.code]
    assert [it.id for it in found] == case.pointed
    assert case.told in found[0].message
    assert found[0].entity == {**CHECKS, **OTHERS}[case.code].entity
    assert all(it.from_batch <= batch for it in found)
    assert told[batch + 1] == {}


def test_whoever_comes_back_is_named_until_the_desa_says_more(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    unusable = Draft("penduduk", "2", "put", START, {"id": 3})
    for batch in (
        [person(1), person(2)],
        [Draft("penduduk", "1", "delete", START), unusable],
        [person(1), person(2)],
        [person(1, sex=2)],
    ):
        house.push(village, batch)
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        named = [
            [it.id for kind in across(tx, KODE_DESA, ON, batch) if kind.code == "hidup-kembali"
             for it in records(tx, KODE_DESA, kind, as_of=batch, on=ON)]
            for batch in range(1, 5)
        ]  # fmt: skip
    assert named == [[], [], ["1"], []]


def test_every_check_has_a_case() -> None:
    elsewhere = {"nik-ganda-antar-desa", "nik-antar-desa-baru"}
    assert {it.code for it in CASES} == {*CHECKS, *OTHERS} - elsewhere


def test_no_message_says_a_nik_or_a_name(told: Told) -> None:
    messages = [it.message for kinds in told.values() for found in kinds.values() for it in found]
    assert messages
    assert not any(nik in it for nik in (*NIKS.values(), KK) for it in messages)


def test_a_desa_that_sends_people_alone_is_not_asked_for_the_rest(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    people = [it for it in SOUND if it.entity == "penduduk"]
    house.push(village, people)
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        assert across(tx, KODE_DESA, ON) == []


def test_a_nik_of_two_desa_is_serious_after_a_month(databases: Databases) -> None:
    house = House(databases)
    one, other = house.village(), house.village(f"{KODE}.2002")
    house.push(one, [person(1, id_kk=None, no_kk=None)])
    house.push(other, [person(7, nik=NIKS[1], id_kk=None, no_kk=None)])
    house.push(other, [person(7, nik=NIKS[1], id_kk=None, no_kk=None, sex=2)])
    house.push(one, [person(2, id_kk=None, no_kk=None)])
    catch_up(databases.projector, house.now)
    day = START.date() + timedelta(days=1)
    with databases.reader.connect() as tx:
        for kode_desa, id_, where in (
            (one.kode_desa, "1", other.kode_desa),
            (other.kode_desa, "7", one.kode_desa),
        ):
            for on, code in (
                (day, "nik-antar-desa-baru"),
                (day + timedelta(days=40), "nik-ganda-antar-desa"),
            ):
                (kind,) = (it for it in across(tx, kode_desa, on) if it.code.startswith("nik"))
                (found,) = records(tx, kode_desa, kind, on=on)
                assert (kind.code, found.id) == (code, id_)
                assert f"Lihat desa {where}." in found.message
        assert across(tx, one.kode_desa, day, 1) == []


def test_the_villages_of_the_demonstration_are_in_order(databases: Databases) -> None:
    """People, families, places and events that another part of the house made up."""
    house = House(databases)
    (generated,) = kecamatan(seed=5, until=date(2026, 11, 20), desa=1, people=120, months=8)
    village = house.village(generated.kode)
    for push in generated.pushes():
        house.push(village, push.drafts)
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        found = {it.code for it in across(tx, generated.kode, ON)}
    assert not found & {"nik-ganda", "kk-ganda", "wilayah-tidak-dikenal", "keluar-dua-kali"}
    assert not found & {"keluarga-tidak-dikenal", "no-kk-beda", "kepala-ganda"}


def test_pages_of_records_go_by_id(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    house.push(village, [person(id_, nik=NIKS[1], kk_level=1) for id_ in (2, 10, 1, 20)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        kind = next(it for it in across(tx, KODE_DESA, ON) if it.code == "nik-ganda")
        first = records(tx, KODE_DESA, kind, on=ON, limit=3)
        rest = records(tx, KODE_DESA, kind, on=ON, after=first[-1].id)
    assert [it.id for it in (*first, *rest)] == ["1", "2", "10", "20"]


def test_of_another_desa_nothing_is_compared_that_had_not_come(databases: Databases) -> None:
    """Its clock was set back: what stands second in its log had not come before the first."""
    house = House(databases)
    one, other = house.village(), house.village(f"{KODE}.2002")
    alone = {"id_kk": None, "no_kk": None}
    house.now.time = START + timedelta(days=9)
    house.push(other, [person(6, nik=NIKS[2], **alone)])
    house.now.time = START
    house.push(other, [person(7, nik=NIKS[1], **alone)])
    house.now.time = START + timedelta(days=1)
    house.push(one, [person(1, **alone)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        on = START.date()
        assert [it.code for it in across(tx, one.kode_desa, on)] == ["nik-antar-desa-baru"]
        assert across(tx, one.kode_desa, on, 1) == []
