"""The figures of a dashboard of a whole kecamatan, as of a batch in the past, in the database.

Ten desa of 6,000 people, told in batches of a thousand, each record changed once since. The
figures: nine statistics, two of them by age, together and each alone. Also: how long a push of 500
changes takes to be in all read models, of a worker that has applied as many before, and the time
from a push of `--changes` changes until a worker shows it.

    python -m tests.bench.dashboard [--runs 15]
"""

import io
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial

from api.context import Services
from ledger import Draft
from projections import catch_up, status
from projections.queries.statistik import Place, table, together
from tests.bench.measure import arguments, enrolled, office, people
from tests.simulator import Village

DESA, EACH = 10, 6_000
FIGURES = (
    "jenis-kelamin",
    "agama",
    "status-kawin",
    "golongan-darah",
    "pendidikan-kk",
    "pekerjaan",
    "cacat",
    "umur",
    "ktp",
)
ON = date(2026, 11, 24)


def now() -> datetime:
    return datetime.now(UTC)


def push(services: Services, village: Village, drafts: list[Draft]) -> None:
    batch = village.sign(drafts)
    appended = services.ledger.append(village.kode_desa, io.BytesIO(batch.to_bytes()))
    village.accept(batch, appended.receipt)


def changed(drafts: list[Draft], word: str) -> list[Draft]:
    return [
        Draft(it.entity, it.id, it.op, it.at, {**(it.data or {}), "dusun": word}) for it in drafts
    ]


def timed(what: Callable[[], object], runs: int) -> float:
    """The median of some runs, in milliseconds."""
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        what()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds) * 1e3


def main() -> None:
    """Measure what people wait for."""
    options = arguments(__doc__ or "")
    many = people(max(EACH, options.changes))
    drafts = many[:EACH]
    with office() as services:
        databases = services.databases
        villages = [enrolled(services, f"53.06.14.20{it:02}") for it in range(1, DESA + 1)]
        for village in villages:
            for drafted in (drafts, changed(drafts, "BARU")):
                for begin in range(0, EACH, 1_000):
                    push(services, village, drafted[begin : begin + 1_000])
        catch_up(databases.projector, now)
        with databases.owner.connect() as tx:
            # As the server does by itself within a minute: people are counted from an index alone.
            tx.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM (ANALYZE)")
        for name, batch in (("now", 12), ("half way back", 9)):
            where = [Place(it.kode_desa, batch) for it in villages]
            with databases.reader.connect() as tx:
                each = {
                    it: timed(partial(table, tx, it, where, ON), options.runs) for it in FIGURES
                }
                all_ = timed(partial(together, tx, FIGURES, where, ON), options.runs)
            told = ", ".join(f"{it} {ms:.0f}" for it, ms in each.items())
            print(f"{DESA * EACH} people, {name}: {all_:.0f} ms; each alone: {told}")

        def small() -> None:
            catch_up(databases.projector, now)

        waits = []
        for number in range(2 * options.runs):
            push(services, villages[0], changed(drafts[:500], f"RW {number}"))
            waits.append(timed(small, 1))
        print(f"500 changes in all read models: {statistics.median(waits[options.runs :]):.0f} ms")

        command = [sys.executable, "-m", "cli", "worker"]
        with subprocess.Popen(command, env=services.settings.to_env()) as worker:
            large = enrolled(services, f"53.06.14.20{DESA + 1}")
            push(services, large, many[: options.changes])
            wait_for(services)
            waits = []
            for number in range(3):
                push(services, large, changed(many[: options.changes], f"DUSUN {number}"))
                waits.append(timed(lambda: wait_for(services), 1))
            worker.terminate()
        print(
            f"{options.changes} changes shown by a worker after: {statistics.median(waits):.0f} ms"
        )


def wait_for(services: Services) -> None:
    """Wait until nothing is behind."""
    while True:
        with services.databases.reader.connect() as tx:
            if not any(it.behind for it in status(tx)):
                return
        time.sleep(0.05)  # to ask is work too


if __name__ == "__main__":
    main()
