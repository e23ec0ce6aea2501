import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.catalogue import ENTITIES, FINDINGS, Entity, Reading, examine, local_time
from ledger.catalogue.entity import _Noted
from tests.ledger.catalogue.records import KODE_DESA, SOUND, TODAY, Read

Statements = Callable[[str], list[dict[str, Any]]]

PENDUDUK = ENTITIES["penduduk"]
BARE: list[dict[str, Any]] = [{}, {"id": 1}, {"nama": "A"}, {"kode_desa": KODE_DESA}]


def encode(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def read_person(data: bytes, id_: str = "1") -> Reading:
    return PENDUDUK.read(data, TODAY, KODE_DESA, id_)


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


# --- declarations --------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_fields_have_names_of_columns_and_labels(entity: Entity) -> None:
    assert all(field.name.isidentifier() and field.name.islower() for field in entity.fields)
    assert all(field.label for field in entity.fields)
    assert len(entity.by_name) == len(entity.fields)


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_a_record_has_the_fields_in_their_order(entity: Entity) -> None:
    assert entity.record.__struct_fields__ == tuple(entity.by_name)


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_all_fields_of_a_record_may_be_left_out(entity: Entity) -> None:
    assert set(msgspec.structs.asdict(entity.record()).values()) == {None}


def test_penduduk_has_every_field_of_the_catalogue() -> None:
    assert len(PENDUDUK.fields) == 69


def test_health_data_are_in_the_strict_class() -> None:
    strict = {field.name for field in PENDUDUK.fields if field.sensitivity == "D"}
    health = {"golongan_darah_id", "cacat_id", "sakit_menahun_id", "cara_kb_id", "hamil"}
    assert health | {"foto", "agama_id", "suku"} <= strict


def test_only_the_tag_of_a_card_is_secret() -> None:
    secret = [field.name for field in PENDUDUK.fields if field.sensitivity == "E"]
    assert secret == ["tag_id_card"]


# --- two ways to the same record -----------------------------------------------------------------


def test_a_clean_village_has_nothing_amiss_but_temporary_numbers(statements: Statements) -> None:
    findings = [
        finding
        for it in statements("clean")
        for finding in ENTITIES[it["entity"]]
        .read(encode(it["data"]), date.fromisoformat(it["at"][:10]), KODE_DESA, it["id"])
        .findings
    ]
    assert {finding.code for finding in findings} <= {"nik-sementara"}


def test_both_ways_lead_to_the_same_record(statements: Statements) -> None:
    for it in statements("clean"):
        entity, data = ENTITIES[it["entity"]], encode(it["data"])
        whole = entity._read_whole(data)
        noted: list[_Noted] = []
        assert whole is None or whole == entity._read_by_field(data, noted)
        assert whole is None or not noted


def test_nearly_all_clean_records_are_read_whole(statements: Statements) -> None:
    people = [it["data"] for it in statements("clean") if it["entity"] == "penduduk"]
    assert sum(PENDUDUK._read_whole(encode(it)) is not None for it in people) > len(people) * 0.9


FLAWS = {
    "agama_kosong": ("agama_id", "belum-mengisi"),
    "kode_kosong": ("golongan_darah_id", "belum-mengisi"),
    "kode_pekerjaan_tak_dikenal": ("pekerjaan_id", "kode-tidak-dikenal"),
    "nama_bergelar": ("nama", "nama-gelar"),
    "nama_huruf_kecil": ("nama", "nama-huruf-kecil"),
    "nik_15_digit": ("nik", "nik-panjang"),
    "nik_beda_jenis_kelamin": ("nik", "nik-jk-beda"),
    "nik_beda_tanggal_lahir": ("nik", "nik-tgl-beda"),
    "nik_sementara": ("nik", "nik-sementara"),
    "tanggal_lahir_kosong": ("tanggal_lahir", "kosong"),
    "tanggal_mustahil": ("tanggal_perkawinan", "tanggal-tidak-sah"),
}


def test_every_labelled_flaw_is_found(statements: Statements) -> None:
    for it in statements("flawed"):
        reading = PENDUDUK.read(encode(it["data"]), TODAY, KODE_DESA, it["id"])
        assert reading.record is not None
        if it["label"] == "nik_ibu_nol":  # no flaw: 0 means kosong
            assert reading.record.ibu_nik is None
        else:
            assert FLAWS[it["label"]] in {(found.field, found.code) for found in reading.findings}


def test_the_flaws_of_all_kinds_are_there(statements: Statements) -> None:
    assert {it["label"] for it in statements("flawed")} == {*FLAWS, "nik_ibu_nol"}


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (rb"8288\/228", "8288/228"),
        (rb"8288\\/228", r"8288\/228"),
        (rb"\u0041", "A"),
        (b" A", "A"),
        (b"A ", "A"),
        (b"A  B", "A  B"),
        ("É".encode(), "É"),
        (b"", None),
        (b":", ":"),
        (rb":\"\"", ':""'),
    ],
)
def test_texts_are_the_same_however_they_are_escaped(text: bytes, normal: str | None) -> None:
    reading = read_person(b'{"id":1,"akta_lahir":"' + text + b'"}')
    assert reading.record.akta_lahir == normal


