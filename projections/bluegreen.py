"""Building all read models anew beside those that serve, and the switch to them.

The new ones are filled in a schema of their own, by several processes at once; the old ones go on
serving and following meanwhile. When the new ones have caught up, one transaction stops whoever
writes, compares both, and gives the new schema the old one's name. Whoever reads sees the old rows
until then, and the new ones from then on: never none, never some of each; the switch waits for
those who are in the middle of it. A process that is killed on the way leaves a schema that the
next attempt throws away.
"""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import product
from multiprocessing import get_context
from typing import Any, Final

import structlog
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

from ledger.database import PROJECTOR, READER, READING, Databases, open_databases
from projections import tables
from projections.copying import SCHEMA
from projections.forgetting import forget
from projections.positions import outdated
from projections.projection import Projection
from projections.runner import NotAppliedError, Runner

_NOW, _NEXT, _OLD = "projections", "projections_next", "projections_old"
_OURS = re.compile(rf"\b{_NOW}\.")
_LOCK: Final = 0x0DD1B17D
_LOOK_S = 0.2
# While the switch waits for those who read, those who come wait for it: not longer than this.
_HELD_UP_MS: Final = 250
_TURNS: Final = 20
_BETWEEN_TURNS_S: Final = 1.0
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Difference:
    """A table whose rows are not those that served before; `before` and `after` count them."""

    table: str
    before: int
    after: int


@dataclass(frozen=True)
class Failure:
    """A projection that is not as far in the new rows; `error` is empty if nothing failed."""

    projection: str
    kode_desa: str
    error: str


@dataclass(frozen=True)
class Building:
    """How far a rebuild is that goes on now: batches applied, of all projections together."""

    done: int
    total: int


def building(tx: Connection, projections: Sequence[Projection]) -> Building | None:
    """The rebuild that goes on, whoever does it; `tx` may be a reader's."""
    if (
        tx.execute(text("SELECT to_regclass(:name)"), {"name": f"{_NEXT}.position"}).scalar()
        is None
    ):
        return None
    done = tx.execute(text(f"SELECT coalesce(sum(position), 0) FROM {_NEXT}.position"))  # noqa: S608  # our own schema
    total = tx.execute(
        text("SELECT coalesce(sum(size), 0) FROM ledger.head JOIN ledger.desa USING (kode_desa)")
    )
    return Building(int(done.scalar_one()), int(total.scalar_one()) * len(projections))


def beside(engine: Engine) -> Engine:
    """The same engine, whose statements mean the read models that are being built."""
    built = engine.execution_options(**{SCHEMA: _NEXT})

    @event.listens_for(built, "before_cursor_execute", retval=True)
    def rename(
        _connection: Connection,
        _cursor: Any,  # noqa: ANN401  # the driver's
        statement: str,
        parameters: Any,  # noqa: ANN401
        _context: Any,  # noqa: ANN401
        _many: bool,  # noqa: FBT001  # SQLAlchemy's signature
    ) -> tuple[str, Any]:
        return _OURS.sub(f"{_NEXT}.", statement), parameters

    return built


def rebuild_beside(
    databases: Databases,
    known: Callable[[], Sequence[Projection]],
    now: Callable[[], datetime],
    *,
    processes: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Difference]:
    """Build all read models anew and switch to them; tells where they differ from before.

    `progress` is told how many batches more have been applied, of all projections together; what
    it raises stops the rebuild, and nothing is left of it. `known` gives all projections there
    are. Several processes are forks of this one, which must have no other threads then.

    Raises:
        NotAppliedError: a batch that is in the old rows cannot be in the new ones; the old stay.
    """
    with _alone(databases) as owner:
        try:
            return _rebuild(owner, databases, known, now, processes, progress, _refuse)
        except BaseException:
            owner.rollback()
            owner.execute(text(f"DROP SCHEMA IF EXISTS {_NEXT} CASCADE"))
            owner.commit()
            raise


