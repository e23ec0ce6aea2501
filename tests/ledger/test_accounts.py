"""Accounts: who may log in, and what they may see."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import extract_parameters
from sqlalchemy import text

from ledger import Account, Accounts, read_entries
from ledger.database import Databases
from ledger.errors import (
    AccountExistsError,
    AccountRefusedError,
    AccountUnknownError,
    LastAdministratorError,
)
from tests.simulator import KODE, KODE_DESA, House

PASSWORD = "kata sandi panjang"


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def test_the_right_password_gives_the_account(house: House) -> None:
    made = house.accounts.add("siti", "Siti Aminah", "staf", KODE, PASSWORD)
    assert house.accounts.verify("siti", PASSWORD) == made
    assert house.accounts.get("siti") == made
    assert house.accounts.all() == [made]


def test_anything_else_gives_nobody(house: House) -> None:
    house.accounts.add("siti", "Siti Aminah", "staf", KODE, PASSWORD)
    assert house.accounts.verify("siti", PASSWORD + " ") is None
    assert house.accounts.verify("budi", PASSWORD) is None
    assert house.accounts.get("budi") is None


@pytest.mark.parametrize(
    ("username", "role", "scope", "password"),
    [
        ("S", "staf", KODE, PASSWORD),
        ("siti aminah", "staf", KODE, PASSWORD),
        ("siti", "raja", KODE, PASSWORD),
        ("siti", "staf", "53.06", PASSWORD),
        ("siti", "staf", "53.06.15", PASSWORD),
        ("siti", "staf", "53.06.14.2", PASSWORD),
        ("siti", "staf", KODE, "pendek"),
    ],
)
def test_an_account_that_will_not_do(
    house: House, username: str, role: str, scope: str, password: str
) -> None:
    with pytest.raises(AccountRefusedError):
        house.accounts.add(username, "", role, scope, password)


def test_a_name_is_taken_once(house: House) -> None:
    house.accounts.add("siti", "", "staf", KODE, PASSWORD)
    with pytest.raises(AccountExistsError):
        house.accounts.add("siti", "", "camat", KODE, PASSWORD)


def test_the_log_of_the_office_holds_no_password_and_no_hash(house: House) -> None:
    house.accounts.add("siti", "", "staf", KODE, PASSWORD)
    with house.databases.owner.begin() as tx:
        hashed = tx.execute(text("SELECT password_hash FROM ledger.account")).scalar_one()
        log = b"".join(it.body() for it in read_entries(tx, KODE, after=0, limit=10))
    assert hashed.startswith("$argon2id$")
    assert b"argon2" not in log
    assert PASSWORD.encode() not in log


def test_guessing_is_dear_and_a_cheaper_hash_is_replaced_when_its_owner_logs_in(
    house: House,
) -> None:
    def hashed() -> str:
        with house.databases.owner.begin() as tx:
            return str(tx.execute(text("SELECT password_hash FROM ledger.account")).scalar_one())

    house.accounts.add("siti", "", "staf", KODE, PASSWORD)
    before = extract_parameters(hashed())
    real = Accounts(house.databases.ingest, house.ledger, house.now)
    assert real.verify("siti", PASSWORD)
    after = extract_parameters(hashed())
    # RFC 9106, section 4: the second recommended option.
    assert (after.time_cost, after.memory_cost, after.parallelism) == (3, 64 * 1024, 4)
    assert before.memory_cost < after.memory_cost
    assert real.verify("siti", PASSWORD)


@pytest.mark.parametrize(
    ("scope", "seen"),
    [(KODE, True), (KODE_DESA, True), ("53.06.14.2002", False), ("53.06.1", False)],
)
def test_a_scope_ends_where_a_part_of_a_code_does(scope: str, *, seen: bool) -> None:
    assert Account("siti", "", "staf", scope).sees(KODE_DESA) is seen


# --- acts of an administrator --------------------------------------------------------------------


@pytest.fixture
def admin(house: House) -> Account:
    return house.accounts.add("admin", "Admin", "administrator", KODE, PASSWORD)


def acts(house: House) -> list[dict[str, object]]:
    """What the office's log says of accounts, in order."""
    with house.databases.owner.begin() as tx:
        entries = read_entries(tx, KODE, after=0, limit=99)
    found = [it for entry in entries for it in entry.changes() if it.entity == "pengguna"]
    return [json.loads(bytes(it.data)) for it in found if it.data]


