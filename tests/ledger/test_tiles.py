"""Tiles: against a log that others published, and their paths in one spelling."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.errors import NoteError
from ledger.keys import VerifierKey
from ledger.merkle import HASH_SIZE, Node, Range, append, leaf_hash, range_hash
from ledger.note import Note
from ledger.tiles import WIDTH, EntryBundle, Tile, parse_path

LOG = Path(__file__).parents[1] / "vectors" / "tessera-testlog" / "log"
KEY = VerifierKey.from_vkey(
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
)
WORDS = (
    b"one two three four five six seven eit nain ten ileven twelf threeten fourten fivten"
).split()


def tree(leaves: list[bytes]) -> dict[Node, bytes]:
    nodes: dict[Node, bytes] = {}
    for index, leaf in enumerate(leaves):
        nodes |= append(index, leaf_hash(leaf), nodes)
    return nodes


def tile(path: str) -> Tile:
    found = parse_path(path)
    assert isinstance(found, Tile)
    return found


@pytest.mark.parametrize("size", range(1, 16))
def test_tiles_and_bundles_are_those_of_tessera(size: int) -> None:
    nodes = tree(WORDS[:size])
    hashes = tile(f"tile/0/000.p/{size}")
    assert hashes.within(size)
    assert not hashes.within(size - 1)
    ours = b"".join(nodes[it] for it in hashes.nodes())
    assert ours == (LOG / hashes.path).read_bytes()
    bundle = EntryBundle(0, size)
    assert EntryBundle.to_bytes(WORDS[:size]) == (LOG / bundle.path).read_bytes()


@pytest.mark.parametrize("size", range(16))
def test_checkpoints_of_tessera_are_read_and_their_roots_are_ours(size: int) -> None:
    note = Note.from_bytes((LOG / f"checkpoint.{size}").read_bytes())
    checkpoint = Checkpoint.opened(note, KEY)
    assert checkpoint.size == size
    assert checkpoint.root == range_hash(Range(0, size), tree(WORDS[:size]))


def test_the_example_of_the_specification() -> None:
    """A log of 70,000: full and partial tiles on three levels, and no others."""
    size = 70_000
    for path in ("0/x000/272", "0/272", "0/273.p/112", "1/000", "1/001.p/17", "2/000.p/1"):
        if path == "0/x000/272":
            with pytest.raises(NoteError):
                parse_path(f"tile/{path}")
        else:
            assert tile(f"tile/{path}").within(size), path
    for path in ("0/273", "0/273.p/113", "0/274.p/1", "1/001", "1/001.p/18", "2/000.p/2", "3/000"):
        assert not tile(f"tile/{path}").within(size), path


def test_a_tile_above_holds_the_roots_of_those_below() -> None:
    nodes = tree([b"%d" % it for it in range(3 * WIDTH)])
    above = b"".join(nodes[it] for it in tile("tile/1/000.p/3").nodes())
    for index in range(3):
        below = Range(index * WIDTH, (index + 1) * WIDTH)
        at = index * HASH_SIZE
        assert above[at : at + HASH_SIZE] == range_hash(below, nodes)


def test_a_tile_far_away_is_in_no_log() -> None:
    assert not tile("tile/63/x999/x999/999").within((1 << 63) - 1)


def test_an_entry_that_no_bundle_can_hold() -> None:
    assert EntryBundle.to_bytes([b"", b"ab"]) == b"\0\0\0\2ab"
    with pytest.raises(NoteError):
        EntryBundle.to_bytes([b"x" * 65_536])


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/x01/001",
        "tile/0/X001/001",
        "tile/0/000/",
        "tile//000",
        "/tile/0/000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/99999999999999999999",
        "tile/0/000.p/1/",
        "tile/entries/000.p/1\n",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/x001/x001/x001/x001/x001/x001/000",
    ],
)
def test_what_is_no_path_of_a_tile(path: str) -> None:
    with pytest.raises(NoteError):
        parse_path(path)


@pytest.mark.parametrize(
    ("path", "index"),
    [("000", 0), ("999", 999), ("x001/000", 1_000), ("x001/x234/067", 1_234_067)],
)
def test_an_index_is_written_in_threes(path: str, index: int) -> None:
    assert parse_path(f"tile/entries/{path}") == EntryBundle(index)
    assert EntryBundle(index).path == f"tile/entries/{path}"


def paths() -> Iterator[st.SearchStrategy[str]]:
    yield st.text(max_size=40)
    yield st.text(alphabet="0129x/.p", max_size=20).map("tile/0/{}".format)
    yield st.builds("tile/{}/{}.p/{}".format, st.integers(-1, 70), *[st.integers(-1, 999)] * 2)


@given(st.one_of(*paths()))
@example("tile/0/000")
def test_any_text_is_a_path_in_its_one_spelling_or_none(path: str) -> None:
    try:
        found = parse_path(path)
    except NoteError:
        return
    assert found.path == path


@given(
    st.integers(0, 10**18 - 1), st.integers(1, WIDTH), st.integers(0, 63), st.integers(0, 1 << 62)
)
def test_what_is_written_is_read(index: int, width: int, level: int, size: int) -> None:
    for it in (Tile(index, width, level), EntryBundle(index, width)):
        assert parse_path(it.path) == it
        assert isinstance(it.within(size), bool)
