"""Read models: what the logs say, as tables that people look at.

Any of them can be thrown away and rebuilt. `queries` is what may be asked of them; the rest is
how they follow the logs.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine

from ledger.catalogue import ENTITIES
from projections import bluegreen, positions, tables
from projections.bluegreen import Building, Difference, rebuild_beside, renew
from projections.forgetting import forget
from projections.mutasi import MUTASI, MUTASI_KELUARGA
from projections.mutu import MUTU
from projections.penduduk import PENDUDUK
from projections.positions import WAIT_S, NotFollowedError, ParkedError, Status, retry, wait_for
from projections.projection import Projection
from projections.rebuild import ProjectionUnknownError, rebuild, sizes
from projections.records import RecordProjection
from projections.replay import Changes, by_table, replay
from projections.runner import Runner
from projections.schedule import JOBS, LATE_DAYS, Job, Schedule, Watched, silent
from projections.statistik import STATISTIK
from projections.worker import Worker

AS_STATED: Final = (
    tables.keluarga,
    tables.desa,
    tables.program_bantuan,
    tables.peserta_bantuan,
    tables.pembangunan,
    tables.dokumentasi_pembangunan,
    tables.laporan,
    tables.surat,
    tables.wilayah,
    tables.peristiwa,
    tables.peristiwa_keluarga,
    tables.rumah_tangga,
    tables.aparatur,
    tables.lembaga,
    tables.anggota_lembaga,
    tables.suplemen,
    tables.suplemen_terdata,
    tables.apbdes,
    tables.potensi,
    tables.sarana,
    tables.produk_hukum,
)
"""Read models that are an entity's records and nothing else."""

PROJECTIONS: Final[tuple[Projection, ...]] = (
    PENDUDUK,
    *(RecordProjection(ENTITIES[table.name], 2, table) for table in AS_STATED),
    MUTASI,
    MUTASI_KELUARGA,
    STATISTIK,
    MUTU,
)

RECORD_TABLES: Final = by_table(PROJECTIONS)
"""The projections whose tables can be made anew from changes alone, by name."""

__all__ = [
    "JOBS",
    "LATE_DAYS",
    "PROJECTIONS",
    "RECORD_TABLES",
    "WAIT_S",
    "Building",
    "Difference",
    "Job",
    "NotFollowedError",
    "ParkedError",
    "Projection",
    "ProjectionUnknownError",
    "Schedule",
    "Status",
    "Watched",
    "Worker",
    "building",
    "catch_up",
    "everything",
    "forget",
    "named",
    "rebuild",
    "rebuild_beside",
    "renew",
    "replayed",
    "retry",
    "silent",
    "sizes",
    "status",
    "wait_for",
]


def everything() -> tuple[Projection, ...]:
    """All projections, for processes that are told of them by this function's name."""
    return PROJECTIONS


def named(name: str) -> Projection:
    """The projection of this name, or raise ProjectionUnknownError."""
    for projection in PROJECTIONS:
        if projection.name == name:
            return projection
    raise ProjectionUnknownError(name, [it.name for it in PROJECTIONS])


def replayed(
    table: str, kode_desa: str, batches: Changes
) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    """The columns and rows of a table of RECORD_TABLES after these batches, without a database."""
    return replay(RECORD_TABLES[table], kode_desa, batches)


def catch_up(engine: Engine, now: Callable[[], datetime]) -> None:
    """Bring every projection to the heads of the logs, once; what was redacted is forgotten."""
    forget(engine, PROJECTIONS, now)
    Runner(engine, PROJECTIONS, now).catch_up()


def status(tx: Connection) -> list[Status]:
    """How far every projection has followed every desa's log."""
    return positions.status(tx, PROJECTIONS)


def building(tx: Connection) -> Building | None:
    """How far a rebuild of all projections is, if one goes on."""
    return bluegreen.building(tx, PROJECTIONS)
