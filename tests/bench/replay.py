"""Replay of a log into penduduk, against COPY of the finished rows.

The rows go into a table made like penduduk, with its indexes, in the same server and run. Both
tables are emptied before each run. The log holds one statement about each person, in batches of
1,000; the replay reads, unpacks, decodes, judges and writes them.
"""

import io

from sqlalchemy import Engine, text

from projections import rebuild
from projections.penduduk import PENDUDUK
from tests.bench.measure import arguments, copy, enrolled, office, paired, people, report
from tests.simulator import START

KODE_DESA = "53.06.14.2001"


def main() -> None:
    """Measure one desa's replay."""
    options = arguments(__doc__ or "")
    drafts = people(options.changes)
    with office() as services:
        village = enrolled(services, KODE_DESA)
        for begin in range(0, len(drafts), 1_000):
            batch = village.sign(drafts[begin : begin + 1_000])
            appended = services.ledger.append(KODE_DESA, io.BytesIO(batch.to_bytes()))
            village.accept(batch, appended.receipt)
        projector = services.databases.projector
        owner = services.databases.owner

        def replaying() -> None:
            rebuild(projector, [PENDUDUK], [KODE_DESA], lambda: START)

        replaying()
        with owner.begin() as tx:
            tx.execute(
                text("CREATE TABLE projections.copied (LIKE projections.penduduk INCLUDING ALL)")
            )
        rows = finished_rows(owner)

        def empty() -> None:
            with owner.begin() as tx:
                tx.execute(text("TRUNCATE projections.copied, projections.penduduk"))

        def copying() -> None:
            copy(owner, "COPY projections.copied FROM STDIN", rows)

        seconds = paired(options.runs, {"COPY": copying, "replay": replaying}, empty)
    report(f"replay of {options.changes} changes into penduduk", seconds, "COPY")


def finished_rows(owner: Engine) -> bytes:
    """The rows of penduduk as COPY writes them."""
    connection = owner.raw_connection()
    try:
        driver = connection.driver_connection
        assert driver is not None
        with (
            driver.cursor() as cursor,
            cursor.copy("COPY projections.penduduk TO STDOUT") as stream,
        ):
            return b"".join(bytes(part) for part in stream)
    finally:
        connection.close()


if __name__ == "__main__":
    main()
