"""What the demonstration's kecamatan states of its own: two years of each table, by files.

One file a kind and year, as an office uploads them, and then what happens in offices: a figure
that was wrong and is stated anew, one that is taken back, a last month that is not there yet.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import sha256
from random import Random
from typing import Final

from api.context import Services
from ledger import (
    FIGURE_KINDS,
    Account,
    FigureCell,
    FigureKind,
    FigureRow,
    figures_known,
    read_figures,
)

CLERK: Final = "staf"
_YEARS: Final = 2
_USUAL: Final = {
    "tidak_tamat_sekolah": (420, 60), "tamat_sd_sederajat": (1100, 120),
    "tamat_smp_sederajat": (520, 70), "tamat_sma_sederajat": (560, 90),
    "tamat_diploma_sederajat": (120, 30),
    "siswa_paud_ra": (70, 15), "anak_usia_paud_ra": (95, 10), "siswa_sd_mi": (310, 40),
    "anak_usia_sd_mi": (330, 40), "siswa_smp_mts": (150, 20), "anak_usia_smp_mts": (172, 20),
    "siswa_sma_ma": (118, 20), "anak_usia_sma_ma": (160, 20),
    "jumlah_paud_ra": (3, 1), "jumlah_guru_paud_ra": (8, 2), "jumlah_siswa_paud_ra": (72, 12),
    "jumlah_aki": (0, 0), "jumlah_akb": (0, 1), "cakupan_imunisasi": (86, 11),
    "jumlah_penderita": (3, 3), "toilet": (540, 25), "sanitasi": (480, 25),
}  # fmt: skip
"""About how many, and how much that varies, by column."""


def state_figures(services: Services, desa: Sequence[str], until: date) -> None:
    """State the figures of the desa up to a day, unless some are stated already."""
    account = services.accounts.get(CLERK)
    with services.databases.reader.connect() as tx:
        if account is None or read_figures(tx, services.settings.kode):
            return
    rng = Random(1)  # noqa: S311  # the same figures in every demonstration
    for kind in FIGURE_KINDS.values():
        for tahun in range(until.year - _YEARS + 1, until.year + 1):
            rows = list(enumerate(_rows(rng, kind, desa, tahun, until), start=2))
            _state(services, account, kind, rows, f"{kind.name}-{tahun}")
    _correct(services, account, desa[0], until)


def _rows(
    rng: Random, kind: FigureKind, desa: Sequence[str], tahun: int, until: date
) -> Iterator[FigureRow]:
    begun = [it for it in kind.periods if kind.begins(tahun, it) < until.replace(day=1)]
    for periode in begun:
        for rincian in kind.details or [0]:
            # The last desa is late with the last month, as somebody always is.
            late = tahun == until.year and periode == begun[-1]
            for kode in desa[:-1] if late else desa:
                cell = FigureCell(kode, tahun, periode, rincian)
                angka: dict[str, int | None] = {
                    it.name: min(kind.most, usual + rng.randint(-min(usual, spread), spread))
                    for it in kind.columns
                    for usual, spread in [_USUAL[it.name]]
                }
                yield FigureRow(cell, angka)


def _correct(services: Services, account: Account, kode: str, until: date) -> None:
    """A figure stated anew, and another that is taken back."""
    kind, cell = FIGURE_KINDS["imunisasi"], FigureCell(kode, until.year, 3)
    _state(services, account, kind, [(0, FigureRow(cell, {"cakupan_imunisasi": 91}))], "")
    kind, cell = FIGURE_KINDS["aki-akb"], FigureCell(kode, until.year, 2)
    services.figures.withdraw(kind, cell, account, "salah-angka", known=_known(services))


def _state(
    services: Services,
    account: Account,
    kind: FigureKind,
    rows: Sequence[tuple[int, FigureRow]],
    file: str,
) -> None:
    source = sha256(file.encode()).hexdigest() if file else ""
    services.figures.state(kind, rows, account, known=_known(services), source=source)


def _known(services: Services) -> int:
    with services.databases.reader.connect() as tx:
        return figures_known(tx)
