"""Append of a signed batch of penduduk changes, against COPY of the same lines as rows.

COPY writes (kode_desa, seq, line), with that primary key, in the same server and run, and makes
its rows from the lines as any program must. The signed batches are made ready beforehand. Over
HTTP, a batch goes to the real `serve`, compressed by the sender within the timed part, and the
answer has its findings. COPY's own time varies with the server's checkpoints: look at the minimum
too.
"""

import io

import urllib3
import zstandard
from sqlalchemy import text

from ledger import Appended, Batch
from tests.api.test_ingest import receipt_of
from tests.bench.measure import arguments, copy, enrolled, office, paired, people, report, serving

COPIED = """
    CREATE TABLE ledger.copied (
        kode_desa text NOT NULL, seq bigint NOT NULL, line text NOT NULL,
        PRIMARY KEY (kode_desa, seq)
    )
"""


def main() -> None:
    """Measure both ways of arriving."""
    options = arguments(__doc__ or "")
    drafts = people(options.changes)
    with office() as services, serving(services) as address:
        direct = enrolled(services, "53.06.14.2001")
        remote = enrolled(services, "53.06.14.2002")
        engine = services.databases.owner
        pool = urllib3.PoolManager()
        with engine.begin() as tx:
            tx.execute(text(COPIED))

        seq = 0
        batch: Batch
        posted: Batch

        def prepare() -> None:
            nonlocal seq, batch, posted
            batch, posted = direct.sign(drafts), remote.sign(drafts)
            seq += len(drafts)

        def copying() -> None:
            rows = b"".join(
                b"53.06.14.2001\t%d\t%s\n" % (number, line.replace(b"\\", b"\\\\"))
                for number, line in enumerate(batch.body.splitlines(), start=seq)
            )
            copy(engine, "COPY ledger.copied FROM STDIN", rows)

        def appending() -> None:
            source = io.BytesIO(batch.to_bytes())
            answer: Appended = services.ledger.append(direct.kode_desa, source)
            direct.accept(batch, answer.receipt)

        def posting() -> None:
            body = zstandard.compress(posted.to_bytes(), 1)
            answer = pool.request(
                "POST",
                f"{address}/v1/desa/{remote.kode_desa}/batches",
                body=body,
                headers={"Content-Type": "text/plain", "Content-Encoding": "zstd"},
            )
            assert answer.status == 201, answer.data
            told = answer.json()
            remote.accept(posted, receipt_of(told))

        seconds = paired(
            options.runs,
            {"COPY": copying, "Ledger.append": appending, "over HTTP": posting},
            prepare,
        )
    report(f"append of {options.changes} changes", seconds, "COPY")


if __name__ == "__main__":
    main()
