"""Scheduled work as it is kept: claimed once, due again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ledger import Jobs, JobState, read_jobs
from ledger.database import Databases
from tests.simulator import START

HOUR = timedelta(hours=1)


@pytest.fixture
def jobs(databases: Databases) -> Jobs:
    return Jobs(databases.ingest)


def state(databases: Databases) -> JobState:
    with databases.reader.connect() as tx:
        (found,) = read_jobs(tx)
    return found


def test_a_job_is_claimed_once_each_time_it_is_due(jobs: Jobs) -> None:
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: jobs.claim("x", HOUR, START), range(8)))
    assert sorted(claims) == [False] * 7 + [True]
    assert not jobs.claim("x", HOUR, START + timedelta(minutes=59))
    assert jobs.claim("x", HOUR, START + HOUR)


def test_how_the_last_run_ended_is_kept(jobs: Jobs, databases: Databases) -> None:
    jobs.claim("x", HOUR, START)
    assert state(databases).running
    jobs.done("x", "baik", START + timedelta(seconds=5))
    assert not state(databases).running
    assert (state(databases).ok, state(databases).result) == (True, "baik")
    assert state(databases).next_at == START + HOUR


def test_what_failed_is_due_again_soon(jobs: Jobs, databases: Databases) -> None:
    jobs.claim("x", timedelta(days=1), START)
    jobs.failed("x", "ValueError", START)
    assert (state(databases).ok, state(databases).failures) == (False, 1)
    assert state(databases).next_at == START + timedelta(minutes=15)
    jobs.claim("x", timedelta(minutes=5), START + timedelta(minutes=15))
    jobs.failed("x", "ValueError", START + timedelta(minutes=15))
    assert state(databases).failures == 2
    assert state(databases).next_at == START + timedelta(minutes=20)
    jobs.done("x", "", START)
    assert state(databases).failures == 0
