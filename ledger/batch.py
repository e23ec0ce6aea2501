r"""A batch: the signed manifest and the change lines (PROTOCOL sections 2 to 4).

    opendk-ledger/batch/v1
    log kecamatan-contoh.go.id/53.06.14.2001
    chain desa/53.06.14.2001/sekdes-1
    batch 42
    prev 53kSK3HrQf4SwiBQbtyV1TtkH0leailUyDwhoTGNdQk=
    seen 118 SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=
    time 2026-11-23T08:15:00Z
    count 1000
    bytes 780890
    changes fDOujOCoM+jkL84T4SG52f586IyH7DPbgv/0F0zCccc=

    — desa/53.06.14.2001/sekdes-1 Rj7F5DBqElH10Suxs…

    {"_s":"OhgzeOP3Iu8egEN7dTxYBA","entity":"penduduk","id":"8271","op":"put","at":…,"data":{…}}

The same text is the HTTP body and the file on a USB stick. Here it is read, as a stream and in
its one spelling, and written; whether it may stand in a log is `admission`'s question. Of a line
that was redacted since, its hash is left (PROTOCOL section 11):

    {"_h":"fDOujOCoM+jkL84T4SG52f586IyH7DPbgv/0F0zCccc="}

[pure]
"""

import base64
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal, Protocol

import msgspec

from ledger.errors import BytesMismatchError, ManifestError, NoteError, TooLargeError
from ledger.keys import SigningKey
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, leaf_hash, leaves_root
from ledger.note import Note, from_base64, to_base64

