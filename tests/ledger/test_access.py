"""The access log: who may see, that each look is kept before, and that nothing is forgotten."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy.exc import DataError

from ledger import MOST_LISTED, Account, Listed, Wanted, may_read, may_unmask, read_entries
from ledger.access import read_rows
from ledger.database import Databases
from ledger.errors import AccessReasonError, AccessRefusedError, AccessTooManyError
from ledger.merkle import leaf_hash, leaves_root
from ledger.note import to_base64
from tests.simulator import KODE, KODE_DESA, House

STAFF = Account("siti", "Siti", "staf", KODE)
WHY = ("pelayanan", "surat pindah yang bersangkutan")
OTHER = "53.06.14.2002"


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


@pytest.mark.parametrize(
    ("role", "scope", "unmask", "read"),
    [
        ("administrator", KODE, False, True),
        ("camat", KODE, True, True),
        ("staf", KODE, True, False),
        ("staf", OTHER, False, False),
        ("auditor", KODE, True, True),
        ("operator", KODE_DESA, True, True),
        ("operator", OTHER, False, False),
        ("operator", KODE, False, False),
        ("tamu", KODE, False, False),
    ],
)
def test_the_table_of_roles(role: str, scope: str, *, unmask: bool, read: bool) -> None:
    account = Account("x", "X", role, scope)
    assert may_unmask(account, KODE_DESA) is unmask
    assert may_read(account, KODE_DESA) is read


def test_an_entry_is_its_text_and_says_who_what_and_why(house: House) -> None:
    entry = house.access.open(STAFF, KODE_DESA, "penduduk", "8271", ["nik", "no_kk"], WHY)
    assert entry.until == entry.at + timedelta(minutes=15)
    stated = msgspec.json.decode(entry.to_text())
    assert list(stated) == [
        "desa", "no", "waktu", "pengguna", "peran", "entity", "id", "jumlah", "kolom",
        "saringan", "tujuan", "alasan", "sampai",
    ]  # fmt: skip
    assert house.access.of_records(KODE_DESA, [("penduduk", "8271")]) == [entry]
    assert house.access.of_records(KODE_DESA, [("penduduk", "8272")]) == []


@pytest.mark.parametrize(
    "why",
    [
        ("", "surat pindah yang bersangkutan"),
        ("iseng", "surat pindah yang bersangkutan"),
        ("pelayanan", ""),
        ("pelayanan", "   perlu     "),
        ("pelayanan", "x" * 501),
        ("pelayanan", "atas nama 5306144107800001"),
        ("pelayanan", "atas nama 5306 1441 0780 0001"),
        ("pelayanan", "atas nama 53.06.14.410780-0001"),
    ],
)
def test_a_reason_is_one_and_names_no_number(house: House, why: tuple[str, str]) -> None:
    with pytest.raises(AccessReasonError):
        house.access.open(STAFF, KODE_DESA, "penduduk", "1", ["nik"], why)
    assert house.access.count(Wanted(KODE)) == 0


def test_a_case_number_is_a_reason(house: House) -> None:
    house.access.open(
        STAFF, KODE_DESA, "penduduk", "1", ["nik"], ("pemeriksaan", "ST 700/12/IRBAN/2026")
    )


def test_whoever_may_not_see_leaves_no_entry(house: House) -> None:
    admin = Account("admin", "Admin", "administrator", KODE)
    with pytest.raises(AccessRefusedError):
        house.access.open(admin, KODE_DESA, "penduduk", "1", ["nik"], WHY)
    operator = Account("op", "Op", "operator", KODE_DESA)
    with pytest.raises(AccessRefusedError):
        house.access.open_list(operator, {KODE_DESA: 3, OTHER: 4}, "penduduk", ["nik"], "", WHY)
    assert house.access.count(Wanted(KODE)) == 0


def test_a_list_is_one_entry_for_each_desa_that_has_any(house: House) -> None:
    counts = {KODE_DESA: 3, OTHER: 4, "53.06.14.2003": 0}
    house.access.open_list(STAFF, counts, "penduduk", ["nik"], "sex=1", WHY)
    entries = house.access.all(Wanted(KODE))
    assert [(it.kode_desa, it.number, it.people, it.query, it.id) for it in entries] == [
        (KODE_DESA, 1, 3, "sex=1", ""),
        (OTHER, 1, 4, "sex=1", ""),
    ]


PEOPLE = {KODE_DESA: [("penduduk", "1"), ("penduduk", "7")], OTHER: [("penduduk", "1")]}


def listed(
    records: Mapping[str, Sequence[tuple[str, str]]] = PEOPLE, query: str = "dusun MAWAR"
) -> Listed:
    return Listed("penduduk", query, ("nik",), ("nik",), records)


def test_a_list_opened_by_name_is_one_entry_and_one_of_each_record(house: House) -> None:
    house.access.open(STAFF, KODE_DESA, "penduduk", "9", ["nik"], WHY)
    entries = house.access.open_people(STAFF, listed(), WHY)
    assert [(it.kode_desa, it.number, it.people, it.query) for it in entries] == [
        (KODE_DESA, 2, 2, "dusun MAWAR"),
        (OTHER, 1, 1, "dusun MAWAR"),
    ]
    whole, among = house.access.listed(KODE_DESA, 2) or (None, [])
    assert whole == entries[0]
    assert [(it.number, it.entity, it.id, it.people, it.query) for it in among] == [
        (3, "penduduk", "1", 1, "daftar 2"),
        (4, "penduduk", "7", 1, "daftar 2"),
    ]
    assert {it.until for it in among} == {whole.at + timedelta(minutes=15)}
    assert house.access.of_records(KODE_DESA, [("penduduk", "7")]) == among[1:]
    assert [it.list_number for it in (whole, *among)] == [None, 2, 2]


def test_a_list_is_one_line_among_all(house: House) -> None:
    entries = house.access.open_people(STAFF, listed(), WHY)
    assert house.access.all(Wanted(KODE)) == entries
    assert house.access.count(Wanted(KODE)) == 2


def test_what_is_open_is_what_this_account_opened_then_of_these_desa(house: House) -> None:
    (first, _) = house.access.open_people(STAFF, listed(), WHY)
    house.now.time += timedelta(minutes=1)
    house.access.open_people(STAFF, listed({KODE_DESA: [("penduduk", "8")]}), WHY)
    assert first.until
    found = house.access.opened(STAFF, "penduduk", [KODE_DESA], first.until)
    assert found.entries == [first]
    assert found.records == {(KODE_DESA, "penduduk", "1"), (KODE_DESA, "penduduk", "7")}
    somebody = Account("budi", "Budi", "staf", KODE)
    for account, entity in ((somebody, "penduduk"), (STAFF, "keluarga")):
        other = house.access.opened(account, entity, [KODE_DESA], first.until)
        assert (list(other.entries), other.records) == ([], frozenset())


def test_what_is_no_list_has_nobody_in_it(house: House) -> None:
    house.access.open(STAFF, KODE_DESA, "penduduk", "1", ["nik"], WHY)
    house.access.open_list(STAFF, {KODE_DESA: 3}, "penduduk", ["nik"], "", WHY)
    assert [house.access.listed(KODE_DESA, it) for it in (1, 2, 3)] == [None, None, None]


def test_a_list_that_is_too_long_or_of_others_is_not_opened_at_all(house: House) -> None:
    many = [("penduduk", str(it)) for it in range(MOST_LISTED)]
    with pytest.raises(AccessTooManyError):
        house.access.open_people(STAFF, listed({KODE_DESA: many, OTHER: many[:1]}), WHY)
    operator = Account("op", "Op", "operator", KODE_DESA)
    with pytest.raises(AccessRefusedError):
        house.access.open_people(operator, listed(), WHY)
    with pytest.raises(AccessReasonError):
        house.access.open_people(STAFF, listed(), ("pelayanan", ""))
    assert house.access.open_people(STAFF, listed({KODE_DESA: []}), WHY) == []
    assert house.access.count(Wanted(KODE)) == 0


def test_as_many_as_may_be_are_opened_at_once(house: House) -> None:
    many = [("penduduk", str(it)) for it in range(MOST_LISTED)]
    (entry,) = house.access.open_people(STAFF, listed({KODE_DESA: many}), WHY)
    assert entry.people == MOST_LISTED
    assert house.access.listed(KODE_DESA, 1) is not None


def test_a_list_that_cannot_be_kept_whole_is_not_kept(house: House) -> None:
    broken = {KODE_DESA: [("penduduk", "1"), ("penduduk", "\0")], OTHER: [("penduduk", "1")]}
    with pytest.raises(DataError):
        house.access.open_people(STAFF, listed(broken), WHY)
    assert house.access.count(Wanted(KODE)) == 0
    assert house.access.of_records(KODE_DESA, [("penduduk", "1")]) == []


def test_a_list_says_no_number_whatever_a_desa_calls_its_places(house: House) -> None:
    query = "dusun 5306144107800001 · kiriman ke-3"
    (entry,) = house.access.open_people(STAFF, listed({KODE_DESA: PEOPLE[OTHER]}, query), WHY)
    assert entry.query == "dusun …· kiriman ke-3"


def test_entries_are_asked_for_by_desa_viewer_and_time(house: House) -> None:
    first = house.access.open(STAFF, KODE_DESA, "penduduk", "1", ["nik"], WHY)
    camat = Account("budi", "Budi", "camat", KODE)
    second = house.access.open(camat, OTHER, "penduduk", "1", ["nik"], WHY)
    assert house.access.all(Wanted(KODE)) == [second, first]
    assert house.access.all(Wanted("53.06")) == [second, first]
    assert house.access.all(Wanted("53.06.1")) == []
    assert house.access.all(Wanted(OTHER)) == [second]
    assert house.access.all(Wanted(KODE, username="siti")) == [first]
    assert house.access.all(Wanted(KODE, since=second.at)) == [second]
    assert house.access.all(Wanted(KODE, before=second.at)) == [first]
    assert house.access.viewers(KODE) == ["budi", "siti"]
    assert house.access.all(Wanted(KODE), offset=1, limit=1) == [first]


def test_numbers_have_no_gaps_and_no_twins_whoever_comes_at_once(house: House) -> None:
    def look(number: int) -> int:
        return house.access.open(STAFF, KODE_DESA, "penduduk", str(number), ["nik"], WHY).number

    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(look, range(24)))
    assert sorted(numbers) == list(range(1, 25))


def test_lists_and_records_opened_at_once_leave_no_gaps(house: House) -> None:
    def look(number: int) -> None:
        if number % 3:
            house.access.open(STAFF, KODE_DESA, "penduduk", str(number), ["nik"], WHY)
        else:
            house.access.open_people(STAFF, listed(), WHY)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(look, range(18)))
    with house.databases.ingest.begin() as tx:
        rows = read_rows(tx, KODE_DESA, 0, 100)
    assert [it.number for it, _ in rows] == list(range(1, 12 + 6 * 3 + 1))
    assert all(hash_ == it.leaf for it, hash_ in rows)
    for entry in house.access.all(Wanted(KODE_DESA)):
        if not entry.id:
            _, among = house.access.listed(KODE_DESA, entry.number) or (None, [])
            assert {it.list_number for it in among} == {entry.number}


def test_the_root_over_the_entries_stands_in_the_office_log(house: House) -> None:
    entries = [
        house.access.open(STAFF, KODE_DESA, "penduduk", str(it), ["nik"], WHY) for it in range(3)
    ]
    assert house.access.anchor() == 1
    assert house.access.anchor() == 0
    entries.append(house.access.open(STAFF, KODE_DESA, "penduduk", "9", ["nik"], WHY))
    house.access.open(STAFF, OTHER, "penduduk", "9", ["nik"], WHY)
    assert house.access.anchor() == 2
    with house.databases.reader.connect() as tx:
        batches = read_entries(tx, KODE, 1, 10)
    acts = [
        (change.id, msgspec.json.decode(change.data))  # type: ignore[arg-type]
        for it in batches
        for change in it.changes()
        if change.entity == "akses"
    ]
    leaves = [leaf_hash(it.to_text()) for it in entries]
    first, whole = (to_base64(leaves_root(leaves[:size])) for size in (3, 4))
    assert acts[0] == (KODE_DESA, {"dari": 1, "sampai": 3, "jumlah": 3, "akar": first})
    assert acts[1] == (KODE_DESA, {"dari": 4, "sampai": 4, "jumlah": 1, "akar": whole})
    assert acts[2][0] == OTHER
