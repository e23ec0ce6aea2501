"""Villages, and how far each has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from projections import sql

_SQL = sql.load("projections.queries", "villages.sql")


@dataclass(frozen=True)
class Village:
    """A village with its living people now, and its newest batch.

    Attributes:
        size: batches in its log; `followed` of them are in the read models.
        appended_at, chain, changes: of the newest batch; None when there is none.
        refusals: batches refused, with a valid signature, since the newest was taken.
        heard_at: when the newest batch, or upload by the old protocol, was taken.
        upload_refused: whether an upload was refused since.
        waiting: records that wait to be deleted until somebody confirms.
        parked: the read models that stand still, since a batch of this desa is an error to them.
    """

    kode_desa: str
    nama: str
    size: int
    followed: int
    appended_at: datetime | None
    chain: str | None
    changes: int | None
    laki_laki: int
    perempuan: int
    penduduk: int
    keluarga: int
    refusals: int
    heard_at: datetime | None
    upload_refused: bool | None
    waiting: int
    parked: Sequence[str]

    @property
    def behind(self) -> int:
        """Batches that pages do not show yet."""
        return self.size - self.followed


def villages(tx: Connection, scope: str) -> list[Village]:
    """The villages whose code is `scope` or begins with it, by code."""
    rows = tx.execute(_SQL["villages"], {"scope": scope, "below": f"{scope}.%"})
    return [Village(**row) for row in rows.mappings()]


def all_villages(tx: Connection) -> list[Village]:
    """Every village of the office, by code."""
    rows = tx.execute(_SQL["villages"], {"scope": "", "below": "%"})
    return [Village(**row) for row in rows.mappings()]


def names(tx: Connection, scope: str) -> dict[str, str]:
    """What the villages whose code is `scope` or begins with it are called, by code."""
    rows = tx.execute(_SQL["names"], {"scope": scope, "below": f"{scope}.%"})
    return {row.kode_desa: row.nama for row in rows}


def village(tx: Connection, kode_desa: str) -> Village | None:
    """One village, if it is registered."""
    return next(iter(villages(tx, kode_desa)), None)
