"""Villages that another program invented, as drafts of batches; and its own account of them."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import zstandard

from ledger import Draft

FOLDER = Path(__file__).parents[1] / "data" / "penduduk"
_EVENTS = {
    "peristiwa.lahir": "lahir",
    "peristiwa.mati": "mati",
    "peristiwa.pindah_keluar": "pindah_keluar",
    "peristiwa.hilang": "hilang",
    "peristiwa.pindah_masuk": "pindah_masuk",
    "peristiwa.pergi": "pergi",
}


def changes() -> list[dict[str, Any]]:
    """Every change of every village, in order."""
    data = zstandard.decompress((FOLDER / "changes.jsonl.zst").read_bytes(), 100_000_000)
    return [json.loads(line) for line in data.splitlines()]


def account() -> dict[str, dict[str, Any]]:
    """What happened, by village."""
    data = zstandard.decompress((FOLDER / "account.json.zst").read_bytes(), 100_000_000)
    return {it["kode_desa"]: it for it in json.loads(data)}


def villages(
    lines: Iterable[dict[str, Any]] | None = None,
) -> Iterator[tuple[str, list[list[Draft]]]]:
    """Each village with the drafts of its pushes, in order."""
    for kode_desa, own in groupby(lines or changes(), key=lambda it: str(it["kode_desa"])):
        families = _Families()
        pushes = groupby(own, key=lambda it: int(it["kiriman"]))
        yield kode_desa, [[families.draft(it) for it in push] for _, push in pushes]


class _Families:
    """Gives the events of families ids, which that program does not."""

    def __init__(self) -> None:
        self._newest = 0

    def draft(self, it: dict[str, Any]) -> Draft:
        jenis, data = it["jenis"], dict(it.get("data") or {})
        at = datetime.fromisoformat(it["waktu"])
        key = it["kunci"]
        if jenis in _EVENTS:
            kode = data.pop("kode_peristiwa")
            record = {**data, "kode": kode, "jenis": _EVENTS[jenis]}
            return Draft("peristiwa", str(key["id"]), "put", at, record)
        if jenis == "peristiwa.dibatalkan":
            return Draft("peristiwa", str(key["id"]), "delete", at)
        if jenis == "peristiwa_keluarga.dicatat":
            self._newest += 1
            record = {**data, "id": self._newest, "kode": data.pop("kode_peristiwa")}
            record.pop("kode_peristiwa", None)
            return Draft("peristiwa_keluarga", str(self._newest), "put", at, record)
        entity, op = jenis.split(".")
        id_ = str(key.get("id") or key["kode_desa"])
        if op == "deleted":
            return Draft(entity, id_, "delete", at)
        return Draft(entity, id_, "put", at, data)
