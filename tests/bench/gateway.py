"""A whole dump of people uploaded as today's OpenSID does, to a real `serve`.

For each size: the first upload, the same again, and one with a change in a hundredth of the
people, in seconds; and the most memory that any web process has held by then (VmHWM).

    python -m tests.bench.gateway [--changes 20000]
"""

import random
import time
from pathlib import Path

import urllib3

from ledger.opensid.forms import PENDUDUK
from tests.api.compat.made import dump
from tests.bench.measure import arguments, office, people, serving

SIZES = (600, 5_000)
_DESA = "53.06.14.20{:02}"


def rows_of(count: int, kode_desa: str) -> list[dict[str, str]]:
    """Rows of a dump, as full as a generated village's records are."""
    return [
        {
            "desa_id": kode_desa,
            **{
                column.name: str((draft.data or {})[column.field])
                for column in PENDUDUK.columns
                if column.field and (draft.data or {}).get(column.field) is not None
            },
        }
        for draft in people(count)
    ]


def memory(pids: list[int]) -> int:
    """The most memory of any of these processes so far, in MiB."""
    peaks = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return max(int(it.partition("VmHWM:")[2].split()[0]) for it in peaks) // 1024


def children(name: bytes) -> list[int]:
    """The processes whose command line holds `name`."""
    found = []
    for folder in Path("/proc").iterdir():
        command = folder / "cmdline"
        if folder.name.isdecimal() and command.exists() and name in command.read_bytes():
            found.append(int(folder.name))
    return found


def main() -> None:
    """Upload dumps of several sizes."""
    options = arguments(__doc__ or "")
    sizes = (*SIZES, max(options.changes, 20_000))
    pool = urllib3.PoolManager()
    print(f"{'people':>8} {'ZIP KiB':>8} {'first':>8} {'again':>8} {'1 %':>8} {'MiB':>6}")
    with office() as services, serving(services) as address:
        for number, size in enumerate(sizes, start=1):
            kode_desa = _DESA.format(number)
            services.registry.add_desa(kode_desa, kode_desa)
            token, _ = services.tokens.issue(kode_desa, "bench")
            rows = rows_of(size, kode_desa)

            def upload(data: bytes, token: str = token) -> float:
                begun = time.perf_counter()
                answer = pool.request(
                    "POST",
                    f"{address}/api/v1/penduduk/storedata",
                    fields={"file": ("x_opendk.zip", data)},
                    headers={"Authorization": f"Bearer {token}"},
                )
                assert answer.json()["status"] == "success", answer.data
                return time.perf_counter() - begun

            data = dump(rows)
            first, again = upload(data), min(upload(data) for _ in range(3))
            for row in random.Random(1).sample(rows, size // 100):
                row["dusun"] = "BARU"
            some = upload(dump(rows))
            peak = memory(children(b"serve"))
            print(
                f"{size:>8} {len(data) // 1024:>8} {first:>8.2f} {again:>8.2f} {some:>8.2f}"
                f" {peak:>6}"
            )


if __name__ == "__main__":
    main()