def test_who_did_what_to_an_account_is_in_the_offices_log(house: House, admin: Account) -> None:
    house.accounts.invite("siti", "Siti", "staf", KODE, by=admin)
    house.accounts.change("siti", "Siti Aminah", "auditor", KODE, by=admin)
    house.accounts.deactivate("siti", by=admin)
    house.accounts.reactivate("siti", by=admin)
    password = house.accounts.one_time("siti", by=admin)
    told = acts(house)
    assert [(it["tindakan"], it["oleh"]) for it in told] == [
        ("ditambahkan", None),
        ("ditambahkan", "admin"),
        ("diubah", "admin"),
        ("dinonaktifkan", "admin"),
        ("diaktifkan", "admin"),
        ("kata sandi sekali pakai", "admin"),
    ]
    assert told[2]["peran"] == "auditor"
    assert [it["aktif"] for it in told] == [True, True, True, False, True, True]
    assert password not in json.dumps(told)


def test_a_change_is_what_the_account_is_from_then_on(house: House) -> None:
    house.accounts.add("siti", "Siti", "staf", KODE, PASSWORD)
    changed = house.accounts.change("siti", "  Siti   Aminah ", "operator", KODE_DESA)
    assert changed == Account("siti", "Siti Aminah", "operator", KODE_DESA)
    assert house.accounts.get("siti") == changed


def test_an_account_that_is_switched_off_has_no_password(house: House) -> None:
    house.accounts.add("siti", "Siti", "staf", KODE, PASSWORD)
    house.accounts.deactivate("siti")
    assert house.accounts.verify("siti", PASSWORD) is None
    house.accounts.reactivate("siti")
    assert house.accounts.verify("siti", PASSWORD)


def test_a_one_time_password_takes_the_place_of_the_old(house: House) -> None:
    house.accounts.add("siti", "Siti", "staf", KODE, PASSWORD)
    once = house.accounts.one_time("siti")
    assert house.accounts.verify("siti", PASSWORD) is None
    found = house.accounts.verify("siti", once)
    assert found
    assert found.once_until
    house.accounts.set_password("siti", "kata sandi baru saya")
    found = house.accounts.get("siti")
    assert found
    assert found.once_until is None


def test_the_last_administrator_stays(house: House, admin: Account) -> None:
    with pytest.raises(LastAdministratorError):
        house.accounts.deactivate("admin", by=admin)
    with pytest.raises(LastAdministratorError):
        house.accounts.change("admin", "", "staf", KODE, by=admin)
    assert len(acts(house)) == 1
    house.accounts.add("admin2", "", "administrator", KODE, PASSWORD)
    house.accounts.deactivate("admin", by=admin)
    with pytest.raises(LastAdministratorError):
        house.accounts.deactivate("admin2")


def test_two_administrators_cannot_remove_each_other_at_once(house: House, admin: Account) -> None:
    house.accounts.add("admin2", "", "administrator", KODE, PASSWORD)

    def remove(username: str) -> bool:
        try:
            house.accounts.deactivate(username)
        except LastAdministratorError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, ["admin", "admin2"])) == [False, True]


def test_an_administrator_acts_within_the_scope(house: House) -> None:
    narrow = house.accounts.add("admin", "", "administrator", KODE_DESA, PASSWORD)
    house.accounts.add("camat", "", "camat", KODE, PASSWORD)
    for act in (house.accounts.deactivate, house.accounts.reactivate, house.accounts.one_time):
        with pytest.raises(AccountUnknownError):
            act("camat", by=narrow)
    with pytest.raises(AccountRefusedError):
        house.accounts.invite("siti", "", "staf", KODE, by=narrow)
    made, _ = house.accounts.invite("siti", "", "staf", KODE_DESA, by=narrow)
    with pytest.raises(AccountRefusedError):
        house.accounts.change(made.username, "", "staf", KODE, by=narrow)


def test_an_operator_is_of_one_desa(house: House) -> None:
    with pytest.raises(AccountRefusedError, match="satu desa"):
        house.accounts.add("siti", "", "operator", KODE, PASSWORD)
    assert house.accounts.add("siti", "", "operator", KODE_DESA, PASSWORD).scope == KODE_DESA
