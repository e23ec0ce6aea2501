"""The witnesses of this office's logs: who they are, and asking them.

A witness is a name, a key and an address (another kecamatan, the kabupaten, a desa). It is asked
to cosign the newest checkpoint of every log that grew since it last did; what it answers is
verified and kept beside the checkpoint. A witness that refuses is told to people: it may have
seen a history of ours that is not ours any more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import structlog
import urllib3
from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from urllib3.exceptions import HTTPError

from ledger import store
from ledger.batch import Draft
from ledger.checkpoint import CosignerKey, to_number
from ledger.cosigning import act_id
from ledger.errors import NoteError, WitnessRefusedError, WitnessUnknownError
from ledger.log import Ledger
from ledger.note import Note
from ledger.store import Head
from ledger.tables import cosignature, witness
from ledger.witness import CosignRequest

_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=15.0)
_MOST_ANSWER = 64 * 1024
_OK, _NOT_FOUND, _CONFLICT = 200, 404, 409
_FAULTS = range(400, 500)
"""What a witness says of what we sent; anything else says that it does not work."""

Post = Callable[[str, bytes], tuple[int, bytes]]
"""Sends a body to an address; gives the status and the body of the answer, or raises OSError."""
Outcome = Literal["cosigned", "unwatched", "unreachable", "refused", "ahead", "forged"]

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class KnownWitness:
    """A witness of this office's logs. `sizes` is what it cosigned last, by log."""

    key: CosignerKey
    url: str
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its key's name."""
        return self.key.name


@dataclass(frozen=True)
class Asked:
    """What a witness said of a log's checkpoint.

    `unwatched`: it does not witness this log. `refused`: it does not take our proof or our key.
    `ahead`: it has cosigned more of this log than there is, so something was lost here.
    `forged`: its answer is not signed with its key. Of these the last three are alarms.
    """

    witness: str
    kode_desa: str
    size: int
    outcome: Outcome
    detail: str = ""

    @property
    def alarming(self) -> bool:
        """Whether somebody must look."""
        return self.outcome in ("refused", "ahead", "forged")


@dataclass(frozen=True)
class Cosigned:
    """That a witness cosigned a log's checkpoint of a size; `at` is as the witness says."""

    kode_desa: str
    size: int
    witness: str
    at: datetime


def post_over_http(url: str, body: bytes) -> tuple[int, bytes]:
    """Send a body by HTTP or HTTPS; answers are cut off at 64 KiB.

    Raises:
        OSError: no answer.
    """
    try:
        with urllib3.PoolManager(timeout=_TIMEOUT, retries=False) as pool:
            answer = pool.request("POST", url, body=body, preload_content=False)
            try:
                return answer.status, answer.read(_MOST_ANSWER)
            finally:
                answer.close()
    except HTTPError as error:
        raise OSError(type(error).__name__) from error


