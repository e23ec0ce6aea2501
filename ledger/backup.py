"""Backups: what an office needs to go on after its machine is gone, in one folder.

    53.06.14-20261123T081500Z/
        manifest.json       of which office, from when, where each log stood, how much there is
        SHA256SUMS          of every file here, as `sha256sum -c` reads it
        database.dump       schema ledger, as pg_restore reads it
        blobs/ab/abcd…      photos, PDFs and uploads, named by their hash

The dump and the heads in the manifest are of one snapshot, so the heads say exactly what the dump
holds. Read models are not in it: they are made from the logs. The office's keys are not in it
either, and must not be (`key_copy`): who finds a backup can then read, but not sign.

A backup is made under another name and renamed when it is whole and on the disk; what was cut off
is none, and is thrown away by whoever makes the next one in the folder.
"""

import contextlib
import errno
import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, text

from ledger.dump import Programs, StoppedError
from ledger.errors import LedgerError, NoteError
from ledger.merkle import HASH_SIZE
from ledger.note import from_base64, to_base64

MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
DATABASE: Final = "database.dump"
BLOBS: Final = "blobs"
FORMAT: Final = "opendk-ledger/backup/v1"
_NAME: Final = re.compile(r"[0-9.]+-\d{8}T\d{6}Z")
_SUM: Final = re.compile(r"([0-9a-f]{64})  ([!-~]+)")
_DRAFT: Final = ".opendk-baru-"
_LOCK: Final = ".opendk-ledger.lock"
_CHUNK: Final = 1 << 20
_logger = structlog.get_logger(__name__)


class BackupError(LedgerError):
    """A backup that cannot be made, or a folder that is none."""

    code = "backup"

    def __init__(self, why: str) -> None:
        super().__init__(f"Cadangan: {why}.")


class BackupDamagedError(BackupError):
    """A backup that is not what was written: nothing of it is restored."""

    code = "backup-damaged"

    def __init__(self, path: Path, what: str, faults: int) -> None:
        more = f", dan {faults - 1} lagi" if faults > 1 else ""
        LedgerError.__init__(
            self,
            f"Cadangan {path} rusak: {what}{more}. Tidak ada yang dipulihkan; pakai cadangan yang "
            "lain, atau salin ulang.",
        )
        self.path = path


class DatabaseHoldsError(BackupError):
    """A database that holds something: nothing is put over it."""

    code = "backup-database-holds"

    def __init__(self, what: str) -> None:
        LedgerError.__init__(
            self,
            f"Basis data ini sudah berisi {what}; pemulihan tidak menimpa apa pun. Pakai folder "
            "data (LEDGER_DATA) atau basis data (DATABASE_URL) yang kosong.",
        )


