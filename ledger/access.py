"""The access log: who saw which record's unmasked data, when, and why (PROTOCOL section 13).

What names or describes a person more closely than a list needs is masked for everybody. Whoever
must see it says why, and the entry is durable before anything is shown. Entries hold the record's
id, never a NIK or a name; nothing changes them; and the root over a desa's entries stands, day by
day, in the office's own log, so that the watcher is watched.

    {"desa":"53.06.14.2001","no":7,"waktu":"2026-11-23T01:15:00Z","pengguna":"siti",
     "peran":"staf","entity":"penduduk","id":"8271","jumlah":1,"kolom":["nik","no_kk"],
     "saringan":"","tujuan":"pelayanan","alasan":"surat pindah yang bersangkutan",
     "sampai":"2026-11-23T01:30:00Z"}

is the text of one (on one line), the leaf of that tree. A list that is opened by name has an entry
of its own and, right after it, one for each record in it, so that who asks who saw a person finds
it; all of them are there, or none.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Select, func, insert, or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from ledger.accounts import Account
from ledger.batch import Draft
from ledger.errors import AccessReasonError, AccessRefusedError, AccessTooManyError
from ledger.log import Ledger
from ledger.merkle import leaf_hash, leaves_root
from ledger.note import to_base64
from ledger.tables import access, access_anchor

PURPOSES: Final = {
    "pelayanan": "Pelayanan kepada yang bersangkutan",
    "verifikasi": "Mencocokkan data dengan desa",
    "bantuan": "Penyaluran bantuan atau program",
    "pemeriksaan": "Pemeriksaan (sebutkan nomor surat tugas)",
    "permintaan": "Permintaan pemilik data (UU 27/2022)",
    "darurat": "Keadaan darurat",
}
"""The usual purposes, by the word that entries keep."""
SEARCH: Final = "pencarian"
"""The purpose of an entry that a search for a number made; nobody states it."""
ENTITY: Final = "akses"
"""What the anchors are called in the office's log."""
LASTS: Final = timedelta(minutes=15)
"""How long a record, or a list, stays open to whoever said why."""
MOST_LISTED: Final = 2_000
"""The records of a list that are opened at once: a programme's participants, or a large dusun.

A whole desa is nobody's errand."""
_LISTED: Final = "daftar "
"""How the entry of a record says in which list it was opened: the number of that entry follows."""
_FOUND: Final = "mengetik nomornya dan menemukannya"
_MISSED: Final = "mengetik nomor yang tidak ditemukan"
_MOST_NAMED: Final = 20
"""People of one number whom entries name one by one; more is no family, and one entry."""
LEAST_REASON: Final = 10
LONGEST_REASON: Final = 500
_ROLES: Final = frozenset({"camat", "staf", "auditor"})
"""Roles that may see unmasked data of all desa in their scope; an operator: of its own."""
_NUMBER: Final = re.compile(r"(?:[0-9][ .-]?){16}")
_TRIES: Final = 50


def holds_number(words: str) -> bool:
    """Whether sixteen digits stand in a row in a text: a NIK or KK number, however written."""
    return _NUMBER.search(words) is not None


def may_unmask(account: Account, kode_desa: str) -> bool:
    """Whether the account may, with a reason, see unmasked data of a desa."""
    if account.role == "operator":
        return account.scope == kode_desa
    return account.role in _ROLES and account.sees(kode_desa)


def may_read(account: Account, kode_desa: str) -> bool:
    """Whether the account may read who saw the data of a desa."""
    if account.role == "operator":
        return account.scope == kode_desa
    return account.role in {"administrator", "auditor", "camat"} and account.sees(kode_desa)


@dataclass(frozen=True)
class Access:
    """One entry: what was shown to whom.

    Attributes:
        id: the record; empty for a list, which `query` describes.
        people: how many records were shown.
        fields: those shown that are masked else.
        query: how a list was narrowed; of a record that was opened in one, which list that was.
        until: what was opened stays open to the viewer until then; None for what was only sent.
    """

    kode_desa: str
    number: int
    at: datetime
    username: str
    role: str
    entity: str
    id: str
    people: int
    fields: tuple[str, ...]
    query: str
    purpose: str
    reason: str
    until: datetime | None

    def to_text(self) -> bytes:
        """The entry in its one spelling: the leaf of the access tree."""
        return msgspec.json.encode(
            {
                "desa": self.kode_desa,
                "no": self.number,
                "waktu": self.at.astimezone(UTC),
                "pengguna": self.username,
                "peran": self.role,
                "entity": self.entity,
                "id": self.id,
                "jumlah": self.people,
                "kolom": list(self.fields),
                "saringan": self.query,
                "tujuan": self.purpose,
                "alasan": self.reason,
                "sampai": self.until.astimezone(UTC) if self.until else None,
            },
        )

    @property
    def leaf(self) -> bytes:
        """The RFC 6962 leaf hash."""
        return leaf_hash(self.to_text())

    @property
    def list_number(self) -> int | None:
        """The number of the list that a record was opened in; None of one opened alone."""
        return int(self.query.removeprefix(_LISTED)) if self.id and self.query else None


