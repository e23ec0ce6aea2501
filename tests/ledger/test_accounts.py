"""Accounts: who may log in, and what they may see."""

import pytest
from sqlalchemy import text

from ledger import Account, read_entries
from ledger.database import Databases
from ledger.errors import AccountExistsError, AccountRefusedError
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


@pytest.mark.parametrize(
    ("scope", "seen"),
    [(KODE, True), (KODE_DESA, True), ("53.06.14.2002", False), ("53.06.1", False)],
)
def test_a_scope_ends_where_a_part_of_a_code_does(scope: str, *, seen: bool) -> None:
    assert Account("siti", "", "staf", scope).sees(KODE_DESA) is seen
