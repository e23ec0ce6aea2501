"""Rebuild in place: desa by desa, each in one transaction, old rows served meanwhile."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from ledger import LedgerError, read_sizes
from projections.projection import Projection
from projections.runner import Runner


class ProjectionUnknownError(LedgerError):
    """No projection of this name."""

    code = "projection-unknown"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"Proyeksi {name} tidak ada; yang ada: {', '.join(known)}.")
        self.name = name


def rebuild(
    engine: Engine,
    projections: Sequence[Projection],
    kode_desa: Sequence[str],
    now: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Rebuild projections of some desa; `progress` is told the batches applied.

    Interrupted, the desa in hand keeps its old rows.
    """
    runner = Runner(engine, projections, now)
    for kode in kode_desa:
        runner.rebuild(kode, progress)


def sizes(engine: Engine) -> dict[str, int]:
    """How many batches each desa's log has: what a rebuild will apply."""
    with engine.begin() as tx:
        return read_sizes(tx)
