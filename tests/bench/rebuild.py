"""Rebuilding all read models beside those that serve: by one process, and by two.

Eight desa of `--changes` people each, told in batches of a thousand. The time includes starting
the processes, the comparison and the switch.

    python -m tests.bench.rebuild [--changes 10000] [--runs 3]
"""

import io
from datetime import UTC, datetime

from projections import catch_up, everything, rebuild_beside
from tests.bench.measure import arguments, enrolled, office, paired, people, report

DESA = 8


def now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Measure both."""
    options = arguments(__doc__ or "", runs=3)
    drafts = people(options.changes)
    with office() as services:
        for number in range(1, DESA + 1):
            kode_desa = f"53.06.14.20{number:02}"
            village = enrolled(services, kode_desa)
            for begin in range(0, len(drafts), 1_000):
                batch = village.sign(drafts[begin : begin + 1_000])
                appended = services.ledger.append(kode_desa, io.BytesIO(batch.to_bytes()))
                village.accept(batch, appended.receipt)
        catch_up(services.databases.projector, now)

        def by(processes: int) -> None:
            differences = rebuild_beside(services.databases, everything, now, processes=processes)
            assert differences == []

        seconds = paired(
            options.runs,
            {"two processes": lambda: by(2), "one process": lambda: by(1)},
            lambda: None,
        )
    report(f"{DESA} desa of {options.changes} people rebuilt", seconds, "two processes")


if __name__ == "__main__":
    main()