@dataclass(frozen=True)
class Wanted:
    """Which entries are asked for: of these desa, this viewer, and this time."""

    scope: str
    username: str | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True)
class Listed:
    """A list of people that is to be opened by name.

    Attributes:
        entity: what it lists.
        query: how it is narrowed, in words; nobody's name.
        fields: those shown that are masked else.
        of_each: those that the entry of each record names: no fewer, but also more where fewer
            would tell of somebody what is protected.
        records: of each desa, entity and id of what is shown.
    """

    entity: str
    query: str
    fields: tuple[str, ...]
    of_each: tuple[str, ...]
    records: Mapping[str, Collection[tuple[str, str]]]


@dataclass(frozen=True)
class OpenedList:
    """A list that is open: the entry of each desa, and by desa, entity and id who is in it."""

    entries: Sequence[Access] = ()
    records: frozenset[tuple[str, str, str]] = frozenset()


def checked(purpose: str, reason: str) -> tuple[str, str]:
    """A purpose and a reason as they are kept, or raise AccessReasonError."""
    reason = " ".join(reason.split())
    if purpose not in PURPOSES:
        raise AccessReasonError("pilih salah satu tujuan")
    if not LEAST_REASON <= len(reason) <= LONGEST_REASON:
        raise AccessReasonError(f"tuliskan {LEAST_REASON} sampai {LONGEST_REASON} huruf")
    if holds_number(reason):
        raise AccessReasonError("jangan menulis NIK atau nomor KK di dalamnya")
    return purpose, reason


