"""The office: its name in the logs, and its keys.

The office signs four things: the checkpoints of every log it keeps, each under that log's own
name; the entries of its own log, where its acts stand by the same rules as a desa's batches; in
the logs of desa whose OpenSID cannot sign, what that sent; and, as a witness, the checkpoints of
other offices.
The keys are files of this machine, made on first start, readable by nobody else; losing them is
noticed by every desa, so they belong in the administrator's safe, not in the database's backup.
"""

import contextlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from ledger import durable
from ledger.checkpoint import Cosigner
from ledger.errors import KeyFileError
from ledger.keys import SEED_SIZE, SigningKey
from ledger.note import Note
from ledger.os_errors import reason

LOG: Final = "log"
KANTOR: Final = "kantor"
GATEWAY: Final = "gateway"
ROLES: Final = (LOG, KANTOR, GATEWAY)
"""The office's keys that hand over (PROTOCOL section 9)."""
_FILES: Final = {LOG: "log", KANTOR: "office", GATEWAY: "gateway"}


@dataclass(frozen=True, repr=False)
class Keyring:
    """The office's secrets, 32 bytes each.

    Attributes:
        log: signs checkpoints.
        office: signs the office's own entries.
        gateway: signs, for desa whose OpenSID cannot, what that sent; and their tokens.
        web: seals cookies and links; may be changed at the price of everybody's log-in.
        witness: cosigns the checkpoints of other offices, and nothing else.
        folder: where they are, and their successors as `log-2.key`, `log-3.key` …
    """

    log: bytes
    office: bytes
    gateway: bytes
    web: bytes
    witness: bytes
    folder: Path | None = field(default=None, kw_only=True)

    @classmethod
    def open(cls, folder: Path) -> "Keyring":
        """The keys of a folder; those that are not there are made, mode 0600.

        Raises:
            KeyFileError: unreadable, of a wrong length, or readable by others.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            names = [it.name for it in fields(cls) if it.name != "folder"]
            secrets_ = {name: _secret(folder / f"{name}.key") for name in names}
            return cls(**secrets_, folder=folder)
        except OSError as error:
            raise KeyFileError(f"{error.filename}: {reason(error)}") from error

    def seed(self, role: str, number: int) -> bytes:
        """The seed of a role's n-th key.

        Raises:
            KeyFileError: it is not here, or cannot be read.
        """
        if number == 1:
            first: bytes = getattr(self, _FILES[role])
            return first
        path = self._path(role, number)
        try:
            return _read_secret(path)
        except OSError as error:
            raise KeyFileError(f"{path}: {reason(error)}; pulihkan dari cadangan") from error

    def make(self, role: str, number: int) -> bytes:
        """The seed of a key that is to follow; made unless it was, durable before it is used."""
        try:
            return _secret(self._path(role, number))
        except OSError as error:
            raise KeyFileError(f"{error.filename}: {reason(error)}") from error

    def forget(self, role: str, number: int) -> None:
        """Remove a key that signs no more."""
        if self.folder is not None:
            (self.folder / file_of(role, number)).unlink(missing_ok=True)

    def _path(self, role: str, number: int) -> Path:
        if self.folder is None:
            raise KeyFileError("kunci kantor ini tidak disimpan dalam folder")
        return self.folder / file_of(role, number)


def file_of(role: str, number: int) -> str:
    """The name of the file with the seed of a role's n-th key."""
    return f"{_FILES[role]}.key" if number == 1 else f"{_FILES[role]}-{number}.key"


def _secret(path: Path) -> bytes:
    with contextlib.suppress(FileExistsError):
        _make_secret(path)
    return _read_secret(path)


def _read_secret(path: Path) -> bytes:
    status = path.stat()
    if status.st_mode & 0o077:
        raise KeyFileError(f"{path} dapat dibaca pengguna lain; jalankan chmod 600")
    secret = path.read_bytes()
    if len(secret) != SEED_SIZE:
        raise KeyFileError(f"{path} tidak sepanjang {SEED_SIZE} bita")
    return secret


