"""An office in memory, behind real HTTP: it keeps the contract, or loses answers, or lies.

It admits with the ledger's own rules and proves with its own tree, but keeps nothing on disk:
what a sender must survive can be done to it in a line.
"""

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import zstandard

from ledger.admission import ChainHead, RegisteredKey, Standing, admit_body, admit_manifest
from ledger.batch import Batch, BatchReader, Limits, read_change
from ledger.checkpoint import Checkpoint, TlogProof
from ledger.enrolment import code_hash, proves
from ledger.errors import (
    EnrolCodeError,
    KeyExistsError,
    KeyWaitingError,
    PositionUnknownError,
    RefusalError,
)
from ledger.key_note import KeyNote, admit_key_note, read_key_note
from ledger.keys import SigningKey, VerifierKey
from ledger.merkle import (
    Node,
    Range,
    append,
    consistency_ranges,
    full_subtrees,
    inclusion_ranges,
    leaf_hash,
    range_hash,
)
from ledger.note import Note, to_base64
from ledger.ticket import admit_ticket

KODE_DESA = "52.03.04.2001"
LOG = f"kecamatan.example/{KODE_DESA}"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
STATUS = {
    "key-unknown": 403,
    "key-waiting": 403,
    "key-not-valid": 403,
    "enrol-code": 403,
    "fork": 409,
    "gap": 409,
    "history": 409,
    "wrong-log": 422,
    "ticket": 401,
}


