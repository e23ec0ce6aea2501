"""What a printed page has besides: the office's head, who signs, and from where it was printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from api import format as fmt
from api.auth import known_account
from api.context import services
from projections.queries import catatan as catatan_queries
from projections.queries.statistik import Place

_KEPALA_DESA = 1
"""`jenis_jabatan` of whoever leads a desa."""


@dataclass(frozen=True)
class Printed:
    """When and by whom a page is printed, and its address without what is sealed in it."""

    at: str
    on: str
    nama: str
    role: str
    address: str


def letterhead() -> list[str]:
    """The lines above a printed page, of the office's own settings."""
    settings = services().settings
    office = settings.nama or f"Kecamatan {settings.kode}"
    above = [f"Pemerintah {settings.kabupaten}"] if settings.kabupaten else []
    return [it.upper() for it in (*above, office)]


def printed() -> Printed:
    """By whom the page of this request would be printed now."""
    account = known_account()
    now = services().now()
    kept = {name: it for name, it in request.args.items() if name in _TOLD and it}
    query = "&".join(f"{name}={it}" for name, it in kept.items())
    return Printed(
        fmt.moments(services().settings.zone)(now),
        fmt.long_day(services().day_of(now)),
        account.nama,
        account.role,
        f"{request.host}{request.path}" + (f"?{query}" if query else ""),
    )


_TOLD = frozenset({"per", "tanggal", "bulan", "nama", "tahun", "semester", "jenis", "hal"})
"""What of an address is printed: when and which page, and nobody's name."""


def village_head(tx: Any, kode: str, batch: int) -> str | None:  # noqa: ANN401  # a connection
    """What whoever led a desa as of a batch is called; None unless the desa names just one."""
    heads = [
        it
        for it in catatan_queries.page(
            tx, "aparatur", [Place(kode, batch)], filters={"jenis_jabatan": _KEPALA_DESA}
        )
        if it["aktif"] is not False and it["nama"]
    ]
    return _called(heads[0]) if len(heads) == 1 else None


def _called(official: Mapping[str, Any]) -> str:
    before, after = official["gelar_depan"], official["gelar_belakang"]
    name = f"{before} {official['nama']}" if before else official["nama"]
    return f"{name}, {after}" if after else str(name)
