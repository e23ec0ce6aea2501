"""Letters to be signed by the camat: what came, what becomes of it, and who decided.

Nothing here changes what a desa stated. A decision is on the PDF that the page showed; should the
desa have sent another meanwhile, it is not taken.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import known_account, may, needs
from api.context import services
from api.permissions import Need
from api.staff import menu, opened
from api.staff.views.berkas import served
from api.staff.views.frame import (
    PER_PAGE,
    blueprint,
    desa_asked,
    kept_link,
    page_asked,
    pages_of,
    scope,
    this_day,
    village_of,
)
from ledger import (
    BASAH,
    CABUT,
    DIAJUKAN,
    DICABUT,
    DIKEMBALIKAN,
    DIPERIKSA_SEKRETARIS,
    DITANDATANGANI,
    DITOLAK,
    ELEKTRONIK,
    KEMBALIKAN,
    LETTER_STATES,
    LONGEST_REASON,
    MENUNGGU_CAMAT,
    MENUNGGU_TTE,
    MOST_SIGNED,
    PARAF,
    PERIKSA,
    SETUJUI,
    TANDATANGANI,
    TOLAK,
    WITH_REASON,
    Act,
    LetterVersion,
)
from ledger.errors import LetterGoneError, LetterRefusedError
from projections.queries import desa as desa_queries
from projections.queries import penduduk as penduduk_queries
from projections.queries import surat as surat_queries
from projections.queries.penduduk import HIDUP
from projections.queries.surat import Letter

STATES: Final[Mapping[str, tuple[str, str]]] = {
    DIAJUKAN: ("menunggu diperiksa", "l"),
    DIPERIKSA_SEKRETARIS: ("menunggu sekretaris", "l"),
    MENUNGGU_CAMAT: ("menunggu camat", "l"),
    MENUNGGU_TTE: ("menunggu tanda tangan", "l"),
    DITANDATANGANI: ("sudah ditandatangani", "s"),
    DIKEMBALIKAN: ("dikembalikan", "t"),
    DITOLAK: ("ditolak", "t"),
    DICABUT: ("dicabut", "t"),
}
"""Where a letter stands, in words and as a colour's class."""
BUTTONS: Final = {
    PERIKSA: "Sudah diperiksa, teruskan",
    PARAF: "Beri paraf, teruskan ke camat",
    SETUJUI: "Setujui sebagai camat",
    KEMBALIKAN: "Kembalikan untuk diperbaiki",
    TOLAK: "Tolak",
    CABUT: "Cabut surat ini",
}
DONE: Final = {
    PERIKSA: "diperiksa",
    PARAF: "diparaf sekretaris",
    SETUJUI: "disetujui camat",
    TANDATANGANI: "berkas bertanda tangan disimpan",
    KEMBALIKAN: "dikembalikan ke desa",
    TOLAK: "ditolak",
    CABUT: "dicabut",
}
WAYS: Final = {
    ELEKTRONIK: "Tanda tangan elektronik (BSrE), sudah ada di dalam PDF",
    BASAH: "Tanda tangan basah, dipindai",
}
_MINE: Final = "saya"
_WAITING: Final = (DIAJUKAN, DIPERIKSA_SEKRETARIS, MENUNGGU_CAMAT, MENUNGGU_TTE)

menu.office("staff.surat", "Surat", "surat", order=55)
menu.village("staff.surat_desa", "Surat", "laporan", order=75, also=("staff.satu_surat",))


@dataclass(frozen=True)
class Step:
    """A step on a letter's way: `act` is the one that took it, if it was taken."""

    words: str
    act: Act | None


@blueprint.get("/surat")
@needs(Need.PEOPLE)
def surat() -> str:
    """The letters of the account's region, what waits for somebody first."""
    with services().databases.reader.connect() as tx:
        names = desa_queries.names(tx, scope())
        chosen = desa_asked(names)
        return render_template("surat.html", names=names, **_listed(tx, chosen or scope()))