class AccessLog:
    """The access log of an office. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now

    def open(
        self,
        account: Account,
        kode_desa: str,
        entity: str,
        id_: str,
        fields: Sequence[str],
        why: tuple[str, str],
    ) -> Access:
        """Keep that one record is opened to somebody for a while; `why` is purpose and reason.

        When this returns, the entry is durable, and the record may be shown.

        Raises:
            AccessRefusedError: not to this account.
            AccessReasonError: no reason that will do.
        """
        why = checked(*why)
        at = self._now().replace(microsecond=0)
        return self._keep(account, kode_desa, entity, id_, 1, fields, "", why, at, at + LASTS)

    def open_list(
        self,
        account: Account,
        counts: Mapping[str, int],
        entity: str,
        fields: Sequence[str],
        query: str,
        why: tuple[str, str],
    ) -> list[Access]:
        """Keep that a list is shown: an entry for each desa that has any of the records.

        Raises:
            AccessRefusedError, AccessReasonError: as `open`; nothing is kept then.
        """
        why = checked(*why)
        _check(account, counts)
        at = self._now().replace(microsecond=0)
        return [
            self._keep(account, kode_desa, entity, "", people, fields, query, why, at, None)
            for kode_desa, people in counts.items()
            if people
        ]

    def open_people(self, account: Account, listed: Listed, why: tuple[str, str]) -> list[Access]:
        """Keep that everybody in a list is opened to somebody for a while.

        Gives the list's own entry of each desa; those of its records follow each. They are
        kept in one transaction: when this returns, all of them are durable, and the list may be
        shown.

        Raises:
            AccessTooManyError: more than MOST_LISTED records.
            AccessRefusedError, AccessReasonError: as `open`; nothing is kept then.
        """
        purpose, reason = checked(*why)
        if sum(map(len, listed.records.values())) > MOST_LISTED:
            raise AccessTooManyError(MOST_LISTED)
        _check(account, listed.records)
        at = self._now().replace(microsecond=0)
        # A desa may call anything a dusun, also what an entry must not hold.
        query = _NUMBER.sub("…", listed.query)[:LONGEST_REASON]

        def entries(newest: Mapping[str, int]) -> Iterator[Access]:
            for kode_desa, records in sorted(listed.records.items()):
                if not records:
                    continue
                number = newest.get(kode_desa, 0) + 1
                whole = Access(
                    kode_desa, number, at, account.username, account.role, listed.entity, "",
                    len(records), listed.fields, query, purpose, reason, at + LASTS,
                )  # fmt: skip
                yield whole
                of_each = replace(
                    whole, people=1, fields=listed.of_each, query=f"{_LISTED}{number}"
                )
                for number_, (entity, id_) in enumerate(records, number + 1):
                    yield replace(of_each, number=number_, entity=entity, id=id_)

        return [it for it in self._append(listed.records, entries) if not it.id]

    def found(
        self, account: Account, kode_desa: str, people: Sequence[tuple[str, str]]
    ) -> list[Access]:
        """Keep that a search for a number found people: ids, each with the field that holds it.

        Whoever looks again within the time that a record stays open makes no further entry.

        Raises:
            AccessRefusedError: not to this account.
        """
        at, why = self._now().replace(microsecond=0), (SEARCH, _FOUND)
        if len(people) > _MOST_NAMED:
            fields = sorted({field for _, field in people})
            query = "nomor yang sama"
            return [
                self._keep(
                    account, kode_desa, "penduduk", "", len(people), fields, query, why, at, None
                )
            ]
        lately = select(access.c.id).where(
            access.c.kode_desa == kode_desa,
            access.c.username == account.username,
            access.c.purpose == SEARCH,
            access.c.id.in_([id_ for id_, _ in people]),
            access.c.at > at - LASTS,
        )
        with self._engine.begin() as tx:
            known = set(tx.execute(lately).scalars())
        return [
            self._keep(account, kode_desa, "penduduk", id_, 1, [field], "", why, at, None)
            for id_, field in people
            if id_ not in known
        ]

    def sought(self, account: Account, where: Sequence[str], times: int) -> list[Access]:
        """Keep that many numbers were looked for that nobody in these desa has.

        Raises:
            AccessRefusedError: not to this account.
        """
        at, why = self._now().replace(microsecond=0), (SEARCH, _MISSED)
        query = f"nomor, {times} kali"
        return [
            self._keep(account, kode_desa, "penduduk", "", 0, [], query, why, at, None)
            for kode_desa in where
        ]

    def _keep(
        self,
        account: Account,
        kode_desa: str,
        entity: str,
        id_: str,
        people: int,
        fields: Sequence[str],
        query: str,
        why: tuple[str, str],
        at: datetime,
        until: datetime | None,
    ) -> Access:
        _check(account, [kode_desa])
        purpose, reason = why

        def entries(newest: Mapping[str, int]) -> Iterator[Access]:
            yield Access(
                kode_desa, newest.get(kode_desa, 0) + 1, at, account.username, account.role,
                entity, id_, people, tuple(fields), query, purpose, reason, until,
            )  # fmt: skip

        (entry,) = self._append([kode_desa], entries)
        return entry

    def _append(
        self,
        codes: Collection[str],
        entries: Callable[[Mapping[str, int]], Iterable[Access]],
    ) -> list[Access]:
        """Keep entries of some desa, all or none, given the newest number of each that has any."""
        newest = (
            select(access.c.kode_desa, func.max(access.c.number))
            .where(access.c.kode_desa.in_(codes))
            .group_by(access.c.kode_desa)
        )
        for _ in range(_TRIES):
            try:
                with self._engine.begin() as tx:
                    kept = list(entries({row[0]: row[1] for row in tx.execute(newest)}))
                    if kept:
                        tx.execute(insert(access), [_row(it) for it in kept])
            except IntegrityError:
                # Somebody else's entry has a number by now: the key decides, no lock is held.
                continue
            return kept
        raise AccessReasonError("terlalu banyak yang membuka data bersamaan; coba lagi")

    # --- reading ---------------------------------------------------------------------------------

    def of_records(self, kode_desa: str, records: Collection[tuple[str, str]]) -> list[Access]:
        """Every entry of some records (entity and id), the newest first.

        What programs were sent as a list names nobody, and is not among them.
        """
        query = select(*_COLUMNS).where(
            access.c.kode_desa == kode_desa,
            tuple_(access.c.entity, access.c.id).in_(records),
        )
        with self._engine.begin() as tx:
            return _entries(tx, query.order_by(access.c.number.desc()))

    def all(self, wanted: Wanted, *, offset: int = 0, limit: int = 100_000) -> list[Access]:
        """The entries that are asked for, the newest first; a list is one, without its records."""
        query = _narrowed(select(*_COLUMNS), wanted)
        query = query.order_by(access.c.at.desc(), access.c.kode_desa, access.c.number.desc())
        with self._engine.begin() as tx:
            return _entries(tx, query.offset(offset).limit(limit))

    def count(self, wanted: Wanted) -> int:
        """How many entries are asked for."""
        with self._engine.begin() as tx:
            return int(tx.execute(_narrowed(select(func.count()), wanted)).scalar_one())

    def viewers(self, scope: str) -> list[str]:
        """Who is named in entries of these desa, by name."""
        query = _narrowed(select(access.c.username), Wanted(scope)).distinct()
        with self._engine.begin() as tx:
            return list(tx.execute(query.order_by(access.c.username)).scalars())

    def opened(
        self, account: Account, entity: str, codes: Collection[str], until: datetime
    ) -> OpenedList:
        """What an account opened as a list of these desa that stays open until a moment."""
        query = select(*_COLUMNS).where(
            access.c.kode_desa.in_(codes),
            # The index on the time finds them.
            access.c.at == until - LASTS,
            access.c.until == until,
            access.c.username == account.username,
        )
        with self._engine.begin() as tx:
            found = _entries(tx, query.order_by(access.c.kode_desa, access.c.number))
        entries = [it for it in found if not it.id and it.entity == entity]
        numbers = {(it.kode_desa, it.number) for it in entries}
        listed = (it for it in found if (it.kode_desa, it.list_number) in numbers)
        return OpenedList(entries, frozenset((it.kode_desa, it.entity, it.id) for it in listed))

    def listed(self, kode_desa: str, number: int) -> tuple[Access, list[Access]] | None:
        """The entry of a list with this number, and those of its records; None if it is none."""
        query = select(*_COLUMNS).where(access.c.kode_desa == kode_desa)
        with self._engine.begin() as tx:
            whole = _entries(tx, query.where(access.c.number == number))
            if not whole or whole[0].id or whole[0].until is None:
                return None
            last = number + whole[0].people
            among = query.where(access.c.number > number, access.c.number <= last)
            return whole[0], _entries(tx, among.order_by(access.c.number))

    # --- anchors ---------------------------------------------------------------------------------

    def anchor(self) -> int:
        """Put the root over each desa's entries into the office's log, where there are new ones.

        Gives for how many desa there were.
        """
        at = self._now()
        with self._engine.begin() as tx:
            newest = select(access.c.kode_desa, func.max(access.c.number)).group_by(
                access.c.kode_desa
            )
            sizes = {row[0]: row[1] for row in tx.execute(newest)}
            known = select(access_anchor.c.kode_desa, func.max(access_anchor.c.size)).group_by(
                access_anchor.c.kode_desa
            )
            anchored = {row[0]: row[1] for row in tx.execute(known)}
            rows = []
            for kode_desa, size in sorted(sizes.items()):
                if size > anchored.get(kode_desa, 0):
                    root = leaves_root(read_leaves(tx, kode_desa, size))
                    rows.append({"kode_desa": kode_desa, "size": size, "root": root})
            if not rows:
                return 0
            acts = [
                Draft(
                    ENTITY,
                    row["kode_desa"],
                    "put",
                    at,
                    {
                        "dari": anchored.get(row["kode_desa"], 0) + 1,
                        "sampai": row["size"],
                        "jumlah": row["size"] - anchored.get(row["kode_desa"], 0),
                        "akar": to_base64(row["root"]),
                    },
                )
                for row in rows
            ]
            position = self._ledger.record(tx, acts)
            tx.execute(insert(access_anchor), [{**row, "position": position} for row in rows])
        return len(rows)


def read_leaves(tx: Connection, kode_desa: str, size: int) -> list[bytes]:
    """The leaf hashes of a desa's first `size` entries, as they are kept."""
    query = select(access.c.hash).where(access.c.kode_desa == kode_desa, access.c.number <= size)
    return list(tx.execute(query.order_by(access.c.number)).scalars())


