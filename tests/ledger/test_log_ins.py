"""Log-ins: what guessing costs, over all processes, and what is kept of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from ledger import DONE, NO_NAME, OPENSID, PROGRAM, WRONG_PASSWORD, LogIns, Visitor
from ledger.database import Databases
from ledger.errors import (
    LogInError,
    LogInPausedError,
    LogInRefusedError,
    LogInWebOnlyError,
    PasswordRefusedError,
)
from ledger.log_ins import BY_NAME, BY_NETWORK
from ledger.passwords import LONGEST, check_password, made_up
from tests.simulator import KODE, START, House

PASSWORD = "kata sandi panjang"
HOME = Visitor("203.0.113.0/24", "Firefox 140, Linux")
ABROAD = Visitor("198.51.100.0/24", "curl")


class Still:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def house(databases: Databases) -> House:
    house = House(databases)
    house.accounts.add("siti", "Siti Aminah", "staf", KODE, PASSWORD)
    return house


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture
def log_ins(house: House, clock: Still) -> LogIns:
    return another_process(house, clock)


def another_process(house: House, clock: Still) -> LogIns:
    return LogIns(house.databases.ingest, house.accounts, house.second_factor, clock)


def guess(log_ins: LogIns, visitor: Visitor = ABROAD, name: str = "siti") -> float:
    """A wrong password; gives the pause that was told, 0 for none."""
    with pytest.raises(LogInError) as caught:
        log_ins.password(name, "salah salah salah", visitor)
    return caught.value.seconds if isinstance(caught.value, LogInPausedError) else 0.0


# --- what it costs to guess ----------------------------------------------------------------------


def test_pauses_grow_and_end() -> None:
    assert [BY_NAME.pause(it).total_seconds() for it in (1, 4, 5, 6, 7)] == [0, 0, 1, 2, 4]
    assert BY_NAME.pause(10_000) == timedelta(seconds=BY_NAME.longest_s)
    assert BY_NETWORK.pause(10_000) == timedelta(seconds=BY_NETWORK.longest_s)


@pytest.mark.parametrize("name", ["siti", "tidak.ada"])
def test_after_five_failures_the_right_password_waits_too(
    log_ins: LogIns, clock: Still, name: str
) -> None:
    assert [guess(log_ins, name=name) for _ in range(5)] == [0] * 5
    assert guess(log_ins, name=name) == 1
    with pytest.raises(LogInPausedError):
        log_ins.password(name, PASSWORD, ABROAD)
    clock.time += timedelta(seconds=1.1)
    assert guess(log_ins, name=name) == 0
    assert guess(log_ins, name=name) == 2


def test_it_counts_over_several_processes(house: House, clock: Still) -> None:
    one, other = another_process(house, clock), another_process(house, clock)
    for each in (one, other, one, other, one):
        guess(each)
    assert guess(other) == 1


def test_many_guesses_at_once_do_not_pass_each_other(house: House, clock: Still) -> None:
    log_ins = another_process(house, clock)
    with ThreadPoolExecutor(8) as pool:
        pauses = list(pool.map(lambda _: guess(log_ins), range(12)))
    assert pauses.count(0) == 5


def test_the_right_password_forgives(log_ins: LogIns) -> None:
    for _ in range(4):
        guess(log_ins)
    log_ins.password("siti", PASSWORD, ABROAD)
    assert [guess(log_ins) for _ in range(5)] == [0] * 5


def test_an_hour_later_it_is_forgotten(log_ins: LogIns, clock: Still) -> None:
    for _ in range(6):
        guess(log_ins)
    clock.time += timedelta(hours=2)
    assert [guess(log_ins) for _ in range(5)] == [0] * 5


def test_nobody_is_kept_out_of_where_they_log_in_from(log_ins: LogIns) -> None:
    log_ins.password("siti", PASSWORD, HOME)
    for _ in range(8):
        guess(log_ins, ABROAD)
    assert guess(log_ins, ABROAD) > 0
    assert log_ins.password("siti", PASSWORD, HOME).username == "siti"


def test_a_network_that_tries_many_names_waits(log_ins: LogIns) -> None:
    pauses = [guess(log_ins, name=f"nama{number}") for number in range(BY_NETWORK.free + 1)]
    assert pauses == [0] * BY_NETWORK.free + [1]
    assert log_ins.password("siti", PASSWORD, HOME).username == "siti"


# --- who is let in -------------------------------------------------------------------------------


def test_an_account_that_is_switched_off_is_as_a_wrong_password(
    house: House, log_ins: LogIns
) -> None:
    house.accounts.deactivate("siti")
    with pytest.raises(LogInRefusedError):
        log_ins.password("siti", PASSWORD, HOME)


@pytest.mark.parametrize("door", [PROGRAM, OPENSID])
def test_a_one_time_password_is_for_the_pages(house: House, log_ins: LogIns, door: str) -> None:
    once = house.accounts.one_time("siti")
    with pytest.raises(LogInWebOnlyError):
        log_ins.password("siti", once, HOME, door)
    assert log_ins.password("siti", once, HOME).once_until


def test_a_one_time_password_waits_a_week_only(house: House, log_ins: LogIns) -> None:
    once = house.accounts.one_time("siti")
    house.now.time += timedelta(days=8)
    with pytest.raises(LogInRefusedError):
        log_ins.password("siti", once, HOME)


# --- what is kept --------------------------------------------------------------------------------


def test_every_log_in_is_kept_the_newest_first(log_ins: LogIns, clock: Still) -> None:
    guess(log_ins, ABROAD)
    clock.time += timedelta(minutes=1)
    log_ins.password("siti", PASSWORD, HOME)
    kept = log_ins.history("siti", 10)
    assert [(it.outcome, it.address) for it in kept] == [
        (DONE, HOME.address),
        (WRONG_PASSWORD, ABROAD.address),
    ]


def test_a_name_that_is_none_is_not_kept(house: House, log_ins: LogIns) -> None:
    guess(log_ins, name="rahasia di tempat yang salah")
    assert [(it.username, it.outcome) for it in log_ins.history(None, 10)] == [(None, NO_NAME)]
    with house.databases.owner.begin() as tx:
        for table in ("attempt", "log_in"):
            rows = tx.execute(text(f"SELECT * FROM ledger.{table}")).all()
            assert rows
            assert "rahasia" not in str(rows)


def test_a_program_that_logs_in_each_time_is_noted_once(log_ins: LogIns) -> None:
    for _ in range(3):
        log_ins.password("siti", PASSWORD, HOME, PROGRAM)
    assert len(log_ins.history("siti", 10)) == 1


@pytest.mark.parametrize(
    "change",
    ["UPDATE ledger.log_in SET door = 'x'", "DELETE FROM ledger.log_in", "TRUNCATE ledger.log_in"],
)
def test_the_history_is_never_changed(house: House, log_ins: LogIns, change: str) -> None:
    guess(log_ins)
    with (
        pytest.raises(ProgrammingError, match="never changed"),
        house.databases.owner.begin() as tx,
    ):
        tx.execute(text(change))


# --- passwords -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    ["pendek", "123456789", "Password123", "indonesia123", "BISMILLAH123", "kata sandi",
     "siti.aminah", "SITI.AMINAH", "aaaaaaaaaaaaaa", "ababababababab", "x" * (LONGEST + 1)],
)  # fmt: skip
def test_a_password_that_will_not_do(password: str) -> None:
    with pytest.raises(PasswordRefusedError):
        check_password(password, "siti.aminah")


@pytest.mark.parametrize("password", ["kuda benar baterai", "Rahasia#123", "demo-saja-ya"])
def test_a_password_of_ones_own_will_do(password: str) -> None:
    check_password(password, "siti.aminah")


def test_what_is_made_up_will_do_and_is_never_the_same() -> None:
    made = {made_up() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        check_password(each, "siti")
