"""One person is erased; the logs stay true, and nobody else loses anything."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ledger import (
    Draft,
    Order,
    Receipt,
    TlogProof,
    Wish,
    data_hash,
    read_entries,
    read_redactions,
    stated,
)
from ledger.database import Databases
from ledger.errors import NothingToRedactError, RedactionRefusedError
from ledger.person import Person
from ledger.redaction import Elsewhere
from tests.simulator import KODE, KODE_DESA, START, House, Village, penduduk

NIK = "5306145203850001"
NAMA = "MARIA GORETI"
ORDER = Order(
    alasan="permintaan subjek data, tidak lagi menjadi penduduk",
    dasar_hukum="UU 27/2022 pasal 43",
    nomor="470/12/2026",
    oleh="camat",
    disetujui="sekcam",
)
WISH = Wish(KODE_DESA, "penduduk", "8271")


def maria(**data: object) -> Draft:
    return penduduk(8271, NAMA, nik=NIK, id_kk=5, **data)


def about(entity: str, id_: int, **data: object) -> Draft:
    return Draft(entity, str(id_), "put", START, {"id": id_, **data})


@pytest.fixture
def house(databases: Databases, tmp_path: Path) -> House:
    return House(databases, folder=tmp_path / "blobs")


@pytest.fixture
def village(house: House) -> Village:
    return house.village()


def bodies(house: House, kode: str = KODE_DESA) -> bytes:
    with house.databases.reader.connect() as tx:
        entries = read_entries(tx, kode, 0, 1000)
        assert all(it.intact for it in entries)
        return b"".join(it.body() for it in entries)


def ids(house: House) -> list[tuple[int, str, str]]:
    with house.databases.reader.connect() as tx:
        entries = read_entries(tx, KODE_DESA, 0, 1000)
        return [(line, it.entity, it.id) for entry in entries for line, it in entry.numbered()]


def test_the_lines_go_and_the_others_keep_their_numbers(house: House, village: Village) -> None:
    house.push(village, [penduduk(1), maria(), penduduk(2)])
    house.push(village, [maria(agama_id=3)])
    house.redactions.redact(WISH, ORDER)
    assert ids(house) == [(1, "penduduk", "1"), (3, "penduduk", "2")]
    said = bodies(house)
    assert NIK.encode() not in said
    assert NAMA.encode() not in said
    assert said.count(b'{"_h":') == 2


def test_receipts_of_before_and_after_verify(house: House, village: Village) -> None:
    early = house.push(village, [penduduk(1), maria()])
    batch = village.batches[0]
    house.redactions.redact(WISH, ORDER)
    TlogProof.from_text(early.proof).verify(batch.note.to_bytes(), village.pinned)
    again = house.append(batch)
    assert again.replayed
    assert again.receipt.position == early.position
    house.push(village, [penduduk(3)])
    late: Receipt = house.ledger.receipt(KODE_DESA, 1)
    TlogProof.from_text(late.proof).verify(batch.note.to_bytes(), village.pinned)


def test_the_act_says_who_why_and_what(house: House, village: Village) -> None:
    house.push(village, [penduduk(1), maria()])
    house.redactions.redact(WISH, ORDER)
    with house.databases.reader.connect() as tx:
        *_, last = read_entries(tx, KODE, 0, 100)
        (named,) = read_redactions(tx, KODE_DESA, record=("penduduk", "8271"))
    assert last.intact
    (act,) = last.changes()
    assert (act.entity, act.id) == ("redaksi", str(named.id))
    for word in (*vars(ORDER).values(), '"baris":[[1,2]]', '"entity":"penduduk"', '"id":"8271"'):
        assert word.encode() in bytes(act.data)  # type: ignore[arg-type]
    assert NIK.encode() not in last.body()
    assert (named.position, named.line, named.act) == (1, 2, last.position)


def test_what_is_about_the_person_alone_goes_too(house: House, village: Village) -> None:
    theirs = [
        maria(),
        about("keluarga", 5, no_kk="5306141212120001", kepala_id=8271),
        about("peristiwa", 40, id_pend=8271, jenis="pindah_masuk", nama_kk=NAMA),
        about("peserta_bantuan", 50, program_id=1, sasaran=1, peserta=NIK, kartu_nama=NAMA),
        about("peserta_bantuan", 51, program_id=1, sasaran=2, peserta="1", kartu_nik=NIK),
        about("anggota_lembaga", 60, id_lembaga=1, id_penduduk=8271),
        about("suplemen_terdata", 61, id_suplemen=1, sasaran=1, id_terdata=8271),
        Draft("surat", "SK-1", "put", START, {"nomor": "SK-1", "nama": "SKTM", "nik": NIK}),
        Draft("peristiwa", "40", "delete", START),
    ]
    others = [
        penduduk(9, "YOSEF", id_kk=6),
        about("keluarga", 6, no_kk="5306141212120002", kepala_id=9),
        about("peristiwa", 41, id_pend=9, jenis="lahir"),
        about("suplemen_terdata", 62, id_suplemen=1, sasaran=2, id_terdata=8271),
        about("peserta_bantuan", 52, program_id=1, kartu_nik="5306140101900002", kartu_nama=NAMA),
    ]
    house.push(village, [*theirs, *others])
    before = bodies(house).splitlines()
    plan = house.redactions.redact(WISH, ORDER)
    assert [it.line for it in plan.lines] == list(range(1, len(theirs) + 1))
    # Nobody else's line has changed, to the last byte.
    assert bodies(house).splitlines()[len(theirs) :] == before[len(theirs) :]
    # Somebody else of that name, with another NIK, is no mention.
    assert plan.mentions == ()


def test_a_family_of_several_stays_and_is_named(house: House, village: Village) -> None:
    family = about("keluarga", 5, no_kk="5306141212120001", kepala_id=8271)
    house.push(village, [maria(), penduduk(8272, "ANAK", id_kk=5), family])
    plan = house.redactions.plan(WISH)
    assert [(it.entity, it.members) for it in plan.mentions] == [("keluarga", ("kepala_id",))]


def test_mentions_stay_unless_they_are_asked_for(house: House, village: Village) -> None:
    child = {"id_kk": 5, "ibu_nama": "Maria  Goreti", "ibu_nik": NIK}
    house.push(
        village, [maria(), penduduk(8272, "ANAK", **child), penduduk(8273, "ADIK", **child)]
    )
    house.push(village, [penduduk(8272, "ANAK", id_kk=5)])
    plan = house.redactions.plan(WISH)
    assert [(it.id, it.superseded) for it in plan.mentions] == [("8272", True), ("8273", False)]
    assert all(it.members == ("ibu_nama", "ibu_nik") for it in plan.mentions)
    wish = replace(WISH, old_mentions=True, records=frozenset({("penduduk", "8273")}))
    assert house.redactions.redact(wish, ORDER).mentions == ()
    assert NIK.encode() not in bodies(house)
    assert ids(house) == [(1, "penduduk", "8272")]


def test_a_plan_changes_nothing(house: House, village: Village) -> None:
    house.push(village, [maria()])
    before = bodies(house), bodies(house, KODE)
    assert len(house.redactions.plan(WISH).lines) == 1
    assert (bodies(house), bodies(house, KODE)) == before


def test_another_desa_that_knows_the_nik_is_named(house: House, village: Village) -> None:
    other = house.village(f"{KODE}.2002")
    house.push(other, [penduduk(3, NAMA, nik=NIK)])
    house.push(village, [maria()])
    assert house.redactions.plan(WISH).elsewhere == (Elsewhere(f"{KODE}.2002", 1),)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"alasan": " "}, "alasan belum diisi"),
        ({"nomor": ""}, "nomor belum diisi"),
        ({"disetujui": "Camat "}, "dua orang"),
        ({"alasan": f"atas permintaan {NAMA.title()} sendiri"}, "menyebut nama"),
        ({"nomor": f"470/{NIK}"}, "menyebut nama"),
    ],
)
def test_an_order_that_will_not_do(
    house: House, village: Village, changed: dict[str, str], why: str
) -> None:
    house.push(village, [maria()])
    with pytest.raises(RedactionRefusedError, match=why):
        house.redactions.redact(WISH, replace(ORDER, **changed))
    assert NIK.encode() in bodies(house)


def test_a_second_time_there_is_nothing_left(house: House, village: Village) -> None:
    house.push(village, [maria()])
    house.redactions.redact(WISH, ORDER)
    with pytest.raises(NothingToRedactError):
        house.redactions.redact(WISH, ORDER)


def test_two_redactions_of_one_batch(house: House, village: Village) -> None:
    house.push(village, [penduduk(1, "SITI"), maria(), penduduk(2)])
    house.redactions.redact(WISH, ORDER)
    house.redactions.redact(replace(WISH, id="1"), ORDER)
    assert ids(house) == [(3, "penduduk", "2")]
    bodies(house)


def test_a_record_with_more_lines_than_one_act_names(house: House, village: Village) -> None:
    drafts = [about("peristiwa", it, id_pend=8271, jenis="lahir") for it in range(1, 700)]
    house.push(village, [maria(), *drafts, penduduk(1)])
    house.redactions.redact(WISH, ORDER)
    assert ids(house) == [(701, "penduduk", "1")]
    with house.databases.reader.connect() as tx:
        *_, last = read_entries(tx, KODE, 0, 100)
    assert len(last.lines()) == 2
    assert max(map(len, last.lines())) < house.limits.line


def test_photos_go_unless_somebody_else_has_them(house: House, village: Village) -> None:
    mine, shared = (house.blobs.keep(it, "image/jpeg") for it in (b"mine", b"shared"))
    other = house.village(f"{KODE}.2002")
    with house.databases.ingest.begin() as tx:
        house.blobs.belong(tx, KODE_DESA, [mine, shared], START)
        house.blobs.belong(tx, other.kode_desa, [shared], START)
    house.push(village, [maria(foto=mine.reference), maria(foto=shared.reference)])
    house.redactions.redact(WISH, ORDER)
    assert house.blobs.open(KODE_DESA, mine.reference) is None
    assert house.blobs.open(KODE_DESA, shared.reference) is None
    assert house.blobs.open(other.kode_desa, shared.reference) is not None
    assert [it.read_bytes() for it in house.folder.rglob("*") if it.is_file()] == [b"shared"]


def test_a_photo_of_two_records_stays(house: House, village: Village) -> None:
    kept = house.blobs.keep(b"both", "image/jpeg")
    with house.databases.ingest.begin() as tx:
        house.blobs.belong(tx, KODE_DESA, [kept], START)
    house.push(village, [maria(foto=kept.reference), penduduk(1, foto=kept.reference)])
    assert house.redactions.redact(WISH, ORDER).files == ()
    assert house.blobs.open(KODE_DESA, kept.reference) is not None


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_file_is_looked_through_however_it_is_packed() -> None:
    person = Person("penduduk", "8271", frozenset({NIK}), frozenset({NAMA, "D'ARC"}))
    sheet = b"<c><t>Maria Goreti</t></c>"
    assert person.is_in(sheet)
    assert person.is_in(zipped(a=zipped(b=b"x" + NIK.encode())))
    assert person.is_in(b"<t>D&#x27;ARC</t>")
    assert person.is_in(b"<t>MARIA GORETI WEKE</t>") is False
    assert person.is_in(zipped(a=b"nothing")) is False
    assert person.is_in(b"PK\x03\x04 broken") is None


def test_the_hash_of_what_was_stated_is_forgotten(house: House, village: Village) -> None:
    house.push(village, [maria(), penduduk(1)])
    hashes = [bytes.fromhex(data_hash(it.data or {})) for it in (maria(), penduduk(1))]
    with house.databases.ingest.begin() as tx:
        at = house.ledger.lock(tx, KODE_DESA)
        assert len(stated.hashes(tx, at, "penduduk")) == 2
    house.redactions.redact(WISH, ORDER)
    with house.databases.ingest.begin() as tx:
        at = house.ledger.lock(tx, KODE_DESA)
        assert stated.hashes(tx, at, "penduduk") == {"1": hashes[1].hex()}