def read_rows(
    tx: Connection, kode_desa: str, after: int, limit: int
) -> list[tuple[Access, bytes]]:
    """A desa's entries that follow number `after`, each with the hash that is kept."""
    query = select(*_COLUMNS, access.c.hash).where(
        access.c.kode_desa == kode_desa, access.c.number > after
    )
    rows = tx.execute(query.order_by(access.c.number).limit(limit)).mappings()
    return [(_entry({k: v for k, v in row.items() if k != "hash"}), row["hash"]) for row in rows]


_COLUMNS = tuple(column for column in access.c if column.name != "hash")


def _check(account: Account, codes: Iterable[str]) -> None:
    for kode_desa in codes:
        if not may_unmask(account, kode_desa):
            raise AccessRefusedError(kode_desa)


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    below = access.c.kode_desa.startswith(f"{wanted.scope}.", autoescape=True)
    alone = or_(access.c.id == "", access.c.query == "")
    query = query.where(or_(access.c.kode_desa == wanted.scope, below), alone)
    if wanted.username is not None:
        query = query.where(access.c.username == wanted.username)
    if wanted.since is not None:
        query = query.where(access.c.at >= wanted.since)
    return query if wanted.before is None else query.where(access.c.at < wanted.before)


def _entries(tx: Connection, query: Select[Any]) -> list[Access]:
    return [_entry(row) for row in tx.execute(query).mappings()]


def _entry(row: Mapping[Any, Any]) -> Access:
    return Access(**{**row, "fields": tuple(row["fields"])})


def _row(entry: Access) -> dict[str, object]:
    names = (column.name for column in _COLUMNS)
    values = {name: getattr(entry, name) for name in names}
    return {**values, "fields": list(entry.fields), "hash": entry.leaf}
