"""The affairs of each desa beside its register: works, what it has, regulations, reports, letters.

A desa sends them in one push after those of its register, with their photos and documents. No two
desa have the same: one keeps everything, one a part, one only counts what there is. The register's
own pushes, and whatever is counted of them, stay as they are. [pure]
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any, Final, NamedTuple

from cli.demo import files, names
from cli.demo.life import WITA
from cli.demo.names import KODE_KECAMATAN, PEREMPUAN
from cli.demo.people import HIDUP
from cli.demo.village import Push, Village
from ledger import KEMBALIKAN, PERIKSA, SETUJUI, TANDATANGANI, Draft

_SENT: Final = time(16)
"""Later than any push of the register."""
_PERSON, _FAMILY = 1, 2
"""Codes of sasaran_program."""
_POOR: Final = 2
_LAMIKA, _WATOTIKA, _LEWOKLUOK = (f"{KODE_KECAMATAN}.{names.FIRST_DESA + it}" for it in range(3))


class Letter(NamedTuple):
    """A letter for the camat: its number, kind and day, and what the office does with it."""

    nomor: str
    nama: str
    on: date
    decided: tuple[str, ...]


LETTERS: Final[Mapping[str, tuple[Letter, ...]]] = {
    _LAMIKA: (
        Letter(
            "470/112/LMK/XI/2026", "Surat Keterangan Pindah", date(2026, 11, 9),
            (PERIKSA, SETUJUI, TANDATANGANI),
        ),
        Letter("474/117/LMK/XI/2026", "Surat Pengantar Nikah", date(2026, 11, 17), (PERIKSA,)),
        Letter("145/119/LMK/XI/2026", "Surat Keterangan Ahli Waris", date(2026, 11, 19), ()),
    ),
    _WATOTIKA: (
        Letter(
            "503/044/WTI/XI/2026", "Surat Keterangan Usaha", date(2026, 11, 12), (KEMBALIKAN,)
        ),
    ),
}  # fmt: skip
"""The letters of each desa, in the order of their days."""


class _Progress(NamedTuple):
    """A photo of a work on a day, when so much was done."""

    on: date
    percent: int
    keterangan: str


def affairs(village: Village, until: date) -> Push:
    """What the desa sends on the last day, after the last push of its register."""
    *_, last = village.pushes()
    book = _Book(village, last.number)
    _KEPT[village.kode](book)
    for letter in LETTERS.get(village.kode, ()):
        book.letter(letter)
    return book.push(datetime.combine(until, _SENT, WITA))


class _Book:
    """What a desa enters, and the files that belong to it."""

    def __init__(self, village: Village, last: int) -> None:
        state = village.state_after(last)
        self.nama = village.nama
        self.dusun = sorted({str(it["dusun"]).title() for it in state["wilayah"].values()})
        self.people = [it for it in state["penduduk"].values() if it["status_dasar"] == HIDUP]
        self.families = list(state["keluarga"].values())
        self._place = names.DESA[int(village.kode[-4:]) - names.FIRST_DESA][1:]
        self._last = last
        self._ids: Counter[str] = Counter()
        self._drafts: list[Draft] = []
        self._files: dict[str, bytes] = {}

    def push(self, on: datetime) -> Push:
        """All of it."""
        return Push(self._last + 1, on, tuple(self._drafts), tuple(self._files.values()))

    def enter(self, entity: str, on: date, **values: object) -> int:
        """A record, entered on a morning; gives its id."""
        self._ids[entity] += 1
        id_ = self._ids[entity]
        self._put(entity, str(id_), on, {"id": id_, **values})
        return id_

    def file(self, data: bytes) -> str:
        """Keep a file; gives how records name it."""
        reference = f"sha256:{sha256(data).hexdigest()}"
        self._files[reference] = data
        return reference

    def work(
        self,
        draw: Callable[[int], bytes],
        progress: tuple[_Progress, ...],
        *,
        anggaran: int,
        swadaya: int = 0,
        **values: object,
    ) -> None:
        """A work that the desa pays and its people help with, and the photos of its progress."""
        lat, lng = self._place
        newest = self.file(draw(progress[-1].percent)) if progress else None
        id_ = self.enter(
            "pembangunan", date(2026, 3, 2), sumber_dana="Dana Desa (DD)",
            lat=f"{lat + 0.002:.4f}", lng=f"{lng - 0.003:.4f}", status=True,
            pelaksana_kegiatan=f"TPK Desa {self.nama}", anggaran=str(anggaran),
            sumber_biaya_pemerintah=str(anggaran), sumber_biaya_swadaya=str(swadaya),
            sumber_biaya_jumlah=str(anggaran + swadaya), satuan_waktu="Hari", foto=newest,
            **values,
        )  # fmt: skip
        for it in progress:
            self.enter(
                "dokumentasi_pembangunan", it.on, id_pembangunan=id_, persentase=it.percent,
                keterangan=it.keterangan, gambar=self.file(draw(it.percent)),
                created_at=_moment(it.on), updated_at=_moment(it.on),
            )  # fmt: skip

    def report(
        self, on: date, jenis: str, judul: str, tahun: int, periode: int, *lines: str
    ) -> None:
        """A report with its document; `periode` is the semester or the month."""
        berkas = self.file(files.document(judul, (f"Desa {self.nama}", "", *lines)))
        self.enter(
            "laporan", on, jenis=jenis, judul=judul, tahun=tahun, periode=periode,
            nama_file=f"{jenis}_{tahun}_{periode}.pdf", berkas=berkas, created_at=_moment(on),
            updated_at=_moment(on),
        )  # fmt: skip

    def regulation(self, on: date, jenis: str, nomor: str, tentang: str, **values: object) -> None:
        """A regulation or decision that holds, with its document."""
        text = files.document(tentang, (f"Desa {self.nama}", f"Nomor {nomor}"))
        self.enter(
            "produk_hukum", on, jenis=jenis, nomor=nomor, tahun=on.year, tentang=tentang,
            tgl_ditetapkan=on.isoformat(), berkas=self.file(text), aktif=True, **values,
        )  # fmt: skip

    def count(self, entity: str, *rows: tuple[str, str, int, str]) -> None:
        """What the desa has, this year: kategori, nama, jumlah, keterangan."""
        for kategori, nama, jumlah, keterangan in rows:
            self.enter(
                entity, date(2026, 1, 19), kategori=kategori, nama=nama, jumlah=jumlah,
                keterangan=keterangan or None, tahun=2026,
            )  # fmt: skip

    def suplemen(
        self, nama: str, sasaran: int, keterangan: str, listed: list[dict[str, Any]]
    ) -> None:
        """A list of the desa's own, and who is in it."""
        on = date(2026, 4, 13)
        id_ = self.enter("suplemen", on, nama=nama, sasaran=sasaran, keterangan=keterangan)
        for it in listed:
            self.enter(
                "suplemen_terdata", on, id_suplemen=id_, sasaran=sasaran, id_terdata=it["id"]
            )

    def letter(self, letter: Letter) -> None:
        """A letter, for somebody grown who has a NIK."""
        grown = [it for it in self.people if it["nik"] and it["tanggal_lahir"] < "2001"]
        person = grown[len(letter.nama) * 3 % len(grown)]
        lines = (
            f"Nomor: {letter.nomor}", "", f"Kepala Desa {self.nama} menerangkan bahwa:",
            f"Nama: {person['nama']}", f"NIK: {person['nik']}", "",
            f"adalah benar warga Desa {self.nama}, Kecamatan {names.KECAMATAN}.",
        )  # fmt: skip
        data = {
            "nomor": letter.nomor,
            "nama": letter.nama,
            "nik": person["nik"],
            "tanggal": _moment(letter.on),
            "berkas": self.file(files.document(letter.nama, lines)),
        }
        self._put("surat", letter.nomor, letter.on, data)

    def _put(self, entity: str, id_: str, on: date, data: dict[str, Any]) -> None:
        at = datetime.combine(on, time(9, 20), WITA)
        self._drafts.append(Draft(entity, id_, "put", at, data))