FORMAT = "opendk-ledger/batch/v1"
NO_PREVIOUS = bytes(HASH_SIZE)
"""`prev` of the first batch of a chain."""
_CHUNK = 64 * 1024
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
LOG_NAME = re.compile(r"[a-z0-9][a-z0-9.:-]{0,252}/[0-9]{2}(\.[0-9]{2}){0,2}(\.[0-9]{4})?")
CHAIN_NAME = re.compile(r"(desa|server)/[a-z0-9.:-]{1,253}/[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Limits:
    """The most that one batch may hold; in changes and bytes, after decompression."""

    changes: int = 10_000
    line: int = 64 * 1024
    body: int = 16 * 1024 * 1024
    manifest: int = 8 * 1024


LARGEST = Limits(1_000_000, 1024 * 1024, 128 * 1024 * 1024, 64 * 1024)
"""The most that an office may set: what is larger, no verifier reads (PROTOCOL section 5)."""


@dataclass(frozen=True)
class Seen:
    """The newest checkpoint that the sender had verified: the log's size then, and its root."""

    size: int
    root: bytes


NOTHING_SEEN = Seen(0, EMPTY_ROOT)


@dataclass(frozen=True)
class Manifest:
    """What a desa signs of a batch. `prev` and `changes` are SHA-256 hashes.

    `length` is what the line `bytes` says: that of the change lines, unpacked.
    """

    log: str
    chain: str
    number: int
    prev: bytes
    seen: Seen
    time: datetime
    count: int
    length: int
    changes: bytes

    def to_text(self) -> str:
        """The manifest in its one spelling, with its last newline."""
        return (
            f"{FORMAT}\n"
            f"log {self.log}\n"
            f"chain {self.chain}\n"
            f"batch {self.number}\n"
            f"prev {to_base64(self.prev)}\n"
            f"seen {self.seen.size} {to_base64(self.seen.root)}\n"
            f"time {self.time.astimezone(UTC).strftime(_TIME)}\n"
            f"count {self.count}\n"
            f"bytes {self.length}\n"
            f"changes {to_base64(self.changes)}\n"
        )

    @cached_property
    def hash(self) -> bytes:
        """SHA-256 of the text: the identity of a push, and the next one's `prev`."""
        return sha256(self.to_text().encode()).digest()

    @classmethod
    def from_text(cls, text: str) -> "Manifest":
        """Read a manifest, or raise ManifestError; what is read writes back as the same text."""
        values = _values(text)
        size, space, root = values["seen"].partition(" ")
        if not space:
            raise ManifestError("baris seen tidak lengkap")
        if not LOG_NAME.fullmatch(values["log"]):
            raise ManifestError("baris log bukan <host>/<kode>")
        if not CHAIN_NAME.fullmatch(values["chain"]):
            raise ManifestError("baris chain bukan nama kunci")
        manifest = cls(
            log=values["log"],
            chain=values["chain"],
            number=_number("batch", values["batch"], least=1),
            prev=_hash("prev", values["prev"]),
            seen=Seen(_number("seen", size), _hash("seen", root)),
            time=_time(values["time"]),
            count=_number("count", values["count"], least=1),
            length=_number("bytes", values["bytes"], least=1),
            changes=_hash("changes", values["changes"]),
        )
        if manifest.to_text() != text:
            raise ManifestError("ada lebih dari satu ejaan")
        return manifest


_NAMES = ("log", "chain", "batch", "prev", "seen", "time", "count", "bytes", "changes")


def _values(text: str) -> dict[str, str]:
    first, *rest = text.split("\n")
    if first != FORMAT:
        raise ManifestError(f"baris pertama bukan {FORMAT}")
    if len(rest) != len(_NAMES) + 1 or rest.pop():
        raise ManifestError(f"bukan tepat {len(_NAMES) + 1} baris")
    values = {}
    for name, line in zip(_NAMES, rest, strict=True):
        if not line.startswith(f"{name} "):
            raise ManifestError(f"baris {name} tidak di tempatnya")
        values[name] = line[len(name) + 1 :]
    return values


def _number(name: str, text: str, least: int = 0) -> int:
    if not _NUMBER.fullmatch(text) or not least <= int(text) < 1 << 63:
        raise ManifestError(f"angka {name} tidak sesuai")
    return int(text)


def _hash(name: str, text: str) -> bytes:
    try:
        return from_base64(text, HASH_SIZE)
    except NoteError as error:
        raise ManifestError(f"nilai {name}: {error}") from None


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise ManifestError("waktu bukan YYYY-MM-DDTHH:MM:SSZ") from None


# --- change lines --------------------------------------------------------------------------------

Op = Literal["put", "delete"]
Entity = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]{0,39}\Z")]
RecordId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Change(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A change line as it is read: `data` is left as JSON, for the catalogue to read."""

    salt: str = msgspec.field(name="_s")
    entity: str
    id: str
    op: Op
    at: datetime
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    derived: str | msgspec.UnsetType = msgspec.UNSET


_changes = msgspec.json.Decoder(Change)
_encoder = msgspec.json.Encoder()


def read_change(line: bytes) -> Change:
    """Read a line that has been admitted."""
    return _changes.decode(line)


def split_lines(body: bytes) -> list[bytes]:
    """The lines of a body, without their newlines; the last newline ends the last line."""
    return body.removesuffix(b"\n").split(b"\n")


_REDACTED = b'{"_h":"'


def redacted_line(hash_: bytes) -> bytes:
    """What stands in a log in place of a line that was redacted: its leaf hash."""
    return _REDACTED + to_base64(hash_).encode() + b'"}'


def redacted_hash(line: bytes) -> bytes | None:
    """The leaf hash that is left of a redacted line, or None for a line that says something.

    Nobody can mistake one for the other: a change line begins with its salt.
    """
    if not line.startswith(_REDACTED):
        return None
    try:
        hash_ = from_base64(line[len(_REDACTED) : -2].decode(), HASH_SIZE)
    except (NoteError, UnicodeDecodeError):
        return None
    return hash_ if redacted_line(hash_) == line else None


def line_hash(line: bytes) -> bytes:
    """The leaf hash of a line of a log, redacted or not.

    With the count of lines, which is to be checked as well, the root over these names each of
    them: fewer lines could be hashes of inner nodes.
    """
    return redacted_hash(line) or leaf_hash(line)


def numbered_changes(lines: Sequence[bytes]) -> Iterator[tuple[int, Change]]:
    """The changes that lines of a log hold, each with its number from 1, but for redacted ones.

    A redacted line keeps its number, so that those behind it do.
    """
    for number, line in enumerate(lines, start=1):
        if not line.startswith(_REDACTED):
            yield number, read_change(line)


@dataclass(frozen=True)
class Draft:
    """A change before it is salted: what a desa wants to state.

    `id` is the record's primary key in that desa's OpenSID, never a NIK or KK. `at` is aware.
    `data` holds JSON values: the whole record for a put, None for a delete.
    """

    entity: str
    id: str
    op: Op
    at: datetime
    data: dict[str, Any] | None = None
    derived: str | None = None

    def to_line(self, salt: str | None = None) -> bytes:
        """The change line, without newline; the salt is 128 fresh random bits unless given."""
        members: dict[str, Any] = {
            "_s": salt or fresh_salt(),
            "entity": self.entity,
            "id": self.id,
            "op": self.op,
            "at": self.at.replace(microsecond=0),
        }
        if self.data is not None:
            members["data"] = self.data
        if self.derived is not None:
            members["derived"] = self.derived
        return _encoder.encode(members)


def fresh_salt() -> str:
    """128 random bits as 22 characters of base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


def split_batches(lines: Iterable[bytes], limits: Limits) -> Iterator[list[bytes]]:
    """Lines in as few batches as the limits allow, in order."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        length = len(line) + 1
        if batch and (len(batch) == limits.changes or size + length > limits.body):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += length
    if batch:
        yield batch


# --- batches, written ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """A whole batch at hand: the note as signed, its manifest, and the body's bytes."""

    note: Note
    manifest: Manifest
    body: bytes

    def to_bytes(self) -> bytes:
        """The batch as it is sent and kept."""
        return self.note.to_bytes() + b"\n" + self.body


def write_batch(
    lines: Sequence[bytes],
    key: SigningKey,
    *,
    log: str,
    number: int,
    prev: bytes,
    seen: Seen,
    time: datetime,
) -> Batch:
    """Sign lines (without newlines) as batch `number` of the key's chain."""
    body = b"".join(line + b"\n" for line in lines)
    manifest = Manifest(
        log=log,
        chain=key.name,
        number=number,
        prev=prev,
        seen=seen,
        time=time,
        count=len(lines),
        length=len(body),
        changes=leaves_root(map(leaf_hash, lines)),
    )
    return Batch(key.sign(manifest.to_text()), manifest, body)


# --- batches, read -------------------------------------------------------------------------------


class Source(Protocol):
    """Where a batch comes from: a file, or an HTTP body after decompression."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class BatchReader:
    """Reads a batch from a stream: first the manifest, then, when it is wanted, the body.

    Nothing beyond the limits is read, whatever the source holds.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._ahead = b""
        self.note, self.manifest = self._read_manifest()

    def _read_manifest(self) -> tuple[Note, Manifest]:
        data = b""
        # The note ends at its second empty line: one parts text and signature, one the body.
        while (end := _second_empty_line(data)) < 0:
            if len(data) > self._limits.manifest:
                raise TooLargeError("manifes", self._limits.manifest)
            chunk = self._source.read(min(_CHUNK, self._limits.manifest + 1))
            if not chunk:
                raise ManifestError("kiriman berakhir sebelum manifes selesai")
            data += chunk
        if end > self._limits.manifest:
            raise TooLargeError("manifes", self._limits.manifest)
        self._ahead = data[end + 1 :]
        try:
            note = Note.from_bytes(data[:end])
        except NoteError as error:
            raise ManifestError(str(error)) from None
        manifest = Manifest.from_text(note.text)
        if [signature.name for signature in note.signatures] != [manifest.chain]:
            raise ManifestError("bukan tepat satu tanda tangan, dari kunci rantai ini")
        if manifest.count > self._limits.changes:
            raise TooLargeError("jumlah perubahan", self._limits.changes)
        if manifest.length > self._limits.body:
            raise TooLargeError("isi", self._limits.body)
        return note, manifest

    def body(self) -> bytes:
        """The body, of the length that the manifest states, or raise BytesMismatchError."""
        stated = self.manifest.length
        parts = [self._ahead]
        received = len(self._ahead)
        while received <= stated:
            # One byte more than stated is asked for: whoever sends it is found out.
            chunk = self._source.read(min(_CHUNK, stated + 1 - received))
            if not chunk:
                break
            parts.append(chunk)
            received += len(chunk)
        if received != stated:
            raise BytesMismatchError(stated, received)
        return b"".join(parts)


def _second_empty_line(data: bytes) -> int:
    """Where the note ends: the offset of the newline that is the second empty line, or -1."""
    first = data.find(b"\n\n")
    second = data.find(b"\n\n", first + 2) if first >= 0 else -1
    return second + 1 if second >= 0 else -1
