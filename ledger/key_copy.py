"""Copies of the office's keys, which belong elsewhere than its backups.

    53.06.14-kunci-20261123T081500Z/
        kunci.json        of which office, from when, and the public halves
        log.key office.key gateway.key web.key witness.key log-2.key …

Who has them can sign as the office; who has lost them cannot go on as it. They change when a key
hands over, and else never, so one copy in a safe lasts for years.
"""

import json
import secrets
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ledger import durable
from ledger.errors import KeyFileError
from ledger.keys import SEED_SIZE
from ledger.os_errors import reason

NOTE: Final = "kunci.json"
FIRST: Final = ("log.key", "office.key", "gateway.key")
"""What no office can go on without, unless they have handed over."""
_DRAFT: Final = ".opendk-kunci-"


def copy_keys(
    keys: Path, folder: Path, public: Mapping[str, str], *, kode: str, now: datetime
) -> Path:
    """Copy the key files into a folder of their own below another; gives it.

    `public` are the vkeys by file name, for people to know the copy by. When this returns the copy
    is whole, on the disk, and readable by its owner alone, where the file system knows owners.

    Raises:
        KeyFileError: the keys cannot be read, or the folder cannot be written.
    """
    taken_at = now.astimezone(UTC).replace(microsecond=0)
    draft = folder / f"{_DRAFT}{secrets.token_hex(4)}"
    path = folder / f"{kode}-kunci-{taken_at:%Y%m%dT%H%M%SZ}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
        try:
            for source in _key_files(keys):
                _write(draft / source.name, source.read_bytes())
            said = {
                "kode": kode,
                "taken_at": taken_at.isoformat().replace("+00:00", "Z"),
                "public": dict(public),
            }
            _write(draft / NOTE, (json.dumps(said, indent=2) + "\n").encode())
            durable.sync(draft)
            draft.rename(path)
            durable.sync(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise KeyFileError(f"{error.filename}: {reason(error)}") from error
    return path


def place_keys(copy: Path, keys: Path) -> None:
    """Put a copy of the keys where an office keeps them; those that are there must be the same.

    Raises:
        KeyFileError: no copy, a file that is no key, or the folder has another key of this name.
    """
    try:
        found = {it.name: it.read_bytes() for it in _key_files(copy)}
        missing = [name for name in FIRST if name not in found]
        if missing:
            raise KeyFileError(
                f"{copy} bukan salinan kunci kantor: {', '.join(missing)} tidak ada"
            )
        for name, secret in found.items():
            if len(secret) != SEED_SIZE:
                raise KeyFileError(f"{copy / name} tidak sepanjang {SEED_SIZE} bita")
            if (keys / name).exists() and (keys / name).read_bytes() != secret:
                raise KeyFileError(f"{keys} sudah memuat {name} yang lain; tidak ditimpa")
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, secret in found.items():
            if not (keys / name).exists():
                with durable.replaced(keys / name) as file:
                    file.write(secret)
    except OSError as error:
        raise KeyFileError(f"{error.filename}: {reason(error)}") from error


def lacking_keys(keys: Path) -> list[str]:
    """The files without which an office's first keys are lost: a start would make others."""
    return [name for name in FIRST if not (keys / name).exists()]


def open_to_others(folder: Path) -> bool:
    """Whether somebody else may read what lies in a folder: file systems of USB sticks let all."""
    return any(it.stat().st_mode & 0o077 for it in [folder, *folder.iterdir()])


def _key_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.key"))


def _write(path: Path, data: bytes) -> None:
    with durable.synced(path) as file:
        file.write(data)
