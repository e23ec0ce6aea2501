"""This office as a witness of other offices' logs.

Which logs it witnesses, and with which keys, is an act of the office; what it cosigned last of
each stands in one row, and moves under that row's lock: two requests at once cannot make it sign
two histories. Decided is by `witness`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from ledger import store
from ledger.batch import Draft
from ledger.checkpoint import CosignerKey
from ledger.errors import (
    InconsistentError,
    LogUnwatchedError,
    NoteError,
    WitnessRefusedError,
    WitnessUnknownError,
)
from ledger.keys import VerifierKey
from ledger.log import Ledger
from ledger.note import Note
from ledger.tables import witnessed
from ledger.witness import NEVER_COSIGNED, CosignRequest, Tree, consider

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class WitnessedLog:
    """A log that this office witnesses.

    `note` is the checkpoint cosigned last, `rival` one that the log signed and that contradicts
    it: the two together are a proof against that log.
    """

    origin: str
    keys: tuple[VerifierKey, ...]
    tree: Tree
    cosigned_at: datetime | None
    note: bytes | None
    rival: bytes | None


class Witness:
    """This office's cosignatures. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now

    @property
    def key(self) -> CosignerKey:
        """What others put into their policies."""
        return self._ledger.office.witness_key.verifier

    def watch(self, vkey: str) -> WitnessedLog:
        """Be a witness of the log whose key this is; a further key of a log is added.

        Whoever calls this has compared the fingerprint with that office.

        Raises:
            WitnessRefusedError: no key of a log, weak, or of this office itself.
        """
        try:
            key = VerifierKey.from_vkey(vkey.strip())
        except NoteError as error:
            raise WitnessRefusedError(str(error)) from None
        if key.weak:
            raise WitnessRefusedError("kunci lemah (low order)")
        if key.name.startswith(f"{self._ledger.office.origin}/"):
            raise WitnessRefusedError("kantor tidak menjadi saksi lognya sendiri")
        with self._engine.begin() as tx:
            # One act of the office at a time.
            store.lock_head(tx, self._ledger.office.kode)
            known = _find(tx, key.name, lock=True)
            keys = known.keys if known else ()
            if key not in keys:
                keys = (*keys, key)
                vkeys = [it.to_vkey() for it in keys]
                facts: dict[str, Any] = {"log": key.name, "kunci": vkeys}
                self._ledger.record(
                    tx, [Draft("log_disaksikan", act_id(key.name), "put", self._now(), facts)]
                )
                row = insert(witnessed).values(
                    origin=key.name,
                    origin_hash=sha256(key.name.encode()).digest(),
                    keys=vkeys,
                    size=NEVER_COSIGNED.size,
                    root=NEVER_COSIGNED.root,
                )
                tx.execute(
                    row.on_conflict_do_update(
                        index_elements=[witnessed.c.origin], set_={"keys": vkeys}
                    )
                )
        return self._get(key.name)

    def unwatch(self, origin: str) -> None:
        """Be no witness of a log any more.

        What was cosigned last is not forgotten: whoever is witnessed again goes on from there.

        Raises:
            WitnessUnknownError: it was none.
        """
        with self._engine.begin() as tx:
            store.lock_head(tx, self._ledger.office.kode)
            known = _find(tx, origin, lock=True)
            if known is None or not known.keys:
                raise WitnessUnknownError(origin)
            act = Draft("log_disaksikan", act_id(origin), "delete", self._now())
            self._ledger.record(tx, [act])
            mine = witnessed.c.origin == origin
            tx.execute(update(witnessed).where(mine).values(keys=[]))

    def logs(self) -> list[WitnessedLog]:
        """Every log that this office witnesses, by name."""
        with self._engine.begin() as tx:
            rows = tx.execute(select(witnessed).order_by(witnessed.c.origin)).mappings()
            return [it for it in map(_log, rows) if it.keys]

    def _get(self, origin: str) -> WitnessedLog:
        with self._engine.begin() as tx:
            found = _find(tx, origin)
        if found is None:
            raise WitnessUnknownError(origin)
        return found

    def cosign(self, data: bytes) -> bytes:
        """Answer a request: our signature line for its checkpoint, with its newline.

        When this returns, what it signed is remembered, and durable.

        Raises:
            WitnessError: the first rule of tlog-witness that the request breaks.
        """
        request = CosignRequest.from_bytes(data)
        origin = request.checkpoint().origin
        try:
            with self._engine.begin() as tx:
                known = _find(tx, origin, lock=True)
                if known is None or not known.keys:
                    raise LogUnwatchedError
                tree = consider(request, known.keys, known.tree)
                at = self._now()
                line = self._ledger.office.witness_key.cosign(request.note.text, at)
                # Of the signatures only the log's own are kept, and ours.
                kept = (it for key in known.keys for it in key.claimed(request.note))
                note = Note(request.note.text, (*kept, line))
                tx.execute(
                    update(witnessed)
                    .where(witnessed.c.origin == origin)
                    .values(size=tree.size, root=tree.root, cosigned_at=at, note=note.to_bytes()),
                )
        except InconsistentError as error:
            self._alarm(origin, request, error)
            raise
        # --- committed: only now does the cosignature leave the house ---
        return f"{line.to_line()}\n".encode()

    def _alarm(self, origin: str, request: CosignRequest, error: InconsistentError) -> None:
        """Somebody must look; two contradicting signatures are kept as evidence."""
        if error.proven:
            _logger.error("a witnessed log has forked", origin=origin, size=error.size)
            with self._engine.begin() as tx:
                tx.execute(
                    update(witnessed)
                    .where(witnessed.c.origin == origin)
                    .values(rival=request.note.to_bytes()),
                )
        else:
            # Anybody can send a signed checkpoint with a wrong proof.
            _logger.warning("a checkpoint was not proved", origin=origin, size=error.size)

    def cosigned(self, origin_hash: str) -> bytes:
        """The checkpoint that was cosigned last, of the log whose name has this SHA-256 in hex.

        Raises:
            LogUnwatchedError: no such log, or none of its checkpoints yet.
        """
        try:
            wanted = bytes.fromhex(origin_hash)
        except ValueError:
            raise LogUnwatchedError from None
        query = select(witnessed.c.note).where(witnessed.c.origin_hash == wanted)
        with self._engine.begin() as tx:
            note = tx.execute(query).scalar()
        if note is None or wanted.hex() != origin_hash:
            raise LogUnwatchedError
        return bytes(note)


def act_id(name: str) -> str:
    """The id of an act about a name that may be longer than ids are: its SHA-256 in hex."""
    return sha256(name.encode()).hexdigest()


def _find(tx: Connection, origin: str, *, lock: bool = False) -> WitnessedLog | None:
    query = select(witnessed).where(witnessed.c.origin == origin)
    row = tx.execute(query.with_for_update() if lock else query).mappings().first()
    return _log(row) if row else None


def _log(row: Any) -> WitnessedLog:  # noqa: ANN401  # a row's mapping
    return WitnessedLog(
        origin=row["origin"],
        keys=_keys(row["keys"]),
        tree=Tree(row["size"], row["root"]),
        cosigned_at=row["cosigned_at"],
        note=row["note"],
        rival=row["rival"],
    )


def _keys(vkeys: Sequence[str]) -> tuple[VerifierKey, ...]:
    return tuple(VerifierKey.from_vkey(it) for it in vkeys)
