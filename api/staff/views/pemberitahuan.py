"""What wants the account's attention: on one page, and as a number on every page.

Each kind is shown to whom the page behind it is open, and decisions to those who decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import g, render_template, url_for

from api import format as fmt
from api.auth import known_account, may, needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import blueprint, scope, title
from api.staff.views.surat import STATES, waits_for_me
from projections import JOBS, LATE_DAYS
from projections.queries import desa as desa_queries
from projections.queries import pemberitahuan as queries
from projections.queries import surat as surat_queries
from projections.queries.pemberitahuan import Notice


@dataclass(frozen=True)
class Kind:
    """A kind of notice: who is told, what it is, and what to do about it.

    `endpoint` is the page behind it, of a desa if `of_desa`.
    """

    need: Need
    title: str
    advice: str
    icon: str
    endpoint: str
    of_desa: bool = True


KINDS: Final[Mapping[str, Kind]] = {
    "alarm": Kind(
        Need.OPERATIONS,
        "Alarm",
        "Yang tersimpan rusak. Jangan ubah basis data; halaman Operasi menyebut langkahnya.",
        "lonceng",
        "staff.operasi",
        of_desa=False,
    ),
    "sengketa": Kind(
        Need.RECEIVED,
        "Kiriman yang dipersengketakan",
        "Kuncinya dicurigai dipakai orang lain. Tanyakan desa apakah kiriman itu miliknya.",
        "kunci",
        "staff.kiriman",
    ),
    "surat": Kind(
        Need.DECIDE,
        "Surat menunggu keputusan Anda",
        "Buka berkasnya, lalu putuskan.",
        "surat",
        "staff.surat_desa",
    ),
    "hapus": Kind(
        Need.DECIDE,
        "Penghapusan menunggu keputusan",
        "Hilang dari unggahan terakhir desa, dan belum dihapus di sini.",
        "silang",
        "staff.unggahan",
    ),
    "kunci": Kind(
        Need.REGISTRY,
        "Kunci desa menunggu diterima",
        "Cocokkan sidik jarinya dengan desa sebelum menerimanya.",
        "kunci",
        "staff.kiriman",
    ),
    "pesan": Kind(
        Need.MESSAGES,
        "Pesan desa yang belum dijawab",
        "Kecamatan menjawabnya di percakapannya; jawaban sampai saat OpenSID desa dibuka.",
        "surat",
        "staff.pesan",
    ),
    "unggahan": Kind(
        Need.RECEIVED,
        "Unggahan yang ditolak",
        "Unggahan terakhir dari OpenSID tidak dapat dibaca; desa perlu mengirim lagi.",
        "unduh",
        "staff.unggahan",
    ),
    "kiriman": Kind(
        Need.RECEIVED,
        "Kiriman yang ditolak",
        "Ditandatangani desa tetapi tidak diterima; alasannya ada di halaman kiriman.",
        "kotak",
        "staff.kiriman",
    ),
    "parkir": Kind(
        Need.OPERATIONS,
        "Tabel yang berhenti mengikuti",
        "Gagal berkali-kali lalu dihentikan; halaman menampilkan keadaan sebelumnya.",
        "gerigi",
        "staff.operasi",
        of_desa=False,
    ),
    "pekerjaan": Kind(
        Need.OPERATIONS,
        "Pekerjaan terjadwal yang gagal",
        "Dicoba lagi dengan sendirinya; bila terus gagal, lihat catatan server.",
        "jam",
        "staff.operasi",
        of_desa=False,
    ),
    "cadangan": Kind(
        Need.OPERATIONS,
        "Cadangan belum diatur",
        "Semuanya hanya ada di komputer ini. Isi LEDGER_BACKUP dengan folder di cakram lain.",
        "gerigi",
        "staff.operasi",
        of_desa=False,
    ),
    "diam": Kind(
        Need.FIGURES,
        "Desa yang diam",
        "Lama tidak terdengar: mungkin tidak ada sambungan, mungkin ada yang rusak.",
        "jam",
        "staff.kiriman",
    ),
}
"""The kinds, the most pressing first."""
_PARTS: Final = {"log": "log kiriman", "berkas": "berkas", "akses": "catatan akses"}
_JOBS: Final = {it.name: it.title for it in JOBS}


def notices() -> list[Notice]:
    """What wants the account's attention, the most pressing kind first, of each the oldest."""
    if "notices" not in g:
        g.notices = _notices()
    found: list[Notice] = g.notices
    return found