@dataclass
class Office:
    """The log of one desa.

    Attributes:
        enrolled: keys by name; those whose `spans` are not the whole log, have some.
        notes: the key notes that were acted upon, and of which key each was.
        codes, waiting: open one-time codes, and keys that came with one.
        older, rotations: log keys that still sign beside `key`, and the notes they handed over by.
        batches: what was appended, in order.
        received: how many requests came.
        faults: what happens to the next requests, one each: a status to answer with at once,
            "lost" (done, but not answered), or None.
        tamper: changes an answer before it is sent.
        take: the encodings of bodies that are understood.
        files: what was brought, by hash; `unfit` are those that are not taken.
        says: what there is to collect.
        ahead: of every other clock, how far this one is.
    """

    key: SigningKey = field(default_factory=lambda: SigningKey(LOG, b"k" * 32))
    enrolled: dict[str, VerifierKey] = field(default_factory=dict)
    spans: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    notes: dict[bytes, str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    waiting: dict[str, VerifierKey] = field(default_factory=dict)
    older: list[SigningKey] = field(default_factory=list)
    rotations: list[str] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    received: int = 0
    faults: list[int | str | None] = field(default_factory=list)
    tamper: Callable[[dict[str, Any]], object] = lambda _: None
    take: tuple[str, ...] = ("", "zstd")
    files: dict[str, bytes] = field(default_factory=dict)
    unfit: set[str] = field(default_factory=set)
    says: list[dict[str, Any]] = field(default_factory=list)
    ahead: timedelta = timedelta()

    @property
    def vkey(self) -> str:
        return self.key.verifier.to_vkey()

    def enrol(self, key: VerifierKey) -> None:
        self.enrolled[key.name] = key

    def registered(self) -> list[RegisteredKey]:
        spans = self.spans
        return [RegisteredKey(it, *spans.get(it.name, (1, None))) for it in self.enrolled.values()]

    def accept(self) -> None:
        """Register every key that waits."""
        for key in self.waiting.values():
            self.enrolled[key.name] = key
            self.spans[key.name] = (len(self.batches) + 1, None)
        self.waiting.clear()

    def hand_over(self, key: SigningKey) -> None:
        """Sign with another key from now on, and with the one before beside it."""
        kecamatan = LOG.rpartition(".")[0]
        old, new = (SigningKey(kecamatan, it.seed) for it in (self.key, key))
        said = KeyNote(kecamatan, "rotate", new.verifier, NOW, old=old.verifier)
        self.rotations.append(said.signed(old, new).to_bytes().decode())
        self.older.insert(0, self.key)
        self.key = key

    def post_key(self, data: bytes) -> tuple[int, dict[str, Any]]:
        note, said = read_key_note(data)
        if data not in self.notes:
            position = len(self.batches) + 1
            ended = admit_key_note(note, said, LOG, self.registered(), position)
            if said.code is not None:
                if not any(proves(said.code, code_hash(it), said.key) for it in self.codes):
                    raise EnrolCodeError("unknown")
                self.waiting[said.key.name] = said.key
            if ended:
                self.spans[ended.verifier.name] = (ended.first, position)
            if said.act == "rotate":
                self.enrolled[said.key.name] = said.key
                self.spans[said.key.name] = (position, None)
            self.notes[data] = said.key.name
        name = self.notes[data]
        waits = name in self.waiting
        ended_at = self.spans.get(name, (1, None))[1]
        state = "waiting" if waits else "ended" if ended_at else "valid"
        fingerprint = said.key.fingerprint
        return 202 if waits else 200, {"name": name, "fingerprint": fingerprint, "state": state}

    # --- the tree -------------------------------------------------------------------------------

    def nodes(self) -> dict[Node, bytes]:
        nodes: dict[Node, bytes] = {}
        for index, batch in enumerate(self.batches):
            nodes |= append(index, leaf_hash(batch.note.to_bytes()), nodes)
        return nodes

    def root(self, size: int) -> bytes:
        return range_hash(Range(0, size), self.nodes())

    # --- what it holds --------------------------------------------------------------------------

    def records(self) -> dict[str, dict[str, Any]]:
        """Every record by id, as the batches left it."""
        held: dict[str, dict[str, Any]] = {}
        for batch in self.batches:
            for line in batch.body.splitlines():
                change = read_change(line)
                if change.op == "delete":
                    held.pop(change.id)
                else:
                    held[change.id] = json.loads(bytes(change.data))  # type: ignore[arg-type]
        return held

    def numbers(self) -> list[int]:
        return [batch.manifest.number for batch in self.batches]

    # --- what it answers ------------------------------------------------------------------------

    def post(self, body: bytes) -> tuple[int, dict[str, Any]]:
        reader = BatchReader(io.BytesIO(body), self.limits)
        manifest = reader.manifest
        if manifest.chain in self.waiting:
            raise KeyWaitingError(manifest.chain)
        position = admit_manifest(reader.note, manifest, self._standing(reader))
        if position is None:
            hashes = [batch.manifest.hash for batch in self.batches]
            answer = self.receipt(hashes.index(manifest.hash) + 1, manifest.seen.size)
            return 200, {**answer, "replayed": True}
        lines = admit_body(manifest, reader.body(), self.limits)
        self.batches.append(Batch(reader.note, manifest, b"".join(it + b"\n" for it in lines)))
        return 201, self.receipt(position, manifest.seen.size)

    def _standing(self, reader: BatchReader) -> Standing:
        manifest = reader.manifest
        ours = [batch for batch in self.batches if batch.manifest.chain == manifest.chain]
        head = ours[-1].manifest if ours else None
        key = self.enrolled.get(manifest.chain)
        hashes = [batch.manifest.hash for batch in self.batches]
        rivals = [it.note.to_bytes().decode() for it in ours][manifest.number - 1 :]
        return Standing(
            log=LOG,
            size=len(self.batches),
            key=RegisteredKey(key, *self.spans.get(key.name, (1, None))) if key else None,
            chain=ChainHead(head.number, head.hash) if head else ChainHead(),
            replayed=hashes.index(manifest.hash) + 1 if manifest.hash in hashes else None,
            seen_root=(
                self.root(manifest.seen.size) if manifest.seen.size <= len(self.batches) else None
            ),
            rival=rivals[0] if rivals else None,
        )

    def receipt(self, position: int, seen: int) -> dict[str, Any]:
        size, nodes = len(self.batches), self.nodes()
        if not 0 < position <= size or seen > size:
            raise PositionUnknownError(KODE_DESA, max(position, seen))
        batch = self.batches[position - 1]
        note = self.checkpoint()
        inclusion = [range_hash(span, nodes) for span in inclusion_ranges(position - 1, size)]
        consistency = [range_hash(span, nodes) for span in consistency_ranges(seen, size)]
        assert all(node in nodes for node in full_subtrees(Range(0, size)))
        return {
            "kode_desa": KODE_DESA,
            "position": position,
            "chain": batch.manifest.chain,
            "number": batch.manifest.number,
            "manifest": to_base64(batch.manifest.hash),
            "replayed": False,
            "seen": seen,
            "proof": TlogProof(position - 1, tuple(inclusion), note.to_bytes()).to_text(),
            "consistency": [to_base64(step) for step in consistency],
            "findings": {"total": 0, "items": []},
        }

    def checkpoint(self) -> Note:
        size = len(self.batches)
        text = Checkpoint(LOG, size, self.root(size)).to_text()
        lines = [it for key in (self.key, *self.older) for it in key.sign(text).signatures]
        return Note(text, tuple(lines))

    def head(self) -> dict[str, Any]:
        size = len(self.batches)
        chains = {batch.manifest.chain: batch.manifest.number for batch in self.batches}
        return {
            "kode_desa": KODE_DESA,
            "origin": LOG,
            "size": size,
            "root": to_base64(self.root(size)),
            "checkpoint": self.checkpoint().to_bytes().decode(),
            "rotations": self.rotations,
            "chains": [{"chain": it, "number": number} for it, number in chains.items()],
        }

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def errand(
        self, method: str, path: str, query: dict[str, list[str]], body: bytes, ticket: str
    ) -> tuple[int, Any]:
        """Files and answers, for whoever shows a good ticket."""
        told = base64.b64decode(ticket.removeprefix("Ticket "))
        admit_ticket(told, LOG, self.registered(), len(self.batches) + 1, self.now())
        digest = path.rpartition("/")[2]
        if path == "/inbox":
            after = int(query.get("after", ["0"])[0])
            items = self.says[after : after + 2]
            return 200, {"items": items, "next": str(after + len(items))}
        if (method, path) == ("POST", "/blobs"):
            asked = json.loads(body)["sha256"]
            return 200, {"missing": [it for it in asked if it not in self.files]}
        if method == "GET":
            missing = 404, {"code": "file-unknown", "detail": "Belum dikirim."}
            return (200, self.files[digest]) if digest in self.files else missing
        if digest in self.unfit:
            return 413, {"code": "file-too-large", "detail": "Berkas terlalu besar."}
        assert sha256(body).hexdigest() == digest
        self.files[digest] = body
        return 201, {"sha256": digest}

    def answer(
        self, method: str, target: str, body: bytes, encoding: str, ticket: str = ""
    ) -> tuple[int, Any]:
        """Status and JSON of a request."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        prefix = f"/v1/desa/{KODE_DESA}"
        try:
            if (method, path) == ("GET", f"{prefix}/head"):
                return 200, self.head()
            if (method, path) == ("POST", f"{prefix}/batches"):
                if encoding not in self.take:
                    return 415, {"code": "content-encoding", "detail": "Tidak dikenal."}
                return self.post(zstandard.decompress(body) if encoding == "zstd" else body)
            if (method, path) == ("POST", f"{prefix}/keys"):
                return self.post_key(body)
            if (method, path) == ("GET", f"{prefix}/keys"):
                keys = self.enrolled.values()
                return 200, {"items": [{"name": it.name, "vkey": it.to_vkey()} for it in keys]}
            if path.startswith((f"{prefix}/blobs", f"{prefix}/inbox")):
                return self.errand(method, path.removeprefix(prefix), query, body, ticket)
            position = path.removeprefix(f"{prefix}/batches/").removesuffix("/receipt")
            return 200, self.receipt(int(position), int(query["seen"][0]))
        except RefusalError as error:
            problem = {"code": error.code, "detail": str(error), **error.facts}
            return STATUS.get(error.code, 422), problem
        except KeyExistsError as error:
            return 409, {"code": error.code, "detail": str(error)}
        except PositionUnknownError as error:
            return 404, {"code": error.code, "detail": str(error)}


@contextmanager
def listening(office: Office) -> Iterator[str]:
    """Let the office answer over HTTP, at the address that is given."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, or each answer waits 40 ms

        def handle_one(self) -> None:
            office.received += 1
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = office.faults.pop(0) if office.faults else None
            if isinstance(fault, int):
                self.reply(fault, {"detail": "sibuk"})
                return
            encoding = self.headers.get("Content-Encoding", "")
            ticket = self.headers.get("Authorization", "")
            status, answer = office.answer(self.command, self.path, body, encoding, ticket)
            if fault == "lost":
                self.close_connection = True
                return
            if isinstance(answer, dict) and "proof" in answer:
                office.tamper(answer)
            self.reply(status, answer)

        do_GET = do_POST = do_PUT = handle_one  # noqa: N815  # http.server's names

        def reply(self, status: int, answer: object) -> None:
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            if 300 <= status < 400:
                self.send_header("Location", "https://elsewhere.example/")
            if status == 429:
                self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(data)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((office.now()).timestamp())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
