"""Every refusal over HTTP: its status and code, and a log that is as it was."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import zstandard
from sqlalchemy import text

from api.errors import STATUS
from ledger import LINE_FAULTS, Batch, Limits, Seen, SigningKey, write_batch
from ledger.errors import LedgerError, RefusalError
from ledger.keys import LOW_ORDER
from ledger.note import to_base64
from tests.api.conftest import Web
from tests.simulator import KODE_DESA, ORIGIN, START, Village, penduduk

URL = f"/v1/desa/{KODE_DESA}/batches"
LINES = [penduduk(number).to_line() for number in range(1, 4)]


@dataclass
class Sent:
    """A request that is to be refused."""

    data: bytes
    encoding: str = ""


def sign(village: Village, **changed: Any) -> Batch:
    """Three changes, always the same bytes, so that a case can take them apart."""
    facts = {
        "log": f"{ORIGIN}/{KODE_DESA}",
        "number": village.number + 1,
        "prev": village.prev,
        "seen": village.seen,
        "time": START,
    }
    return write_batch(LINES, village.key, **{**facts, **changed})


def altered(village: Village, old: bytes, new: bytes) -> Sent:
    data = sign(village).to_bytes()
    assert old in data
    return Sent(data.replace(old, new, 1))


def raw_lines(village: Village, *lines: bytes) -> Sent:
    """A rightly signed batch of any lines."""
    facts: dict[str, Any] = {"number": village.number + 1, "prev": village.prev}
    log = f"{ORIGIN}/{KODE_DESA}"
    batch = write_batch(lines, village.key, log=log, seen=village.seen, time=START, **facts)
    return Sent(batch.to_bytes())


def signed_by(village: Village, key: SigningKey) -> Sent:
    village.key = key
    return Sent(sign(village).to_bytes())


def resigned(village: Village, old: str, new: str) -> Sent:
    """A manifest whose text was changed before it was signed."""
    batch = sign(village)
    text_ = batch.manifest.to_text()
    assert old in text_
    note = village.key.sign(text_.replace(old, new, 1))
    return Sent(note.to_bytes() + b"\n" + batch.body)


def wrong_root(village: Village) -> Sent:
    stated = to_base64(sign(village).manifest.changes)
    return resigned(village, stated, to_base64(bytes(32)))


def wrong_bytes(village: Village) -> Sent:
    length = sign(village).manifest.length
    return resigned(village, f"bytes {length}", f"bytes {length - 1}")


SALTED = b'{"_s":"AAAAAAAAAAAAAAAAAAAAAA","entity":"penduduk","id":"1","op":"put",'
AT = b'"at":"2026-11-20T08:01:00+08:00",'

CASES: dict[str, tuple[str, Callable[[Village], Sent]]] = {
    "wrong signature": (
        "signature",
        lambda v: signed_by(v, SigningKey(v.key.name, b"\7" * 32)),
    ),
    "a manifest changed after it was signed": (
        "signature",
        lambda v: altered(v, b"count 3", b"count 4"),
    ),
    "unknown key": (
        "key-unknown",
        lambda v: signed_by(v, SigningKey(f"desa/{KODE_DESA}/baru", b"\7" * 32)),
    ),
    "foreign key": (
        "key-foreign",
        lambda v: signed_by(v, SigningKey("desa/53.06.14.2002/kades", b"\7" * 32)),
    ),
    "low-order key": ("key-weak", lambda v: Sent(sign(v).to_bytes())),
    "another office's log": (
        "wrong-log",
        lambda v: Sent(sign(v, log=f"lain.example/{KODE_DESA}").to_bytes()),
    ),
    "another desa's log": (
        "wrong-log",
        lambda v: Sent(sign(v, log=f"{ORIGIN}/53.06.14.2002").to_bytes()),
    ),
    "altered line": ("root-mismatch", lambda v: altered(v, b"SITI", b"SINI")),
    "lines swapped": (
        "root-mismatch",
        lambda v: Sent(
            sign(v).note.to_bytes()
            + b"\n"
            + b"".join(sign(v).body.splitlines(keepends=True)[::-1])
        ),
    ),
    "missing line": (
        "bytes-mismatch",
        lambda v: Sent(sign(v).to_bytes().rsplit(b"\n", 2)[0] + b"\n"),
    ),
    "a line more": ("bytes-mismatch", lambda v: Sent(sign(v).to_bytes() + b"{}\n")),
    "wrong root": ("root-mismatch", wrong_root),
    "wrong count": ("count-mismatch", lambda v: resigned(v, "count 3", "count 2")),
    "wrong bytes": ("bytes-mismatch", wrong_bytes),
    "fork": ("fork", lambda v: Sent(sign(v, number=1, prev=bytes(32)).to_bytes())),
    "fork by another past": ("fork", lambda v: Sent(sign(v, prev=b"\1" * 32).to_bytes())),
    "gap": ("gap", lambda v: Sent(sign(v, number=7).to_bytes())),
    "unknown seen": ("history", lambda v: Sent(sign(v, seen=Seen(1, b"\1" * 32)).to_bytes())),
    "seen ahead": ("history", lambda v: Sent(sign(v, seen=Seen(9, b"\1" * 32)).to_bytes())),
    "second spelling of a number": (
        "manifest-grammar",
        lambda v: resigned(v, "count 3", "count 03"),
    ),
    "second spelling of base64": ("manifest-grammar", lambda v: resigned(v, "=\nseen", "\nseen")),
    "an empty body": ("manifest-grammar", lambda v: Sent(b"")),
    "no batch at all": ("manifest-grammar", lambda v: Sent(b'{"nama": "SITI"}')),
    "over-size, by count": ("batch-too-large", lambda v: resigned(v, "count 3", "count 99999")),
    "over-size, by bytes": (
        "batch-too-large",
        lambda v: resigned(v, f"bytes {sign(v).manifest.length}", f"bytes {1 << 40}"),
    ),
    "an endless manifest": ("batch-too-large", lambda v: Sent(b"a" * 100_000)),
    "a gzip bomb": (
        "batch-too-large",
        lambda v: Sent(gzip.compress(bytes(200_000_000), 9), "gzip"),
    ),
    "a zstd bomb": (
        "batch-too-large",
        lambda v: Sent(zstandard.compress(bytes(500_000_000)), "zstd"),
    ),
    "a bomb behind a right manifest": (
        "bytes-mismatch",
        lambda v: Sent(
            gzip.compress(sign(v).to_bytes()) + gzip.compress(bytes(100_000_000)), "gzip"
        ),
    ),
    "a broken gzip": ("corrupt-encoding", lambda v: Sent(b"\x1f\x8b nonsense", "gzip")),
    "a gzip cut off": (
        "corrupt-encoding",
        lambda v: Sent(gzip.compress(sign(v).to_bytes())[:-200], "gzip"),
    ),
    "a broken zstd": ("corrupt-encoding", lambda v: Sent(b"nonsense", "zstd")),
    "a zstd window too large": (
        "corrupt-encoding",
        lambda v: Sent(large_window(sign(v).to_bytes()), "zstd"),
    ),
    "deflate": ("content-encoding", lambda v: Sent(zlib.compress(b"x"), "deflate")),
    "brotli": ("content-encoding", lambda v: Sent(b"x", "br")),
    "bad UTF-8": ("line-utf8", lambda v: raw_lines(v, SALTED + AT + b'"data":{"nama":"\xff"}}')),
    "bad UTF-8 in the manifest": ("manifest-grammar", lambda v: Sent(b"\xff\n\nx\n\n")),
    "bad JSON": ("line-json", lambda v: raw_lines(v, SALTED + AT + b'"data":{')),
    "duplicate members": (
        "line-duplicate-member",
        lambda v: raw_lines(v, SALTED + AT + b'"data":{"nik":"1","nik":"2"}}'),
    ),
    "no salt": (
        "line-salt",
        lambda v: raw_lines(v, b'{"entity":"penduduk","id":"1","op":"put",' + AT + b'"data":{}}'),
    ),
    "members missing": ("line-members", lambda v: raw_lines(v, SALTED + b'"data":{}}')),
    "too deep": (
        "line-deep",
        lambda v: raw_lines(v, SALTED + AT + b'"data":{"x":' + b"[" * 50 + b"]" * 50 + b"}}"),
    ),
    "a line too long": (
        "line-too-long",
        lambda v: raw_lines(v, SALTED + AT + b'"data":{"x":"' + b"y" * 70_000 + b'"}}'),
    ),
}


def large_window(data: bytes) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(data) + packer.flush()


def kinds(base: type[LedgerError]) -> set[type[LedgerError]]:
    return {it for kind in base.__subclasses__() for it in (kind, *kinds(kind))}


def test_every_refusal_has_a_status() -> None:
    codes = {kind.code for kind in kinds(RefusalError)} - {"refusal"}
    assert codes | set(LINE_FAULTS) <= set(STATUS)


def test_every_refusal_has_its_case() -> None:
    """All but `key-not-valid`, which needs a key that has ended: see below."""
    codes = {kind.code for kind in kinds(RefusalError)} | set(LINE_FAULTS)
    of_key_notes = {"key-note-grammar", "key-waiting", "enrol-code"}
    of_files = {"ticket", "file-too-large", "file-type", "file-hash"}  # see test_desa
    refused = {code for code, _ in CASES.values()} | of_key_notes | of_files
    assert codes - refused == {"refusal", "key-not-valid"}


@pytest.fixture
def pushed(web: Web) -> Village:
    """A village with one batch in its log."""
    village = web.village()
    web.push(village, [penduduk(1)])
    return village


@pytest.mark.parametrize("name", CASES)
def test_refused_and_the_log_is_as_it_was(web: Web, pushed: Village, name: str) -> None:
    code, make = CASES[name]
    if code == "key-weak":
        make_key_weak(web)
    before = web.client.get(f"/v1/desa/{KODE_DESA}/head").json
    sent = make(pushed)
    headers = {"Content-Encoding": sent.encoding} if sent.encoding else {}
    answer = web.client.post(URL, data=sent.data, headers=headers)
    assert answer.json
    assert (answer.json["code"], answer.status_code) == (code, STATUS[code])
    assert answer.mimetype == "application/problem+json"
    assert answer.json["detail"].endswith(".")
    assert web.client.get(f"/v1/desa/{KODE_DESA}/head").json == before


def make_key_weak(web: Web) -> None:
    """The office refuses to enrol such a key: only somebody at the database could."""
    with web.databases.owner.begin() as tx:
        tx.execute(text("UPDATE ledger.key SET public = :weak"), {"weak": min(LOW_ORDER)})


def test_a_key_that_has_ended(web: Web, pushed: Village) -> None:
    with web.databases.owner.begin() as tx:
        tx.execute(text("""UPDATE ledger.key SET "end" = 2"""))
    answer = web.client.post(URL, data=sign(pushed).to_bytes())
    assert answer.json
    assert (answer.status_code, answer.json["code"]) == (403, "key-not-valid")


def test_a_refusal_states_its_facts(web: Web, pushed: Village) -> None:
    gap = web.client.post(URL, data=sign(pushed, number=7).to_bytes()).json
    fork = web.client.post(URL, data=sign(pushed, number=1, prev=bytes(32)).to_bytes()).json
    lines = web.client.post(URL, data=raw_lines(pushed, b"x", LINES[0], b"y").data).json
    assert gap
    assert fork
    assert lines
    assert gap["expected"] == 2
    assert fork["ours"] == pushed.batches[0].note.to_bytes().decode()
    assert lines["lines"] == [{"line": 1, "code": "line-json"}, {"line": 3, "code": "line-json"}]


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_is_not_unpacked(web: Web, pushed: Village, encoding: str) -> None:
    """What would be 500 MB costs no more memory than a batch may."""
    zeros = bytes(500_000_000)
    bomb = gzip.compress(zeros) if encoding == "gzip" else zstandard.compress(zeros)
    tracemalloc.start()
    web.client.post(URL, data=bomb, headers={"Content-Encoding": encoding})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 1024 * 1024


def test_a_body_over_the_limit_is_refused_by_its_length(web: Web, pushed: Village) -> None:
    answer = web.client.post(URL, data=b"a" * (2 * (Limits().body + Limits().manifest) + 1))
    assert answer.status_code == 413
