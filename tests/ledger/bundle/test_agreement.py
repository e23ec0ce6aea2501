"""What one verifier calls sound, so does the other: lines and acts of every spelling and type.

An office or a desa that signs what it should not is believed by neither.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import Cosigner, NoteError, Seen, SigningKey, Trust
from ledger.admission import line_fault
from ledger.bundle.batches import Stored
from ledger.merkle import leaf_hash, leaves_root
from ledger.note import to_base64
from tests.ledger.bundle.conftest import verify
from tests.ledger.bundle.single import by_the_single_file, periksa
from tests.ledger.bundle.tampering import (
    Honest,
    Members,
    batches,
    declared,
    forged,
    name_of,
    packed,
    resized,
)
from tests.ledger.test_admission import FAULTY, LONGEST, SOUND
from tests.simulator import KODE, KODE_DESA, ORIGIN

SALT = '{"_s":"OhgzeOP3Iu8egEN7dTxYBA","entity":"penduduk","id":"1",'


def agreed(line: bytes) -> bool:
    """Whether it is a change line, as both say."""
    ours = line_fault(line, LONGEST) is None
    try:
        periksa.change(line)
    except periksa.Wrong:
        theirs = False
    else:
        theirs = True
    assert ours == theirs, line
    return ours


@pytest.mark.parametrize(
    "name", [name for name, (_, code) in FAULTY.items() if code != "line-too-long"]
)
def test_a_line_that_is_none_is_none_to_both(name: str) -> None:
    assert not agreed(FAULTY[name][0])


@pytest.mark.parametrize("name", SOUND)
def test_a_line_that_is_one_is_one_to_both(name: str) -> None:
    assert agreed(SOUND[name])


MOMENTS = st.builds(
    "{}-{}-{}{}{}:{}:{}{}".format,
    st.sampled_from(["2026", "0000", "0001", "9999", "26", "02026"]),
    st.sampled_from(["11", "00", "13", "1", "02"]),
    st.sampled_from(["20", "31", "00", "29", "30"]),
    st.sampled_from(["T", "t", " ", "_", ""]),
    st.sampled_from(["08", "24", "23", "8"]),
    st.sampled_from(["00", "60", "59"]),
    st.sampled_from(["00", "60", "59", "59.1", "59.1234567", "59.", "59,5", ""]),
    st.sampled_from(
        ["Z", "z", "+08:00", "-08:00", "+0800", "+08", "+24:00", "+23:59", "+08:60", ""]
    ),
)


@given(MOMENTS)
@example("2026-11-20 23:59:59.1234567-23:59")
def test_a_moment_is_one_to_both(at: str) -> None:
    agreed(f'{SALT}"op":"put","at":"{at}","data":{{}}}}'.encode())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
RAW = st.sampled_from(
    ["1e400", "-1e400", "1e99999999999999999999", "01", "+1", "1.", "NaN"]
    + ['"\\ud800"', '"\\ud83d\\ude00"']
    + ["[" * it + "]" * it for it in (29, 30, 31, 32, 40)]
)  # fmt: skip


@given(VALUES.map(json.dumps) | RAW)
def test_a_value_is_one_to_both(value: str) -> None:
    agreed(f'{SALT}"op":"put","at":"2026-11-20T08:00:00Z","data":{{"a":{value}}}}}'.encode())


@given(VALUES, st.sampled_from(["put", "delete"]))
def test_how_it_was_derived_is_a_word_to_both(value: object, op: str) -> None:
    data = ',"data":{}' if op == "put" else ""
    derived = f',"derived":{json.dumps(value)}'
    agreed(f'{SALT}"op":"{op}","at":"2026-11-20T08:00:00Z"{data}{derived}}}'.encode())


# --- acts of the office --------------------------------------------------------------------------

_PLACES: tuple[Any, ...] = (
    [],
    {},
    "",
    [[1, 1, 1]],
    [["1", "1"]],
    [[1.0, 1.0]],
    [[99, 1]],
    [[True, 1]],
)
_CODES: tuple[object, ...] = (KODE_DESA, 5, [])
ODD: tuple[object, ...] = (True, False, 1.5, 9.0, "9", None, -1, 0, 2**70, [9], {})


def act(entity: str, id_: str, data: object) -> bytes:
    change = {
        "_s": "OhgzeOP3Iu8egEN7dTxYBA",
        "entity": entity,
        "id": id_,
        "op": "put",
        "at": "2026-11-20T08:00:00Z",
        "data": data,
    }
    return json.dumps(change, separators=(",", ":")).encode()


def with_act(it: Honest, line: bytes) -> Members:
    """The office's log with one more batch, rightly signed."""
    members = dict(it.whole)
    logs = batches(members, KODE)
    notes = [Stored.from_bytes(0, members[name]).note for name, _, _ in logs]
    last = Stored.from_bytes(0, members[logs[-1][0]]).read()[1]
    manifest = replace(
        last,
        number=last.number + 1,
        prev=last.hash,
        seen=Seen(len(notes), leaves_root(map(leaf_hash, notes))),
        count=1,
        length=len(line) + 1,
        changes=leaf_hash(line),
    )
    body = it.office_key.sign(manifest.to_text()).to_bytes() + b"\n" + line + b"\n"
    members[name_of(KODE, len(notes) + 1)] = body
    return forged(it, resized(members, KODE, len(notes) + 1), KODE)


