"""Scheduled work: once each, whoever fails, until it is told to stop."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ledger import Backups, CosignerKey, JobState, Visitor, read_jobs
from ledger.database import Databases, open_databases
from projections import JOBS, Job, Schedule, Watched
from projections.schedule import anchor_logs, ask_witnesses
from tests.simulator import KODE, KODE_DESA, ORIGIN, House, penduduk

HOUR = timedelta(hours=1)
SLOW = """#!/bin/sh
if [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) 99.0"; exit; fi
exec sleep 60
"""


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


@pytest.fixture
def watched(house: House) -> Watched:
    return Watched(
        access=house.access,
        scrub=house.scrub,
        scrub_days=30,
        transparency=house.transparency,
        witnesses=house.witnesses,
        sessions=house.sessions,
        codes=house.registry.desa_keys,
        backups=house.backups,
        backup_to=None,
        backup_keep=2,
        reader=house.databases.reader,
        now=house.now,
        stopping=threading.Event(),
    )


def states(house: House) -> dict[str, JobState]:
    with house.databases.reader.connect() as tx:
        return {it.name: it for it in read_jobs(tx)}


def test_every_job_of_the_house_runs_and_says_what_came_of_it(
    house: House, watched: Watched
) -> None:
    house.push(house.village(), [penduduk(1)])
    schedule = Schedule(house.databases.ingest, JOBS, watched)
    try:
        assert [schedule.turn(it) for it in JOBS] == [True] * len(JOBS)
        assert [schedule.turn(it) for it in JOBS] == [False] * len(JOBS)
    finally:
        schedule.stop()
    found = states(house)
    assert found.keys() == {it.name for it in JOBS}
    assert all(it.ok for it in found.values())
    assert "semua utuh" in found["scrub"].result
    assert found["bersih"].result == "tidak ada yang kedaluwarsa"
    assert found["desa-diam"].result == "semua desa terdengar dalam 14 hari terakhir"


def test_silent_villages_are_named(house: House, watched: Watched) -> None:
    house.push(house.village(), [penduduk(1)])
    house.now.time += timedelta(days=15)
    notice = next(it for it in JOBS if it.name == "desa-diam")
    assert notice.run(watched) == f"1 desa belum terdengar: {KODE_DESA}"


def test_what_has_had_its_time_is_cleaned_away(house: House, watched: Watched) -> None:
    house.village()
    house.sessions.begin("siti", "staf", Visitor("", ""))
    house.registry.desa_keys.issue_code(KODE_DESA)
    house.now.time += timedelta(days=401)
    house.sessions.begin("siti", "staf", Visitor("", ""))
    job = next(it for it in JOBS if it.name == "bersih")
    assert job.run(watched) == "1 sesi dan 1 kode pendaftaran kedaluwarsa dihapus"


def test_a_backup_is_made_each_day_and_the_oldest_go(
    house: House, watched: Watched, tmp_path: Path
) -> None:
    folder = tmp_path / "cadangan"
    job = next(it for it in JOBS if it.name == "cadangan")
    assert job.run(watched) == "tidak diatur (LEDGER_BACKUP)"
    watched = replace(watched, backup_to=folder)
    schedule = Schedule(house.databases.ingest, JOBS, watched)
    assert schedule.turn(job)
    # A disk that is not there is not made of another one.
    assert states(house)["cadangan"].result == f"Cadangan: folder {folder} tidak ada."
    assert not folder.exists()
    folder.mkdir()
    names = []
    for _ in range(3):
        house.now.time += timedelta(days=1)
        assert schedule.turn(job)
        newest = watched.backups.listed(folder)[0].path.name
        assert states(house)["cadangan"].result.startswith(f"{newest}: 1 kiriman, 0 berkas")
        names.append(newest)
        house.now.time += timedelta(hours=1)
        assert schedule.turn(job)
        assert states(house)["cadangan"].result == f"yang terbaru {newest}"
    schedule.stop()
    assert [it.path.name for it in watched.backups.listed(folder)] == names[:0:-1]
    watched.stopping.set()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pg_dump").write_text(SLOW)
    (tmp_path / "bin" / "pg_dump").chmod(0o755)
    slow = Backups(
        house.databases.owner,
        house.folder,
        house.now,
        origin=ORIGIN,
        kode=KODE,
        bindir=tmp_path / "bin",
    )
    house.now.time += timedelta(days=1)
    assert job.run(replace(watched, backups=slow)) == "dihentikan bersama worker"
    assert len(watched.backups.listed(folder)) == 2


def test_a_job_that_fails_stops_nobody(house: House, watched: Watched) -> None:
    def fail(_: Watched) -> str:
        raise ValueError("5306144107800001")

    jobs = (Job("gagal", "Gagal", HOUR, fail), Job("baik", "Baik", HOUR, lambda _: "selesai"))
    schedule = Schedule(house.databases.ingest, jobs, watched)
    assert [schedule.turn(it) for it in jobs] == [True, True]
    schedule.stop()
    assert (states(house)["gagal"].ok, states(house)["gagal"].result) == (False, "ValueError")
    assert states(house)["baik"].ok


def test_one_of_several_workers_leads_until_it_stops(
    house: House, watched: Watched, database_url: str
) -> None:
    job = Job("x", "X", timedelta(0), lambda _: "")
    elsewhere = open_databases(database_url)
    one = Schedule(house.databases.ingest, [job], watched)
    two = Schedule(elsewhere.ingest, [job], replace(watched, stopping=threading.Event()))
    assert [one.turn(job), two.turn(job), one.turn(job)] == [True, False, True]
    one.stop()
    assert two.turn(job)
    two.stop()
    elsewhere.dispose()


def test_stopping_waits_for_the_job_in_hand(house: House, watched: Watched) -> None:
    begun = threading.Event()

    def slow(it: Watched) -> str:
        begun.set()
        assert it.stopping.wait(10)
        time.sleep(0.1)
        return "sampai selesai"

    schedule = Schedule(house.databases.ingest, [Job("lama", "Lama", HOUR, slow)], watched)
    schedule.start()
    assert begun.wait(10)
    schedule.stop()
    assert states(house)["lama"].result == "sampai selesai"


def test_a_database_that_is_away_is_waited_for(house: House, watched: Watched) -> None:
    away = open_databases("postgresql://x@/none?host=/nowhere")
    schedule = Schedule(away.ingest, JOBS, watched)
    assert not schedule.turn(JOBS[0])
    schedule.stop()
    away.dispose()


def test_logs_are_anchored_and_witnesses_asked(house: House, watched: Watched) -> None:
    house.push(house.village(), [penduduk(1)])
    assert anchor_logs(watched) == "log 1 desa dijangkarkan"
    assert anchor_logs(watched) == "tidak ada log yang bertambah"
    assert ask_witnesses(watched) == "0 checkpoint disaksikan"
    answers = iter([404, 422, 503, 503])
    watched.witnesses._post = lambda _url, _body: (next(answers), b"")
    key = CosignerKey("jauh.example/saksi", b"\3" * 32)
    watched.witnesses.add(key.to_vkey(), "https://jauh.example")
    assert ask_witnesses(watched) == f"0 checkpoint disaksikan, DITOLAK: {KODE_DESA}"
    assert ask_witnesses(watched) == "0 checkpoint disaksikan, 1 saksi tidak menjawab"
