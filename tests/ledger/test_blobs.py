"""Files: kept once, whole or not at all, and given to nobody but as their desa's."""

import io
from pathlib import Path

import pytest

from ledger import Blobs, media_type
from ledger.blobs import EVIDENCE
from ledger.database import Databases
from tests.simulator import KODE_DESA, START

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def blobs(databases: Databases, tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs", databases.ingest)


def files(folder: Path) -> list[Path]:
    return [it for it in folder.rglob("*") if it.is_file()]


@pytest.mark.parametrize(
    ("begins", "type_"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", None),
        (PDF, "application/pdf"),
        (b" %PDF-", None),
        (b"<svg", None),
        (b"<html>\xff\xd8\xff", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_what_a_file_is_its_bytes_say(begins: bytes, type_: str | None) -> None:
    assert media_type(begins) == type_


def test_the_same_file_is_kept_once(blobs: Blobs, tmp_path: Path) -> None:
    first, second = blobs.keep(PDF, "application/pdf"), blobs.keep(PDF, "application/pdf")
    assert first == second
    (kept,) = files(tmp_path)
    assert kept.read_bytes() == PDF
    assert kept.name == first.sha256
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_stream_is_kept_as_it_came(blobs: Blobs, tmp_path: Path) -> None:
    data = bytes(range(256)) * 5_000
    stream = io.BytesIO(data)
    stream.seek(77)
    kept = blobs.keep_stream(stream)
    assert (kept.type, kept.bytes) == (EVIDENCE, len(data))
    (path,) = files(tmp_path)
    assert path.read_bytes() == data


def test_a_file_that_could_not_be_written_is_not_there(blobs: Blobs, tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            if self.reads > 4:
                raise OSError("no space left")
            return super().read(size)

    with pytest.raises(OSError, match="no space"):
        blobs.keep_stream(Failing(bytes(700_000)))
    assert files(tmp_path) == []


def test_a_file_is_its_desas(blobs: Blobs, databases: Databases) -> None:
    kept = blobs.keep(PDF, "application/pdf")
    assert blobs.open(KODE_DESA, kept.reference) is None
    with databases.ingest.begin() as tx:
        blobs.belong(tx, KODE_DESA, [kept, kept], START)
        blobs.belong(tx, KODE_DESA, [kept], START)
    found = blobs.open(KODE_DESA, kept.reference)
    assert found
    assert (found[0], found[1].read_bytes()) == (kept, PDF)
    assert blobs.open("53.06.14.2002", kept.reference) is None


@pytest.mark.parametrize(
    "reference", [None, 7, "", "x", "sha256:", "sha256:../../etc/passwd", "sha256:" + "0" * 64]
)
def test_what_is_no_reference_opens_nothing(blobs: Blobs, reference: object) -> None:
    assert blobs.open(KODE_DESA, reference) is None
