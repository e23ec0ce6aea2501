"""A policy file: read in one way, and held against checkpoints."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint, Cosigner
from ledger.errors import NoteError, ProofError
from ledger.keys import SigningKey
from ledger.note import Note, Signature
from ledger.policy import Group, Policy

LOG = SigningKey("kecamatan.example/53.06.14", bytes(32))
OTHER = SigningKey("lain.example/53.06.15", b"\1" * 32)
NAMES = ("x1", "x2", "x3", "y1", "y2", "y3")
WITNESSES = {
    name: Cosigner(f"{name}.example/saksi", bytes([9, it]) * 16) for it, name in enumerate(NAMES)
}
AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
TEXT = Checkpoint(LOG.name, 3, bytes(32)).to_text()
LOG_LINE = f"log {LOG.verifier.to_vkey()}\n"
LINES = LOG_LINE + "".join(
    f"witness {name} {it.verifier.to_vkey()}\n" for name, it in WITNESSES.items()
)
LEVELS = """
group X-witnesses 2 x1 x2 x3
group Y-witnesses any y1 y2 y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def policy(text: str) -> Policy:
    return Policy.from_bytes(text.encode())


def checkpoint(*witnesses: str, text: str = TEXT, key: SigningKey = LOG) -> Note:
    note = key.sign(text)
    lines = tuple(WITNESSES[name].cosign(text, AT) for name in witnesses)
    return Note(text, note.signatures + lines)


@pytest.mark.parametrize("names", ["x1 x2 y1", "x1 x3 y3", "x2 x3 y1 y2 y3"])
def test_two_levels_of_groups_are_reached(names: str) -> None:
    taken = policy(LINES + LEVELS).opened(checkpoint(*names.split()))
    assert taken.checkpoint == Checkpoint(LOG.name, 3, bytes(32))
    assert taken.log == LOG.verifier
    assert taken.cosigned == dict.fromkeys(names.split(), int(AT.timestamp()))


@pytest.mark.parametrize("names", ["", "x1", "x1 y1 y2 y3", "x1 x2 x3", "y1"])
def test_two_levels_of_groups_are_not_reached(names: str) -> None:
    with pytest.raises(ProofError, match="X-and-Y"):
        policy(LINES + LEVELS).opened(checkpoint(*names.split()))


def test_the_same_witness_twice_is_one_witness() -> None:
    with pytest.raises(ProofError):
        policy(LINES + LEVELS).opened(checkpoint("x1", "x1", "y1"))


def test_a_quorum_may_be_one_witness() -> None:
    one = policy(LINES + "quorum x2\n")
    assert one.opened(checkpoint("x2")).cosigned.keys() == {"x2"}
    with pytest.raises(ProofError):
        one.opened(checkpoint("x1"))


def test_no_quorum_asks_for_the_log_alone() -> None:
    assert policy(LOG_LINE + "quorum none\n").opened(checkpoint()).cosigned == {}


def test_a_log_that_the_policy_does_not_name() -> None:
    text = Checkpoint(OTHER.name, 3, bytes(32)).to_text()
    with pytest.raises(ProofError, match="dikenal"):
        policy(LOG_LINE + "quorum none\n").opened(checkpoint(text=text, key=OTHER))


def test_a_log_that_is_known_from_elsewhere() -> None:
    text = Checkpoint(OTHER.name, 3, bytes(32)).to_text()
    note = checkpoint(text=text, key=OTHER)
    assert policy("quorum none\n").opened(note, OTHER.verifier).log == OTHER.verifier


def test_the_key_of_one_log_does_not_sign_for_another() -> None:
    text = Checkpoint(OTHER.name, 3, bytes(32)).to_text()
    with pytest.raises(ProofError):
        policy(LOG_LINE + "quorum none\n").opened(checkpoint(text=text, key=LOG))


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    """Also when the quorum is reached without it (signed-note, section Signatures)."""
    of_another = checkpoint("x1", text=Checkpoint(LOG.name, 4, bytes(32)).to_text())
    good = checkpoint("x2")
    note = Note(TEXT, good.signatures + of_another.signatures[1:])
    with pytest.raises(ProofError, match="x1"):
        policy(LINES + "quorum x2\n").opened(note)
    twice = Note(TEXT, good.signatures + of_another.signatures[:1])
    with pytest.raises(ProofError, match="checkpoint"):
        policy(LINES + "quorum x2\n").opened(twice)


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    note = checkpoint("x1")
    stranger = Signature(LOG.name, b"????", b"nonsense")
    policy(LINES + "quorum x1\n").opened(Note(TEXT, (stranger, *note.signatures)))


