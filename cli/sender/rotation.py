"""One key of a folder follows another, and no crash loses either.

    rotation.json ─► the office takes the note ─► rotation.json says so ─► files are changed over
     (seed, note)       (may be sent again)          the point of no return     (may be done again)

Until the office has taken it, the old key signs as before. Afterwards the folder is the new
key's: `keys/<label>` holds the seed that handed over, `receipts-<label>/` its receipts; its
batches stay in `sent/`, where names tell chains apart. Whatever was begun is finished when the
folder is opened.
"""

import re
from pathlib import Path

import msgspec

from cli.sender import files
from cli.sender.identity import (
    Identity,
    Position,
    read_json,
    read_seed,
    written_seed,
)

_NAME = "rotation.json"
_NUMBERED = re.compile(r"(?P<stem>.*-)(?P<number>[1-9][0-9]{0,3})")


class Rotation(msgspec.Struct, frozen=True):
    """`rotation.json`: the key that is to follow, and the note that both keys signed.

    `seed` is in hexadecimal; `taken` once the office has said that it did.
    """

    label: str
    seed: str
    note: str
    taken: bool = False


def next_label(label: str) -> str:
    """What the key after `label` is called unless somebody wants it otherwise."""
    found = _NUMBERED.fullmatch(label)
    return f"{found['stem']}{int(found['number']) + 1}" if found else f"{label[:36]}-2"


def read_rotation(folder: Path) -> Rotation | None:
    """What was begun and is not finished."""
    path = folder / _NAME
    return read_json(path, Rotation) if path.exists() else None


def write_rotation(folder: Path, rotation: Rotation) -> None:
    """Keep the new key and its note, before anybody hears of them."""
    files.write(folder / _NAME, msgspec.json.encode(rotation))


def abandon(folder: Path, rotation: Rotation) -> None:
    """Put aside what the office refused; a seed is never thrown away."""
    files.make_folder(folder / "keys")
    files.move(folder / _NAME, folder / "keys" / f"{rotation.label}.ditolak.json")


def change_over(folder: Path, rotation: Rotation) -> None:
    """Make the folder the new key's; every step may be repeated, the last one ends it."""
    identity = read_json(folder / "identity.json", Identity)
    if identity.label != rotation.label:
        _put_aside(folder, identity.label)
        seen = read_json(folder / "position.json", Position) if _seen(folder) else Position()
        begun = Position(size=seen.size, root=seen.root)
        files.write(folder / "position.json", msgspec.json.encode(begun))
        files.write(folder / "key", written_seed(bytes.fromhex(rotation.seed)))
        identity = msgspec.structs.replace(
            identity, label=rotation.label, before=(*identity.before, identity.label)
        )
        files.write(folder / "identity.json", msgspec.json.encode(identity))
    files.make_folder(folder / "keys")
    files.move(folder / _NAME, folder / "keys" / f"{rotation.label}.json")


def _put_aside(folder: Path, label: str) -> None:
    files.make_folder(folder / "keys")
    kept, receipts = folder / "keys" / label, folder / f"receipts-{label}"
    if not kept.exists():
        files.write(kept, written_seed(read_seed(folder / "key")))
    if not receipts.exists():
        files.move(folder / "receipts", receipts)
    files.make_folder(folder / "receipts")


def _seen(folder: Path) -> bool:
    return (folder / "position.json").exists()
