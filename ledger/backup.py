"""Backups: what an office needs to go on after its machine is gone, in one folder.

    53.06.14-20261123T081500Z/
        manifest.json       of which office, from when, where each log stood, how much there is
        SHA256SUMS          of every file here, as `sha256sum -c` reads it
        database.dump       schema ledger, as pg_restore reads it
        blobs/ab/abcd…      photos, PDFs and uploads, named by their hash

A sealed one (`ledger.age`) has `database.dump.age` and `blobs/ab/abcd….age` instead: it is checked
like any other, and read by nobody who lacks the identity. What the manifest says stays in clear:
codes of desa, and what their checkpoints say to everybody.

The dump and the heads in the manifest are of one snapshot, so the heads say exactly what the dump
holds. Read models are not in it: they are made from the logs. The office's keys are not in it
either, and must not be (`key_copy`): who finds a backup cannot sign.

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
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, text

from ledger import age, durable
from ledger.age import AgeError, Identities
from ledger.dump import Programs, StoppedError
from ledger.errors import LedgerError, NoteError
from ledger.merkle import HASH_SIZE
from ledger.note import from_base64, to_base64
from ledger.os_errors import reason
from ledger.streams import Counted, Readable, Reading, Writable, Writing

MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
DATABASE: Final = "database.dump"
BLOBS: Final = "blobs"
RESTORING: Final = "pemulihan-belum-selesai"
"""The file in the data folder that says that a restore is going on, or was cut off."""
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


class BackupBusyError(BackupError):
    """Somebody else makes a backup in the folder."""

    code = "backup-busy"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"di {folder} sedang dibuat cadangan lain")


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


class BackupSealedError(BackupError):
    """A sealed backup, and no key that opens it."""

    code = "backup-sealed"

    def __init__(self, backup: "Backup") -> None:
        super().__init__(
            f"{backup.path} tersandi untuk {', '.join(backup.recipients)}; sebutkan berkas kunci "
            "pembukanya dengan --pembuka"
        )


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
        recipients: for whom it is sealed; none: for whoever finds it.
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
    recipients: tuple[str, ...] = ()

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
        except (OSError, ValueError, RecursionError) as error:
            raise BackupDamagedError(path, f"{MANIFEST} tidak terbaca", 1) from error
        try:
            if told["format"] != FORMAT:
                raise BackupError(f"{path} berbentuk {told['format']}, bukan {FORMAT}")
            return cls(
                path,
                told["origin"],
                told["kode"],
                datetime.fromisoformat(told["taken_at"]).astimezone(UTC),
                int(told["postgresql"]),
                tuple(
                    LogAt(it["kode"], int(it["size"]), from_base64(it["root"], HASH_SIZE))
                    for it in told["logs"]
                ),
                int(told["parts"][DATABASE]["bytes"]),
                int(told["parts"][BLOBS]["count"]),
                int(told["parts"][BLOBS]["bytes"]),
                tuple(map(str, told["missing"])),
                tuple(map(str, told.get("recipients", ()))),
            )
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            NoteError,
        ) as error:
            raise BackupDamagedError(path, f"{MANIFEST} tidak lengkap", 1) from error

    def check(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Read every byte of it and compare with what was written.

        Raises:
            BackupDamagedError: something is missing, cut off, changed or too much.
        """
        sums = self.sums()
        faults = []
        database = self.named(DATABASE)
        blobs = {name: it for name, it in sums.items() if name.startswith(f"{BLOBS}/")}
        if sums.keys() - blobs.keys() != {MANIFEST, database} or len(blobs) != self.blobs:
            faults.append(f"{SUMS} tidak lengkap")
        lengths = {}
        for name, expected in sums.items():
            try:
                found = _count(self.path / name, progress)
            except OSError as error:
                faults.append(f"{name} tidak terbaca ({reason(error)})")
                continue
            lengths[name] = found.length
            if found.digest != expected:
                faults.append(f"{name} berubah")
        if not faults and (
            lengths[database] != self.database_bytes
            or sum(it for name, it in lengths.items() if name in blobs) != self.blob_bytes
            # Of a sealed one only whoever opens it can say.
            or (not self.recipients and any(_hash_in(name) != it for name, it in blobs.items()))
        ):
            faults.append(f"{MANIFEST} menyebut ukuran lain")
        if faults:
            raise BackupDamagedError(self.path, faults[0], len(faults))

    def unlock(self, identities: Identities | None) -> "OpenedBackup":
        """What it holds, for whoever has a key to it; only of a backup that was checked.

        Raises:
            BackupSealedError: it is sealed, and these do not open it.
        """
        if self.recipients and not (identities and identities.open_for(self.recipients)):
            raise BackupSealedError(self)
        return OpenedBackup(self, identities if self.recipients else None)

    def named(self, name: str) -> str:
        """What a file is called here: its name, or that of a sealed one."""
        return name + age.SUFFIX if self.recipients else name

    def sums(self) -> dict[str, str]:
        """The SHA-256 of every file, by name.

        Raises:
            BackupDamagedError: they cannot be read.
        """
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


