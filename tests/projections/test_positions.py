"""How far projections are, and waiting for them."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from ledger import DesaUnknownError, PositionUnknownError
from ledger.database import Databases
from projections import NotFollowedError, ParkedError, catch_up, status, wait_for
from tests.simulator import KODE_DESA, House, penduduk


@pytest.fixture
def house(databases: Databases) -> House:
    """One village with two batches, the first of them followed."""
    house = House(databases)
    village = house.village()
    house.push(village, [penduduk(1)])
    catch_up(databases.projector, house.now)
    house.push(village, [penduduk(2)])
    return house


def wait(house: House, batch: int, within_s: float = 0.1) -> None:
    wait_for(house.databases.reader, KODE_DESA, batch, ["penduduk", "statistik"], within_s)


def test_what_is_known_is_not_waited_for(house: House) -> None:
    begun = time.monotonic()
    wait(house, 1, within_s=60)
    assert time.monotonic() - begun < 10


def test_what_comes_meanwhile_is_waited_for(house: House) -> None:
    coming = threading.Timer(0.3, catch_up, (house.databases.projector, house.now))
    coming.start()
    wait(house, 2, within_s=60)
    coming.join()
    with house.databases.reader.connect() as tx:
        assert {it.position for it in status(tx)} == {2}


def test_the_wait_has_an_end(house: House) -> None:
    with pytest.raises(NotFollowedError) as caught:
        wait(house, 2)
    assert (caught.value.batch, caught.value.reached) == (2, 1)


def test_one_that_was_given_up_is_not_waited_for(house: House) -> None:
    with house.databases.owner.begin() as tx:
        tx.execute(
            text("UPDATE projections.position SET parked_at = now() WHERE projection = 'penduduk'")
        )
    begun = time.monotonic()
    with pytest.raises(ParkedError) as caught:
        wait(house, 2, within_s=60)
    assert "coba lagi" not in str(caught.value)
    assert time.monotonic() - begun < 10
    wait(house, 1)


def test_no_batch_is_waited_for_that_the_log_has_not(house: House) -> None:
    with pytest.raises(PositionUnknownError):
        wait(house, 3, within_s=60)
    with pytest.raises(DesaUnknownError):
        wait_for(house.databases.reader, "53.06.14.2999", 1, ["penduduk"], 60)


def test_the_lag_is_how_long_the_oldest_batch_waits(house: House) -> None:
    now = house.now()
    house.push(house.village(label="kades"), [penduduk(3)])
    with house.databases.reader.connect() as tx:
        late = status(tx)
    assert {(it.behind, it.state) for it in late} == {(2, "behind")}
    since = late[0].waiting_since
    assert since is not None
    assert since < now
    assert late[0].lag_s(since + timedelta(seconds=90)) == 90
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        assert {it.lag_s(house.now()) for it in status(tx)} == {0}
