"""The office: its name in the logs, and its keys.

The office signs four things: the checkpoints of every log it keeps, each under that log's own
name; the entries of its own log, where its acts stand by the same rules as a desa's batches; in
the logs of desa whose OpenSID cannot sign, what that sent; and, as a witness, the checkpoints of
other offices.
The keys are files of this machine, made on first start, readable by nobody else; losing them is
noticed by every desa, so they belong in the administrator's safe, not in the database's backup.
"""

import contextlib
import os
import secrets
from dataclasses import dataclass, fields
from pathlib import Path

from ledger.checkpoint import Cosigner
from ledger.errors import KeyFileError
from ledger.keys import SEED_SIZE, SigningKey


@dataclass(frozen=True, repr=False)
class Keyring:
    """The office's secrets, 32 bytes each.

    Attributes:
        log: signs checkpoints.
        office: signs the office's own entries.
        gateway: signs, for desa whose OpenSID cannot, what that sent; and their tokens.
        web: seals cookies and links; may be changed at the price of everybody's log-in.
        witness: cosigns the checkpoints of other offices, and nothing else.
    """

    log: bytes
    office: bytes
    gateway: bytes
    web: bytes
    witness: bytes

    @classmethod
    def open(cls, folder: Path) -> "Keyring":
        """The keys of a folder; those that are not there are made, mode 0600.

        Raises:
            KeyFileError: unreadable, of a wrong length, or readable by others.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            names = (field.name for field in fields(cls))
            return cls(*(_secret(folder / f"{name}.key") for name in names))
        except OSError as error:
            raise KeyFileError(f"{error.filename}: {error.strerror}") from error


def _secret(path: Path) -> bytes:
    with contextlib.suppress(FileExistsError):
        _make_secret(path)
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
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SEED_SIZE))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink()


@dataclass(frozen=True)
class Office:
    """One kecamatan's office: `origin` is a host name it keeps for ever, `kode` its own code."""

    origin: str
    kode: str
    keyring: Keyring

    def log_name(self, kode_desa: str) -> str:
        """The name of a log, which is its checkpoints' origin and its key's name."""
        return f"{self.origin}/{kode_desa}"

    def log_key(self, kode_desa: str) -> SigningKey:
        """The key that signs the checkpoints of a log, under the log's name."""
        return SigningKey(self.log_name(kode_desa), self.keyring.log)

    @property
    def key(self) -> SigningKey:
        """The key that signs the office's own entries."""
        return SigningKey(f"server/{self.origin}/kantor", self.keyring.office)

    @property
    def gateway_key(self) -> SigningKey:
        """The key that attests what came by the old protocol, in a chain of its own."""
        return SigningKey(f"server/{self.origin}/opendk-v1", self.keyring.gateway)

    @property
    def witness_key(self) -> Cosigner:
        """The key that cosigns the checkpoints of other offices."""
        return Cosigner(f"{self.origin}/saksi", self.keyring.witness)
