"""An entity of the catalogue: its fields, its rules, and how a record of it is read.

One declaration makes everything: the msgspec struct that records are read into, the findings, and
what projections want to know of the fields (`Entity.fields`). Reading goes one of two ways. A
record in normal form is decoded straight into its struct; whatever is not goes field by field, to
the same result and its findings. Both then pass the same rules. [pure]
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from json import loads
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from ledger.catalogue.fields import LARGEST, Field, Id, Waktu
from ledger.catalogue.findings import FINDINGS, Finding

_MOST_UNKNOWN = 20
"""Members that nobody knows are named up to here, so that one line cannot fill a page."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ID = re.compile(r"[1-9][0-9]{0,9}")

_WIB, _WITA, _WIT = (timezone(timedelta(hours=hours)) for hours in (7, 8, 9))
_ZONES: Final = {
    **dict.fromkeys(("51", "52", "53", "63", "64", "65"), _WITA),
    **dict.fromkeys(("71", "72", "73", "74", "75", "76"), _WITA),
    **dict.fromkeys(("81", "82", "91", "92", "93", "94", "95", "96"), _WIT),
}
"""By province; the others have WIB."""


class Rule(NamedTuple):
    """Something that should hold within one record: `broken(record)` says that it does not.

    `code` is the finding's, `field` the column that it points to. A dated rule is asked
    `broken(record, today)`.
    """

    code: str
    field: str
    broken: Callable[..., bool]


class Reading(NamedTuple):
    """What became of a statement: the record, None when it cannot be projected, and the findings.

    `record` is a struct of the entity: a value or None for each field, in normal form.
    """

    record: Any
    findings: tuple[Finding, ...]


class Stated(NamedTuple):
    """A statement as it was read, once for whoever asks: `Entity.findings_of` and `usable_of`.

    `record` is None when it is no object; `noted` is what reading it showed. Nobody changes it.
    """

    record: Any
    noted: "Sequence[_Noted]"


class _Noted(NamedTuple):
    code: str
    field: str | None
    value: object


