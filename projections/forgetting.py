"""Forgetting: rows that were made before a log was redacted are made anew.

The log says how often it was redacted (`ledger.head`), a position how much of that its rows know.
Where they know less, they may still hold the person, so this comes before anything else: the rows
of that desa are built anew, and whoever reads sees the old ones until the transaction ends. Rows
that cannot be built are cleared instead: better none than those.

The command that redacts calls this itself before it says that it is done; a worker calls it each
time it looks, for whatever happened to the command.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Engine

from projections import sql
from projections.projection import Projection
from projections.rebuild import rebuild

_SQL = sql.load("projections", "forgetting.sql")
_logger = structlog.get_logger(__name__)


def forget(
    engine: Engine,
    projections: Sequence[Projection],
    now: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _: None,
) -> list[str]:
    """Make anew what was made before a redaction; gives the desa that had any.

    When this returns, no row holds what was redacted before it was called. `progress` is told the
    batches applied.
    """
    names = [it.name for it in projections]
    with engine.begin() as tx:
        found = tx.execute(_SQL["outdone"], {"projections": names}).all()
    for row in found:
        facts = {
            "kode_desa": row.kode_desa,
            "projections": names,
            "redactions": row.redactions,
        }
        try:
            rebuild(engine, projections, [row.kode_desa], now, progress)
        except Exception as error:  # noqa: BLE001  # whatever it is, the rows must not stay
            _logger.error(  # noqa: TRY400  # its text may hold what a village stated
                "read models cleared", kode_desa=row.kode_desa, error=type(error).__name__
            )
            _clear(engine, projections, facts)
        # What was read for the rows was read after the count. Interrupted here, they are made
        # once more.
        with engine.begin() as tx:
            tx.execute(_SQL["know"], facts)
    return [row.kode_desa for row in found]


def _clear(engine: Engine, projections: Sequence[Projection], facts: dict[str, object]) -> None:
    with engine.begin() as tx:
        tx.execute(_SQL["back"], facts)
        for projection in projections:
            for table in projection.tables:
                tx.execute(table.delete().where(table.c.kode_desa == facts["kode_desa"]))
