"""What an auditor brings: the policy, first keys, and what was kept of earlier visits.

    log kecamatan-contoh.go.id/53.06.14+8484d8a7+AV…
    key desa/53.06.14.2001/sekdes-1 4f3a 91c2 0b7d e655 8a10 33f9 c47e d201
    quorum none

A policy is a C2SP one (`ledger.policy`), with lines of our own, `key <name> <fingerprint>`: the
first key of a desa as it was compared on paper. One log line for the office's own log is enough:
the same public key signs every desa's log under that log's name. Nothing of this ever comes from
the bundle. [pure]
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import NoteError
from ledger.keys import VerifierKey
from ledger.merkle import HASH_SIZE
from ledger.note import Note, from_base64
from ledger.policy import Policy

_KEY_LINE = re.compile(
    rb"[ \t]*key[ \t]+(?P<name>[^\s+]+)[ \t]+(?P<print>[0-9a-f]{4}(?:[ \t]?[0-9a-f]{4}){7})[ \t]*"
)


@dataclass(frozen=True)
class Trust:
    """The policy, and the fingerprints of first keys by name (32 digits, no spaces)."""

    policy: Policy
    first_keys: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Trust":
        """Read an auditor's file, or raise NoteError that names the line."""
        first_keys: dict[str, str] = {}
        lines = data.split(b"\n")
        for number, line in enumerate(lines):
            found = _KEY_LINE.fullmatch(line)
            if found:
                name = found["name"].decode(errors="replace")
                if name in first_keys:
                    raise NoteError(f"kebijakan baris {number + 1}: kunci ini sudah disebut")
                first_keys[name] = re.sub(rb"\s", b"", found["print"]).decode()
                lines[number] = b""  # so that the policy's line numbers stay true
        return cls(Policy.from_bytes(b"\n".join(lines)), first_keys)

    def knows(self, key: VerifierKey) -> bool | None:
        """Whether a key is the one that the auditor has of this name; None when there is none."""
        told = self.first_keys.get(key.name)
        return None if told is None else told == key.fingerprint.replace(" ", "")

    def host_keys(self, host: str) -> set[bytes]:
        """The public keys that the policy trusts to sign logs of this office (section 8)."""
        return {it.key.public for it in self.policy.logs if it.key.name.partition("/")[0] == host}


class _Receipt(msgspec.Struct):
    """What a receipt says (PROTOCOL section 7), as far as it can be held against a log."""

    position: int
    manifest: str
    proof: str


@dataclass(frozen=True)
class Kept:
    """A checkpoint that somebody kept, alone or in a receipt; `name` says where it was read.

    `position` and `manifest` (SHA-256 of its text) are those of a receipt.
    """

    name: str
    note: Note
    checkpoint: Checkpoint
    position: int | None = None
    manifest: bytes | None = None
    path: tuple[bytes, ...] = ()

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> "Kept":
        """Read a checkpoint, a tlog-proof or a receipt, or raise NoteError."""
        position = manifest = None
        path: tuple[bytes, ...] = ()
        if data.lstrip().startswith(b"{"):
            try:
                receipt = msgspec.json.decode(data, type=_Receipt)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                raise NoteError("bukan tanda terima") from None
            position, manifest = receipt.position, from_base64(receipt.manifest, HASH_SIZE)
            data = receipt.proof.encode(errors="replace")
        if data.startswith(b"c2sp.org/tlog-proof"):
            proof = TlogProof.from_text(data.decode(errors="replace"))
            if position is not None and proof.index != position - 1:
                raise NoteError("posisi dan bukti tidak sama")
            position, path, data = proof.index + 1, proof.hashes, proof.checkpoint
        note = Note.from_bytes(data)
        return cls(name, note, Checkpoint.from_text(note.text), position, manifest, path)
