"""Letters that villages sent to be signed, and where each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from ledger import LetterVersion
from projections import sql

_SQL = sql.load("projections.queries", "surat.sql")
_LETTERS, _COUNTS = (
    text(f"{_SQL['version'].text}, {_SQL[it].text}") for it in ("letters", "counts")
)
_PREFIX = "sha256:"


@dataclass(frozen=True)
class Letter:
    """A letter as it is now, and what the office last decided on this version of it.

    Attributes:
        position: the batch with which this version began; `received_at` is when it came.
        from_batch, line: where it was last stated.
        nama: its kind, such as a certificate of moving.
        berkas: the reference to its PDF; a file's mere name if the desa states only that.
        state: of LETTER_STATES; `decided_at`, `reason` and `signed` (the SHA-256 of the signed
            PDF) are of the decision, if there is one.
        camat: who approved it.
        people: how many people of the desa have its NIK now; `nama_penduduk` and `id` are one's.
    """

    kode_desa: str
    nomor: str
    position: int
    from_batch: int
    line: int
    nama: str | None
    nik: str | None
    tanggal: datetime | None
    berkas: str | None
    state: str
    decided_at: datetime | None
    reason: str
    signed: str
    received_at: datetime
    camat: str | None
    people: int
    nama_penduduk: str | None
    id: str | None

    @property
    def version(self) -> LetterVersion | None:
        """What a decision is on; None while the desa states no PDF."""
        if not self.berkas or not self.berkas.startswith(_PREFIX):
            return None
        digest = self.berkas.removeprefix(_PREFIX)
        return LetterVersion(self.kode_desa, self.nomor, digest, self.position)

    @property
    def served(self) -> str | None:
        """The reference to the PDF that the desa is given: the signed one, if there is one."""
        return f"{_PREFIX}{self.signed}" if self.signed else self.berkas


@dataclass(frozen=True)
class Standing:
    """How many letters of a desa stand in a state; `since` is when the first of them came."""

    kode_desa: str
    state: str
    jumlah: int
    since: datetime


def letters(
    tx: Connection,
    scope: str,
    *,
    states: Sequence[str] | None = None,
    limit: int = 200,
    offset: int = 0,
) -> list[Letter]:
    """The letters of a scope: those that wait, the longest waiting first; then the newest."""
    facts = _facts(scope) | {"states": states and list(states), "limit": limit, "offset": offset}
    return [Letter(**row) for row in tx.execute(_LETTERS, facts).mappings()]


def letter(tx: Connection, kode_desa: str, nomor: str) -> Letter | None:
    """One letter of a desa, by its number."""
    facts = _facts(kode_desa, nomor) | {"states": None, "limit": 1, "offset": 0}
    row = tx.execute(_LETTERS, facts).mappings().first()
    return Letter(**row) if row else None


def counts(tx: Connection, scope: str) -> list[Standing]:
    """How many letters of each desa of a scope stand in each state, by desa and state."""
    return [Standing(**row) for row in tx.execute(_COUNTS, _facts(scope)).mappings()]


def spelled(tx: Connection, kode_desa: str, nomor: str) -> str | None:
    """The number of the one letter that is called so when slashes are written as hyphens.

    Some OpenSID write them so in the address by which they ask for a letter.
    """
    found = tx.execute(_SQL["spelled"], _facts(kode_desa, nomor)).scalars().all()
    return found[0] if len(found) == 1 else None


def _facts(scope: str, nomor: str | None = None) -> dict[str, object]:
    return {"scope": scope, "below": f"{scope}.%", "nomor": nomor}
