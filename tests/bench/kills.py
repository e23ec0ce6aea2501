"""Projections killed with SIGKILL at random moments, and what is left in their tables.

Seven villages that another program invented are pushed. Then, over and over, a process that
rebuilds all projections, or follows the logs from nothing, is killed somewhere on its way. After a
killed rebuild every row must be as before it; after all killed followers, one that is let alone
must end with the same rows.

    python -m tests.bench.kills [--runs 100]
"""

import io
import os
import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import text

from ledger.database import Databases, open_databases
from projections import PROJECTIONS, catch_up, rebuild, status
from tests.bench.measure import arguments, enrolled, office
from tests.projections import invented

TABLES = tuple(table for it in PROJECTIONS for table in it.tables)


def now() -> datetime:
    return datetime.now(UTC)


def digest(databases: Databases) -> str:
    """One hash over every row of every read model."""
    found = sha256()
    with databases.reader.connect() as tx:
        for table in TABLES:
            query = text(f"SELECT md5(t::text) FROM {table.fullname} AS t ORDER BY 1")
            found.update("\n".join(tx.execute(query).scalars()).encode())
    return found.hexdigest()


def killed(url: str, work: Callable[[Databases], None], after_s: float) -> bool:
    """Do some work in a process that is killed after a while; whether it was not done by then."""
    child = os.fork()
    if child == 0:
        databases = open_databases(url)
        work(databases)
        os._exit(0)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    _, code = os.waitpid(child, 0)
    return os.WIFSIGNALED(code)


def main() -> None:
    """Kill, look, and kill again."""
    options = arguments(__doc__ or "", runs=100)
    dice = random.Random(1)
    with office() as services:
        url = services.settings.database_url or ""
        databases = services.databases
        desa = []
        for kode_desa, pushes in invented.villages():
            village = enrolled(services, kode_desa)
            desa.append(kode_desa)
            for drafts in pushes:
                batch = village.sign(drafts)
                appended = services.ledger.append(kode_desa, io.BytesIO(batch.to_bytes()))
                village.accept(batch, appended.receipt)
        begun = time.perf_counter()
        catch_up(databases.projector, now)
        follow_s = time.perf_counter() - begun
        expected = digest(databases)
        begun = time.perf_counter()
        rebuild(databases.projector, PROJECTIONS, desa, now)
        rebuild_s = time.perf_counter() - begun
        print(f"{len(TABLES)} tables; following {follow_s:.1f} s, rebuilding {rebuild_s:.1f} s")
        assert digest(databases) == expected

        def rebuilding(own: Databases) -> None:
            rebuild(own.projector, PROJECTIONS, desa, now)

        def following(own: Databases) -> None:
            catch_up(own.projector, now)

        cut = 0
        for _ in range(options.runs // 2):
            cut += killed(url, rebuilding, dice.uniform(0, rebuild_s))
            assert digest(databases) == expected
        print(f"{cut} rebuilds killed on their way: rows as before, each time")

        cut = 0
        while cut < options.runs - options.runs // 2:
            with databases.owner.begin() as tx:
                for table in (*TABLES, "projections.position"):
                    tx.execute(text(f"TRUNCATE {getattr(table, 'fullname', table)}"))
            in_a_row = dice.randrange(1, 6)
            for _ in range(in_a_row):
                cut += killed(url, following, dice.uniform(0, follow_s / in_a_row))
            catch_up(databases.projector, now)
            assert digest(databases) == expected
        with databases.reader.connect() as tx:
            assert {it.state for it in status(tx)} == {"live"}
        print(f"{cut} followers killed on their way: the same rows in the end, each time")


if __name__ == "__main__":
    main()
