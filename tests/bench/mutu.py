"""How long it takes to look for all that is amiss between the records of one desa.

A desa has 3,000 people as a rule, a kecamatan 60,000; both are measured, as one desa. The people
were invented: they live in families, on cards and in places, and things happened to them.

    python -m tests.bench.mutu [--runs 15]
"""

import io
import time
from datetime import UTC, date, datetime
from functools import partial

from cli.demo.village import kecamatan
from projections import PROJECTIONS
from projections.queries.mutu import across
from projections.runner import Runner
from tests.bench.dashboard import timed
from tests.bench.measure import arguments, enrolled, office

PEOPLE = 60_000
ON = date(2026, 11, 24)


def now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Measure what a page waits for."""
    options = arguments(__doc__ or "")
    for count in (PEOPLE // 20, PEOPLE):
        (generated,) = kecamatan(seed=7, until=ON, desa=1, people=count, months=1)
        with office() as services:
            village = enrolled(services, generated.kode)
            for it in generated.pushes():
                batch = village.sign(list(it.drafts))
                appended = services.ledger.append(village.kode_desa, io.BytesIO(batch.to_bytes()))
                village.accept(batch, appended.receipt)
            stated = [it for it in PROJECTIONS if it.name not in {"statistik", "mutu", "mutasi"}]
            Runner(services.databases.projector, stated, now).catch_up()
            with services.databases.owner.connect() as tx:
                tx.exec_driver_sql("ANALYZE")
                tx.commit()
            with services.databases.reader.connect() as tx:
                begun = time.perf_counter()
                found = across(tx, generated.kode, ON)
                first = (time.perf_counter() - begun) * 1e3
                median = timed(partial(across, tx, generated.kode, ON), options.runs)
            kinds = ", ".join(f"{it.code} {it.jumlah}" for it in found)
            print(f"{count:>7,} people: {median:6.0f} ms (first {first:.0f} ms); {kinds}")


if __name__ == "__main__":
    main()
