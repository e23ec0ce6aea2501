"""The rules a batch must pass, in PROTOCOL section 5's order.

    size and encoding        batch.BatchReader, which stops reading at the limits
    manifest grammar         batch.Manifest.from_text
    log                      ┐
    key known, of this desa  │
    signature                ├ admit_manifest, before the body is read and again under the lock
    key valid here           │
    chain                    │
    seen in our history      ┘
    bytes, count, root       ┐
    each line's grammar      ┴ admit_body

Not checked here, on purpose: what the lines say. A wrong date or an unknown code is what the
desa stated; the catalogue lists it as a finding, and the ledger keeps it. Nor is the desa's
clock checked: it is a claim. [pure]: what is known of the log comes in as a `Standing`.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.batch import NO_PREVIOUS, Entity, Limits, Manifest, Moment, Op, RecordId, split_lines
from ledger.errors import (
    CountMismatchError,
    ForkError,
    GapError,
    HistoryError,
    KeyForeignError,
    KeyNotValidError,
    KeyUnknownError,
    KeyWeakError,
    LineFault,
    LinesError,
    RootMismatchError,
    SignatureError,
    WrongLogError,
)
from ledger.keys import VerifierKey
from ledger.merkle import EMPTY_ROOT, leaf_hash, leaves_root
from ledger.note import Note

MAX_FAULTS = 1_000
MAX_DEPTH = 32
_RUN = 200
"""Lines that are looked at together: enough to be quick, few enough to stay in the cache."""
_FLAT = 2
"""Brackets of a line whose record has no objects or lists inside."""
_NUL = rb"\u0000"
"""No database takes it in a text, so no record can have it in its id."""
_SALT = re.compile(rb'\{"_s":"[A-Za-z0-9_-]{21}[AQgw]"[,}]')


@dataclass(frozen=True)
class RegisteredKey:
    """A key of the desa, valid for log positions `first` up to but not including `end`.

    Attributes:
        how: by what it began: `kantor` (the office alone), `kode` (a one-time code), `rotasi`
            (the key before it).
        ended: by what it ended: `kantor`, `rotasi` (the key after it), `desa` (its own word).
        suspected: batches of its chain from this position on are disputed, until the desa has
            `acknowledged` them as its own.
        note: the key note by which it began; empty when there was none. `end_note` likewise.
    """

    verifier: VerifierKey
    first: int
    end: int | None = None
    how: str = "kantor"
    ended: str = ""
    suspected: int | None = None
    acknowledged: bool = False
    note: str = ""
    end_note: str = ""

    def valid_at(self, position: int) -> bool:
        """Whether a batch at this position may be signed by the key."""
        return self.first <= position and (self.end is None or position < self.end)

    def disputed_at(self, position: int) -> bool:
        """Whether a batch of its chain at this position may be a thief's."""
        return self.suspected is not None and not self.acknowledged and position >= self.suspected


@dataclass(frozen=True)
class ChainHead:
    """Where a chain stands: the number and text hash of its newest batch."""

    number: int = 0
    hash: bytes = NO_PREVIOUS


@dataclass(frozen=True)
class Standing:
    """What the ledger knows at the place where a manifest wants to stand.

    Attributes:
        log: the log's name, `<host>/<kode>`.
        size: how many batches the log has.
        key: the registered key of the manifest's chain name, if any.
        chain: where the chain stands.
        replayed: the position of the batch with the same manifest text, if it is in the log.
        seen_root: our root at the size that the manifest has seen; None if we never had it.
        rival: our note at the number where the chain parts from the manifest, if any.
    """

    log: str
    size: int
    key: RegisteredKey | None
    chain: ChainHead
    replayed: int | None
    seen_root: bytes | None
    rival: str | None