def renew(
    databases: Databases,
    known: Callable[[], Sequence[Projection]],
    now: Callable[[], datetime],
) -> bool:
    """Build all anew if rows that serve were made by another version; says whether it did.

    Of several that are started with a new version one builds, and the others wait for it. What
    the new version cannot apply is left behind, to be seen and tried again as always: nobody else
    waits for that desa.
    """
    with _alone(databases) as owner:
        needed = outdated(owner, known())
        owner.commit()
        if needed:
            for it in _rebuild(owner, databases, known, now, 1, lambda _: None, _leave):
                _logger.info("rebuilt otherwise", table=it.table, before=it.before, after=it.after)
        return needed


@contextmanager
def _alone(databases: Databases) -> Iterator[Connection]:
    """A connection of the owner's, while nobody else builds."""
    with databases.owner.connect() as owner:
        # Of the session: two attempts at once would throw away each other's schema.
        owner.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        owner.commit()
        try:
            yield owner
        finally:
            owner.rollback()
            owner.execute(text(f"DROP SCHEMA IF EXISTS {_OLD} CASCADE"))
            owner.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            owner.commit()


def _rebuild(
    owner: Connection,
    databases: Databases,
    known: Callable[[], Sequence[Projection]],
    now: Callable[[], datetime],
    processes: int,
    progress: Callable[[int], None],
    stuck: Callable[[Failure], None],
) -> list[Difference]:
    projections = known()
    _begin(owner)
    _fill(databases, known, now, processes, progress)
    runner = Runner(beside(databases.projector), projections, now)
    while behind := _behind(owner, projections):
        if runner.run_once():
            continue
        failures = [it for it in behind if it.error]
        for it in failures:
            stuck(it)
        if failures:
            break
        time.sleep(_LOOK_S)  # what follows another one's rows waits for whoever is at those
    return _switch(owner, databases, projections, now, processes)


def _refuse(failure: Failure) -> None:
    raise NotAppliedError(failure.kode_desa, f"{failure.projection}, {failure.error}")


def _leave(failure: Failure) -> None:
    _logger.error("left behind by a rebuild", **asdict(failure))


def _begin(owner: Connection) -> None:
    owner.execute(text(f"DROP SCHEMA IF EXISTS {_NEXT} CASCADE"))
    owner.execute(text(f"CREATE SCHEMA {_NEXT}"))
    owner.commit()
    with beside(owner.engine).begin() as tx:
        tables.metadata.create_all(tx, checkfirst=False)
    owner.execute(
        text(f"""
            REVOKE ALL ON SCHEMA {_NEXT} FROM PUBLIC;
            GRANT USAGE ON SCHEMA {_NEXT} TO {PROJECTOR}, {READER};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {_NEXT} TO {PROJECTOR};
            GRANT SELECT ON ALL TABLES IN SCHEMA {_NEXT} TO {READER};
        """),
    )
    owner.commit()


def _fill(
    databases: Databases,
    known: Callable[[], Sequence[Projection]],
    now: Callable[[], datetime],
    processes: int,
    progress: Callable[[int], None],
) -> None:
    """Follow all logs from their beginning, by as many processes as are wanted."""
    if processes == 1:
        runner = Runner(beside(databases.projector), known(), now)
        while applied := runner.run_once():
            progress(applied)
        return
    url = databases.projector.url.render_as_string(hide_password=False)
    # Forks, since to start Python and read all modules again takes as long as a desa or two.
    context = get_context("fork")
    working = [
        context.Process(target=_follow, args=(url, known, now, it / processes), daemon=True)
        for it in range(processes)
    ]
    try:
        for it in working:
            it.start()
        done = 0
        while any(it.is_alive() for it in working):
            time.sleep(_LOOK_S)
            done = _told(databases, done, progress)
        _told(databases, done, progress)
    finally:
        # Whatever one of them leaves undone, if it dies, the one that waits does itself.
        for it in working:
            if it.is_alive():
                it.terminate()
        for it in working:
            if it.pid is not None:
                it.join()
                it.close()


def _follow(
    url: str, known: Callable[[], Sequence[Projection]], now: Callable[[], datetime], turn: float
) -> None:
    """What each of the processes does, as long as the one that wants it is there."""
    parent = os.getppid()
    # A Ctrl-C is for the one that started us, which then ends us as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    databases = open_databases(url)
    try:
        runner = Runner(beside(databases.projector), known(), now, turn=turn)
        while os.getppid() == parent and runner.run_once():
            pass
    finally:
        databases.dispose()