class Entity:
    """A kind of record that villages send, declared once.

    `fields` stand in the order of their columns; `key` names the one that holds the record's id:
    a number, unless its kind says otherwise.
    `complete` may return further values of a record, made from its own. `record` is the struct.
    """

    def __init__(
        self,
        name: str,
        title: str,
        fields: tuple[Field, ...],
        rules: tuple[Rule, ...] = (),
        dated_rules: tuple[Rule, ...] = (),
        *,
        key: str = "id",
        complete: Callable[[Any], dict[str, Any]] | None = None,
    ) -> None:
        self.name = name
        self.title = title
        self.fields = fields
        self.rules = rules
        self.dated_rules = dated_rules
        self.key = key
        self.by_name: Mapping[str, Field] = MappingProxyType({it.name: it for it in fields})
        self.record: type[Any] = msgspec.defstruct(
            name.title().replace("_", ""),
            [(field.name, field.kind.wire | None, None) for field in fields],
            frozen=True,
            kw_only=True,
            omit_defaults=True,
            forbid_unknown_fields=True,
            gc=False,  # JSON has no cycles
        )
        self._complete = complete
        self._decoder = msgspec.json.Decoder(self.record)
        self._key_of = attrgetter(key)
        self._clocks = tuple(it.name for it in fields if isinstance(it.kind, Waktu))
        self._wanted = tuple((it.name, it.blank) for it in fields if it.blank)
        self._vital = tuple(name for name, code in self._wanted if _is_severe(code))
        self._decisive = tuple(it for it in rules if _is_severe(it.code))

    def __repr__(self) -> str:
        return f"<Entity {self.name}>"

    def read(self, data: bytes, at: date, kode_desa: str, id: str, line: int = 0) -> Reading:  # noqa: A002  # the word of the change line
        """Read the `data` of a change line; never raises, whatever the bytes are.

        `at` is the day of the change, in the desa's zone: today, to the rules. `kode_desa` is the
        log's, dotted; `id` is the change's, and `line` the place in its batch that findings tell.
        """
        stated = self.stated(data, kode_desa, id)
        findings = self.findings_of(stated, at, id, line)
        return Reading(self.usable_of(stated), findings)

    def findings(
        self,
        data: bytes,
        at: date,
        kode_desa: str,
        id: str,  # noqa: A002
        line: int = 0,
    ) -> tuple[Finding, ...]:
        """What is amiss with a statement, alone: a push of thousands waits for no more."""
        return self.findings_of(self._read(data, kode_desa, id), at, id, line)

    def usable(self, data: bytes, kode_desa: str, id: str) -> Any:  # noqa: A002
        """The record alone, as `read` gives it, in a third of the time: a replay asks no more."""
        return self.usable_of(self.stated(data, kode_desa, id))

    def stated(self, data: bytes, kode_desa: str, id: str) -> Stated:  # noqa: A002
        """The record, complete, under its key, its clocks the village's; not judged yet."""
        stated = self._read(data, kode_desa, id)
        record = stated.record
        if record is not None:
            for name in self._clocks:
                moment = getattr(record, name)
                if moment is not None and moment.tzinfo is not None:
                    _set(record, name, local_time(moment, kode_desa))
        return stated

    def _read(self, data: bytes, kode_desa: str, id_: str) -> Stated:
        """What is stated, its clocks as they came: no rule asks for them."""
        noted: list[_Noted] = []
        record = self._read_whole(data)
        if record is None:
            record = self._read_by_field(data, noted)
            if record is None:
                return Stated(None, noted)
        if self._complete is not None:
            for name, value in self._complete(record).items():
                _set(record, name, value)
        self._check_key(record, kode_desa, id_, noted)
        return Stated(record, noted)

    def findings_of(
        self,
        stated: Stated,
        at: date,
        id: str,  # noqa: A002
        line: int = 0,
    ) -> tuple[Finding, ...]:
        """What is amiss with a statement that was read; the arguments are those of `read`."""
        record, noted = stated
        if record is not None:
            noted = [*noted, *self._judge(record, at)]
        return tuple(self._finding(it, line, id) for it in noted) if noted else ()

    def usable_of(self, stated: Stated) -> Any:
        """The record of a statement that was read, if it can be used."""
        record, noted = stated
        if record is None or (noted and any(_is_severe(it.code) for it in noted)):
            return None
        for name in self._vital:
            if getattr(record, name) is None:
                return None
        for _, _, broken in self._decisive:
            if broken(record):
                return None
        return record

    def _read_whole(self, data: bytes) -> Any:
        """The record, if every value is in normal form; else None."""
        # PHP writes \/ for /. No text is changed by undoing it: where the backslash was itself
        # escaped, another one stays before it, and the record is read by field.
        if b"\\" in data:
            data = data.replace(b"\\/", b"/")
            if b"\\" in data:
                return None
        if not data.isascii() or b"\x7f" in data or _has_loose_ends(data):
            return None
        try:
            return self._decoder.decode(data)
        except (msgspec.MsgspecError, RecursionError):
            # Outside of a text, a colon and two quotes are always an empty value: kosong.
            fuller = data.replace(b':""', b":null")
            return None if fuller == data else self._read_whole(fuller)

    def _read_by_field(self, data: bytes, noted: list[_Noted]) -> Any:
        members = _members(data)
        if members is None:
            noted.append(_Noted("data-tidak-terbaca", None, None))
            return None
        values = {}
        for field in self.fields:

            def note(code: str, value: object, name: str = field.name) -> None:
                noted.append(_Noted(code, name, value))

            values[field.name] = field.read(members.pop(field.name, None), note)
        noted += [
            _Noted("kolom-tidak-dikenal", name if _NAME.fullmatch(name) else None, None)
            for name in list(members)[:_MOST_UNKNOWN]
        ]
        return self.record(**values)

    def _judge(self, record: Any, at: date) -> list[_Noted]:
        noted = [
            _Noted(code, name, None)
            for name, code in self._wanted
            if getattr(record, name) is None
        ]
        noted += [
            _Noted(code, name, getattr(record, name))
            for code, name, broken in self.rules
            if broken(record)
        ]
        noted += [
            _Noted(code, name, getattr(record, name))
            for code, name, broken in self.dated_rules
            if broken(record, at)
        ]
        return noted

    def _check_key(self, record: Any, kode_desa: str, id_: str, noted: list[_Noted]) -> None:
        own = self._key_of(record)
        if self.key == "kode_desa":  # a desa states only what it is itself
            if id_ != kode_desa:
                noted.append(_Noted("desa-lain", None, None))
            elif own is None:
                _set(record, self.key, kode_desa)
        elif not isinstance(self.by_name[self.key].kind, Id):
            if own is None:
                _set(record, self.key, id_)
        elif not _ID.fullmatch(id_) or int(id_) > LARGEST:
            noted.append(_Noted("id-tidak-sah", None, None))
        elif own is None:
            _set(record, self.key, int(id_))
        if own is not None and str(own) != id_:
            noted.append(_Noted("id-beda", self.key, own))

    def _finding(self, noted: _Noted, line: int, id_: str) -> Finding:
        code, name, value = noted
        kind = FINDINGS[code]
        field = self.by_name.get(name) if name else None
        message = kind.message(field.label if field else "", value)
        return Finding(line, self.name, id_, name, code, kind.severity, message)


def _is_severe(code: str) -> bool:
    return FINDINGS[code].severity == "severe"


def _has_loose_ends(data: bytes) -> bool:
    """Whether a text in it may begin or end with a space."""
    # There are few spaces and many quotes: to split takes half the time of looking for both.
    first, *rest = data.split(b" ")
    for part in rest:  # any() takes twice as long
        if part[:1] == b'"' or part[-1:] == b'"':
            return True
    return first[-1:] == b'"'


def local_time(moment: datetime, kode_desa: str) -> datetime:
    """An aware moment on the village's clock, naive: WIB, WITA or WIT by its province."""
    return _at_home(moment, kode_desa).replace(tzinfo=None)


def local_date(moment: datetime, kode_desa: str) -> date:
    """The day that an aware moment is of, where the village is."""
    return _at_home(moment, kode_desa).date()


def _at_home(moment: datetime, kode_desa: str) -> datetime:
    zone = _ZONES.get(kode_desa[:2], _WIB)
    if moment.tzinfo != zone:  # mostly it is the village's own
        with suppress(OverflowError):  # at an end of the calendar, it stays as it was stated
            return moment.astimezone(zone)
    return moment


def _members(data: bytes) -> dict[str, object] | None:
    """The members of a JSON object, or None."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        try:  # takes half surrogates and endless numbers
            value = loads(data)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


# A record is frozen once it is read; this is the reading.
_set = msgspec.structs.force_setattr