# --- what each keeps -----------------------------------------------------------------------------


def _lamika(book: _Book) -> None:
    """Everything: an office that has learned its OpenSID."""
    dusun = book.dusun[0]
    book.work(
        files.road,
        (
            _Progress(date(2026, 5, 4), 0, "Sebelum pekerjaan dimulai"),
            _Progress(date(2026, 6, 15), 40, "Pengecoran separuh ruas"),
            _Progress(date(2026, 8, 3), 100, "Selesai dan dapat dilalui"),
        ),
        judul=f"Rabat beton jalan usaha tani Dusun {dusun}", tahun_anggaran=2026,
        lokasi=f"Dusun {dusun}", volume="420 m x 3 m", anggaran=148_500_000, swadaya=6_000_000,
        manfaat="Hasil kebun dapat diangkut sampai ke jalan raya", waktu=90, sifat_proyek="BARU",
        keterangan="Dikerjakan padat karya tunai",
    )  # fmt: skip
    dusun = book.dusun[-1]
    book.work(
        files.house,
        (
            _Progress(date(2026, 9, 7), 0, "Lahan sudah diratakan"),
            _Progress(date(2026, 10, 26), 65, "Dinding naik, menunggu kuda-kuda atap"),
        ),
        judul=f"Gedung posyandu Dusun {dusun}", tahun_anggaran=2026, lokasi=f"Dusun {dusun}",
        volume="6 m x 8 m", anggaran=96_250_000, waktu=120, sifat_proyek="BARU",
        manfaat="Penimbangan balita tidak lagi menumpang di rumah kader",
    )  # fmt: skip
    book.work(
        files.road,
        (),
        judul="Rehabilitasi saluran irigasi", tahun_anggaran=2026, lokasi=f"Dusun {dusun}",
        volume="180 m", anggaran=54_000_000, waktu=45, sifat_proyek="LANJUTAN",
        manfaat="Sawah tadah hujan terairi dua musim", keterangan="Menunggu pencairan tahap III",
    )  # fmt: skip
    book.report(
        date(2026, 7, 13), "laporan_apbdes", "Laporan realisasi APBDes semester 1 tahun 2026",
        2026, 1, "Realisasi pendapatan dan belanja sampai 30 Juni 2026.",
    )  # fmt: skip
    for month, word in ((9, "September"), (10, "Oktober")):
        book.report(
            date(2026, month + 1, 4), "laporan_penduduk",
            f"Laporan penduduk bulan {word} 2026", 2026, month,
            "Lampiran: lahir, mati, datang dan pindah bulan ini.",
        )  # fmt: skip
    book.regulation(
        date(2025, 12, 22), "perdes", "6 Tahun 2025", "Anggaran Pendapatan dan Belanja Desa 2026",
        tgl_kesepakatan="2025-12-18", tgl_diundangkan="2025-12-23", nomor_lembaran="6",
        uraian="Disepakati bersama BPD",
    )  # fmt: skip
    book.regulation(
        date(2026, 1, 26), "perkades", "2 Tahun 2026", "Daftar penerima BLT Dana Desa 2026",
        tgl_diundangkan="2026-01-27", nomor_berita="2",
    )  # fmt: skip
    book.regulation(date(2026, 2, 9), "sk", "07/KEP/2026", "Pengangkatan kader posyandu")
    book.count(
        "sarana",
        ("posyandu", "Posyandu", 3, "Satu di setiap dusun"),
        ("puskesmas_pembantu", "Pustu Lamika", 1, "Perawat dua orang"),
        ("paud", "PAUD", 2, ""),
        ("sd", "SD Inpres Lamika", 1, "Enam rombongan belajar"),
        ("gereja", "Kapela", 2, ""),
        ("balai_pertemuan", "Balai desa", 1, "Dipakai juga untuk posyandu lansia"),
    )
    book.count(
        "potensi",
        ("Perkebunan", "Jambu mete", 214, "Hektare"),
        ("Perkebunan", "Kelapa", 88, "Hektare"),
        ("Peternakan", "Babi", 640, "Ekor"),
        ("Industri rumah tangga", "Tenun ikat", 27, "Penenun"),
    )
    women = [it for it in book.people if it["sex"] == PEREMPUAN]
    book.suplemen(
        "Kader posyandu", _PERSON, "Kader yang masih bertugas tahun ini",
        [it for it in women if "1976" < it["tanggal_lahir"] < "2001"][:6],
    )  # fmt: skip
    poor = [it for it in book.families if (it["kelas_sosial"] or _POOR + 1) <= _POOR]
    book.suplemen(
        "Keluarga calon bedah rumah", _FAMILY, "Usulan musyawarah dusun, diverifikasi bertahap",
        poor[:8],
    )  # fmt: skip


