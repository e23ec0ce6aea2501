"""Another reading of what villages state: statistics and lists in plain Python, from statements.

Nothing here is the program's: statements are what `Draft`s hold, code tables are the CSV files,
and what counts is written down once more from OpenSID's rules (`LaporanPenduduk` of v2410) and the
law, so that the program's figures can be compared with figures that it did not make.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import ledger.catalogue

Record = Mapping[str, Any]
Records = dict[str, dict[str, Record]]
"""Entity → id → record, as a desa states them at one time."""
Counts = Counter[tuple[str | None, int | None]]
"""People by category (None: belum mengisi) and sex (None: not stated)."""

_FOLDER: Final = Path(next(iter(ledger.catalogue.__path__))) / "tables"
LAKI_LAKI, PEREMPUAN, WNI = 1, 2, 1
BELUM_KAWIN, KAWIN = 1, 2
HIDUP, MATI = 1, 2
TNI, POLRI = 6, 7
KIA = 3


def after(statements: Iterable[Any]) -> Records:
    """What stands after these statements: of each record the newest, unless it was deleted."""
    found: Records = {}
    for it in statements:
        records = found.setdefault(it.entity, {})
        records.pop(it.id, None)
        if it.data is not None:
            records[it.id] = it.data
    return found


# --- one value -----------------------------------------------------------------------------------


def code(record: Record, name: str) -> int | None:
    """A code: a whole number, perhaps written as a text; 0 and nothing are none."""
    value = record.get(name)
    return int(value) or None if value is not None and str(value).strip() else None


def text(record: Record, name: str) -> str | None:
    """A text, trimmed; an empty one is none."""
    value = record.get(name)
    return str(value).strip() or None if value is not None else None


def number(record: Record, name: str) -> str | None:
    """A NIK or KK number; nothing but zeros is none."""
    value = text(record, name)
    return value if value and value.strip("0") else None


def day(record: Record, name: str) -> date | None:
    """A day; MySQL's zero day is none."""
    value = text(record, name)
    return date.fromisoformat(value[:10]) if value and value > "0000-00-00" else None


def age(record: Record, on: date) -> int | None:
    """Completed years; None for whoever has no day of birth, or has not been born."""
    born = day(record, "tanggal_lahir")
    if born is None or born > on:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


EVENTS: Final = {1: "lahir", 2: "mati", 3: "pindah_keluar", 4: "hilang", 5: "pindah_masuk",
                 6: "pergi"}  # fmt: skip


def jenis(event: Record) -> str | None:
    """What an event says of itself; one that says nothing is what its code says."""
    return text(event, "jenis") or EVENTS.get(code(event, "kode") or 0)


# --- the categories of statistics ----------------------------------------------------------------