def _notices() -> list[Notice]:
    kinds = {name for name, it in KINDS.items() if may(it.need)}
    account = known_account()
    with services().databases.reader.connect() as tx:
        late = services().now() - timedelta(days=LATE_DAYS)
        found = queries.notices(tx, scope(), kinds, late)
        if "surat" in kinds and (mine := set(waits_for_me())):
            found += [
                Notice("surat", it.kode_desa, it.state, it.jumlah, it.since)
                for it in surat_queries.counts(tx, scope())
                if it.state in mine
            ]
    if "kunci" in kinds:
        found += [
            Notice("kunci", it.kode_desa, it.verifier.name, 1, it.received_at)
            for it in services().registry.desa_keys.undecided()
            if it.verifier and it.received_at and account.sees(it.kode_desa)
        ]
    if "cadangan" in kinds and services().settings.backup is None:
        found.append(Notice("cadangan", "", "", 1, services().now()))
    order = list(KINDS)
    return sorted(found, key=lambda it: (order.index(it.kind), it.since, it.kode_desa))


def words_of(it: Notice) -> str:
    """What there is, in a few words; whose it is stands beside it."""
    count = fmt.number(it.jumlah)
    match it.kind:
        case "surat":
            return f"{count} surat {STATES[it.what][0]}"
        case "hapus":
            return f"{count} {title(it.what).lower()} menunggu dihapus"
        case "alarm":
            return f"{count} kerusakan pada {_PARTS.get(it.what, it.what)}"
        case "sengketa":
            return f"{count} kiriman dengan kunci {it.what.rpartition('/')[2]}"
        case "kunci":
            return f"kunci {it.what.rpartition('/')[2]}"
        case "pesan":
            return f"{count} pesan tentang “{fmt.visible(it.judul)}”"
        case "kiriman":
            return f"{count} kiriman ditolak"
        case "parkir":
            return f"tabel {title(it.what).lower()}"
        case "pekerjaan":
            return f"{_JOBS.get(it.what, it.what)}: gagal {count} kali"
        case "cadangan":
            return "LEDGER_BACKUP kosong"
        case "diam":
            return "belum pernah mengirim" if it.what else "terakhir terdengar"
    return "unggahan terakhir ditolak"


def address_of(it: Notice) -> str:
    """Where the account can do something about it."""
    kind = KINDS[it.kind]
    if not kind.of_desa:
        return url_for(kind.endpoint)
    if it.kind == "surat":
        return url_for(kind.endpoint, kode=it.kode_desa, keadaan=it.what)
    if it.kind == "pesan":
        return url_for(kind.endpoint, kode=it.kode_desa, _anchor=f"p{it.what}")
    return url_for(kind.endpoint, kode=it.kode_desa)


menu.office(
    "staff.pemberitahuan", "Pemberitahuan", "lonceng", order=12, badge=lambda: len(notices())
)


@blueprint.get("/pemberitahuan")
@needs(Need.FIGURES)
def pemberitahuan() -> str:
    """Everything that wants the account's attention."""
    found = notices()
    with services().databases.reader.connect() as tx:
        names = desa_queries.names(tx, scope())
    now = services().now()
    return render_template(
        "pemberitahuan.html",
        groups={
            name: those for name in KINDS if (those := [it for it in found if it.kind == name])
        },
        kinds=KINDS,
        total=len(found),
        names=names,
        words=words_of,
        address=address_of,
        days=lambda it: (now - it.since).days,
    )