def admit_manifest(note: Note, manifest: Manifest, standing: Standing) -> int | None:
    """The position at which the batch is to be appended, or None if it is in the log already.

    Raises:
        RefusalError: the first rule it breaks.
    """
    if manifest.log != standing.log:
        raise WrongLogError(standing.log)
    position = standing.size + 1
    key = _key(manifest, standing)
    if not key.verifier.signed(note):
        raise SignatureError(manifest.chain)
    if standing.replayed is not None:
        # A retry is answered whatever has become of the key since: its answer got lost, not it.
        return None
    if not key.valid_at(position):
        raise KeyNotValidError(manifest.chain, position)
    _check_chain(manifest, standing)
    _check_seen(manifest, standing)
    return position


def _key(manifest: Manifest, standing: Standing) -> RegisteredKey:
    owner, name = manifest.log.partition("/")[2], manifest.chain.split("/")
    if name[0] == "desa" and name[1] != owner:
        raise KeyForeignError(manifest.chain)
    if standing.key is None:
        raise KeyUnknownError(manifest.chain)
    if standing.key.verifier.weak:
        raise KeyWeakError(manifest.chain)
    return standing.key


def _check_chain(manifest: Manifest, standing: Standing) -> None:
    expected = standing.chain.number + 1
    if manifest.number > expected:
        raise GapError(manifest.chain, manifest.number, expected)
    if manifest.number < expected:
        raise ForkError(manifest.chain, manifest.number, standing.rival)
    if manifest.prev != standing.chain.hash:
        raise ForkError(manifest.chain, standing.chain.number, standing.rival)


def _check_seen(manifest: Manifest, standing: Standing) -> None:
    ours = EMPTY_ROOT if manifest.seen.size == 0 else standing.seen_root
    if ours != manifest.seen.root:
        raise HistoryError(manifest.seen.size, standing.size)


def admit_body(manifest: Manifest, body: bytes, limits: Limits) -> list[bytes]:
    """The lines (without newlines), once they are those that were signed, each well-formed.

    `body` is of the length the manifest states: BatchReader.body sees to that.

    Raises:
        RefusalError: the first rule it breaks.
    """
    lines = split_lines(body)
    # A body without its last newline would read the same, yet not be the bytes that were stated.
    received = len(lines) if body.endswith(b"\n") else len(lines) - 1
    if received != manifest.count:
        raise CountMismatchError(manifest.count, received)
    if leaves_root(map(leaf_hash, lines)) != manifest.changes:
        raise RootMismatchError
    if faults := _faults(lines, limits.line):
        raise LinesError(tuple(faults))
    return lines


def _faults(lines: list[bytes], longest: int) -> list[LineFault]:
    """The first lines that are no change lines, at most MAX_FAULTS."""
    faults = []
    for begin in range(0, len(lines), _RUN):
        run = lines[begin : begin + _RUN]
        if _plainly_sound(run, longest):
            continue
        for number, line in enumerate(run, start=begin + 1):
            if code := line_fault(line, longest):
                faults.append(LineFault(number, code, *_record(line), _member(line, code)))
                if len(faults) == MAX_FAULTS:
                    return faults
    return faults