def acts(it: Honest) -> Iterator[tuple[str, bytes]]:
    """Acts of each kind, each with a member of another type than it has."""
    name = f"desa/{KODE_DESA}/baru-1"
    vkey = SigningKey(name, bytes(32)).verifier.to_vkey()
    key: dict[str, object] = {"kode_desa": KODE_DESA, "vkey": vkey, "mulai": 9}
    for member in (
        "mulai",
        "sampai",
        "curiga_sejak",
        "diakui",
        "cara",
        "bukti",
        "kode_desa",
        "vkey",
    ):
        for value in ODD:
            yield f"kunci_desa {member} {value!r}", act("kunci_desa", name, {**key, member: value})
    notes = [Stored.from_bytes(0, it.whole[at]).note for at, _, _ in batches(it.whole, KODE_DESA)]
    root = to_base64(leaves_root(map(leaf_hash, notes[:2])))
    for size in (2, "2", "\uff12", 2.9, " 2", "1_0", *ODD):
        yield f"checkpoint {size!r}", act("checkpoint", KODE_DESA, {"size": size, "root": root})
    for places in _PLACES:
        hashes: Any = [root] * len(places) if isinstance(places, list) else places
        for kode in _CODES:
            facts = {"kode_desa": kode, "baris": places, "hash": hashes}
            yield f"redaksi {kode!r} {places!r}", act("redaksi", "x", facts)
    office = {
        "origin": ORIGIN,
        "kunci_kantor": it.office_key.verifier.to_vkey(),
        "kunci_log": SigningKey(f"{ORIGIN}/{KODE}", it.log_key.seed).verifier.to_vkey(),
    }
    for notes_ in ([], "x", [5], ["x"], *ODD):
        yield f"kantor {notes_!r}", act("kantor", KODE, {**office, "bukti": notes_})
    for entity in ("kantor", "registrasi_desa", "kunci_desa", "redaksi", "checkpoint"):
        yield f"{entity} empty", act(entity, KODE_DESA, {})


def sound(it: Honest, members: Members) -> tuple[bool, bool]:
    data = packed(members)
    return verify(data, it.trust).sound, by_the_single_file(data, it.trust) == []


def test_an_act_is_believed_by_both_or_neither(honest: Honest) -> None:
    differ, believed = [], 0
    for label, line in acts(honest):
        ours, theirs = sound(honest, with_act(honest, line))
        believed += ours
        if ours != theirs:
            differ.append((label, ours, theirs))
    assert differ == []
    assert believed > 10


def test_a_declaration_is_read_in_one_encoding(honest: Honest) -> None:
    said = declared(honest.whole)["bundle.json"]
    assert sound(honest, {**honest.whole, "bundle.json": said}) == (True, True)
    for other in (b"\xef\xbb\xbf" + said, said.decode().encode("utf-16"), said[:-1], said + b"x"):
        assert sound(honest, {**honest.whole, "bundle.json": other}) == (False, False)


WRONG_POSITIONS: tuple[object, ...] = (
    *([1.0], [1.5], [True], ["1"], [[1]], [], "1", {}, 1),
    *([0], [2, 1], [1, 1], [99]),
)
WRONG_CODES: tuple[object, ...] = (5, [], "53.06.14.\u0662\u0660\u0660\u0661", "53.06.14.2001\n")