@dataclass(frozen=True)
class LogAt:
    """Where a log stood: its code, how many batches, and their root."""

    kode: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Backup:
    """A backup that was finished, as its manifest says.

    Attributes:
        path: its folder.
        taken_at: of which moment it is.
        postgresql: the server's major version.
        blobs, blob_bytes: how many files, and their length.
        missing: hashes of files that the database names and that were not there to be copied.
    """

    path: Path
    origin: str
    kode: str
    taken_at: datetime
    postgresql: int
    logs: tuple[LogAt, ...]
    database_bytes: int
    blobs: int
    blob_bytes: int
    missing: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """How much there is to read: the database and the files."""
        return self.database_bytes + self.blob_bytes

    @property
    def batches(self) -> int:
        """How many batches all its logs have."""
        return sum(it.size for it in self.logs)

    @classmethod
    def open(cls, path: Path) -> "Backup":
        """Read the manifest of a folder; whether the rest is whole says `check`.

        Raises:
            BackupError: no backup, one that was not finished, or of another format.
        """
        try:
            told = json.loads((path / MANIFEST).read_bytes())
        except FileNotFoundError:
            raise _no_backup(path) from None
        except (OSError, ValueError) as error:
            raise BackupDamagedError(path, f"{MANIFEST} tidak terbaca", 1) from error
        try:
            if told["format"] != FORMAT:
                raise BackupError(f"{path} berbentuk {told['format']}, bukan {FORMAT}")
            return cls(
                path,
                told["origin"],
                told["kode"],
                datetime.fromisoformat(told["taken_at"]),
                int(told["postgresql"]),
                tuple(
                    LogAt(it["kode"], int(it["size"]), from_base64(it["root"], HASH_SIZE))
                    for it in told["logs"]
                ),
                int(told["parts"][DATABASE]["bytes"]),
                int(told["parts"][BLOBS]["count"]),
                int(told["parts"][BLOBS]["bytes"]),
                tuple(map(str, told["missing"])),
            )
        except (KeyError, TypeError, ValueError, NoteError) as error:
            raise BackupDamagedError(path, f"{MANIFEST} tidak lengkap", 1) from error

    def check(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Read every byte of it and compare with what was written.

        Raises:
            BackupDamagedError: something is missing, cut off, changed or too much.
        """
        sums = self._sums()
        faults = []
        blobs = {name: it for name, it in sums.items() if name.startswith(f"{BLOBS}/")}
        if sums.keys() - blobs.keys() != {MANIFEST, DATABASE} or len(blobs) != self.blobs:
            faults.append(f"{SUMS} tidak lengkap")
        lengths = {}
        for name, expected in sums.items():
            try:
                found, lengths[name] = _read(self.path / name, progress)
            except OSError as error:
                faults.append(f"{name} tidak terbaca ({error.strerror})")
                continue
            if found != expected:
                faults.append(f"{name} berubah")
        if not faults and (
            lengths[DATABASE] != self.database_bytes
            or sum(it for name, it in lengths.items() if name in blobs) != self.blob_bytes
            or any(name.rpartition("/")[2] != it for name, it in blobs.items())
        ):
            faults.append(f"{MANIFEST} menyebut ukuran lain")
        if faults:
            raise BackupDamagedError(self.path, faults[0], len(faults))

    def files(self) -> Iterator[tuple[str, Path]]:
        """Each file as its hash and where it lies; only of a backup that was checked."""
        for name, digest in self._sums().items():
            if name.startswith(f"{BLOBS}/"):
                yield digest, self.path / name

    def _sums(self) -> dict[str, str]:
        try:
            lines = (self.path / SUMS).read_text("ascii").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BackupDamagedError(self.path, f"{SUMS} tidak terbaca", 1) from error
        found = {}
        for line in lines:
            read = _SUM.fullmatch(line)
            # No name leads out of the backup.
            if read is None or ".." in read[2].split("/") or read[2].startswith("/"):
                raise BackupDamagedError(self.path, f"{SUMS} tidak terbaca", 1)
            found[read[2]] = read[1]
        return found


def list_backups(folder: Path) -> list[Backup]:
    """The finished backups in a folder, the newest first; what is none is left out."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if _NAME.fullmatch(path.name):
            with contextlib.suppress(BackupError):
                found.append(Backup.open(path))
    return sorted(found, key=lambda it: it.taken_at, reverse=True)


def _no_backup(path: Path) -> BackupError:
    if not path.is_dir():
        return BackupError(f"tidak ada folder {path}")
    if path.name.startswith(_DRAFT):
        return BackupError(f"{path} terputus saat dibuat, dan bukan cadangan")
    names = [it.path.name for it in list_backups(path)]
    if names:
        return BackupError(
            f"{path} memuat {len(names)} cadangan; sebutkan salah satu, yang terbaru {names[0]}"
        )
    return BackupError(f"{path} bukan cadangan ({MANIFEST} tidak ada)")


@dataclass
class _Parts:
    """What has been written so far: names with their hashes, and lengths."""

    sums: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, digest: str, length: int) -> None:
        """Note a file."""
        self.sums[name] = digest
        self.lengths[name] = length