def test_what_people_write_around_it_is_theirs() -> None:
    written = f"""
\t# Kabupaten dan tetangga
  witness\tx1   {WITNESSES["x1"].verifier.to_vkey()}  https://x1.example\t
   quorum x1
{LOG_LINE}
    # é
"""
    read = policy(written)
    assert read.witnesses[0].url == "https://x1.example"
    assert read.to_bytes().decode().splitlines() == [
        LOG_LINE.strip(),
        f"witness x1 {WITNESSES['x1'].verifier.to_vkey()} https://x1.example",
        "quorum x1",
    ]


def test_any_and_all_are_numbers() -> None:
    assert policy(LINES + LEVELS).groups == (
        Group("X-witnesses", 2, ("x1", "x2", "x3")),
        Group("Y-witnesses", 1, ("y1", "y2", "y3")),
        Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )


def test_names_are_octets() -> None:
    """ASCII K and the Kelvin sign are two names; what is no UTF-8 is a name too."""
    one, two = (WITNESSES[it].verifier.to_vkey().encode() for it in ("x1", "x2"))
    data = b"witness K %b\nwitness \xe2\x84\xaa %b\ngroup \xff all K \xe2\x84\xaa\nquorum \xff\n"
    read = Policy.from_bytes(data % (one, two))
    assert Policy.from_bytes(read.to_bytes()) == read


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "\n",
        LOG_LINE,
        "quorum none",
        "quorum none\r\n",
        "quorum none\nquorum none\n",
        "quorum\n",
        "quorum none x\n",
        "quorum x1\n" + LINES,
        "quorum X\n",
        "log\nquorum none\n",
        "log nonsense\nquorum none\n",
        LOG_LINE + LOG_LINE + "quorum none\n",
        LOG_LINE + f"log {SigningKey('b.example', bytes(32)).verifier.to_vkey()}\nquorum none\n",
        f"log {WITNESSES['x1'].verifier.to_vkey()}\nquorum none\n",
        f"witness w {LOG.verifier.to_vkey()}\nquorum w\n",
        f"witness none {WITNESSES['x1'].verifier.to_vkey()}\nquorum none\n",
        LINES + f"witness again {WITNESSES['x1'].verifier.to_vkey()}\nquorum none\n",
        LINES + f"witness x1 {Cosigner('n', b'5' * 32).verifier.to_vkey()}\nquorum none\n",
        LINES + "group g all\nquorum none\n",
        LINES + "group g 0 x1\nquorum none\n",
        LINES + "group g 01 x1\nquorum none\n",
        LINES + "group g 3 x1 x2\nquorum none\n",
        LINES + "group g most x1 x2\nquorum none\n",
        LINES + "group g 1 x1 none\nquorum none\n",
        LINES + "group g 1 x1 g\nquorum none\n",
        LINES + "group g 1 x1 x1\nquorum none\n",
        LINES + "group x1 1 x2\nquorum none\n",
        LINES + "group none 1 x2\nquorum none\n",
        LINES + "group g 1 x1\ngroup h 1 x1 x2\nquorum none\n",
        LINES + "Quorum none\n",
        LINES + "quorum\u00a0none\n",
        LINES + "\x0bquorum none\n",
        LINES + "quorum none\x7f\n",
    ],
)
def test_what_is_no_policy(wrong: str) -> None:
    with pytest.raises(NoteError):
        policy(wrong)


def test_a_fault_is_told_with_its_line() -> None:
    with pytest.raises(NoteError, match="baris 2"):
        policy(LOG_LINE + "quorum kabupaten\n")


def test_a_file_without_end_is_not_read() -> None:
    with pytest.raises(NoteError):
        Policy.from_bytes(b"#" * (1 << 21))


WORDS = [*LINES.split(), "group", "quorum", "none", "any", "all", "2", "g", "\n", "\n", "#"]


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from(WORDS), max_size=30).map(lambda it: " ".join(it).encode() + b"\n")
)
@example((LINES + LEVELS).encode())
def test_any_bytes_are_one_policy_or_none(data: bytes) -> None:
    try:
        read = Policy.from_bytes(data)
    except NoteError:
        return
    written = read.to_bytes()
    assert Policy.from_bytes(written) == read
    assert Policy.from_bytes(written).to_bytes() == written