def rows(table: str) -> list[dict[str, str]]:
    """A code table."""
    with (_FOLDER / f"{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def labels(table: str, column: str = "id") -> dict[int, str]:
    """What its codes are called, in the order in which they are printed."""
    return {int(it[column]): it["nama"] for it in rows(table)}


def labels_of(table: str) -> dict[int, str]:
    """The same, by the column that the list of all tables says is the code."""
    (entry,) = (it for it in rows("index") if it["name"] == table)
    return labels(table, entry["code"])


Bands = dict[str, tuple[int, int]]
_OLDEST: Final = 999
_FIVE: Final[Bands] = {f"{low}-{low + 4}": (low, low + 4) for low in range(0, 75, 5)}


def _bands(table: str, status: str) -> Bands:
    found = [it for it in rows(table) if it["status"] == status]
    # The eldest of a table are those beyond its last band as well.
    last = found[-1]["nama"]
    return {
        it["nama"]: (int(it["dari"]), _OLDEST if it["nama"] == last else int(it["sampai"]))
        for it in found
    }


BANDS: Final[dict[str, Bands]] = {
    "umur": {**_FIVE, "75+": (75, _OLDEST)},
    "umur-rentang": _bands("rentang_umur_opensid", "1"),
    "umur-kategori": _bands("rentang_umur_opensid", "0"),
    "umur-opendk": _bands("kategori_umur_opendk", "1"),
    "umur-depkes": {
        "Balita (0-5)": (0, 5),
        "Kanak-kanak (6-11)": (6, 11),
        "Remaja awal (12-16)": (12, 16),
        "Remaja akhir (17-25)": (17, 25),
        "Dewasa awal (26-35)": (26, 35),
        "Dewasa akhir (36-45)": (36, 45),
        "Lansia awal (46-55)": (46, 55),
        "Lansia akhir (56-65)": (56, 65),
        "Manula (di atas 65)": (66, _OLDEST),
    },
    "umur-permenkes": {
        "Bayi (0-11 bulan)": (0, 0),
        "Balita (12-59 bulan)": (1, 4),
        "Prasekolah (5)": (5, 5),
        "Anak (6-9)": (6, 9),
        "Remaja (10-18)": (10, 18),
        "Dewasa (19-44)": (19, 44),
        "Pra lansia (45-59)": (45, 59),
        "Lansia (60 ke atas)": (60, _OLDEST),
    },
    "umur-kerja": {
        "Belum produktif (0-14)": (0, 14),
        "Produktif (15-64)": (15, 64),
        "Tidak produktif (65 ke atas)": (65, _OLDEST),
    },
    "umur-sekolah": {
        "PAUD (3-6)": (3, 6),
        "SD (7-12)": (7, 12),
        "SMP (13-15)": (13, 15),
        "SMA (16-18)": (16, 18),
    },
    "umur-rentan": {
        "Di bawah 1 tahun": (0, 0),
        "1-5 tahun": (1, 5),
        "6-12 tahun": (6, 12),
        "13-15 tahun": (13, 15),
        "16-18 tahun": (16, 18),
        "Di atas 60 tahun": (61, _OLDEST),
    },
}
_ONLY_IN_BANDS: Final = frozenset({"umur-sekolah", "umur-rentan"})
"""Those that are about the people of their bands alone."""

_CODED: Final[dict[str, tuple[str, dict[int, str]]]] = {
    "pendidikan-kk": ("pendidikan_kk_id", labels("pendidikan_kk")),
    "pendidikan-sedang": ("pendidikan_sedang_id", labels("pendidikan_sedang")),
    "pekerjaan": ("pekerjaan_id", labels("pekerjaan")),
    "status-kawin": ("status_kawin", labels("status_kawin")),
    "agama": ("agama_id", labels("agama")),
    "jenis-kelamin": ("sex", labels("jenis_kelamin")),
    "hubungan-kk": ("kk_level", labels("hubungan_keluarga")),
    "warganegara": ("warganegara_id", labels("warganegara")),
    "status-penduduk": ("status", labels("status_penduduk")),
    "golongan-darah": ("golongan_darah_id", labels("golongan_darah")),
    "cacat": ("cacat_id", labels("cacat")),
    "sakit-menahun": ("sakit_menahun_id", labels("sakit_menahun")),
    "cara-kb": ("cara_kb_id", labels("cara_kb")),
    "asuransi": ("asuransi_id", labels("asuransi")),
    "hamil": ("hamil", labels("kehamilan")),
    "bpjs-ketenagakerjaan": ("pekerjaan_id", labels("pekerjaan")),
    "buku-nikah": ("status_kawin", labels("status_kawin")),
    "ktp": ("status_rekam", labels("status_rekam_ktp", "status_rekam")),
    "pus": ("cara_kb_id", labels("cara_kb")),
}

PRINTED: Final[dict[str, list[str]]] = {
    **{name: list(bands) for name, bands in BANDS.items()},
    **{name: list(codes.values()) for name, (_, codes) in _CODED.items()},
    "akta-kelahiran": list(BANDS["umur-rentang"]),
    "akta-kematian": list(BANDS["umur-rentang"]),
    "akta-anak": ["Memiliki akta kelahiran"],
    "kia": ["KIA"],
    "apm-sd": ["Sedang SD/sederajat"],
    "apm-smp": ["Sedang SLTP/sederajat"],
    "apm-sma": ["Sedang SLTA/sederajat"],
    "keluarga": ["KELUARGA AKTIF"],
    "kelas-sosial": list(labels("kelas_sosial_keluarga").values()),
    "bantuan-penduduk": ["PENERIMA", "BUKAN PENERIMA"],
    "bantuan-keluarga": ["PENERIMA", "BUKAN PENERIMA"],
    "miskin-terdata": ["RUMAH TANGGA DALAM DTKS", "PENERIMA BANTUAN, TIDAK DALAM DTKS",
                       "TIDAK TERDATA"],
}  # fmt: skip
"""The lines of a statistic, in order. One that is not here has a line for each that occurs."""


# --- whom a statistic counts, and as what --------------------------------------------------------


class Register:
    """One desa at one time, asked on a day."""

    def __init__(self, records: Records, on: date) -> None:
        self._records = records
        self.on = on

    def all(self, entity: str) -> list[Record]:
        """The records of a kind."""
        return list(self._records.get(entity, {}).values())

    def living(self) -> list[Record]:
        """Penduduk hidup: TETAP and TIDAK TETAP, of whatever nation."""
        return [it for it in self.all("penduduk") if code(it, "status_dasar") == HIDUP]

    def age(self, person: Record) -> int | None:
        """How old somebody is on the day."""
        return age(person, self.on)

    def families(self) -> Iterator[tuple[Record, Record]]:
        """Keluarga aktif: the cards whose kepala lives; each with its kepala."""
        living = {it["id"]: it for it in self.living()}
        for family in self.all("keluarga"):
            if (kepala := code(family, "kepala_id")) in living:
                yield family, living[kepala]

    def programmes(self) -> dict[int, Record]:
        """The programmes that run on the day."""
        return {
            it["id"]: it
            for it in self.all("program_bantuan")
            if (day(it, "tgl_mulai") or self.on) <= self.on <= (day(it, "tgl_selesai") or self.on)
        }

    def receiving(self, sasaran: int) -> set[str]:
        """The numbers (NIK, No. KK) that take part in a running programme for such as they."""
        running = self.programmes()
        found = {
            number(it, "peserta")
            for it in self.all("peserta_bantuan")
            if code(running.get(it["program_id"], {}), "sasaran") == sasaran
        }
        return {it for it in found if it}

    def death(self, person: Record) -> Record:
        """The newest death of somebody that the desa stands by."""
        events = [
            it
            for it in self.all("peristiwa")
            if code(it, "kode") == MATI
            and it.get("jenis") != "dibatalkan"
            and it["id_pend"] == person["id"]
        ]
        return max(events, key=lambda it: day(it, "tgl_peristiwa") or date.min, default={})

    def must_have_card(self, person: Record) -> bool:
        """Wajib KTP: 17 or older, or married or was married; who has a KIA is a child."""
        years, married = self.age(person), code(person, "status_kawin")
        old_enough = years is not None and years >= 17
        return (old_enough or married not in {None, BELUM_KAWIN}) and code(person, "ktp_el") != KIA

    def votes(self, person: Record) -> bool:
        """Calon pemilih: a WNI who lives here, of age or married, and no soldier."""
        years = self.age(person)
        return (
            code(person, "status") == 1
            and code(person, "warganegara_id") == WNI
            and ((years is not None and years >= 17) or code(person, "status_kawin") in {2, 3, 4})
            and code(person, "pekerjaan_id") not in {TNI, POLRI}
        )


def _band(bands: Bands, years: int | None) -> str | None:
    if years is None:
        return None
    return next((name for name, (low, high) in bands.items() if low <= years <= high), None)


Counted = Iterator[tuple[Record, str | None]]
"""Somebody with their category."""


def _by_age(name: str, it: Register) -> Counted:
    for person in it.living():
        band = _band(BANDS[name], it.age(person))
        if band is not None or name not in _ONLY_IN_BANDS:
            yield person, band


def _by_code(name: str, it: Register) -> Counted:
    field, known = _CODED[name]
    concerned = _CONCERNED.get(name)
    for person in it.living():
        if concerned is None or concerned(it, person):
            yield person, known.get(code(person, field) or 0)


def _wife(it: Register, person: Record) -> bool:
    years = it.age(person)
    return (
        code(person, "sex") == PEREMPUAN
        and code(person, "status_kawin") == KAWIN
        and years is not None
        and 15 <= years <= 49
    )


_CONCERNED: Final[dict[str, Callable[[Register, Record], bool]]] = {
    "hamil": lambda _, person: code(person, "sex") == PEREMPUAN,
    "bpjs-ketenagakerjaan": lambda _, person: text(person, "bpjs_ketenagakerjaan") is not None,
    "buku-nikah": lambda _, person: (
        code(person, "status_kawin") not in {None, BELUM_KAWIN}
        and text(person, "akta_perkawinan") is not None
    ),
    "ktp": Register.must_have_card,
    "pus": _wife,
}


def _suku(it: Register) -> Counted:
    for person in it.living():
        suku = text(person, "suku")
        yield person, " ".join(suku.upper().split()) if suku else None


def _akta_kelahiran(it: Register) -> Counted:
    for person in it.living():
        owns = text(person, "akta_lahir") is not None
        yield person, _band(BANDS["umur-rentang"], it.age(person)) if owns else None


def _akta_anak(it: Register) -> Counted:
    for person in it.living():
        years = it.age(person)
        if years is not None and years < 18:
            owns = text(person, "akta_lahir") is not None
            yield person, "Memiliki akta kelahiran" if owns else None


def _kia(it: Register) -> Counted:
    for person in it.living():
        years = it.age(person)
        if years is not None and years < 17 and code(person, "status_kawin") == BELUM_KAWIN:
            yield person, "KIA" if code(person, "ktp_el") == KIA else None


def _akta_kematian(it: Register) -> Counted:
    for person in it.all("penduduk"):
        if code(person, "status_dasar") != MATI:
            continue
        death = it.death(person)
        died = day(death, "tgl_peristiwa")
        if died is not None and died > it.on:
            continue
        owns = text(death, "akta_mati") is not None and died is not None
        yield person, _band(BANDS["umur-rentang"], age(person, died)) if died and owns else None


def _enrolled(low: int, high: int, sedang: int, label: str) -> Callable[[Register], Counted]:
    def counted(it: Register) -> Counted:
        for person in it.living():
            years = it.age(person)
            if years is not None and low <= years <= high:
                there = code(person, "pendidikan_sedang_id") == sedang
                yield person, label if there else None

    return counted


def _calon_pemilih(it: Register) -> Counted:
    for person in it.living():
        if it.votes(person):
            yield person, text(person, "dusun")


def _keluarga(it: Register) -> Counted:
    for _, kepala in it.families():
        yield kepala, "KELUARGA AKTIF"


def _kelas_sosial(it: Register) -> Counted:
    known = labels("kelas_sosial_keluarga")
    for family, kepala in it.families():
        yield kepala, known.get(code(family, "kelas_sosial") or 0)


def _bantuan_penduduk(it: Register) -> Counted:
    receiving = it.receiving(1)
    for person in it.living():
        there = number(person, "nik") in receiving
        yield person, "PENERIMA" if there else "BUKAN PENERIMA"


def _bantuan_keluarga(it: Register) -> Counted:
    receiving = it.receiving(2)
    for family, kepala in it.families():
        there = number(family, "no_kk") in receiving
        yield kepala, "PENERIMA" if there else "BUKAN PENERIMA"


def _peserta_program(it: Register) -> Counted:
    """Participants, those nobody knows included; a family takes part by its kepala."""
    running = it.programmes()
    # Whoever lives goes before whoever does not, then the older record.
    people = sorted(
        it.all("penduduk"),
        key=lambda who: (code(who, "status_dasar") or 99, str(who["id"])),
        reverse=True,
    )
    by_nik = {number(who, "nik"): who for who in people}
    heads = {number(who, "no_kk"): who for who in people if code(who, "kk_level") == 1}
    known = {1: by_nik, 2: heads}
    for peserta in it.all("peserta_bantuan"):
        programme = running.get(peserta["program_id"])
        told = number(peserta, "peserta")
        if programme is not None:
            of_kind = known.get(code(programme, "sasaran") or 0, {})
            yield of_kind.get(told, {}) if told else {}, text(programme, "nama")


def _miskin_terdata(it: Register) -> Counted:
    poor = {str(who["id"]) for who in it.all("rumah_tangga") if text(who, "dtks") is not None}
    people, families = it.receiving(1), it.receiving(2)
    for person in it.living():
        if str(code(person, "id_rtm")) in poor:
            yield person, "RUMAH TANGGA DALAM DTKS"
        elif number(person, "nik") in people or number(person, "no_kk") in families:
            yield person, "PENERIMA BANTUAN, TIDAK DALAM DTKS"
        else:
            yield person, "TIDAK TERDATA"


_OTHERS: Final[dict[str, Callable[[Register], Counted]]] = {
    "suku": _suku,
    "akta-kelahiran": _akta_kelahiran,
    "akta-anak": _akta_anak,
    "kia": _kia,
    "akta-kematian": _akta_kematian,
    "apm-sd": _enrolled(7, 12, 4, "Sedang SD/sederajat"),
    "apm-smp": _enrolled(13, 15, 6, "Sedang SLTP/sederajat"),
    "apm-sma": _enrolled(16, 18, 7, "Sedang SLTA/sederajat"),
    "calon-pemilih": _calon_pemilih,
    "keluarga": _keluarga,
    "kelas-sosial": _kelas_sosial,
    "bantuan-penduduk": _bantuan_penduduk,
    "bantuan-keluarga": _bantuan_keluarga,
    "peserta-program": _peserta_program,
    "miskin-terdata": _miskin_terdata,
}
NAMES: Final = frozenset({*BANDS, *_CODED, *_OTHERS})
"""The statistics that are known here."""


def counted(name: str, register: Register) -> list[tuple[Record, str | None]]:
    """Whom a statistic counts, each with the label of their category; None: belum mengisi."""
    if name in BANDS:
        return list(_by_age(name, register))
    if name in _CODED:
        return list(_by_code(name, register))
    return list(_OTHERS[name](register))


def counts(people: Iterable[tuple[Record, str | None]]) -> Counts:
    """The same as numbers."""
    return Counter((category, code(who, "sex")) for who, category in people)