def test_spaces_between_members_do_not_matter() -> None:
    data = json.dumps(SOUND["penduduk"], indent=2).encode()
    assert read_person(data) == read_person(encode(SOUND["penduduk"]))


# --- keys ----------------------------------------------------------------------------------------


def test_a_record_without_id_takes_that_of_its_change(read: Read) -> None:
    assert read("penduduk", id=None).record.id == 1


def test_a_record_with_another_id_cannot_be_projected(read: Read) -> None:
    reading = read("penduduk", id=2)
    assert reading.record is None
    assert codes(reading) == ["id-beda"]


@pytest.mark.parametrize("id_", ["0", "01", "-1", "abc", "2147483648", "5306080301840001"])
def test_a_key_is_a_positive_integer_in_its_one_spelling(id_: str) -> None:
    reading = read_person(b'{"nama":"A"}', id_)
    assert reading.record is None
    assert "id-tidak-sah" in codes(reading)


def test_a_desa_has_the_key_of_the_log() -> None:
    data = encode({"nama_desa": "Lamika"})
    reading = ENTITIES["desa"].read(data, TODAY, KODE_DESA, "53.06.14.2002")
    assert codes(reading) == ["desa-lain"]


# --- findings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"{", b"7", b"null", b"[]", b'"x"', b"\xff", b"[" * 10_000])
def test_what_is_no_object_cannot_be_projected(data: bytes) -> None:
    reading = read_person(data)
    assert (reading.record, codes(reading)) == (None, ["data-tidak-terbaca"])


def test_an_unknown_member_is_remarked_and_left_out(read: Read) -> None:
    [finding] = read("penduduk", kolom_baru=1).findings
    assert (finding.code, finding.field) == ("kolom-tidak-dikenal", "kolom_baru")


def test_a_member_that_is_no_name_is_not_named(read: Read) -> None:
    [finding] = read("penduduk", **{"5306080301840001": 1}).findings
    assert (finding.code, finding.field) == ("kolom-tidak-dikenal", None)


def test_a_line_full_of_unknown_members_does_not_fill_a_page(read: Read) -> None:
    reading = read("penduduk", **{f"kolom_{number}": 1 for number in range(1000)})
    assert len(reading.findings) == 20


def test_half_a_surrogate_costs_only_its_text() -> None:
    reading = read_person(rb'{"id":1,"nama":"A\ud800"}')
    assert reading.record.nama == "A"


def test_an_endless_number_costs_only_its_field() -> None:
    assert read_person(b'{"id":1,"nama":"A","id_kk":1e999}').record.nama == "A"


def test_a_finding_says_where_it_is(read: Read) -> None:
    [finding] = read("penduduk", pekerjaan_id=99).findings
    assert (finding.entity, finding.id, finding.field) == ("penduduk", "1", "pekerjaan_id")
    assert finding.message == "Pekerjaan: kode 99 tidak dikenal."


def test_a_number_in_the_wrong_column_is_not_repeated(read: Read) -> None:
    stray = {field.name: "5306080301840001" for field in PENDUDUK.fields if field.name != "id"}
    assert all("530608" not in it.message for it in read("penduduk", **stray).findings)


def test_a_name_in_the_wrong_column_is_not_repeated(read: Read) -> None:
    stray = {field.name: "yoseph 7" for field in PENDUDUK.fields if field.name != "id"}
    assert all("yoseph" not in it.message for it in read("penduduk", **stray).findings)


# --- clocks --------------------------------------------------------------------------------------


def test_a_time_without_offset_is_the_desas(read: Read) -> None:
    record = read("penduduk", created_at="2024-05-05 08:09:10").record
    assert record.created_at.isoformat() == "2024-05-05T08:09:10"