@dataclass(frozen=True)
class OpenedBackup:
    """What a backup holds, in clear."""

    backup: Backup
    identities: Identities | None

    def files(self) -> Iterator[str]:
        """The hash of each file."""
        return (_hash_in(it) for it in self.backup.sums() if it.startswith(f"{BLOBS}/"))

    def read_file(self, digest: str, target: Writable) -> None:
        """Write the file of this hash to a stream.

        Raises:
            BackupDamagedError: it cannot be opened, or is another; what was written is of no use.
        """
        written = Writing(target)
        self._read(_blob_name(digest), written)
        if written.digest != digest:
            raise BackupDamagedError(self.backup.path, f"{_blob_name(digest)} berubah", 1)

    def read_database(self, target: Writable) -> None:
        """Write the dump to a stream.

        Raises:
            BackupDamagedError: it cannot be opened; what was written is of no use.
        """
        self._read(DATABASE, target)

    def check(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Open all of it, and keep nothing.

        Raises:
            BackupDamagedError: something cannot be opened, or is not what it is called.
        """
        self.read_database(Counted(progress))
        for digest in self.files():
            self.read_file(digest, Counted(progress))

    def _read(self, name: str, target: Writable) -> None:
        with (self.backup.path / self.backup.named(name)).open("rb") as source:
            if self.identities is None:
                shutil.copyfileobj(source, target, _CHUNK)
                return
            try:
                self.identities.open(source, target)
            except AgeError as error:
                why = f"{name} tidak dapat dibuka"
                raise BackupDamagedError(self.backup.path, why, 1) from error


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


@dataclass(frozen=True)
class _Shared:
    """A backup whose files another may have as well: its folder, and the SHA-256 of each."""

    folder: Path
    sums: Mapping[str, str]


@dataclass
class _Parts:
    """Writes the files of a backup, and remembers what it wrote."""

    folder: Path
    recipients: tuple[str, ...]
    progress: Callable[[int], None]
    sums: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)

    def named(self, name: str) -> str:
        """What a file is called here: its name, or that of a sealed one."""
        return name + age.SUFFIX if self.recipients else name

    def write(self, name: str, source: Readable) -> str:
        """Write a file, sealed if this backup is; gives the SHA-256 of what it holds in clear."""
        read = Reading(source, self.progress)
        with durable.create(self.folder / self.named(name)) as file:
            written = Writing(file)
            if self.recipients:
                age.seal(read, written, self.recipients)
            else:
                shutil.copyfileobj(read, written, _CHUNK)
        self._add(self.named(name), written)
        return read.digest

    def link(self, name: str, shared: "_Shared") -> bool:
        """Share a file with another backup; whether that has it, sound."""
        name = self.named(name)
        path = self.folder / name
        try:
            path.hardlink_to(shared.folder / name)
        except OSError:
            return False
        found = _count(path, self.progress)
        if found.digest != shared.sums.get(name):
            path.unlink()
            return False
        self._add(name, found)
        return True

    def say(self, name: str, said: str) -> None:
        """Write a text that is for everybody to read."""
        with durable.create(self.folder / name) as file:
            written = Writing(file)
            written.write(said.encode())
        self._add(name, written)

    def _add(self, name: str, written: Counted) -> None:
        self.sums[name] = written.digest
        self.lengths[name] = written.length

    def drop(self, name: str) -> None:
        """Take a file back."""
        (self.folder / self.named(name)).unlink()
        del self.sums[self.named(name)], self.lengths[self.named(name)]


class Backups:
    """Makes backups of an office.

    `owner` connects as the database's owner; `blobs` is the folder of files; `bindir` that of
    PostgreSQL's programs, if somebody said which. They are sealed for `recipients`, if there are
    any.
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
        recipients: tuple[str, ...] = (),
    ) -> None:
        self._owner = owner
        self._blobs = blobs
        self._now = now
        self._origin = origin
        self._kode = kode
        self._bindir = bindir
        self._recipients = recipients

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
        sound, sealed for the same, and the file system can.

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
            raise BackupError(f"{error.filename or folder}: {reason(error)}") from error
        return Backup.open(folder / name)

    def _attempt(
        self, folder: Path, progress: Callable[[int], None], stopping: Callable[[], bool]
    ) -> str | None:
        """Make a backup; None when somebody was erased meanwhile, whom it would still hold."""
        taken_at = self._now().astimezone(UTC).replace(microsecond=0)
        name = f"{self._kode}-{taken_at:%Y%m%dT%H%M%SZ}"
        if (folder / name).exists():
            raise BackupError(f"{folder / name} sudah ada; ulangi sesaat lagi")
        draft = folder / f"{_DRAFT}{secrets.token_hex(4)}"
        draft.mkdir(mode=0o700)
        try:
            before = self._redactions()
            self._fill(draft, taken_at, self._shared(folder), progress, stopping)
            if self._redactions() != before:
                return None
            # The files before the name: a backup that has one has all.
            os.sync()
            draft.rename(folder / name)
            durable.sync(folder)
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
        """Throw away this office's backups in a folder but for the newest; gives those.

        None while somebody makes another: the next time there are more.
        """
        gone = self.listed(folder)[max(keep, 1) :]
        try:
            with _alone(folder):
                for it in gone:
                    # Renamed first: half of one that was is never taken for one that is.
                    draft = folder / f"{_DRAFT}{secrets.token_hex(4)}"
                    it.path.rename(draft)
                    shutil.rmtree(draft, ignore_errors=True)
        except BackupBusyError:
            return []
        return gone

    def _shared(self, folder: Path) -> "_Shared | None":
        """The newest backup in a folder, if its files can be this one's as well."""
        newest = next(iter(list_backups(folder)), None)
        if newest is None or newest.recipients != self._recipients:
            return None
        with contextlib.suppress(BackupDamagedError):
            return _Shared(newest.path, newest.sums())
        return None

    def _fill(
        self,
        draft: Path,
        taken_at: datetime,
        shared: "_Shared | None",
        progress: Callable[[int], None],
        stopping: Callable[[], bool],
    ) -> None:
        """Write everything into a folder."""
        parts = _Parts(draft, self._recipients, progress)
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
                with programs.dump(snapshot, stopping=stopping) as dump:
                    parts.write(DATABASE, dump)
        (draft / BLOBS).mkdir(mode=0o700)
        missing = [it for it in blobs if not self._carry(it, parts, shared, stopping)]
        if missing:
            _logger.error("files are missing from the backup", count=len(missing))
        database = parts.named(DATABASE)
        carried = [length for name, length in parts.lengths.items() if name != database]
        manifest = {
            "format": FORMAT,
            "origin": self._origin,
            "kode": self._kode,
            "taken_at": taken_at.isoformat().replace("+00:00", "Z"),
            "postgresql": server,
            "parts": {
                DATABASE: {"bytes": parts.lengths[database], "sha256": parts.sums[database]},
                BLOBS: {"count": len(carried), "bytes": sum(carried)},
            },
            "recipients": list(self._recipients),
            "missing": missing,
            "logs": [
                {"kode": it.kode, "size": it.size, "root": to_base64(it.root)}
                for it in logs.values()
            ],
        }
        parts.say(MANIFEST, json.dumps(manifest, indent=2) + "\n")
        parts.say(SUMS, "".join(f"{it}  {name}\n" for name, it in parts.sums.items()))

    def _carry(
        self,
        digest: str,
        parts: _Parts,
        shared: "_Shared | None",
        stopping: Callable[[], bool],
    ) -> bool:
        """Bring a file into the backup; whether it was to be had, whole."""
        if stopping():
            raise StoppedError
        name = _blob_name(digest)
        (parts.folder / name).parent.mkdir(mode=0o700, exist_ok=True)
        if shared is not None and parts.link(name, shared):
            return True
        try:
            with (self._blobs / digest[:2] / digest).open("rb") as source:
                found = parts.write(name, source)
        except FileNotFoundError:
            return False
        if found != digest:
            # The scrub says so too; what is kept as the file's bytes must be those.
            parts.drop(name)
        return found == digest


