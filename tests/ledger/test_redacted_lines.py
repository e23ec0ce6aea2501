"""Lines of which only the hash is left (PROTOCOL section 11)."""

from hypothesis import given
from hypothesis import strategies as st

from ledger import NO_PREVIOUS, NOTHING_SEEN, Entry, SigningKey, write_batch
from ledger.admission import line_fault
from ledger.batch import line_hash, numbered_changes, redacted_hash, redacted_line
from ledger.merkle import leaf_hash, leaves_root, node_hash
from ledger.note import to_base64
from ledger.store import pack
from tests.simulator import KODE_DESA, ORIGIN, START, penduduk

KEY = SigningKey(f"desa/{KODE_DESA}/sekdes-1", bytes(32))


def test_a_redacted_line_leaves_its_hash_behind() -> None:
    lines = [penduduk(it).to_line() for it in range(1, 4)]
    left = redacted_line(leaf_hash(lines[1]))
    assert left == b'{"_h":"' + to_base64(leaf_hash(lines[1])).encode() + b'"}'
    stored = [lines[0], left, lines[2]]
    assert leaves_root(map(line_hash, stored)) == leaves_root(map(leaf_hash, lines))
    assert [(number, it.id) for number, it in numbered_changes(stored)] == [(1, "1"), (3, "3")]


@given(st.binary(min_size=32, max_size=32))
def test_a_redacted_line_has_one_spelling(hash_: bytes) -> None:
    line = redacted_line(hash_)
    assert redacted_hash(line) == hash_
    stray = line[:-4] + bytes([line[-4] + 1]) + line[-3:]
    for other in (line + b" ", line.replace(b":", b": "), line[:-3] + b'"}', stray, line[:-1]):
        assert redacted_hash(other) is None


def test_inner_nodes_do_not_pass_for_fewer_lines() -> None:
    """The root over two hashes of inner nodes is that of the four lines below them."""
    lines = [penduduk(it).to_line() for it in range(1, 5)]
    facts = {"number": 1, "prev": NO_PREVIOUS, "seen": NOTHING_SEEN, "time": START}
    batch = write_batch(lines, KEY, log=f"{ORIGIN}/{KODE_DESA}", **facts)  # type: ignore[arg-type]
    pairs = (node_hash(*map(leaf_hash, lines[at : at + 2])) for at in (0, 2))
    fewer = b"".join(redacted_line(it) + b"\n" for it in pairs)
    assert leaves_root(map(line_hash, fewer.splitlines())) == batch.manifest.changes
    forged = Entry(KODE_DESA, 1, batch.note.to_bytes(), pack(fewer), START)
    assert not forged.intact


def test_nobody_can_send_a_redacted_line() -> None:
    assert line_fault(redacted_line(bytes(32)), 64 * 1024) == "line-salt"
