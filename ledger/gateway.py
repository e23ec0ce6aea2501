"""The gateway: takes in what today's OpenSID uploads, for desa that cannot sign.

An upload is compared with what the desa's log says; only what differs is appended, signed by the
office and headed by a line that says what was received. What an upload does not mention any more
is deleted when it was a whole one, unless that would be suspiciously many: then it waits until
somebody of the office confirms. Every upload leaves a row that says what became of it.

HTTP and its answers are not known here, nor what OpenSID's files look like (`ledger.opensid`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy import update as sql_update

from ledger import stated
from ledger.accounts import Account
from ledger.batch import Draft
from ledger.blobs import Blob, Blobs
from ledger.changes import Changes, absent, compare
from ledger.errors import LedgerError, WaitingGoneError
from ledger.log import Ledger
from ledger.opensid import LeftOut, Submission, saved_at
from ledger.settings import zone_of
from ledger.store import Head
from ledger.tables import upload as upload_table
from ledger.tables import waiting as waiting_table

MANY: Final = "many"
"""More were missing than the guard lets pass."""
UNREADABLE: Final = "unreadable"
"""Rows without a readable id: whoever is missing may be one of them."""
_MOST_LEFT_OUT = 1_000


@dataclass(frozen=True)
class Upload:
    """What came: where to, by whose token, and the hash of its bytes in hexadecimal."""

    kode_desa: str
    endpoint: str
    entity: str
    token: str
    sha256: str
    bytes: int
    whole: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of an upload.

    Attributes:
        refusal: code of why nothing was taken; empty when it was. `message` is the sentence.
        unchanged: records that the log says already, and deletions it knows.
        deleted: that were stated or derived; `kept` were named for deletion, but are in the
            newest whole upload; `withheld` are missing from it, and wait.
        pictures: files named as pictures that are none.
        left_out: the first thousand rows that are no records.
        positions: the batches in the desa's log that it became; none when nothing differed.
        erased: the redaction that took the file that was kept as evidence.
    """

    upload: Upload
    id: UUID
    received_at: datetime
    refusal: str = ""
    message: str = ""
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    kept: int = 0
    withheld: int = 0
    pictures: int = 0
    left_out: tuple[LeftOut, ...] = ()
    positions: tuple[int, ...] = ()
    erased: UUID | None = None


@dataclass(frozen=True)
class Waiting:
    """Records that are missing from the newest whole upload, and are not deleted yet.

    `reason` is MANY or UNREADABLE.
    """

    kode_desa: str
    entity: str
    upload: UUID
    noticed_at: datetime
    reason: str
    ids: tuple[str, ...]