class Backups:
    """Makes backups of an office.

    `owner` connects as the database's owner; `blobs` is the folder of files; `bindir` that of
    PostgreSQL's programs, if somebody said which.
    """

    def __init__(
        self,
        owner: Engine,
        blobs: Path,
        now: Callable[[], datetime],
        *,
        origin: str,
        kode: str,
        bindir: Path | None = None,
    ) -> None:
        self._owner = owner
        self._blobs = blobs
        self._now = now
        self._origin = origin
        self._kode = kode
        self._bindir = bindir

    def make(
        self,
        folder: Path,
        progress: Callable[[int], None] = lambda _: None,
        *,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Backup:
        """Make a backup in a folder, under a name of its own.

        When this returns it is whole and on the disk; after an error, or a crash, there is none.
        Files that the newest backup of the folder has already are linked to, where they are
        sound and the file system can.

        Raises:
            BackupError: the folder cannot be used, or another backup is being made in it.
            DumpProgramsError, DumpError: PostgreSQL's programs are not there, or fail.
            StoppedError: it was told to stop.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _alone(folder):
                for left in folder.glob(f"{_DRAFT}*"):
                    shutil.rmtree(left, ignore_errors=True)
                name = None
                while name is None:
                    name = self._attempt(folder, progress, stopping)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise BackupError(f"penyimpanan penuh di {folder}") from error
            raise BackupError(f"{error.filename or folder}: {error.strerror}") from error
        return Backup.open(folder / name)

    def _attempt(
        self, folder: Path, progress: Callable[[int], None], stopping: Callable[[], bool]
    ) -> str | None:
        """Make a backup; None when somebody was erased meanwhile, whom it would still hold."""
        draft = folder / f"{_DRAFT}{secrets.token_hex(4)}"
        draft.mkdir(mode=0o700)
        try:
            before = self._redactions()
            name = self._fill(draft, _newest_blobs(folder), progress, stopping)
            if self._redactions() != before:
                return None
            # The files before the name: a backup that has one has all.
            os.sync()
            draft.rename(folder / name)
            _sync_folder(folder)
            return name
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _redactions(self) -> int:
        with self._owner.connect() as tx:
            query = text("SELECT coalesce(sum(redactions), 0) FROM ledger.head")
            return int(tx.execute(query).scalar_one())

    def listed(self, folder: Path) -> list[Backup]:
        """This office's backups in a folder, the newest first."""
        mine = (self._origin, self._kode)
        return [it for it in list_backups(folder) if (it.origin, it.kode) == mine]

    def prune(self, folder: Path, keep: int) -> list[Backup]:
        """Throw away this office's backups in a folder but for the newest; gives those."""
        gone = self.listed(folder)[max(keep, 1) :]
        with _alone(folder):
            for it in gone:
                # Renamed first: half of one that was is never taken for one that is.
                draft = folder / f"{_DRAFT}{secrets.token_hex(4)}"
                it.path.rename(draft)
                shutil.rmtree(draft, ignore_errors=True)
        return gone

    def _fill(
        self,
        draft: Path,
        before: Path | None,
        progress: Callable[[int], None],
        stopping: Callable[[], bool],
    ) -> str:
        """Write everything into a folder; gives the backup's name."""
        parts = _Parts()
        taken_at = self._now().astimezone(UTC).replace(microsecond=0)
        with self._owner.connect() as connection:
            # What is dumped, the heads and the list of files are all of this one moment.
            tx = connection.execution_options(isolation_level="REPEATABLE READ")
            with tx.begin():
                tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                snapshot = str(tx.execute(text("SELECT pg_export_snapshot()")).scalar_one())
                server = server_major(tx)
                logs = read_standing(tx)
                blobs = list(
                    tx.execute(
                        text("SELECT DISTINCT sha256 FROM ledger.blob ORDER BY 1")
                    ).scalars()
                )
                programs = Programs(self._owner.url, self._bindir, server)
                programs.dump(draft / DATABASE, snapshot, stopping=stopping)
        (draft / DATABASE).chmod(0o600)
        parts.add(DATABASE, *_read(draft / DATABASE, progress))
        (draft / BLOBS).mkdir(mode=0o700)
        missing = [
            it for it in blobs if not self._carry(draft, before, it, parts, progress, stopping)
        ]
        if missing:
            _logger.error("files are missing from the backup", count=len(missing))
        carried = [length for name, length in parts.lengths.items() if name != DATABASE]
        manifest = {
            "format": FORMAT,
            "origin": self._origin,
            "kode": self._kode,
            "taken_at": taken_at.isoformat().replace("+00:00", "Z"),
            "postgresql": server,
            "parts": {
                DATABASE: {
                    "bytes": parts.lengths[DATABASE],
                    "sha256": parts.sums[DATABASE],
                },
                BLOBS: {"count": len(carried), "bytes": sum(carried)},
            },
            "missing": missing,
            "logs": [
                {"kode": it.kode, "size": it.size, "root": to_base64(it.root)}
                for it in logs.values()
            ],
        }
        _write(draft / MANIFEST, json.dumps(manifest, indent=2) + "\n")
        parts.add(MANIFEST, *_read(draft / MANIFEST, lambda _: None))
        _write(draft / SUMS, "".join(f"{it}  {name}\n" for name, it in parts.sums.items()))
        return f"{self._kode}-{taken_at:%Y%m%dT%H%M%SZ}"

    def _carry(
        self,
        draft: Path,
        before: Path | None,
        digest: str,
        parts: _Parts,
        progress: Callable[[int], None],
        stopping: Callable[[], bool],
    ) -> bool:
        """Bring a file into the backup; whether it was to be had, whole."""
        if stopping():
            raise StoppedError
        name = f"{BLOBS}/{digest[:2]}/{digest}"
        path = draft / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if before is not None:
            with contextlib.suppress(OSError):
                os.link(before / digest[:2] / digest, path)
                found, length = _read(path, progress)
                if found == digest:
                    parts.add(name, digest, length)
                    return True
                path.unlink()
        try:
            found, length = _copy(self._blobs / digest[:2] / digest, path, progress)
        except FileNotFoundError:
            return False
        if found != digest:
            # The scrub says so too; what is kept as the file's bytes must be those.
            path.unlink()
            return False
        parts.add(name, digest, length)
        return True


# --- restoring -----------------------------------------------------------------------------------


def restore_database(backup: Backup, owner: Engine, bindir: Path | None) -> bool:
    """Put a backup's logs into an empty database; whether anything was to be done.

    The roles must be there. It is all or nothing; a database that holds just what the backup does
    is left as it is, so that a restore which was cut off later goes on.

    Raises:
        DatabaseHoldsError: the database holds something else; nothing was changed.
        DumpProgramsError, DumpError: nothing was changed.
    """
    with owner.connect() as tx:
        server = server_major(tx)
        schemas = set(
            tx.execute(
                text("SELECT nspname FROM pg_namespace WHERE nspname IN ('ledger', 'projections')")
            ).scalars()
        )
        if schemas:
            held = read_standing(tx) if "ledger" in schemas else {}
            if held and held == {it.kode: it for it in backup.logs}:
                return False
            batches = sum(it.size for it in held.values())
            raise DatabaseHoldsError(
                f"{len(held)} log dengan {batches} kiriman" if held else "tabel OpenDK Ledger"
            )
    Programs(owner.url, bindir, server).restore(backup.path / DATABASE)
    return True


def read_standing(tx: Connection) -> dict[str, LogAt]:
    """Where every log stands, by its code. Of any version of the schema."""
    rows = tx.execute(text("SELECT kode_desa, size, root FROM ledger.head ORDER BY kode_desa"))
    return {kode: LogAt(kode, size, bytes(root)) for kode, size, root in rows}


def server_major(tx: Connection) -> int:
    """The major version of the server."""
    return int(tx.execute(text("SHOW server_version_num")).scalar_one()) // 10_000


def differing(held: Mapping[str, LogAt], backup: Backup) -> list[str]:
    """The codes of the logs that do not stand where the backup says, or are not in it."""
    said = {it.kode: it for it in backup.logs}
    return sorted(kode for kode in {*held, *said} if held.get(kode) != said.get(kode))


# --- files ---------------------------------------------------------------------------------------


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else makes or throws away a backup in the folder meanwhile."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"di {folder} sedang dibuat cadangan lain") from None
        yield
    finally:
        os.close(descriptor)


def _newest_blobs(folder: Path) -> Path | None:
    newest = next(iter(list_backups(folder)), None)
    return newest.path / BLOBS if newest else None


def _read(path: Path, progress: Callable[[int], None]) -> tuple[str, int]:
    """The SHA-256 of a file, and its length."""
    digest, length = sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            length += len(chunk)
            progress(len(chunk))
    return digest.hexdigest(), length


def _copy(source: Path, target: Path, progress: Callable[[int], None]) -> tuple[str, int]:
    """Copy a file; gives the SHA-256 of what was copied, and its length."""
    digest, length = sha256(), 0
    with source.open("rb") as file:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as copy:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
                length += len(chunk)
                progress(len(chunk))
    return digest.hexdigest(), length


def _write(path: Path, said: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(said)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
