"""What checkpoints cost an append: with a newly signed one in each receipt, and with an old one.

    python -m tests.bench.checkpoints --changes 100 --runs 100

The same changes go to two desa of one office. One ledger works as always; the other hands out the
first checkpoint that it signed again and again, and signs no more.
"""

import io

from ledger import Ledger, Note
from ledger.store import Head
from tests.bench.measure import arguments, enrolled, office, paired, people, report
from tests.simulator import Village


class Unsigned(Ledger):
    """A ledger that signs one checkpoint, and no more."""

    _first: Note | None = None

    def _sign(self, at: Head) -> Note:
        self._first = self._first or super()._sign(at)
        return self._first


def main() -> None:
    """Measure both ledgers."""
    options = arguments(__doc__ or "")
    drafts = people(options.changes)
    with office() as services:
        usual, other = (enrolled(services, f"53.06.14.200{it}") for it in (1, 2))
        unsigned = Unsigned(
            services.databases.ingest, services.ledger.office, services.ledger.limits, services.now
        )
        unsigned.look()

        def append(ledger: Ledger, village: Village) -> None:
            batch = village.sign(drafts)
            ledger.append(village.kode_desa, io.BytesIO(batch.to_bytes()))
            village.number, village.prev = village.number + 1, batch.manifest.hash

        seconds = paired(
            options.runs,
            {
                "an old checkpoint": lambda: append(unsigned, other),
                "a new checkpoint": lambda: append(services.ledger, usual),
            },
            lambda: None,
        )
    report(f"append of {options.changes} changes", seconds, "an old checkpoint")


if __name__ == "__main__":
    main()
