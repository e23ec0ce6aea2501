"""Alarms: one a damage, until somebody settles it and says how."""

from uuid import uuid4

import pytest

from ledger import Alarm, Damage, read_alarms
from ledger.database import Databases
from ledger.errors import AlarmGoneError, AlarmNoteError
from tests.simulator import KODE_DESA, House

DAMAGE = Damage(KODE_DESA, "log", "4", "note")


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def alarms(house: House, *, open_only: bool = False) -> list[Alarm]:
    with house.databases.reader.connect() as tx:
        return read_alarms(tx, open_only=open_only)


def test_the_same_damage_is_raised_again_only_when_settled(house: House) -> None:
    assert house.alarms.sound([DAMAGE, DAMAGE]) == [DAMAGE]
    assert house.alarms.sound([DAMAGE]) == []
    (alarm,) = alarms(house)
    house.alarms.settle(KODE_DESA, alarm.id, "siti", "  dipulihkan dari cadangan  ")
    assert alarms(house, open_only=True) == []
    (settled,) = alarms(house)
    assert (settled.username, settled.note) == ("siti", "dipulihkan dari cadangan")
    assert house.alarms.sound([DAMAGE]) == [DAMAGE]
    assert [it.ended_at is None for it in alarms(house)] == [True, False]


@pytest.mark.parametrize("note", ["", "   beres   ", "x" * 1001])
def test_an_alarm_is_not_settled_without_a_word(house: House, note: str) -> None:
    house.alarms.sound([DAMAGE])
    with pytest.raises(AlarmNoteError):
        house.alarms.settle(KODE_DESA, alarms(house)[0].id, "siti", note)
    assert len(alarms(house, open_only=True)) == 1


def test_an_alarm_is_settled_once(house: House) -> None:
    house.alarms.sound([DAMAGE])
    (alarm,) = alarms(house)
    house.alarms.settle(KODE_DESA, alarm.id, "siti", "dipulihkan dari cadangan")
    for id_ in (alarm.id, uuid4()):
        with pytest.raises(AlarmGoneError):
            house.alarms.settle(KODE_DESA, id_, "budi", "dipulihkan dari cadangan")
