"""Batches: one spelling, read as a stream that stops at the limits."""

import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.batch import (
    NO_PREVIOUS,
    NOTHING_SEEN,
    Batch,
    BatchReader,
    Draft,
    Limits,
    Manifest,
    Seen,
    split_batches,
    write_batch,
)
from ledger.errors import BytesMismatchError, ManifestError, RefusalError, TooLargeError
from ledger.keys import SigningKey

KEY = SigningKey("desa/53.06.14.2001/sekdes-1", bytes(32))
WITA = timezone(timedelta(hours=8))
AT = datetime(2026, 11, 20, 8, 1, tzinfo=WITA)


def lines(count: int = 2) -> list[bytes]:
    return [
        Draft("penduduk", str(it), "put", AT, {"nama": "SITI"}).to_line() for it in range(count)
    ]


def batch(count: int = 2) -> Batch:
    return write_batch(
        lines(count),
        KEY,
        log="kecamatan.example/53.06.14.2001",
        number=1,
        prev=NO_PREVIOUS,
        seen=NOTHING_SEEN,
        time=AT,
    )


class Counting(io.BytesIO):
    """A source that counts what is read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_a_batch_is_read_back() -> None:
    sent = batch()
    reader = BatchReader(io.BytesIO(sent.to_bytes()), Limits())
    assert (reader.note, reader.manifest, reader.body()) == (sent.note, sent.manifest, sent.body)


def test_a_batch_looks_as_the_protocol_shows_it() -> None:
    text = batch().to_bytes().decode().split("\n")
    names = [line.split(" ")[0] for line in text[:10]]
    assert names == [
        "opendk-ledger/batch/v1", "log", "chain", "batch", "prev",
        "seen", "time", "count", "bytes", "changes",
    ]  # fmt: skip
    assert text[6] == "time 2026-11-20T00:01:00Z"
    assert text[10] == text[12] == ""
    assert text[11].startswith("— desa/53.06.14.2001/sekdes-1 ")
    assert text[13].startswith('{"_s":"')


SPELLINGS = {
    "a number with a leading zero": ("batch 1", "batch 01"),
    "a sign": ("count 2", "count +2"),
    "two spaces": ("count 2", "count  2"),
    "a space at the end": ("count 2", "count 2 "),
    "stray bits in base64": ("AAAA=", "AAAB="),
    "base64 without padding": ("AAAA=\nseen", "AAAA\nseen"),
    "a time zone": ("00:01:00Z", "00:01:00+00:00"),
    "a short date": ("2026-11-20", "2026-11-2"),
    "lines swapped": ("count 2\nbytes", "bytes\ncount 2"),
    "a line more": ("count 2", "count 2\nnote x"),
    "a line less": ("batch 1\n", ""),
    "another format": ("batch/v1", "batch/v2"),
    "batch zero": ("batch 1", "batch 0"),
    "no changes": ("count 2", "count 0"),
    "a log without a desa": ("example/53.06.14.2001", "example"),
    "a chain that is no key name": ("chain desa/", "chain kota/"),
    "seen without a root": ("seen 0 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "seen 0"),
    "an Arabic digit": ("count 2", "count ٢"),
    "a number beyond 63 bits": ("count 2", "count 9223372036854775808"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_second_spelling_is_refused(spelling: str) -> None:
    text = batch().manifest.to_text()
    right, other = SPELLINGS[spelling]
    assert right in text
    with pytest.raises(ManifestError):
        Manifest.from_text(text.replace(right, other, 1))


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_politely(data: bytes) -> None:
    with pytest.raises(RefusalError):
        BatchReader(io.BytesIO(data), Limits())


@given(
    st.builds(
        Manifest,
        log=st.just("kecamatan.example/53.06.14.2001"),
        chain=st.just("desa/53.06.14.2001/a-1"),
        number=st.integers(1, 2**63 - 1),
        prev=st.binary(min_size=32, max_size=32),
        seen=st.builds(Seen, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32)),
        time=st.integers(0, 2**37).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
        count=st.integers(1, 2**63 - 1),
        length=st.integers(1, 2**63 - 1),
        changes=st.binary(min_size=32, max_size=32),
    ),
)
def test_a_manifest_is_read_back(manifest: Manifest) -> None:
    assert Manifest.from_text(manifest.to_text()) == manifest


def test_two_signatures_are_one_too_many() -> None:
    sent = batch().to_bytes().split(b"\n")
    sent.insert(11, sent[11])
    with pytest.raises(ManifestError):
        BatchReader(io.BytesIO(b"\n".join(sent)), Limits())


@pytest.mark.parametrize(
    "limits",
    [Limits(changes=1), Limits(body=10), Limits(manifest=100)],
    ids=["changes", "body", "manifest"],
)
def test_a_batch_over_a_limit_is_refused_before_its_body_is_read(limits: Limits) -> None:
    source = Counting(batch(5_000).to_bytes())
    with pytest.raises(TooLargeError):
        BatchReader(source, limits)
    assert source.taken <= 8193


def test_a_manifest_without_end_is_not_read_to_the_end() -> None:
    source = Counting(b"opendk-ledger/batch/v1\nlog " + b"a" * 10_000_000)
    with pytest.raises(TooLargeError):
        BatchReader(source, Limits())
    assert source.taken < 20_000


def test_a_body_that_is_longer_than_stated_is_read_one_byte_further() -> None:
    sent = batch(3_000)
    source = Counting(sent.to_bytes() + b"x" * 1_000_000)
    reader = BatchReader(source, Limits())
    with pytest.raises(BytesMismatchError):
        reader.body()
    assert source.taken == len(sent.to_bytes()) + 1


def test_a_body_that_ends_early_is_refused() -> None:
    reader = BatchReader(io.BytesIO(batch(3_000).to_bytes()[:-1]), Limits())
    with pytest.raises(BytesMismatchError):
        reader.body()


def test_salts_are_fresh() -> None:
    assert len({line[7:29] for line in lines(1_000)}) == 1_000


def test_lines_are_split_at_the_limits() -> None:
    some = lines(10)
    size = sum(len(line) + 1 for line in some[:3])
    assert [len(it) for it in split_batches(some, Limits(changes=4))] == [4, 4, 2]
    assert [len(it) for it in split_batches(some, Limits(body=size))] == [3, 3, 3, 1]
    assert list(split_batches([], Limits())) == []