class Gateway:
    """The office's gateway. `engine` connects as the ingest role."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        blobs: Blobs,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._blobs = blobs
        self._now = now

    # --- uploads in -----------------------------------------------------------------------------

    def take(
        self,
        upload: Upload,
        submission: Submission,
        evidence: Callable[[], Blob],
        kept: Sequence[Blob] = (),
    ) -> Outcome:
        """Append what a submission says that the log does not, and note the upload.

        When this returns it is durable, all of it; after an error the log is as it was.
        `evidence` puts the upload itself into the blobs, and is only asked when something came of
        it; `kept` are files that the submission's records refer to.

        Raises:
            DesaUnknownError: no such desa.
        """
        with self._engine.begin() as tx:
            at = self._ledger.lock(tx, upload.kode_desa)
            outcome = self.append(tx, at, upload, submission, evidence, kept)
        self._ledger.notify(upload.kode_desa)
        return outcome

    def append(
        self,
        tx: Connection,
        at: Head,
        upload: Upload,
        submission: Submission,
        evidence: Callable[[], Blob],
        kept: Sequence[Blob] = (),
    ) -> Outcome:
        """As `take`, within a transaction that holds the desa's lock; `notify` is owed."""
        now = self._now()
        told = stated.hashes(tx, at, submission.entity)
        changes = self._compared(upload, submission, told, now)
        deletes, known, in_dump = self._deletions(tx, upload, submission, told, now)
        drafts = [*changes.drafts, *deletes]
        missed, reason = _missed(submission, changes, told)
        outcome = Outcome(
            upload,
            uuid4(),
            now,
            new=changes.new,
            changed=changes.changed,
            unchanged=len(submission.records) - changes.new - changes.changed + known,
            deleted=changes.vanished + len(deletes),
            kept=in_dump,
            withheld=len(missed),
            pictures=submission.pictures,
            left_out=submission.left_out,
        )
        if drafts:
            positions = self._ledger.append_for(tx, at, _heading(outcome), drafts)
            outcome = replace(outcome, positions=positions)
        if submission.whole:
            self._wait(tx, outcome, missed, reason)
        if drafts or missed or submission.left_out:
            kept = [*kept, evidence()]
        self._blobs.belong(tx, upload.kode_desa, kept, now)
        _note(tx, outcome)
        return outcome

    def refuse(self, upload: Upload, error: LedgerError) -> Outcome:
        """Note an upload of which nothing could be taken."""
        outcome = Outcome(upload, uuid4(), self._now(), refusal=error.code, message=str(error))
        with self._engine.begin() as tx:
            _note(tx, outcome)
        return outcome

    def _compared(
        self, upload: Upload, submission: Submission, told: Mapping[str, str], now: datetime
    ) -> Changes:
        zone = ZoneInfo(zone_of(upload.kode_desa))
        return compare(
            submission.entity,
            submission.records,
            told,
            present=submission.present,
            saved_at=partial(saved_at, zone=zone, otherwise=now),
            now=now.astimezone(zone),
        )

    def _deletions(
        self,
        tx: Connection,
        upload: Upload,
        submission: Submission,
        told: Mapping[str, str],
        now: datetime,
    ) -> tuple[list[Draft], int, int]:
        """Stated deletions: those to append, how many are known, how many a dump contradicts.

        OpenSID sends the list of all there ever were, right after a dump of all there are. Who is
        in the dump has come back under the old id: the dump is right. Only while the newest dump
        could not be read is the list all that is known.
        """
        named = [id_ for id_ in submission.deleted if id_ in told]
        dump = self._newest_whole(tx, upload.kode_desa, submission.entity) if named else None
        if dump is not None and not dump.refusal:
            waiting = _read_waiting(tx, upload.kode_desa, submission.entity)
            missing = set(waiting.ids) if waiting else set()
            believed = [id_ for id_ in named if id_ in missing]
            if waiting and believed:
                rest = tuple(id_ for id_ in waiting.ids if id_ not in set(believed))
                _write_waiting(tx, replace(waiting, ids=rest))
        else:
            believed = named
        zone = ZoneInfo(zone_of(upload.kode_desa))
        drafts = [
            Draft(submission.entity, id_, "delete", now.astimezone(zone)) for id_ in believed
        ]
        return drafts, len(submission.deleted) - len(named), len(named) - len(believed)

    def _wait(
        self, tx: Connection, outcome: Outcome, missed: tuple[str, ...], reason: str
    ) -> None:
        upload = outcome.upload
        _write_waiting(
            tx,
            Waiting(
                upload.kode_desa, upload.entity, outcome.id, outcome.received_at, reason, missed
            ),
        )

    # --- deletions that wait --------------------------------------------------------------------

    def waiting(self, kode_desa: str) -> list[Waiting]:
        """Every deletion of a desa that waits, by entity."""
        query = select(waiting_table).where(waiting_table.c.kode_desa == kode_desa)
        with self._engine.begin() as tx:
            rows = tx.execute(query.order_by(waiting_table.c.entity)).mappings()
            return [_waiting(row) for row in rows]

    def confirm(self, kode_desa: str, entity: str, upload: UUID, account: Account) -> int:
        """Delete what waits since this upload, as the office's act; gives how many.

        Raises:
            DesaUnknownError: no such desa.
            WaitingGoneError: a newer upload said otherwise, or somebody else was quicker.
        """
        with self._engine.begin() as tx:
            at = self._ledger.lock(tx, kode_desa)
            waits = self._taken(tx, kode_desa, entity, upload)
            now = self._now()
            told = stated.hashes(tx, at, entity)
            ids = [id_ for id_ in waits.ids if id_ in told]
            act = self._decide(tx, waits, account, "disetujui", now)
            source = self._find(tx, kode_desa, upload)
            zone = ZoneInfo(zone_of(kode_desa))
            drafts = absent(entity, ids, now.astimezone(zone))
            self._ledger.append_for(tx, at, _heading(source, act), drafts)
        self._ledger.notify(kode_desa)
        return len(ids)

    def dismiss(self, kode_desa: str, entity: str, upload: UUID, account: Account) -> None:
        """Let what waits since this upload be no deletion; the records stay.

        A later whole upload that lacks them still raises the question anew.

        Raises:
            DesaUnknownError, WaitingGoneError: as for `confirm`.
        """
        with self._engine.begin() as tx:
            self._ledger.lock(tx, kode_desa)
            waits = self._taken(tx, kode_desa, entity, upload)
            self._decide(tx, waits, account, "diabaikan", self._now())

    def _taken(self, tx: Connection, kode_desa: str, entity: str, upload: UUID) -> Waiting:
        waits = _read_waiting(tx, kode_desa, entity)
        if waits is None or waits.upload != upload:
            raise WaitingGoneError
        _write_waiting(tx, replace(waits, ids=()))
        return waits

    def _decide(
        self, tx: Connection, waits: Waiting, account: Account, decision: str, now: datetime
    ) -> int:
        facts = {
            "kode_desa": waits.kode_desa,
            "entitas": waits.entity,
            "jumlah": len(waits.ids),
            "id": list(waits.ids),
            "keputusan": decision,
            "oleh": account.username,
        }
        act = Draft("penghapusan_tertunda", str(waits.upload), "put", now, facts)
        return self._ledger.record(tx, [act])

    # --- uploads, looked up ---------------------------------------------------------------------

    def uploads(self, kode_desa: str, limit: int = 50) -> list[Outcome]:
        """The newest uploads of a desa."""
        with self._engine.begin() as tx:
            return _outcomes(tx, upload_table.c.kode_desa == kode_desa, limit=limit)

    def get(self, kode_desa: str, id_: UUID) -> Outcome | None:
        """One upload of a desa."""
        with self._engine.begin() as tx:
            mine = upload_table.c.kode_desa == kode_desa
            return next(iter(_outcomes(tx, mine, upload_table.c.id == id_, limit=1)), None)

    def newest_whole(self, kode_desa: str, entity: str) -> Outcome | None:
        """The newest upload that meant to state all records of an entity."""
        with self._engine.begin() as tx:
            return self._newest_whole(tx, kode_desa, entity)

    def _newest_whole(self, tx: Connection, kode_desa: str, entity: str) -> Outcome | None:
        found = _outcomes(
            tx,
            upload_table.c.kode_desa == kode_desa,
            upload_table.c.entity == entity,
            upload_table.c.whole.is_(True),
            limit=1,
        )
        return next(iter(found), None)

    def _find(self, tx: Connection, kode_desa: str, id_: UUID) -> Outcome:
        mine = upload_table.c.kode_desa == kode_desa
        (found,) = _outcomes(tx, mine, upload_table.c.id == id_, limit=1)
        return found


