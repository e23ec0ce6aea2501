"""The rules of admission, each on its own, without a database."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.admission import (
    ChainHead,
    RegisteredKey,
    Standing,
    admit_body,
    admit_manifest,
    line_fault,
)
from ledger.batch import NO_PREVIOUS, NOTHING_SEEN, Batch, Draft, Limits, Seen, write_batch
from ledger.errors import (
    LINE_FAULTS,
    CountMismatchError,
    ForkError,
    GapError,
    HistoryError,
    KeyForeignError,
    KeyNotValidError,
    KeyUnknownError,
    KeyWeakError,
    LineFault,
    LinesError,
    RootMismatchError,
    SignatureError,
    WrongLogError,
)
from ledger.keys import LOW_ORDER, SigningKey, VerifierKey
from ledger.merkle import leaf_hash

LOG = "kecamatan.example/53.06.14.2001"
KEY = SigningKey("desa/53.06.14.2001/kades", bytes(32))
AT = datetime(2026, 11, 20, 8, 1, tzinfo=UTC)
LINE = Draft("penduduk", "1", "put", AT, {"nama": "SITI", "agama_id": 1}).to_line()
LONGEST = Limits().line


def signed(number: int = 1, prev: bytes = NO_PREVIOUS, seen: Seen = NOTHING_SEEN) -> Batch:
    return write_batch([LINE], KEY, log=LOG, number=number, prev=prev, seen=seen, time=AT)


def standing(**facts: object) -> Standing:
    empty = Standing(
        log=LOG,
        size=0,
        key=RegisteredKey(KEY.verifier, first=1),
        chain=ChainHead(),
        replayed=None,
        seen_root=None,
        rival=None,
    )
    return replace(empty, **facts)  # type: ignore[arg-type]


def admit(batch: Batch, at: Standing) -> int | None:
    return admit_manifest(batch.note, batch.manifest, at)


def test_the_first_batch_of_a_log() -> None:
    assert admit(signed(), standing()) == 1


def test_the_next_batch_of_a_chain() -> None:
    at = standing(size=7, chain=ChainHead(3, leaf_hash(b"third")))
    assert admit(signed(4, leaf_hash(b"third")), at) == 8


def test_a_batch_that_is_there_already() -> None:
    assert admit(signed(), standing(size=1, replayed=1)) is None


def test_a_retry_is_answered_though_its_key_has_ended_since() -> None:
    ended = RegisteredKey(KEY.verifier, first=1, end=2)
    assert admit(signed(), standing(size=5, replayed=1, key=ended)) is None


def test_another_log() -> None:
    with pytest.raises(WrongLogError):
        admit(signed(), standing(log="lain.example/53.06.14.2001"))


def test_a_key_that_nobody_registered() -> None:
    with pytest.raises(KeyUnknownError):
        admit(signed(), standing(key=None))


def test_a_key_of_another_desa() -> None:
    foreign = SigningKey("desa/53.06.14.2002/kades", bytes(32))
    batch = write_batch(
        [LINE], foreign, log=LOG, number=1, prev=NO_PREVIOUS, seen=NOTHING_SEEN, time=AT
    )
    with pytest.raises(KeyForeignError):
        admit(batch, standing(key=RegisteredKey(foreign.verifier, first=1)))


@pytest.mark.parametrize("public", sorted(LOW_ORDER))
def test_a_key_of_low_order(public: bytes) -> None:
    with pytest.raises(KeyWeakError):
        admit(signed(), standing(key=RegisteredKey(VerifierKey(KEY.name, public), first=1)))


def test_a_signature_of_another_key_of_that_name() -> None:
    other = SigningKey(KEY.name, b"\1" * 32).verifier
    with pytest.raises(SignatureError):
        admit(signed(), standing(key=RegisteredKey(other, first=1)))


@pytest.mark.parametrize(("first", "end"), [(2, None), (1, 1)], ids=["not yet", "no more"])
def test_a_key_that_is_not_valid_here(first: int, end: int | None) -> None:
    with pytest.raises(KeyNotValidError):
        admit(signed(), standing(key=RegisteredKey(KEY.verifier, first, end)))


def test_a_gap_names_the_number_expected() -> None:
    with pytest.raises(GapError) as caught:
        admit(signed(3, leaf_hash(b"second")), standing())
    assert caught.value.facts == {"expected": 1}


def test_a_number_that_is_used_is_a_fork_and_shows_ours() -> None:
    at = standing(size=1, chain=ChainHead(1, leaf_hash(b"first")), rival="ours")
    with pytest.raises(ForkError) as caught:
        admit(signed(), at)
    assert caught.value.facts == {"number": 1, "ours": "ours"}


def test_a_next_batch_after_another_text_is_a_fork() -> None:
    at = standing(size=1, chain=ChainHead(1, leaf_hash(b"first")), rival="ours")
    with pytest.raises(ForkError) as caught:
        admit(signed(2, leaf_hash(b"another first")), at)
    assert caught.value.number == 1


@pytest.mark.parametrize("seen_root", [None, leaf_hash(b"ours")], ids=["shorter", "other"])
def test_a_history_that_is_not_ours(seen_root: bytes | None) -> None:
    with pytest.raises(HistoryError):
        admit(signed(seen=Seen(4, leaf_hash(b"theirs"))), standing(size=4, seen_root=seen_root))


def test_an_empty_history_with_a_root_is_not_ours() -> None:
    with pytest.raises(HistoryError):
        admit(signed(seen=Seen(0, bytes(32))), standing())


def test_a_body_as_it_was_signed() -> None:
    batch = signed()
    assert admit_body(batch.manifest, batch.body, Limits()) == [LINE]


def test_an_altered_line() -> None:
    batch = signed()
    with pytest.raises(RootMismatchError):
        admit_body(batch.manifest, batch.body.replace(b"SITI", b"SINI"), Limits())


@pytest.mark.parametrize("body", [b"\n", LINE + b"\n" + LINE + b"\n", LINE], ids=repr)
def test_another_number_of_lines(body: bytes) -> None:
    if body == b"\n":
        body = b""
    with pytest.raises((CountMismatchError, RootMismatchError)):
        admit_body(signed().manifest, body, Limits())


def test_a_thousand_faulty_lines_are_named_and_no_more() -> None:
    batch = write_batch(
        [b"x"] * 1_500, KEY, log=LOG, number=1, prev=NO_PREVIOUS, seen=NOTHING_SEEN, time=AT
    )
    with pytest.raises(LinesError) as caught:
        admit_body(batch.manifest, batch.body, Limits())
    assert caught.value.code == "line-json"
    assert [fault.line for fault in caught.value.faults] == list(range(1, 1_001))


def changed(**members: object) -> bytes:
    """LINE with other members; None takes one away."""
    value = {**json.loads(LINE), **members}
    return json.dumps({name: it for name, it in value.items() if it is not None}).replace(
        '{"_s": ', '{"_s":', 1
    ).encode()  # fmt: skip


FAULTY = {
    "too long": (changed(id="1", data={"x": "y" * LONGEST}), "line-too-long"),
    "empty": (b"", "line-json"),
    "no JSON": (LINE[:-1], "line-json"),
    "JSON and more": (LINE + b"{}", "line-json"),
    "an array": (b"[]", "line-json"),
    "NaN": (LINE.replace(b'"agama_id":1', b'"agama_id":NaN'), "line-json"),
    "half a surrogate": (LINE.replace(b"SITI", b"\\ud800"), "line-json"),
    "bytes that are no UTF-8": (LINE.replace(b"SITI", b"\xff"), "line-utf8"),
    "bytes that are no UTF-8, unsalted": (b'{"a":"\xff"}', "line-utf8"),
    "no salt": (b'{"entity":"penduduk"}', "line-salt"),
    "salt not first": (LINE.replace(b'{"_s', b'{"a":1,"_s'), "line-salt"),
    "a short salt": (changed(_s="abc"), "line-salt"),
    "a salt with stray bits": (changed(_s="A" * 21 + "B"), "line-salt"),
    "a salt in the other alphabet": (changed(_s="+" * 21 + "A"), "line-salt"),
    "a redacted line": (b'{"_h":"AAAA"}', "line-salt"),
    "nested too deep": (
        LINE.replace(b'"SITI"', b"[" * 40 + b"]" * 40),
        "line-deep",
    ),
    "nested so deep that a reader falls over": (b"[" * 60_000, "line-deep"),
    # Read once from left to right: tried anew from each quotation mark, these take a minute.
    "a text without an end": (b'"' + b'\\"' * 32_000, "line-json"),
    "brackets, and a text without an end": (
        LINE.replace(b"SITI", b"{" * 40 + b'\\"' * 32_000)[:60_000],
        "line-json",
    ),
    "a member twice": (
        LINE.replace(b'"op":"put"', b'"op":"put","op":"put"'),
        "line-duplicate-member",
    ),
    "a member of data twice": (
        LINE.replace(b'"agama_id":1', b'"agama_id":1,"agama_id":2'),
        "line-duplicate-member",
    ),
    "a member twice, spelled differently": (
        LINE.replace(b'"agama_id":1', b'"agama_id":1,"agama\\u005fid":2'),
        "line-duplicate-member",
    ),
    "a member deep inside twice": (
        LINE.replace(b'"SITI"', b'[{"a":{"b":1,"b":1}}]'),
        "line-duplicate-member",
    ),
    "a member too many": (changed(nama="SITI"), "line-members"),
    "no entity": (changed(entity=None), "line-members"),
    "an entity in capitals": (changed(entity="Penduduk"), "line-members"),
    "a number as id": (changed(id=1), "line-members"),
    "an empty id": (changed(id=""), "line-members"),
    "another op": (changed(op="patch"), "line-members"),
    "a time without offset": (changed(at="2026-11-20T08:01:00"), "line-members"),
    "no time": (changed(at="kemarin"), "line-members"),
    "a put without data": (changed(data=None), "line-members"),
    "a delete with data": (changed(op="delete"), "line-members"),
    "data that is no object": (changed(data=[1]), "line-members"),
    "a derived put": (changed(derived="absent"), "line-members"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_line_that_is_no_change_line(name: str) -> None:
    line, code = FAULTY[name]
    assert line_fault(line, LONGEST) == code


def test_every_line_code_has_its_case() -> None:
    assert {code for _, code in FAULTY.values()} == set(LINE_FAULTS)


SOUND = {
    "as we write it": LINE,
    "a delete": Draft("penduduk", "1", "delete", AT).to_line(),
    "a derived delete": Draft("penduduk", "1", "delete", AT, derived="absent").to_line(),
    "an entity nobody knows yet": changed(entity="sensus_2030"),
    "other spaces and order": changed(id="1"),
    "escapes": LINE.replace(b"SITI", b"S\\u0049TI \\/ \\u00e9"),
    "wrong statements": changed(data={"nik": 12, "tanggal_lahir": "31-02-1990", "agama_id": 99}),
    "brackets in a string": LINE.replace(b"SITI", b"[" * 100),
    "same names in different objects": changed(data={"a": {"x": 1}, "b": {"x": 1}}),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_line_that_is_one(name: str) -> None:
    assert line_fault(SOUND[name], LONGEST) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_line_or_have_a_named_fault(data: bytes) -> None:
    assert line_fault(data.replace(b"\n", b""), LONGEST) in {None, *LINE_FAULTS}


NAMED = {
    "a number as id": ("penduduk", "1", "id"),
    "an entity in capitals": ("", "", "entity"),
    "no time": ("penduduk", "1", "at"),
    "a time without offset": ("penduduk", "1", "at"),
    "another op": ("penduduk", "1", "op"),
    "a put without data": ("penduduk", "1", "data"),
    "a delete with data": ("penduduk", "1", "data"),
    "data that is no object": ("penduduk", "1", "data"),
    "a derived put": ("penduduk", "1", "derived"),
    "no entity": ("", "", "entity"),
    "a member too many": ("penduduk", "1", ""),
    "too long": ("penduduk", "1", ""),
    "no salt": ("", "", ""),
    "a short salt": ("penduduk", "1", ""),
    "empty": ("", "", ""),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_faulty_line_is_told_by_its_record_and_by_what_is_wrong(name: str) -> None:
    (fault,) = faults_of(FAULTY[name][0])
    assert (fault.entity, fault.id, fault.member) == NAMED[name]


@pytest.mark.parametrize(
    "id_", ["5306144107800001", "SITI AMINAH", "0", 5306144107800001, 1.5], ids=repr
)
def test_of_a_faulty_line_no_id_is_kept_that_may_be_a_person(id_: object) -> None:
    """Refusals are kept for ever: nothing in them could be forgotten."""
    (fault,) = faults_of(changed(id=id_, op="patch"))
    assert fault.id == ""


def test_the_sender_is_answered_no_more_than_the_protocol_says() -> None:
    with pytest.raises(LinesError) as caught:
        admit_lines(FAULTY["another op"][0])
    assert caught.value.facts == {"lines": [{"line": 1, "code": "line-members"}]}


def faults_of(*lines: bytes) -> tuple[LineFault, ...]:
    """What is wrong with these lines, as a batch."""
    with pytest.raises(LinesError) as caught:
        admit_lines(*lines)
    return caught.value.faults


def admit_lines(*lines: bytes) -> None:
    facts: dict[str, Any] = {
        "log": LOG,
        "number": 1,
        "prev": NO_PREVIOUS,
        "seen": NOTHING_SEEN,
        "time": AT,
    }
    batch = write_batch(lines, KEY, **facts)
    admit_body(batch.manifest, batch.body, Limits())


SCALAR = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_whatever_a_desa_states_can_be_written(data: dict[str, object]) -> None:
    assert line_fault(Draft("penduduk", "1", "put", AT, data).to_line(), LONGEST) is None
