"""What is to be told."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import Changes, Told, compare, data_hash, learn, read_change
from tests.cli.sender.computer import NOW, Records, people


def changes(records: Records, told: dict[str, str], **given_: object) -> Changes:
    facts: dict[str, Any] = {
        "present": set(records),
        "saved_at": lambda _: NOW - timedelta(days=1),
        "now": NOW,
        **given_,
    }
    return compare("penduduk", records, told, **facts)


def hashes(records: Records) -> dict[str, str]:
    return {id_: data_hash(record) for id_, record in records.items()}


def counts(of: Changes) -> tuple[int, int, int, int]:
    return of.new, of.changed, of.vanished, of.withheld


def test_at_first_everything_is_new() -> None:
    assert counts(changes(people(3), {})) == (3, 0, 0, 0)


def test_what_was_told_is_not_told_again() -> None:
    assert changes(people(3), hashes(people(3))).drafts == ()


def test_the_order_of_members_is_no_change() -> None:
    told = hashes({"1": {"nama": "SITI", "id": 1}})
    assert changes(people(1), told).drafts == ()


def test_a_changed_record_is_told_whole_and_with_its_time() -> None:
    (draft,) = changes(people(3, id2="BUDI"), hashes(people(3))).drafts
    assert (draft.id, draft.op, draft.data) == ("2", "put", {"id": 2, "nama": "BUDI"})
    assert draft.at == NOW - timedelta(days=1)


def test_who_is_absent_from_a_full_dump_is_deleted_and_that_is_marked() -> None:
    (draft,) = changes(people(2), hashes(people(3))).drafts
    assert (draft.id, draft.op, draft.data, draft.derived) == ("3", "delete", None, "absent")
    assert draft.at == NOW


def test_who_is_absent_from_a_part_has_not_vanished() -> None:
    assert changes(people(2), hashes(people(3)), present=None).drafts == ()


def test_who_is_present_but_could_not_be_read_has_not_vanished() -> None:
    assert changes(people(2), hashes(people(3)), present={"1", "2", "3"}).drafts == ()


@pytest.mark.parametrize(
    ("told", "left", "vanished", "withheld"),
    [
        (100, 80, 20, 0),
        (100, 79, 0, 21),
        (1000, 950, 50, 0),
        (1000, 949, 0, 51),
        (21, 0, 0, 21),
        (20, 0, 20, 0),
    ],
)
def test_more_than_20_and_5_percent_at_once_are_not_deleted(
    told: int,
    left: int,
    vanished: int,
    withheld: int,
) -> None:
    found = changes(people(left), hashes(people(told)))
    assert (found.vanished, found.withheld) == (vanished, withheld)


def test_unless_somebody_is_sure() -> None:
    assert counts(changes({}, hashes(people(100)), sure=True)) == (0, 0, 100, 0)


def test_the_guard_holds_back_deletions_only() -> None:
    records = {**people(50, id1="BUDI"), "999": {"id": 999}}
    assert counts(changes(records, hashes(people(100)))) == (1, 1, 0, 50)


def test_drafts_are_in_the_order_of_ids_whatever_the_order_of_the_export() -> None:
    records = dict(reversed(people(12).items()))
    assert [draft.id for draft in changes(records, {}).drafts] == [str(it) for it in range(1, 13)]


values = st.none() | st.integers(-9, 9) | st.text(max_size=3)
states = st.dictionaries(
    st.integers(1, 30).map(str),
    st.dictionaries(st.sampled_from("abc"), values, min_size=1),
)


@given(st.lists(states, max_size=5))
def test_after_each_push_nothing_is_left_to_tell(dumps: list[Records]) -> None:
    told: Told = {}
    held: Records = {}
    for records in dumps:
        found = changes(records, told.get("penduduk", {}), sure=True)
        lines = [draft.to_line() for draft in found.drafts]
        learn(told, map(read_change, lines))
        learn(told, map(read_change, lines))
        for draft in found.drafts:
            if draft.data is None:
                del held[draft.id]
            else:
                held[draft.id] = draft.data
        assert held == records
        assert changes(records, told.get("penduduk", {})).drafts == ()
