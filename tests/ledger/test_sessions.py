"""Sessions: what the cookie's text opens, and for how long."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from ledger import Sessions, Visitor
from ledger.database import Databases
from ledger.sessions import UNFINISHED
from tests.simulator import KODE, House

PASSWORD = "kata sandi panjang"
HOME = Visitor("203.0.113.0/24", "Firefox 140, Linux")
IDLE, LONGEST = timedelta(minutes=60), timedelta(hours=12)


@pytest.fixture
def house(databases: Databases) -> House:
    house = House(databases)
    house.accounts.add("siti", "Siti Aminah", "staf", KODE, PASSWORD)
    return house


@pytest.fixture
def sessions(house: House) -> Sessions:
    return Sessions(house.databases.ingest, house.now, idle=IDLE, longest=LONGEST)


def test_a_text_opens_its_session_and_no_other(sessions: Sessions) -> None:
    opened = sessions.begin("siti", "staf", HOME)
    found = sessions.find(opened)
    assert found
    assert (found.username, found.role, found.complete) == ("siti", "staf", True)
    assert sessions.find(opened + "x") is None
    assert sessions.named(opened) == found.id


def test_the_database_holds_no_text_that_opens(house: House, sessions: Sessions) -> None:
    opened = sessions.begin("siti", "staf", HOME)
    with house.databases.owner.begin() as tx:
        rows = tx.execute(text("SELECT *, encode(hash, 'escape') FROM ledger.session")).all()
    assert opened not in str(rows)
    found = sessions.find(opened)
    assert found
    assert sessions.find(found.id) is None


def test_an_hour_without_use_ends_it(house: House, sessions: Sessions) -> None:
    opened = sessions.begin("siti", "staf", HOME)
    for _ in range(3):
        house.now.time += timedelta(minutes=50)
        assert sessions.find(opened)
    house.now.time += IDLE
    assert sessions.find(opened) is None


def test_half_a_day_ends_it_even_in_use(house: House, sessions: Sessions) -> None:
    opened = sessions.begin("siti", "staf", HOME)
    for _ in range(15):
        house.now.time += timedelta(minutes=45)
        assert sessions.find(opened)
    house.now.time += timedelta(minutes=45)
    assert sessions.find(opened) is None


def test_a_log_in_without_its_second_factor_waits_minutes(
    house: House, sessions: Sessions
) -> None:
    opened = sessions.begin("siti", "staf", HOME, complete=False)
    found = sessions.find(opened)
    assert found
    assert not found.complete
    assert sessions.of("siti") == []
    house.now.time += UNFINISHED
    assert sessions.find(opened) is None


def test_logging_out_ends_one_and_everywhere_ends_all(sessions: Sessions) -> None:
    first, second, third = (sessions.begin("siti", "staf", HOME) for _ in range(3))
    other = sessions.begin("budi", "staf", HOME)
    sessions.end(first)
    assert [sessions.find(it) is not None for it in (first, second, third)] == [False, True, True]
    sessions.end_one("budi", sessions.named(second))
    assert sessions.find(second)
    sessions.end_one("siti", sessions.named(second))
    assert sessions.find(second) is None
    sessions.end_all("siti")
    assert sessions.find(third) is None
    assert sessions.find(other)


def test_a_changed_password_ends_the_others(house: House, sessions: Sessions) -> None:
    mine, other = (sessions.begin("siti", "staf", HOME) for _ in range(2))
    house.accounts.set_password("siti", "kata sandi yang lain", session=mine)
    assert sessions.find(mine)
    assert sessions.find(other) is None


def test_what_has_ended_is_swept_away_and_what_lives_stays(
    house: House, sessions: Sessions
) -> None:
    idle = sessions.begin("siti", "staf", HOME)
    sessions.end(sessions.begin("siti", "staf", HOME))
    house.now.time += IDLE
    opened = sessions.begin("siti", "staf", HOME)
    waiting = sessions.begin("siti", "staf", HOME, complete=False)
    assert sessions.sweep() == 2
    assert sessions.sweep() == 0
    assert sessions.find(idle) is None
    assert sessions.find(opened)
    assert sessions.find(waiting)


@pytest.mark.parametrize("act", ["deactivate", "one_time"])
def test_what_an_administrator_does_ends_them_all(
    house: House, sessions: Sessions, act: str
) -> None:
    opened = sessions.begin("siti", "staf", HOME)
    getattr(house.accounts, act)("siti")
    assert sessions.find(opened) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("", ""),
        ("bukan alamat", ""),
    ],
)
def test_of_an_address_the_network_is_kept(address: str, network: str) -> None:
    assert Visitor.of(address, "").address == network


CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"  # noqa: E501


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (CHROME, "Chrome 141, Windows"),
        (f"{CHROME} Edg/141.0.1", "Edge 141, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Firefox 140, Linux"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Mobile Safari/537.36",
         "Chrome 140, Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("\u202e" + "y" * 100, "y" * 40),
        ("", ""),
    ],
)  # fmt: skip
def test_of_a_browser_its_name_is_kept(agent: str, shown: str) -> None:
    assert Visitor.of("", agent).agent == shown