def declarations(it: Honest) -> Iterator[tuple[str, Members]]:
    """Bundles that say of themselves what none may, each in one member."""
    for name, value in (
        ("record", ["entity", "id"]),
        ("record", {}),
        ("record", {"entity": 5, "id": "1"}),
        ("record", {"entity": "penduduk", "id": 1}),
        ("record", {"entity": "penduduk", "id": "1", "x": ""}),
        ("made_at", "\ud800"),
        ("made_at", 5),
        ("lines", ["whole"]),
        ("office", ["x"]),
        ("logs", {"kode": 1}),
        ("logs", [None]),
        ("x", 1),
    ):
        yield f"{name} {value!r}", declared(it.record, **{name: value})
    office, desa = json.loads(it.record["bundle.json"])["logs"]
    for positions in WRONG_POSITIONS:
        logs = [office, {**desa, "positions": positions}]
        yield f"positions {positions!r}", declared(it.record, logs=logs)
    for size in (5.0, True, "5", None, -1, 2**64):
        yield f"size {size!r}", declared(it.record, logs=[office, {**desa, "size": size}])
    for kode in WRONG_CODES:
        yield f"kode {kode!r}", declared(it.record, logs=[office, {**desa, "kode": kode}])
    raw = it.record["bundle.json"]
    for label, data in (
        ("a member twice", raw.replace(b'"lines"', b'"lines": "whole", "lines"')),
        ("a log's member twice", raw.replace(b'"size"', b'"size": 1, "size"')),
        ("deep", b'{"format":' + b"[" * 200_000),
        ("large", raw.replace(b'"size": ', b'"size": ' + b"9" * 5000)),
        ("no number", raw.replace(b'"made_at"', b'"x": NaN, "made_at"')),
    ):
        assert data != raw
        yield label, {**it.record, "bundle.json": data}


def test_a_declaration_of_another_type_is_one_to_neither(honest: Honest) -> None:
    found = {label: sound(honest, members) for label, members in declarations(honest)}
    assert {it for it in found.items() if it[1] != (False, False)} == set()


VKEY = SigningKey(f"{ORIGIN}/{KODE}", bytes(range(32))).verifier.to_vkey()
SAKSI = Cosigner("kabupaten.example/saksi", bytes(range(32))).verifier.to_vkey()
LAIN = Cosigner("lain.example/saksi", bytes(range(1, 33))).verifier.to_vkey()
DIGITS = "27b1 a3d9 c47e d201 4f3a 91c2 0b7d e655"
POLICIES = {
    f"log {VKEY}\nquorum none\n": True,
    f"# a comment\n\n  log\t{VKEY} https://x\n \nquorum none\n": True,
    f"log {VKEY}\nquorum none\nkey x {DIGITS}\nkey y {DIGITS.replace(' ', '')}\n": True,
    f"witness a {SAKSI}\nwitness b {LAIN} u\ngroup g any a b\nquorum g\n": True,
    f"witness a {SAKSI}\ngroup g 1 a\ngroup h all g\nquorum h\n": True,
    "quorum none\n": True,
    "": False,
    "quorum none": False,
    f"log {VKEY}\n": False,
    "quorum none\nquorum none\n": False,
    "quorum x\n": False,
    "quorum none\r\n": False,
    f"quorum none\nlog {VKEY}\nlog {VKEY}\n": False,
    f"quorum none\nlog {SAKSI}\n": False,
    f"witness w {VKEY}\nquorum w\n": False,
    f"quorum w\nwitness w {SAKSI}\n": False,
    f"witness w {SAKSI}\nwitness v {SAKSI}\nquorum w\n": False,
    f"witness w {SAKSI}\nwitness w {LAIN}\nquorum w\n": False,
    f"witness none {SAKSI}\nquorum none\n": False,
    f"witness a {SAKSI}\ngroup g 2 a\nquorum g\n": False,
    f"witness a {SAKSI}\ngroup g 0 a\nquorum g\n": False,
    f"witness a {SAKSI}\ngroup g any a a\nquorum g\n": False,
    f"witness a {SAKSI}\ngroup g any b\nquorum g\n": False,
    f"witness a {SAKSI}\ngroup a any a\nquorum a\n": False,
    f"witness a {SAKSI}\ngroup g any a\ngroup h any a\nquorum g\n": False,
    "quorum none\nkey x 12\n": False,
    f"quorum none\nkey x {DIGITS} 27b1\n": False,
    f"quorum none\nkey x {DIGITS.upper()}\n": False,
    f"quorum none\nkey x {DIGITS}\nkey x {DIGITS}\n": False,
    "quorum none\npercaya saja\n": False,
}


@pytest.mark.parametrize("text", POLICIES)
def test_a_policy_is_one_to_both_or_neither(text: str) -> None:
    try:
        Trust.from_bytes(text.encode())
    except NoteError:
        ours = False
    else:
        ours = True
    try:
        periksa.Policy(text)
    except periksa.Wrong:
        theirs = False
    else:
        theirs = True
    assert (ours, theirs) == (POLICIES[text], POLICIES[text])