def _watotika(book: _Book) -> None:
    """A part: one work, one report, one decision."""
    dusun = book.dusun[0]
    book.work(
        files.house,
        (
            _Progress(date(2026, 6, 1), 20, "Fondasi dan sloof selesai"),
            _Progress(date(2026, 9, 21), 100, "Sudah dipakai"),
        ),
        judul="Gedung PAUD Desa", tahun_anggaran=2026, lokasi=f"Dusun {dusun}",
        volume="7 m x 9 m", anggaran=127_000_000, waktu=110, sifat_proyek="BARU",
        manfaat="Anak usia dini belajar di gedung sendiri",
    )  # fmt: skip
    book.report(
        date(2026, 11, 3), "laporan_penduduk", "Laporan penduduk bulan Oktober 2026", 2026, 10,
        "Lampiran: lahir, mati, datang dan pindah bulan ini.",
    )  # fmt: skip
    book.regulation(date(2026, 3, 16), "sk", "11/KEP/2026", "Pembentukan tim pelaksana kegiatan")
    book.count(
        "sarana",
        ("posyandu", "Posyandu", 2, ""),
        ("sd", "SDK Watotika", 1, ""),
        ("gereja", "Gereja stasi", 1, ""),
    )


def _lewokluok(book: _Book) -> None:
    """What there is, counted, and nothing else yet."""
    book.count(
        "sarana",
        ("posyandu", "Posyandu", 2, ""),
        ("smp", "SMP Satap Lewokluok", 1, "Satu atap dengan SD"),
        ("pasar", "Pasar mingguan", 1, "Setiap hari Sabtu"),
    )
    book.count("potensi", ("Wisata", "Pantai", 1, "Ramai pada hari libur"))


_KEPT: Final[Mapping[str, Callable[[_Book], None]]] = {
    _LAMIKA: _lamika,
    _WATOTIKA: _watotika,
    _LEWOKLUOK: _lewokluok,
}


def _moment(on: date) -> str:
    """As OpenSID writes it."""
    return f"{on.isoformat()} 09:20:00"
