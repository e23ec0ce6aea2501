"""Files beside the logs: photos and PDFs that records refer to, and uploads kept as evidence.

Content-addressed: a file's name is the SHA-256 of its bytes, so that it cannot be changed without
its name no longer being true, and the same file sent a hundred times is kept once. What a file is,
its bytes say, not its sender.

The bytes are in the data folder; which desa sent which is in the database, and nobody is given a
file but as that desa's.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ledger import durable
from ledger.errors import FileHashError, FileTooLargeError, FileTypeError
from ledger.streams import Readable, Writing
from ledger.tables import blob, discard

PREFIX: Final = "sha256:"
"""What a reference to a file begins with, in records."""
PDF: Final = "application/pdf"
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
EVIDENCE: Final = "application/octet-stream"
"""The type of whatever is neither: uploads, as they came."""
_CHUNK = 256 * 1024
_HEAD = 64
"""Bytes that tell what a file is."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_REFERENCE = re.compile(rf"{PREFIX}([0-9a-f]{{64}})")


@dataclass(frozen=True)
class Blob:
    """A file: the hash of its bytes in hexadecimal, its media type, and its length."""

    sha256: str
    type: str
    bytes: int

    @property
    def reference(self) -> str:
        """How records name it."""
        return PREFIX + self.sha256


def media_type(data: bytes) -> str | None:
    """What a file is by its first bytes: a picture or a PDF; None for everything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return PDF if data.startswith(b"%PDF-") else None


class Blobs:
    """The files of an office, in a folder of its own. `engine` connects as the ingest role."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder = folder
        self._engine = engine

    def keep(self, data: bytes, type_: str) -> Blob:
        """Put a file's bytes into the folder, durably; whose it is says `belong`."""
        kept = Blob(sha256(data).hexdigest(), type_, len(data))
        path = self._path(kept.sha256)
        if not path.exists():
            with _whole(path) as file:
                file.write(data)
        return kept

    def keep_stream(self, stream: IO[bytes]) -> Blob:
        """Put a whole upload into the folder as it came, without holding it in memory."""
        stream.seek(0)
        type_ = media_type(stream.read(_HEAD)) or EVIDENCE
        stream.seek(0)
        digest = sha256()
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
        size = stream.tell()
        stream.seek(0)
        path = self._path(digest.hexdigest())
        if not path.exists():
            with _whole(path) as file:
                while chunk := stream.read(_CHUNK):
                    file.write(chunk)
        return Blob(digest.hexdigest(), type_, size)

    def take(
        self, kode_desa: str, digest: str, stream: Readable, *, most: int, at: datetime
    ) -> tuple[Blob, bool]:
        """Take a picture or PDF that a desa brings under its hash; and whether it is new here.

        It is read to its end, also when the file is there: who knows a hash has not brought the
        file. What lies there damaged is put right.

        Raises:
            FileTooLargeError: more than `most` bytes.
            FileTypeError: neither a picture nor a PDF.
            FileHashError: another file.
        """
        if not _DIGEST.fullmatch(digest):
            raise FileHashError(digest)
        new = bool(self.lacking(kode_desa, [digest]))
        with _whole(self._path(digest)) as file:
            written, head = Writing(file), b""
            while chunk := stream.read(_CHUNK):
                if written.length + len(chunk) > most:
                    raise FileTooLargeError(most)
                head += chunk[: max(0, _HEAD - len(head))]
                written.write(chunk)
            type_ = media_type(head)
            if type_ is None:
                raise FileTypeError
            if written.digest != digest:
                raise FileHashError(digest)
        taken = Blob(digest, type_, written.length)
        with self._engine.begin() as tx:
            self.belong(tx, kode_desa, [taken], at)
        return taken, new

    def lacking(self, kode_desa: str, digests: Sequence[str]) -> list[str]:
        """Which of these files the desa has not sent, in their order."""
        query = select(blob.c.sha256).where(
            blob.c.kode_desa == kode_desa, blob.c.sha256 == func.any(list(digests))
        )
        with self._engine.begin() as tx:
            known = set(tx.execute(query).scalars())
        return [
            it for it in dict.fromkeys(digests) if it not in known or not self._path(it).exists()
        ]

    @contextmanager
    def put_back(self, digest: str) -> Iterator[IO[bytes]]:
        """Write the file of this hash anew, over whatever is there."""
        with _whole(self._path(digest)) as file:
            yield file

    def belong(self, tx: Connection, kode_desa: str, blobs: Iterable[Blob], at: datetime) -> None:
        """Note that a desa sent these files, in the transaction that refers to them."""
        rows = [
            {
                "kode_desa": kode_desa,
                "sha256": it.sha256,
                "type": it.type,
                "bytes": it.bytes,
                "received_at": at,
            }
            for it in {it.sha256: it for it in blobs}.values()
        ]
        if rows:
            tx.execute(insert(blob).on_conflict_do_nothing(), rows)

    def open(self, kode_desa: str, reference: object) -> tuple[Blob, Path] | None:
        """A file that this desa sent, by its reference; None for any other."""
        found = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
        if found is None:
            return None
        query = select(blob.c.sha256, blob.c.type, blob.c.bytes).where(
            blob.c.kode_desa == kode_desa,
            blob.c.sha256 == found[1],
        )
        with self._engine.begin() as tx:
            row = tx.execute(query).first()
        path = self._path(found[1])
        return (Blob(*row), path) if row and path.exists() else None

    def where(self, digest: str) -> Path:
        """Where the file of this hash lies, if it is there."""
        return self._path(digest)

    def read(self, kode_desa: str, digest: str) -> bytes | None:
        """The bytes of a file that this desa sent; None for any other."""
        found = self.open(kode_desa, PREFIX + digest)
        return found[1].read_bytes() if found else None

    def discard(self, tx: Connection, kode_desa: str, digests: Iterable[str]) -> list[str]:
        """Let files be none of this desa's any more; gives those that were.

        `tx` is of the redactor's role. Their bytes go with the next `sweep`, after the commit:
        were they removed before it, a crash would leave records without their files.
        """
        mine = (blob.c.kode_desa == kode_desa, blob.c.sha256 == func.any(sorted(digests)))
        gone = list(tx.execute(delete(blob).where(*mine).returning(blob.c.sha256)).scalars())
        if gone:
            rows = [{"kode_desa": kode_desa, "sha256": it} for it in gone]
            tx.execute(insert(discard).on_conflict_do_nothing(), rows)
        return sorted(gone)

    def sweep(self, tx: Connection) -> int:
        """Remove the bytes of files that were discarded and are nobody's; gives how many.

        `tx` is of the redactor's role. After a crash, whoever comes next goes on here. A file that
        a desa sends again in this very moment is noticed missing, and taken when it comes again.
        """
        removed = 0
        for row in tx.execute(select(discard)).all():
            others = select(blob.c.kode_desa).where(blob.c.sha256 == row.sha256).limit(1)
            if tx.execute(others).first() is None:
                self._path(row.sha256).unlink(missing_ok=True)
                removed += 1
            done = (discard.c.kode_desa == row.kode_desa, discard.c.sha256 == row.sha256)
            tx.execute(delete(discard).where(*done))
        return removed

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole under its name, or not at all; its folder is made."""
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable.sync(path.parent.parent)
    with durable.replaced(path) as file:
        yield file