# --- restoring -----------------------------------------------------------------------------------


def restore_database(
    backup: OpenedBackup, owner: Engine, bindir: Path | None, begun: Path
) -> bool:
    """Put a backup's logs into an empty database; whether anything was to be done.

    The roles must be there. It is all or nothing. `begun` is a file that says that a restore is
    going on, and stays until whoever began it removes it: while it is there, a database that holds
    just what the backup does is one whose restore was cut off later, and is left as it is. Without
    it, that is an office at work.

    Raises:
        DatabaseHoldsError: the database holds something else; nothing was changed.
        BackupDamagedError, DumpProgramsError, DumpError: nothing was changed.
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
            same = held == {it.kode: it for it in backup.backup.logs}
            if held and same and begun.exists():
                return False
            batches = sum(it.size for it in held.values())
            raise DatabaseHoldsError(
                f"{len(held)} log dengan {batches} kiriman" if held else "tabel OpenDK Ledger"
            )
    with durable.replaced(begun) as file:
        file.write(f"{backup.backup.path.name}\n".encode())
    with Programs(owner.url, bindir, server).restore() as stream:
        backup.read_database(stream)
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
            raise BackupBusyError(folder) from None
        yield
    finally:
        os.close(descriptor)


def _blob_name(digest: str) -> str:
    return f"{BLOBS}/{digest[:2]}/{digest}"


def _hash_in(name: str) -> str:
    """The hash by which a file is called."""
    return name.rpartition("/")[2].removesuffix(age.SUFFIX)


def _count(path: Path, progress: Callable[[int], None]) -> Counted:
    """The SHA-256 of a file, and its length."""
    with path.open("rb") as source:
        read = Reading(source, progress)
        while read.read(_CHUNK):
            pass
    return read
