"""Who governs the desa, which institutions it has, and its budget of every year.

All of it is plausible and nothing more: a budget that balances, is adopted at the end of the year
before, and is realised by half in July and nearly whole in the January after. Its chances are its
own, so that the life of the people does not change with it. [pure]
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from cli.demo.life import WITA
from cli.demo.people import WNI, Person
from cli.demo.register import Entry, Register

_ADOPTED, _HALF, _WHOLE = (12, 28), (7, 8), (1, 15)
"""Month and day: of the year before, of the year itself, of the year after."""
_GROWN, _OLD = 25, 58
_THOUSAND: Final = 1_000
_OFFICES: Final = (
    ("Sekretaris Desa", 2),
    ("Kaur Keuangan", 3),
    ("Kaur Perencanaan", 3),
    ("Kasi Pemerintahan", 3),
    ("Kasi Kesejahteraan", 3),
    ("Ketua BPD", 4),
)
_INSTITUTIONS: Final = (
    ("PKK", "lembaga", "Pemberdayaan Kesejahteraan Keluarga"),
    ("KT", "lembaga", "Karang Taruna"),
    ("LPM", "lembaga", "Lembaga Pemberdayaan Masyarakat"),
    ("TANI-1", "kelompok", "Kelompok Tani Ile Subur"),
)
_POSTS: Final = (1, 3, 4, 90, 90)
"""Ketua, sekretaris, bendahara, members: codes of jabatan_lembaga."""
_INCOME: Final = (
    ("4.1.2", "PAD", 12_000_000),
    ("4.2.1", "DD", 890_000_000),
    ("4.2.2", "PBH", 21_000_000),
    ("4.2.3", "ADD", 470_000_000),
    ("4.3.6", "DLL", 1_500_000),
)
_SPENDING: Final = (
    ("01.01.01", "5.1.1.01", "ADD", 5),
    ("01.01.02", "5.1.2.01", "ADD", 20),
    ("01.01.05", "5.1.4.01", "ADD", 5),
    ("01.01.04", "5.2.1.01", "ADD", 4),
    ("01.02.02", "5.2.6.04", "PBH", 2),
    ("02.01.01", "5.2.2.03", "DD", 5),
    ("02.02.02", "5.2.1.06", "DD", 7),
    ("02.03.10", "5.3.5.03", "DD", 24),
    ("02.04.11", "5.3.8.03", "DD", 9),
    ("03.03.06", "5.2.1.09", "PAD", 1),
    ("04.02.02", "5.2.7.05", "DD", 8),
    ("05.03.01", "5.4.1.01", "DD", 10),
)
"""What for, which account, from where, and how large a share."""
_CAPITAL: Final = 15_000_000
_LEFT_OVER: Final = "6.1.1"


class Government:
    """The books of a desa's office, kept through the years."""

    def __init__(self, kode: str, register: Register, chief: str) -> None:
        self._rng = Random(f"pemerintahan/{kode}")  # noqa: S311  # a play, not a secret
        self._register = register
        self._chief = chief
        self._budgets: dict[int, list[Entry]] = {}

    def begin(self, morning: datetime) -> None:
        """Enter what there is on the first day at the computer."""
        day = morning.date()
        for it in (*self._officials(day), *self._institutions(day)):
            self._register.save(morning, it)
        self._adopt(day.year)
        if (day.month, day.day) >= _HALF:
            self._realise(day.year, "semester-1", 0.35, 0.55)
        self._save(morning, day.year)

    def keep(self, first: date, last: date) -> None:
        """Enter what falls on these days."""
        day = first
        while day <= last:
            at = datetime.combine(day, time(10), WITA)
            when = day.month, day.day
            if when == _ADOPTED:
                self._adopt(day.year + 1)
                self._save(at, day.year + 1)
            elif when == _HALF and day.year in self._budgets:
                self._realise(day.year, "semester-1", 0.35, 0.55)
                self._save(at, day.year)
            elif when == _WHOLE and day.year - 1 in self._budgets:
                self._realise(day.year - 1, "semester-2", 0.93, 1.0)
                self._save(at, day.year - 1)
            day += timedelta(days=1)

    # --- people ----------------------------------------------------------------------------------

    def _grown(self, day: date) -> list[Person]:
        return [
            it
            for it in self._register.people
            if it.living and it.warganegara_id == WNI and _GROWN < it.age(day) < _OLD
        ]

    def _entry(self, entity: str, **values: object) -> Entry:
        return Entry(entity, self._register.next_id(entity), values)

    def _officials(self, day: date) -> Iterator[Entry]:
        begun = day - timedelta(days=self._rng.randint(200, 1_400))
        yield self._entry(
            "aparatur", nama=self._chief, sex=1, jabatan="Kepala Desa", jenis_jabatan=1,
            no_sk_angkat=f"{self._rng.randint(20, 300)}/KEP/HK/{begun.year}",
            tgl_sk_angkat=begun.isoformat(), masa_jabatan="8 tahun", aktif=True, ttd=True,
        )  # fmt: skip
        grown = self._grown(day)
        people = self._rng.sample(grown, k=min(len(grown), len(_OFFICES)))
        for number, ((jabatan, jenis), it) in enumerate(zip(_OFFICES, people, strict=False), 2):
            begun = day - timedelta(days=self._rng.randint(200, 4_000))
            yield self._entry(
                "aparatur", nama=it.nama, id_pend=it.id, sex=it.sex, nipd=f"{number:03d}",
                jabatan=jabatan, jenis_jabatan=jenis, tgl_sk_angkat=begun.isoformat(),
                aktif=True, ub=jenis == 2,  # noqa: PLR2004  # the sekretaris
            )  # fmt: skip

    def _institutions(self, day: date) -> Iterator[Entry]:
        grown = self._grown(day)
        for kode, tipe, nama in _INSTITUTIONS:
            people = self._rng.sample(grown, k=min(len(grown), len(_POSTS)))
            institution = self._entry(
                "lembaga", tipe=tipe, kode=kode, nama=nama,
                ketua_id=people[0].id if people else None,
            )  # fmt: skip
            yield institution
            for number, (jabatan, it) in enumerate(zip(_POSTS, people, strict=False), 1):
                yield self._entry(
                    "anggota_lembaga", id_lembaga=institution.id, id_penduduk=it.id,
                    no_anggota=f"{number:02d}", jabatan=jabatan,
                )  # fmt: skip

    # --- money -----------------------------------------------------------------------------------

    def _adopt(self, tahun: int) -> None:
        """A budget that spends what there is, to the last rupiah."""
        income = [
            (kode, source, self._rounded(base * self._rng.uniform(0.9, 1.12)))
            for kode, source, base in _INCOME
        ]
        left_over = self._rounded(self._rng.uniform(9, 30) * 1_000_000)
        there = sum(it for _, _, it in income) + left_over - _CAPITAL
        shares = sum(share for *_, share in _SPENDING)
        spending = [self._rounded(there * share / shares) for *_, share in _SPENDING]
        spending[-1] += there - sum(spending)
        self._budgets[tahun] = [
            *(self._line(tahun, kode, amount, source) for kode, source, amount in income),
            *(
                self._line(tahun, kode, amount, source, kegiatan)
                for (kegiatan, kode, source, _), amount in zip(_SPENDING, spending, strict=True)
            ),
            self._line(tahun, _LEFT_OVER, left_over, None),
            self._line(tahun, "6.2.2", _CAPITAL, None),
        ]

    def _line(
        self, tahun: int, kode: str, amount: int, source: str | None, kegiatan: str | None = None
    ) -> Entry:
        return self._entry(
            "apbdes",
            tahun=tahun,
            jenis_anggaran="murni",
            kode_rekening=kode,
            kode_kegiatan=kegiatan,
            anggaran=str(amount),
            realisasi="0",
            sumber_dana=source,
            periode=None,
        )

    def _realise(self, tahun: int, periode: str, least: float, most: float) -> None:
        for it in self._budgets[tahun]:
            amount = int(it.values["anggaran"])
            share = self._rng.uniform(least, most)
            # What the year before left was there on the first day.
            whole = it.values["kode_rekening"] == _LEFT_OVER
            realised = amount if whole else min(amount, self._rounded(amount * share))
            it.values = {**it.values, "realisasi": str(realised), "periode": periode}

    def _save(self, at: datetime, tahun: int) -> None:
        self._register.save(at, *self._budgets[tahun])

    def _rounded(self, amount: float) -> int:
        return round(amount / _THOUSAND) * _THOUSAND
