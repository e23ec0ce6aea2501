"""What the benchmarks share: an office of its own, paired runs, and a table."""

import argparse
import gc
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import urllib3
from sqlalchemy import Engine

from api.context import Services
from cli.demo.village import kecamatan
from cli.opening import open_office
from ledger import Draft
from ledger.settings import Settings
from tests.simulator import KODE, ORIGIN, Village


def arguments(description: str, runs: int = 15) -> argparse.Namespace:
    """The options of every benchmark."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--changes", type=int, default=10_000)
    return parser.parse_args()


@contextmanager
def office() -> Iterator[Services]:
    """A fresh office on an embedded server."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # as root, the database's user must get in
        settings = Settings(data=Path(folder), origin=ORIGIN, kode=KODE, port=_free_port())
        with open_office(settings) as services:
            yield services


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """The address of a `serve` of this office, in processes of its own, without a worker."""
    settings = services.settings
    command = [sys.executable, "-m", "cli", "serve", "--tanpa-worker"]
    process = subprocess.Popen(command, env=settings.to_env())
    address = f"http://127.0.0.1:{settings.port}"
    try:
        for _ in range(100):
            try:
                urllib3.request("GET", f"{address}/healthz", retries=False)
                break
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def enrolled(services: Services, kode_desa: str) -> Village:
    """A village that the office knows."""
    services.registry.add_desa(kode_desa, kode_desa)
    pinned = services.ledger.office.log_key(kode_desa).verifier
    village = Village(pinned, kode_desa, "bench")
    services.registry.enrol(kode_desa, village.key.verifier.to_vkey())
    return village


def people(count: int) -> list[Draft]:
    """Statements about `count` invented people, with all the fields that villages fill."""
    found: list[Draft] = []
    seed = 1
    while len(found) < count:
        for village in kecamatan(seed=seed, until=date(2026, 11, 23), people=3_000, months=1):
            for push in village.pushes():
                found += [it for it in push.drafts if (it.entity, it.op) == ("penduduk", "put")]
        seed += 1
    return [
        Draft(it.entity, str(number), it.op, it.at, {**(it.data or {}), "id": number})
        for number, it in enumerate(found[:count], start=1)
    ]


def copy(engine: Engine, statement: str, rows: bytes) -> None:
    """COPY text rows in one transaction."""
    connection = engine.raw_connection()
    try:
        driver = connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor, cursor.copy(statement) as stream:
            stream.write(rows)
        driver.commit()
    finally:
        connection.close()


def paired(
    runs: int,
    sides: Mapping[str, Callable[[], object]],
    prepare: Callable[[], None],
) -> dict[str, list[float]]:
    """Seconds of each side, run by run in turn; `prepare` is not timed. The first run warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for run in range(runs + 1):
        prepare()
        for name, side in sides.items():
            gc.collect()
            begun = time.perf_counter()
            side()
            if run:
                seconds[name].append(time.perf_counter() - begun)
    return seconds


def report(title: str, seconds: Mapping[str, Sequence[float]], against: str) -> None:
    """Print each side's median and minimum, and the ratio of its median to one of them."""
    print(title)
    base = statistics.median(seconds[against])
    for name, values in seconds.items():
        median = statistics.median(values)
        print(
            f"  {name:<36} median {median * 1e3:7.1f} ms   min {min(values) * 1e3:7.1f} ms"
            f"   {median / base:5.2f} x {against}",
        )