@blueprint.get("/desa/<kode>/surat")
@needs(Need.PEOPLE)
def surat_desa(kode: str) -> str:
    """The letters of one village."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        return render_template("surat.html", names=None, village=village, **_listed(tx, kode))


def _listed(tx: Any, of: str) -> dict[str, Any]:  # noqa: ANN401  # a connection
    counts: Counter[str] = Counter()
    for it in surat_queries.counts(tx, of):
        counts[it.state] += it.jumlah
    mine = waits_for_me()
    state = request.args.get("keadaan", "")
    if state not in {"", _MINE, *LETTER_STATES}:
        abort(404)
    states = {"": None, _MINE: mine}.get(state, [state])
    total = sum(it for name, it in counts.items() if states is None or name in states)
    pages = pages_of(total)
    page = page_asked(pages)
    here = request.endpoint or "staff.surat"
    return {
        "letters": surat_queries.letters(
            tx, of, states=states, limit=PER_PAGE, offset=(page - 1) * PER_PAGE
        ),
        "counts": {name: counts[name] for name in LETTER_STATES if name in counts},
        "mine": sum(counts[it] for it in mine) if mine else None,
        "state": state,
        "total": total,
        "page": page,
        "pages": pages,
        "states": STATES,
        "waiting": _WAITING,
        "days": lambda it: (services().now() - it.received_at).days,
        "link": lambda **changed: kept_link(here, **(request.view_args or {}), **changed),
    }


def waits_for_me() -> list[str]:
    """The states in which a letter waits for the account; none for who only looks."""
    if not may(Need.DECIDE):
        return []
    account = known_account()
    return services().letters.rules.waits_for(account.username, account.role)


@blueprint.get("/desa/<kode>/surat/lihat")
@needs(Need.PEOPLE)
def satu_surat(kode: str) -> str:
    """One letter: what it is, where it stands, and every decision on it."""
    return _page(kode, request.args.get("nomor", ""))


@blueprint.post("/desa/<kode>/surat/keputusan")
@needs(Need.DECIDE)
def putuskan_surat(kode: str) -> Response | tuple[str, int]:
    """Decide on a letter: an act of the office."""
    nomor, act = request.form.get("nomor", ""), request.form.get("keputusan", "")
    reason = request.form.get("alasan", "")
    letter, known = _at_hand(kode, nomor)
    try:
        version = _looked_at(letter)
        services().letters.decide(version, act, known_account(), reason, known=known)
    except (LetterGoneError, LetterRefusedError) as error:
        return _page(kode, nomor, str(error), reason), 422
    told = " Desa menerima pesannya." if act in WITH_REASON else ""
    flash(f"Surat {fmt.visible(nomor)} {DONE[act]}, dan keputusannya dicatat.{told}")
    return redirect(url_for("staff.satu_surat", kode=kode, nomor=nomor))


@blueprint.post("/desa/<kode>/surat/tanda-tangan")
@needs(Need.DECIDE)
def tandatangani(kode: str) -> Response | tuple[str, int]:
    """Keep the signed PDF of an approved letter."""
    nomor = request.form.get("nomor", "")
    letter, known = _at_hand(kode, nomor)
    sent = request.files.get("berkas")
    data = sent.stream.read(MOST_SIGNED + 1) if sent else b""
    try:
        version = _looked_at(letter)
        way = request.form.get("cara", "")
        services().letters.sign(version, data, way, known_account(), known=known)
    except (LetterGoneError, LetterRefusedError) as error:
        return _page(kode, nomor, str(error)), 422
    flash(f"Berkas surat {fmt.visible(nomor)} disimpan; desa menerimanya lewat OpenSID.")
    return redirect(url_for("staff.satu_surat", kode=kode, nomor=nomor))


def _at_hand(kode: str, nomor: str) -> tuple[Letter, int]:
    """A letter as it is now, and how far the read models know the log."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        return surat_queries.letter(tx, kode, nomor) or abort(404), village.followed


def _looked_at(letter: Letter) -> LetterVersion:
    """The version that the page showed, if the letter is still that."""
    version = letter.version
    shown = (request.form.get("sha256"), request.form.get("kiriman"))
    if version is None or shown != (version.sha256, str(version.position)):
        raise LetterGoneError
    return version