class Witnesses:
    """The witnesses of an office. `engine` connects as the ingest role."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        now: Callable[[], datetime],
        post: Post = post_over_http,
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now
        self._post = post

    def add(self, vkey: str, url: str) -> KnownWitness:
        """Have a witness from now on; a new address of a known one replaces the old.

        Raises:
            WitnessRefusedError: no key of a witness, weak, our own, or no address.
        """
        try:
            key = CosignerKey.from_vkey(vkey.strip())
        except NoteError as error:
            raise WitnessRefusedError(str(error)) from None
        if key.weak:
            raise WitnessRefusedError("kunci lemah (low order)")
        if key.public == self._ledger.office.witness_key.public:
            raise WitnessRefusedError("kantor tidak menjadi saksi lognya sendiri")
        url = url.strip().rstrip("/")
        if not url.startswith(("https://", "http://")) or any(it.isspace() for it in url):
            raise WitnessRefusedError("alamat saksi ditulis lengkap, misalnya https://…")
        added = KnownWitness(key, url)
        facts = {"nama": key.name, "vkey": key.to_vkey(), "url": url}
        with self._engine.begin() as tx:
            self._ledger.record(tx, [Draft("saksi", act_id(key.name), "put", self._now(), facts)])
            row = insert(witness).values(name=key.name, vkey=key.to_vkey(), url=url)
            told = {"vkey": key.to_vkey(), "url": url}
            tx.execute(row.on_conflict_do_update(index_elements=[witness.c.name], set_=told))
        return added

    def remove(self, name: str) -> None:
        """Ask a witness no more; its cosignatures stay.

        Raises:
            WitnessUnknownError: no such witness.
        """
        with self._engine.begin() as tx:
            self._ledger.record(tx, [Draft("saksi", act_id(name), "delete", self._now())])
            # Without a witness of this name the act is not done either.
            if not tx.execute(delete(witness).where(witness.c.name == name)).rowcount:
                raise WitnessUnknownError(name)

    def all(self) -> list[KnownWitness]:
        """Every witness, by name."""
        with self._engine.begin() as tx:
            rows = tx.execute(select(witness).order_by(witness.c.name)).all()
            return [
                KnownWitness(CosignerKey.from_vkey(row.vkey), row.url, _sizes(tx, row.vkey))
                for row in rows
            ]

    def cosigned(self, limit: int = 50) -> list[Cosigned]:
        """The newest cosignatures of all logs, also of witnesses that are asked no more."""
        query = _COSIGNED.order_by(
            cosignature.c.cosigned_at.desc(), cosignature.c.kode_desa, cosignature.c.size.desc()
        )
        with self._engine.begin() as tx:
            return [_cosigned(row) for row in tx.execute(query.limit(limit))]

    def newest(self) -> list[Cosigned]:
        """The largest checkpoint of each log that each witness has cosigned."""
        key = (cosignature.c.kode_desa, cosignature.c.witness)
        query = _COSIGNED.ext(distinct_on(*key)).order_by(*key, cosignature.c.size.desc())
        with self._engine.begin() as tx:
            return [_cosigned(row) for row in tx.execute(query)]

    def ask(self) -> list[Asked]:
        """Let every witness cosign every log that grew since it last did.

        What a witness says of one log says nothing of another; nothing here raises because of
        what a witness answers, or because it does not.
        """
        with self._engine.begin() as tx:
            heads = [at for at in store.read_heads(tx) if at.size]
        return [asked for known in self.all() for asked in self._ask_for(known, heads)]

    def _ask_for(self, known: KnownWitness, heads: list[Head]) -> Iterator[Asked]:
        for at in heads:
            old = known.sizes.get(at.kode_desa, 0)
            if old == at.size:
                continue
            if old > at.size:
                yield _told(Asked(known.name, at.kode_desa, at.size, "ahead", str(old)))
                continue
            try:
                asked = self._ask(known, at, old)
            except OSError as error:
                # The others of this witness would wait as long for nothing.
                yield Asked(known.name, at.kode_desa, at.size, "unreachable", str(error))
                return
            yield _told(asked)

    def _ask(self, known: KnownWitness, at: Head, old: int) -> Asked:
        note = self._ledger.checkpoint(at)
        status, answer = self._send(known, at, old, note)
        if status == _CONFLICT:
            # It remembers another checkpoint than we do, and says of which size.
            theirs = _size(answer)
            if theirs is not None and theirs > at.size:
                return Asked(known.name, at.kode_desa, at.size, "ahead", str(theirs))
            if theirs is not None and theirs != old:
                status, answer = self._send(known, at, theirs, note)
        if status == _NOT_FOUND:
            return Asked(known.name, at.kode_desa, at.size, "unwatched")
        if status != _OK:
            outcome: Outcome = "refused" if status in _FAULTS else "unreachable"
            return Asked(known.name, at.kode_desa, at.size, outcome, f"HTTP {status}")
        line = _cosignature(known.key, note, answer)
        if line is None:
            return Asked(known.name, at.kode_desa, at.size, "forged")
        self._keep(known, at, *line)
        return Asked(known.name, at.kode_desa, at.size, "cosigned")

    def _send(self, known: KnownWitness, at: Head, old: int, note: Note) -> tuple[int, bytes]:
        with self._engine.begin() as tx:
            proof = self._ledger.consistency(tx, at, old)
        request = CosignRequest(old, proof, note)
        return self._post(f"{known.url}/add-checkpoint", request.to_bytes())

    def _keep(self, known: KnownWitness, at: Head, line: str, moment: int) -> None:
        facts = {"line": line, "cosigned_at": datetime.fromtimestamp(moment, UTC)}
        key = {"kode_desa": at.kode_desa, "size": at.size, "witness": known.key.to_vkey()}
        row = insert(cosignature).values(**key, **facts)
        with self._engine.begin() as tx:
            tx.execute(row.on_conflict_do_update(index_elements=[*key], set_=facts))


_COSIGNED: Final = select(
    cosignature.c.kode_desa, cosignature.c.size, cosignature.c.witness, cosignature.c.cosigned_at
)


def _cosigned(row: Any) -> Cosigned:  # noqa: ANN401  # a row of _COSIGNED
    return Cosigned(row.kode_desa, row.size, row.witness.partition("+")[0], row.cosigned_at)


def _told(asked: Asked) -> Asked:
    """Somebody must look at what is alarming."""
    if asked.alarming:
        _logger.error(
            "a witness does not cosign",
            witness=asked.witness,
            kode_desa=asked.kode_desa,
            outcome=asked.outcome,
        )
    return asked


def _cosignature(key: CosignerKey, note: Note, answer: bytes) -> tuple[str, int] | None:
    """The witness' line in its answer, and its time; lines of keys we do not know are left."""
    try:
        found = Note.from_bytes(note.to_bytes() + answer)
    except NoteError:
        return None
    moment = key.cosigned_at(found)
    if moment is None or moment > _LATEST_S:
        return None
    newest = max(key.claimed(found), key=lambda it: it.value[:8])
    return newest.to_line(), moment


_LATEST_S = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


def _size(answer: bytes) -> int | None:
    """The size that a 409 names."""
    try:
        return to_number(answer.decode("ascii").removesuffix("\n"))
    except (UnicodeDecodeError, NoteError):
        return None


def _sizes(tx: Connection, vkey: str) -> dict[str, int]:
    query = (
        select(cosignature.c.kode_desa, func.max(cosignature.c.size).label("size"))
        .where(cosignature.c.witness == vkey)
        .group_by(cosignature.c.kode_desa)
    )
    rows: Any = tx.execute(query)
    return {row.kode_desa: row.size for row in rows}
