"""The access log: who may see, that each look is kept before, and that nothing is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest

from ledger import Account, Wanted, may_read, may_unmask, read_entries
from ledger.database import Databases
from ledger.errors import AccessReasonError, AccessRefusedError
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
