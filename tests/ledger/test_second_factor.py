"""The second factor: codes that are good once, and recovery codes."""

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text

from ledger import WRONG_CODE, Account, LogIns, Visitor, read_entries
from ledger.database import Databases
from ledger.errors import CodeRefusedError, LogInPausedError, LogInRefusedError, LogInWebOnlyError
from ledger.log_ins import PROGRAM
from ledger.second_factor import CODES
from tests.simulator import KODE, House

PASSWORD = "kata sandi panjang"
HOME = Visitor("203.0.113.0/24", "Firefox 140, Linux")


class Phone:
    """A telephone with the secret of an account."""

    def __init__(self, house: House, of: Account) -> None:
        self._house = house
        draft = house.second_factor.draft(of.username)
        self.secret = house.second_factor.secret(of.username, draft)
        self.recovery = house.second_factor.confirm(of, draft, self.code())

    def code(self, seconds: float = 0) -> str:
        at = self._house.now.time + timedelta(seconds=seconds)
        return pyotp.TOTP(self.secret).at(at)


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


@pytest.fixture
def siti(house: House) -> Account:
    return house.accounts.add("siti", "Siti Aminah", "staf", KODE, PASSWORD)


@pytest.fixture
def phone(house: House, siti: Account) -> Phone:
    made = Phone(house, siti)
    house.now.time += timedelta(seconds=60)
    return made


def test_the_codes_are_those_of_rfc_6238(house: House) -> None:
    """The first line of appendix B, of which an application shows the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert pyotp.TOTP(secret).at(59) == "287082"
    house.now.time = house.now.time.fromtimestamp(58, house.now.time.tzinfo)
    assert house.second_factor._step(secret, "287 082") == 1


def test_a_code_is_good_once(house: House, phone: Phone) -> None:
    code = phone.code()
    assert house.second_factor.check("siti", code)
    assert not house.second_factor.check("siti", code)


def test_the_code_that_confirmed_is_used_up(house: House, siti: Account) -> None:
    phone = Phone(house, siti)
    assert not house.second_factor.check("siti", phone.code())


def test_no_older_code_is_taken_after_a_newer_one(house: House, phone: Phone) -> None:
    assert house.second_factor.check("siti", phone.code(30))
    assert not house.second_factor.check("siti", phone.code())


@pytest.mark.parametrize(("seconds", "good"), [(-30, True), (30, True), (-90, False), (90, False)])
def test_a_telephones_clock_may_be_a_little_wrong(
    house: House, phone: Phone, seconds: float, *, good: bool
) -> None:
    assert house.second_factor.check("siti", phone.code(seconds)) is good


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_what_is_no_code(house: House, phone: Phone, code: str) -> None:
    assert not house.second_factor.check("siti", code)


def test_a_draft_counts_for_nothing_until_a_code_proves_it(house: House, siti: Account) -> None:
    draft = house.second_factor.draft("siti")
    with pytest.raises(CodeRefusedError):
        house.second_factor.confirm(siti, draft, "000000")
    found = house.accounts.get("siti")
    assert found
    assert not found.totp


def test_a_draft_is_of_one_account(house: House, siti: Account) -> None:
    draft = house.second_factor.draft("budi")
    with pytest.raises(CodeRefusedError):
        house.second_factor.secret("siti", draft)


def test_ten_recovery_codes_are_good_once_each(house: House, phone: Phone) -> None:
    assert len(set(phone.recovery)) == CODES
    first = phone.recovery[0]
    assert house.second_factor.check("siti", f" {first.upper().replace('-', ' ')} ")
    assert not house.second_factor.check("siti", first)
    assert house.second_factor.codes_left("siti") == CODES - 1


def test_new_recovery_codes_end_the_old(house: House, siti: Account, phone: Phone) -> None:
    renewed = house.second_factor.renew_codes(siti)
    assert not house.second_factor.check("siti", phone.recovery[0])
    assert house.second_factor.check("siti", renewed[0])


def test_neither_database_nor_log_holds_what_makes_codes(house: House, phone: Phone) -> None:
    with house.databases.owner.begin() as tx:
        rows = [
            str(tx.execute(text(f"SELECT * FROM ledger.{table}")).all())
            for table in ("account", "recovery")
        ]
        log = b"".join(it.body() for it in read_entries(tx, KODE, after=0, limit=99)).decode()
    for secret in (phone.secret, *phone.recovery, *(it.replace("-", "") for it in phone.recovery)):
        assert secret not in "".join(rows)
        assert secret not in log
    assert "kode TOTP dipasang" in log


def test_an_administrator_takes_it_off(house: House, phone: Phone) -> None:
    house.second_factor.remove("siti", None)
    found = house.accounts.get("siti")
    assert found
    assert not found.totp
    assert not house.second_factor.check("siti", phone.code())
    assert not house.second_factor.check("siti", phone.recovery[0])


def test_log_in_is_done_with_the_code_and_not_before(
    house: House, siti: Account, phone: Phone
) -> None:
    log_ins: LogIns = house.log_ins
    assert log_ins.password("siti", PASSWORD, HOME).totp
    assert log_ins.history("siti", 10) == []
    with pytest.raises(LogInRefusedError):
        log_ins.code(siti, "000000", HOME)
    log_ins.code(siti, phone.code(), HOME)
    assert [it.outcome for it in log_ins.history("siti", 10)] == ["masuk", WRONG_CODE]


def test_guessing_codes_costs_as_guessing_passwords(
    house: House, siti: Account, phone: Phone
) -> None:
    """The right password forgives nothing until the code is right too."""
    paused = 0
    for _ in range(12):
        try:
            house.log_ins.password("siti", PASSWORD, HOME)
            house.log_ins.code(siti, "000000", HOME)
        except LogInRefusedError:
            continue
        except LogInPausedError:
            paused += 1
    assert paused > 3


def test_a_password_alone_opens_no_other_door(house: House, phone: Phone) -> None:
    with pytest.raises(LogInWebOnlyError):
        house.log_ins.password("siti", PASSWORD, HOME, PROGRAM)