class _Statement(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A change line in full, in the order in which senders write it."""

    salt: str = msgspec.field(name="_s")
    entity: Entity
    id: RecordId
    op: Op
    at: Moment
    data: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    derived: RecordId | msgspec.UnsetType = msgspec.UNSET


_decoder = msgspec.json.Decoder(_Statement)
_encoder = msgspec.json.Encoder()


def _plainly_sound(run: list[bytes], longest: int) -> bool:
    """Whether every line of the run is a change line, as far as a quick look can tell.

    A run is read and written back as one: if the same bytes come out, it is JSON in our own
    spelling, in which a member twice would have been lost. False only means: look closer.
    """
    text = b"\n".join(run) + b"\n"
    brackets = text.count(b"{") + text.count(b"[")
    if brackets > len(run) * _FLAT or max(map(len, run)) > longest or _NUL in text:
        return False
    if not all(map(_SALT.match, run)):
        return False
    try:
        statements = _decoder.decode_lines(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return _encoder.encode_lines(statements) == text and not any(map(_contradicts, statements))


def _contradicts(statement: _Statement) -> bool:
    """A put says all, a delete nothing; only a delete can be derived."""
    if statement.op == "put":
        return statement.data is msgspec.UNSET or statement.derived is not msgspec.UNSET
    return statement.data is not msgspec.UNSET


def line_fault(line: bytes, longest: int) -> str | None:
    """The code of what is wrong with a change line (PROTOCOL section 4), or None."""
    if len(line) > longest:
        return "line-too-long"
    if not _SALT.match(line):
        return _unsalted_fault(line)
    if line.count(b"{") + line.count(b"[") > MAX_DEPTH and _depth(line) > MAX_DEPTH:
        return "line-deep"
    try:
        statement = _decoder.decode(line)
    except msgspec.ValidationError:
        return _members_fault(line)
    except UnicodeDecodeError:
        return "line-utf8"
    except msgspec.DecodeError:
        return "line-json"
    if _contradicts(statement) or "\0" in statement.id:
        return "line-members"
    # A decoder keeps the last of two members of one name, silently. Written back as the same
    # bytes there were no two; only lines in another spelling are read again, slowly.
    if _encoder.encode(statement) != line and has_duplicate_member(line):
        return "line-duplicate-member"
    return None


_RECORD = re.compile(
    rb'\s*\{\s*(?:"_s"\s*:\s*"[^"]*"\s*,\s*)?"entity"\s*:\s*"([a-z][a-z0-9_]{0,39})"'
    rb'\s*,\s*"id"\s*:\s*(?:"([1-9][0-9]{0,9})"|([1-9][0-9]{0,9})(?![0-9.eE]))'
)
"""How a line begins that says which record it is about.

Refusals are kept for ever: an id that is no number of OpenSID's may be a name or a NIK.
"""
_NAMED_LAST = re.compile(r"`(?:\$\.)?(\w+)(?:\.\.\.)?`\Z")
"""Where msgspec says of which member it speaks."""


def _record(line: bytes) -> tuple[str, str]:
    """The entity and the id that a faulty line is about, if it says so where it should."""
    found = _RECORD.match(line)
    return (found[1].decode(), (found[2] or found[3]).decode()) if found else ("", "")


def _member(line: bytes, code: str) -> str:
    """Which member of a line is missing or wrong; empty where none is to blame."""
    if code != "line-members":
        return ""
    try:
        statement = _decoder.decode(line)
    except msgspec.ValidationError as error:
        named = _NAMED_LAST.search(str(error))
        return named[1] if named and named[1] in _Statement.__struct_encode_fields__ else ""
    if "\0" in statement.id:
        return "id"
    return "data" if statement.derived is msgspec.UNSET else "derived"


def _unsalted_fault(line: bytes) -> str:
    """A line without salt in front: is it JSON at all?"""
    try:
        line.decode()
    except UnicodeDecodeError:
        return "line-utf8"
    if _depth(line) > MAX_DEPTH:
        return "line-deep"
    try:
        value = msgspec.json.decode(line)
    except msgspec.MsgspecError:
        return "line-json"
    return "line-salt" if isinstance(value, dict) else "line-json"


def _members_fault(line: bytes) -> str:
    return "line-duplicate-member" if has_duplicate_member(line) else "line-members"


def has_duplicate_member(line: bytes) -> bool:
    """Whether an object in this JSON has two members of one name, of which readers see one."""
    found = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in pairs}) < len(pairs)

    try:
        json.loads(line, object_pairs_hook=look)
    except ValueError:
        return False
    return found


def _depth(line: bytes) -> int:
    """How deep brackets nest; strings are skipped."""
    deepest = depth = 0
    # A string without an end goes on to the line's: else each quotation mark in it is tried anew.
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', line):
        if token[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in b"]}":
            depth -= 1
    return deepest