def test_a_time_with_offset_is_taken_to_the_desas_zone(read: Read) -> None:
    record = read("penduduk", created_at="2024-05-05T08:09:10Z").record
    assert record.created_at.isoformat() == "2024-05-05T16:09:10"


@pytest.mark.parametrize(
    ("kode_desa", "hour"),
    [("33.05.01.2001", 7), ("53.06.14.2001", 8), ("71.01.01.2001", 8), ("91.03.01.2001", 9)],
)
def test_zones_are_those_of_the_province(kode_desa: str, hour: int) -> None:
    assert local_time(datetime(2026, 1, 1, tzinfo=UTC), kode_desa).hour == hour


def test_a_time_at_the_end_of_the_calendar_stays() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert local_time(last, KODE_DESA) == last.replace(tzinfo=None)


# --- examining a batch ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Stated:
    entity: str
    id: str
    op: str
    at: datetime
    data: msgspec.Raw | msgspec.UnsetType


AT = datetime(2026, 11, 23, 0, 30, tzinfo=timezone(timedelta(hours=8)))


def put(entity: str, id_: str, data: object) -> Stated:
    return Stated(entity, id_, "put", AT, msgspec.Raw(encode(data)))


def test_findings_name_the_line() -> None:
    changes = [
        put("penduduk", "1", SOUND["penduduk"]),
        put("penduduk", "1", SOUND["penduduk"] | {"agama_id": 77}),
    ]
    assert [(it.line, it.code) for it in examine(enumerate(changes, 1), KODE_DESA)] == [
        (2, "kode-tidak-dikenal")
    ]


def test_an_unknown_entity_is_a_warning() -> None:
    [finding] = examine([(1, put("perahu", "1", {}))], KODE_DESA)
    assert (finding.code, finding.severity) == ("entitas-tidak-dikenal", "warning")


def test_a_delete_states_nothing_to_examine() -> None:
    delete = Stated("penduduk", "1", "delete", AT, msgspec.UNSET)
    assert list(examine([(1, delete)], KODE_DESA)) == []


def test_a_put_without_data_cannot_be_projected() -> None:
    put_nothing = Stated("penduduk", "1", "put", AT, msgspec.UNSET)
    assert [it.code for it in examine([(1, put_nothing)], KODE_DESA)] == ["data-tidak-terbaca"]


def test_today_is_the_day_on_the_desas_clock() -> None:
    born_today = SOUND["penduduk"] | {"tanggal_lahir": "2026-11-23"}
    change = Stated("penduduk", "1", "put", AT.astimezone(UTC), msgspec.Raw(encode(born_today)))
    assert "lahir-di-masa-depan" not in {it.code for it in examine([(1, change)], KODE_DESA)}


# --- properties ----------------------------------------------------------------------------------

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["", " A ", "0000-00-00", "2024-02-30", "0", "5306080301840001", "a\tb"])
    | st.dates().map(str)
    | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def records(draw: st.DrawFn) -> tuple[Entity, Any]:
    """An entity, and a JSON value for it: a sound record with strange values, or anything."""
    entity = draw(st.sampled_from(list(ENTITIES.values())))
    strange = st.dictionaries(
        st.sampled_from([*entity.by_name, "kolom_baru"]), json_values, max_size=8
    )
    return entity, draw(strange.map(lambda it: SOUND[entity.name] | it) | json_values)


@given(records())
def test_reading_never_raises_and_is_not_changed_by_being_repeated(
    case: tuple[Entity, Any],
) -> None:
    entity, value = case
    id_ = str(SOUND[entity.name][entity.key])
    reading = entity.read(json.dumps(value).encode(), TODAY, KODE_DESA, id_)
    assert {finding.code for finding in reading.findings} <= set(FINDINGS)
    if reading.record is None:
        assert any(finding.severity == "severe" for finding in reading.findings)
        return
    again = entity.read(msgspec.json.encode(reading.record), TODAY, KODE_DESA, id_)
    assert again.record == reading.record


@given(records())
def test_both_ways_agree_on_whatever_can_be_read_whole(case: tuple[Entity, Any]) -> None:
    entity, value = case
    data = encode(value)
    whole = entity._read_whole(data)
    noted: list[_Noted] = []
    assert whole is None or (entity._read_by_field(data, noted), noted) == (whole, [])


@given(st.binary())
def test_bytes_that_are_no_json_do_not_raise(data: bytes) -> None:
    read_person(data)