def _make_secret(path: Path) -> None:
    if path.exists():
        raise FileExistsError
    # Written aside and linked: two first starts agree on one key, and no half of one is seen.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with durable.synced(draft) as file:
            file.write(secrets.token_bytes(SEED_SIZE))
        path.hardlink_to(draft)
        durable.sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


@dataclass(frozen=True)
class KnownKey:
    """A key of the office's own, as the register knows it.

    `note` is the rotate note by which it began; empty for the first, and for the gateway's, whose
    notes stand with each desa.
    """

    role: str
    number: int
    public: bytes
    note: str = ""
    signs: bool = True


@dataclass
class _Turn:
    """Whose turn it is, as this process last heard: keys by role, the newest first."""

    known: tuple[KnownKey, ...] = ()
    keys: dict[str, list[SigningKey]] = field(default_factory=dict)


@dataclass(frozen=True)
class Office:
    """One kecamatan's office: `origin` is a host name it keeps for ever, `kode` its own code."""

    origin: str
    kode: str
    keyring: Keyring
    _turn: _Turn = field(default_factory=_Turn, init=False, repr=False, compare=False)

    def log_name(self, kode_desa: str) -> str:
        """The name of a log, which is its checkpoints' origin and its key's name."""
        return f"{self.origin}/{kode_desa}"

    # --- whose turn it is -----------------------------------------------------------------------

    def adopt(self, known: Sequence[KnownKey]) -> None:
        """Sign with the keys that the register knows to be valid, from here on.

        One command hands over while many processes sign: whoever signs has looked at the register
        in the same transaction, so that no key signs after its time.

        Raises:
            KeyFileError: a key that is to sign is not in the folder.
        """
        if tuple(known) == self._turn.known:
            return
        keys: dict[str, list[SigningKey]] = {role: [] for role in ROLES}
        for it in sorted((it for it in known if it.signs), key=lambda it: -it.number):
            seed = self.keyring.seed(it.role, it.number)
            key = SigningKey(self.key_name(it.role, it.number), seed)
            if key.verifier.public != it.public:
                raise KeyFileError(
                    "bukan kunci yang tercatat dalam log kantor; pulihkan folder keys dari "
                    "cadangan",
                )
            keys[it.role].append(key)
        self._turn.keys = keys
        self._turn.known = tuple(known)

    def key_name(self, role: str, number: int) -> str:
        """What a role's n-th key is called; the log's own bears its name for ever."""
        if role == LOG:
            return self.log_name(self.kode)
        label = {KANTOR: "kantor", GATEWAY: "opendk-v1"}[role]
        return f"server/{self.origin}/{label}" + (f"-{number}" if number > 1 else "")

    def _newest(self, role: str) -> SigningKey:
        if keys := self._turn.keys.get(role):
            return keys[0]
        return SigningKey(self.key_name(role, 1), self.keyring.seed(role, 1))

    # --- what signs -----------------------------------------------------------------------------

    def log_key(self, kode_desa: str) -> SigningKey:
        """The key that signs the checkpoints of a log, under the log's name."""
        return SigningKey(self.log_name(kode_desa), self._newest(LOG).seed)

    def sign_log(self, kode_desa: str, text: str) -> Note:
        """A checkpoint's text, signed by the log's key, and by those before it that still do."""
        seeds = [it.seed for it in self._turn.keys.get(LOG, ())] or [self._newest(LOG).seed]
        name = self.log_name(kode_desa)
        notes = [SigningKey(name, seed).sign(text) for seed in seeds]
        return Note(text, tuple(line for note in notes for line in note.signatures))

    @property
    def key(self) -> SigningKey:
        """The key that signs the office's own entries."""
        return self._newest(KANTOR)

    @property
    def gateway_key(self) -> SigningKey:
        """The key that attests what came by the old protocol, in a chain of its own."""
        return self._newest(GATEWAY)

    @property
    def witness_key(self) -> Cosigner:
        """The key that cosigns the checkpoints of other offices."""
        return Cosigner(f"{self.origin}/saksi", self.keyring.witness)
