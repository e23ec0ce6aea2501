"""Who the sender's folder is: its files that say so, and how they are read.

A folder begins with one key and one chain; when a key hands over, another begins. `state` knows
what was sent, `rotation` how one key follows another.
"""

import re
from pathlib import Path
from typing import TypeVar

import msgspec

from cli.sender.errors import StateDamagedError, StateUnusableError
from ledger import NO_PREVIOUS, NOTHING_SEEN, Seen
from ledger.os_errors import reason

_T = TypeVar("_T")
_SEED = re.compile(rb"[0-9a-f]{64}\n")
LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Identity(msgspec.Struct, frozen=True):
    """`identity.json`.

    Attributes:
        label: the last part of the key's name.
        office: the vkey of our log at the office, as given on paper or handed over to since.
        before: the labels of the keys that handed over, the first one first.
        handed_over: the notes by which the office's key did.
    """

    format: int
    kode_desa: str
    label: str
    office: str | None = None
    before: tuple[str, ...] = ()
    handed_over: tuple[str, ...] = ()

    def key_name(self, label: str) -> str:
        """What a key of ours is called."""
        return f"desa/{self.kode_desa}/{label}"


class Position(msgspec.Struct, frozen=True):
    """Where our chain stands: its newest receipted batch; and what we have seen of the log.

    Hashes are base64 in JSON, bytes here.
    """

    number: int = 0
    prev: bytes = NO_PREVIOUS
    size: int = NOTHING_SEEN.size
    root: bytes = NOTHING_SEEN.root

    @property
    def seen(self) -> Seen:
        """The newest checkpoint that was verified."""
        return Seen(self.size, self.root)


def read_json(path: Path, kind: type[_T]) -> _T:
    """The JSON of a file as `kind`."""
    try:
        return msgspec.json.decode(read_bytes(path), type=kind)
    except msgspec.MsgspecError:
        raise StateDamagedError(path, "isinya tidak terbaca") from None


def read_seed(path: Path) -> bytes:
    """The seed of a signing key."""
    data = read_bytes(path)
    if not _SEED.fullmatch(data):
        raise StateDamagedError(path, "bukan kunci")
    return bytes.fromhex(data.decode())


def written_seed(seed: bytes) -> bytes:
    """A seed as its file holds it."""
    return seed.hex().encode() + b"\n"


def read_bytes(path: Path) -> bytes:
    """A file that must be there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise StateDamagedError(path, "tidak ada") from None
    except OSError as error:
        raise StateUnusableError(path, reason(error)) from None