def _told(databases: Databases, done: int, progress: Callable[[int], None]) -> int:
    with beside(databases.projector).connect() as tx:
        query = text("SELECT coalesce(sum(position), 0) FROM projections.position")
        reached = int(tx.execute(query).scalar_one())
    progress(reached - done)
    return reached


def _behind(owner: Connection, projections: Sequence[Projection]) -> list[Failure]:
    """Where the new ones are behind the old ones, and what failed there, if anything did."""
    query = text(f"""
        SELECT served.projection, served.kode_desa, coalesce(built.error, '') AS error
        FROM {_NOW}.position AS served
        LEFT JOIN {_NEXT}.position AS built USING (kode_desa, projection)
        WHERE served.projection = ANY(:names)
            AND served.position > coalesce(built.position, 0)
        ORDER BY served.kode_desa, served.projection
    """)  # noqa: S608  # our own schemas
    rows = owner.execute(query, {"names": [it.name for it in projections]}).all()
    owner.commit()
    return [Failure(*row) for row in rows]


def _switch(
    owner: Connection,
    databases: Databases,
    projections: Sequence[Projection],
    now: Callable[[], datetime],
    processes: int,
) -> list[Difference]:
    # Whoever applies a batch writes its position in the same transaction: from here on nobody
    # does. Readers are not kept waiting by this.
    owner.execute(text(f"LOCK TABLE {_NOW}.position IN EXCLUSIVE MODE"))
    # What was applied between the last look and the lock; both are then at the same batches.
    Runner(beside(databases.projector), projections, now).catch_up()
    forget(beside(databases.projector), projections, now)
    found = _differences(databases, projections, processes)
    _wait_for_readers(owner)
    owner.execute(text(f"ALTER TABLE {_NOW}.alembic_version SET SCHEMA {_NEXT}"))
    owner.execute(text(f"ALTER SCHEMA {_NOW} RENAME TO {_OLD}"))
    owner.execute(text(f"ALTER SCHEMA {_NEXT} RENAME TO {_NOW}"))
    owner.commit()
    return found


def _wait_for_readers(owner: Connection) -> None:
    """Return when nobody reads, and let nobody begin to until the transaction ends.

    Who reads on and on is not waited for any more after half a minute, in which nobody follows the
    logs either: its next statement then finds the new rows.
    """
    for turn in range(_TURNS):
        if turn:
            time.sleep(_BETWEEN_TURNS_S)
        try:
            with owner.begin_nested():
                owner.execute(text(f"SET LOCAL lock_timeout = {_HELD_UP_MS}"))
                owner.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": READING})
                owner.execute(text("SET LOCAL lock_timeout = DEFAULT"))
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
        else:
            return
    _logger.warning("switched while somebody was reading")


def _differences(
    databases: Databases, projections: Sequence[Projection], processes: int
) -> list[Difference]:
    """The tables whose rows differ, of the desa that both have followed equally far."""
    tables_of = [(it.name, table.name) for it in projections for table in it.tables]

    def summed(asked: tuple[tuple[str, str], str]) -> tuple[int, int]:
        (projection, table), schema = asked
        query = text(f"""
            SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)
            FROM {schema}.{table} AS t
            WHERE kode_desa IN (
                SELECT served.kode_desa FROM {_NOW}.position AS served
                JOIN {_NEXT}.position AS built USING (kode_desa, projection, position)
                WHERE projection = :projection
            )
        """)  # noqa: S608  # our own schemas and tables
        with databases.reader.connect() as tx:
            count, total = tx.execute(query, {"projection": projection}).one()
        return count, total

    # The database does the work, in as many connections as there were processes.
    with ThreadPoolExecutor(processes) as pool:
        sums = list(pool.map(summed, product(tables_of, (_NOW, _NEXT))))
    return [
        Difference(table, before[0], after[0])
        for (_, table), before, after in zip(tables_of, sums[::2], sums[1::2], strict=True)
        if before != after
    ]
