"""How long a backup takes, in clear and sealed: the logs, and 200 MB of files, each time anew.

python -m tests.bench.backup [--runs 5] [--changes 10000]
"""

import io
import shutil
import tempfile
from functools import partial
from pathlib import Path
from random import Random

from pyrage.x25519 import Identity

from ledger import Backups
from tests.bench.measure import arguments, enrolled, office, paired, people, report
from tests.simulator import KODE, KODE_DESA, ORIGIN

BATCH = 10_000
FILES, FILE_BYTES = 400, 500_000


def main() -> None:
    """Measure both ways in turn."""
    options = arguments(__doc__ or "", runs=5)
    with office() as services, tempfile.TemporaryDirectory() as folder:
        village = enrolled(services, KODE_DESA)
        drafts = people(BATCH)
        for _ in range(max(1, options.changes // BATCH)):
            batch = village.sign(drafts)
            appended = services.ledger.append(KODE_DESA, io.BytesIO(batch.to_bytes()))
            village.accept(batch, appended.receipt)
        chance = Random(0)  # what photos are like: nothing to pack
        kept = [
            services.blobs.keep(chance.randbytes(FILE_BYTES), "image/jpeg") for _ in range(FILES)
        ]
        with services.databases.ingest.begin() as tx:
            services.blobs.belong(tx, KODE_DESA, kept, services.now())
        target = Path(folder) / "cadangan"
        sides = {
            name: partial(
                Backups(
                    services.databases.owner,
                    services.settings.data / "blobs",
                    services.now,
                    origin=ORIGIN,
                    kode=KODE,
                    recipients=recipients,
                ).make,
                target / name,
            )
            for name, recipients in {
                "clear": (),
                "sealed": (str(Identity.generate().to_public()),),
            }.items()
        }

        def anew() -> None:
            # Else the files are shared with the backup before.
            shutil.rmtree(target, ignore_errors=True)

        report(
            f"{options.changes} changes, {FILES} files of {FILE_BYTES} bytes",
            paired(options.runs, sides, anew),
            "clear",
        )


if __name__ == "__main__":
    main()