def _page(kode: str, nomor: str, error: str = "", reason: str = "") -> str:
    account = known_account()
    letters = services().letters
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        letter = surat_queries.letter(tx, kode, nomor)
        acts = letters.acts(kode, nomor)
        if letter is None and not acts:
            abort(404)
        here = url_for("staff.satu_surat", kode=kode, nomor=nomor)
        door = opened.door(tx, kode, "surat", nomor, here)
        subject = None
        if letter is not None and letter.id is not None:
            subject = penduduk_queries.person(tx, kode, letter.id)
    version = letter.version if letter else None
    current = [it for it in acts if version and _same(it, version)]
    file = services().blobs.open(kode, letter.berkas) if letter else None
    offered = (
        letters.rules.offered(current, account.username, account.role)
        if file and may(Need.DECIDE)
        else []
    )
    return render_template(
        "satu_surat.html",
        village=village,
        nomor=nomor,
        letter=letter,
        door=door,
        version=version,
        file=file[0] if file else None,
        subject=subject,
        remarks=_remarks(letter, subject) if letter else [],
        steps=_steps(current),
        acts=acts[::-1],
        current=current,
        same=lambda it: it in current,
        offered=offered,
        forward=[it for it in offered if it not in {*WITH_REASON, TANDATANGANI}],
        back=[it for it in offered if it in WITH_REASON],
        sign=TANDATANGANI in offered,
        states=STATES,
        buttons=BUTTONS,
        done=DONE,
        ways=WAYS,
        size=fmt.size,
        longest=LONGEST_REASON,
        most=MOST_SIGNED // 1024 // 1024,
        error=error,
        reason=reason,
    )


def _same(it: Act, version: LetterVersion) -> bool:
    return (it.position, it.sha256) == (version.position, version.sha256)


def _steps(acts: list[Act]) -> list[Step]:
    """The way to a signed letter, with who went it so far."""
    taken = {it.act: it for it in acts}
    way = {
        PERIKSA: "Diperiksa staf",
        PARAF: "Paraf sekretaris",
        SETUJUI: "Disetujui camat",
        TANDATANGANI: "Berkas bertanda tangan",
    }
    if not services().letters.rules.secretaries and PARAF not in taken:
        del way[PARAF]
    return [Step(words, taken.get(act)) for act, words in way.items()]


def _remarks(letter: Letter, subject: penduduk_queries.Person | None) -> list[str]:
    """What whoever checks a letter should look at; none of it stops it."""
    found = []
    if letter.version is None:
        found.append("Desa hanya menyebut nama berkas; PDF-nya belum diterima.")
    if not letter.people:
        found.append("NIK pemohon tidak ada dalam data penduduk desa ini.")
    elif letter.people > 1:
        found.append(f"NIK pemohon dimiliki {fmt.number(letter.people)} orang di desa ini.")
    elif subject is not None and subject["status_dasar"] != HIDUP:
        found.append("Menurut data desa, pemohon tidak lagi hidup atau menetap di desa ini.")
    if letter.tanggal is not None and letter.tanggal.date() > this_day():
        found.append("Tanggal surat masih akan datang.")
    return found


@blueprint.get("/desa/<kode>/surat/berkas")
@needs(Need.PEOPLE)
def berkas_surat(kode: str) -> Response:
    """A PDF of a letter: as it is now; or as a decision was on it, or was signed."""
    nomor, decision = request.args.get("nomor", ""), request.args.get("keputusan", "")
    reference = None
    if decision:
        try:
            id_ = UUID(decision)
        except ValueError:
            abort(404)
        act = next((it for it in services().letters.acts(kode, nomor) if it.id == id_), None)
        if act is not None:
            digest = act.signed if "ditandatangani" in request.args else act.sha256
            reference = f"sha256:{digest}"
    else:
        with services().databases.reader.connect() as tx:
            letter = surat_queries.letter(tx, kode, nomor)
            reference = letter.berkas if letter else None
    return served(kode, reference)