def _heading(outcome: Outcome, act: int | None = None) -> Draft:
    """The line that says where the changes behind it come from."""
    upload = outcome.upload
    facts: dict[str, Any] = {
        "id": str(outcome.id),
        "endpoint": upload.endpoint,
        "sha256": upload.sha256,
        "bytes": upload.bytes,
        "token": upload.token,
    }
    if act is not None:
        facts["persetujuan"] = act
    return Draft("upload", str(outcome.id), "put", outcome.received_at, facts)


def _missed(
    submission: Submission, changes: Changes, told: Mapping[str, str]
) -> tuple[tuple[str, ...], str]:
    """Who is missing from a whole upload and not deleted, and why not."""
    if not submission.whole:
        return (), ""
    if submission.present is not None:
        return changes.missed, MANY
    gone = told.keys() - submission.mentioned
    return tuple(sorted(gone, key=lambda id_: (len(id_), id_))), UNREADABLE


# --- rows ----------------------------------------------------------------------------------------


def _note(tx: Connection, outcome: Outcome) -> None:
    facts = {
        name: getattr(outcome, name)
        for name in (
            "id", "received_at", "refusal", "message", "new", "changed", "unchanged", "deleted",
            "kept", "withheld", "pictures",
        )
    }  # fmt: skip
    left_out = [asdict(it) for it in outcome.left_out[:_MOST_LEFT_OUT]]
    positions = list(outcome.positions)
    values = {**asdict(outcome.upload), **facts, "left_out": left_out, "positions": positions}
    tx.execute(insert(upload_table).values(values))


def _outcomes(tx: Connection, *conditions: Any, limit: int) -> list[Outcome]:  # noqa: ANN401  # SQL
    query = select(upload_table).where(*conditions)
    query = query.order_by(upload_table.c.received_at.desc(), upload_table.c.id).limit(limit)
    return [_outcome(row) for row in tx.execute(query).mappings()]


def _outcome(row: Mapping[Any, Any]) -> Outcome:
    facts = dict(row)
    of = Upload(**{name: facts.pop(name) for name in Upload.__dataclass_fields__})
    left_out = tuple(LeftOut(**it) for it in facts.pop("left_out"))
    return Outcome(of, left_out=left_out, positions=tuple(facts.pop("positions")), **facts)


def _read_waiting(tx: Connection, kode_desa: str, entity: str) -> Waiting | None:
    query = select(waiting_table).where(
        waiting_table.c.kode_desa == kode_desa,
        waiting_table.c.entity == entity,
    )
    row = tx.execute(query).mappings().first()
    return _waiting(row) if row else None


def _waiting(row: Mapping[Any, Any]) -> Waiting:
    return Waiting(**{**row, "ids": tuple(row["ids"])})


def _write_waiting(tx: Connection, waits: Waiting) -> None:
    """Put what waits in place of what did; nothing waits without ids."""
    mine = (
        waiting_table.c.kode_desa == waits.kode_desa,
        waiting_table.c.entity == waits.entity,
    )
    if not waits.ids:
        tx.execute(delete(waiting_table).where(*mine))
        return
    values = {**asdict(waits), "ids": list(waits.ids)}
    if tx.execute(sql_update(waiting_table).where(*mine).values(values)).rowcount == 0:
        tx.execute(insert(waiting_table).values(values))
