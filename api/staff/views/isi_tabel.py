"""To state the office's own figures: one by one in a form, many by a file; and to take them back.

A file is shown as it was read before anything is recorded. What was read goes with the page,
sealed, so that it is recorded just as it was shown, and by whom it was shown to.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api.auth import known_account, needs
from api.context import services
from api.permissions import Need
from api.staff.figure_table import figure, period_name
from api.staff.views.frame import blueprint, scope, this_day
from api.staff.views.tabel import cell_page, kind_of, names_of_period
from ledger import (
    FIRST_YEAR,
    MOST_FILE,
    FigureCell,
    FigureKind,
    FigureRow,
    figures_known,
    read_figures,
    read_figures_file,
    read_figures_row,
)
from ledger.errors import (
    FigureFault,
    FigureFileError,
    FigureGoneError,
    FigureRefusedError,
)
from projections.queries import desa as desa_queries

_LONGEST: Final = 10
"""Characters of a number in a form's hidden field."""
_READ: Final = "berkas tabel"
"""What the seal is for of a file that was read."""
Row = tuple[int, FigureRow]


@dataclass(frozen=True)
class Previewed:
    """A row of a file, and what stands in its place."""

    number: int
    row: FigureRow
    before: Mapping[str, int | None] | None

    @property
    def same(self) -> bool:
        """Whether it says what stands already."""
        return self.before is not None and dict(self.before) == dict(self.row.angka)


@blueprint.get("/tabel/<tabel>/isi")
@needs(Need.WRITE)
def isi_tabel(tabel: str) -> str:
    """The form of one statement; with what stands, when the address names a cell."""
    kind = kind_of(tabel)
    form = {name: request.args.get(name, "") for name in kind.keys}
    form["tahun"] = form["tahun"] or str(this_day().year)
    with services().databases.reader.connect() as tx:
        for it in read_figures(tx, scope(), kind.name):
            if _keys(kind, it.cell) == form:
                form |= {name: str(value) for name, value in it.angka.items() if value is not None}
    return _form(kind, form, {})


@blueprint.post("/tabel/<tabel>/isi")
@needs(Need.WRITE)
def simpan_tabel(tabel: str) -> Response | tuple[str, int]:
    """State what the form says: an act of the office."""
    kind = kind_of(tabel)
    form = {it: request.form.get(it, "") for it in (*kind.keys, *_columns(kind))}
    with services().databases.reader.connect() as tx:
        names = desa_queries.names(tx, scope())
    read = read_figures_row(kind, form, names, this_day())
    if isinstance(read, list):
        return _form(kind, form, {it.column: f"{it.why.capitalize()}." for it in read}), 422
    try:
        services().figures.state(kind, [(0, read)], known_account(), known=_known())
    except (FigureGoneError, FigureRefusedError) as error:
        return _form(kind, form, {}, str(error)), 422
    cell = read.cell
    flash("Angka dicatat di log kantor.")
    return redirect(
        url_for(
            "staff.sel_tabel",
            kode=cell.kode_desa,
            tabel=kind.name,
            tahun=cell.tahun,
            periode=cell.periode,
        )
    )


@blueprint.post("/desa/<kode>/tabel/<tabel>/<int:tahun>/<int:periode>/cabut")
@needs(Need.WRITE)
def cabut_tabel(kode: str, tabel: str, tahun: int, periode: int) -> Response | tuple[str, int]:
    """Take back what stands in a cell: an act of the office, too."""
    kind = kind_of(tabel)
    page = cell_page(kode, tabel, tahun, periode)
    rincian = request.form.get("rincian", "0")
    cell = FigureCell(kode, tahun, periode, int(rincian) if rincian in _details(kind) else 0)
    reason = request.form.get("alasan", "")
    try:
        services().figures.withdraw(kind, cell, known_account(), reason, known=_known())
    except (FigureGoneError, FigureRefusedError) as error:
        page = cell_page(kode, tabel, tahun, periode, str(error))
        return page, 422
    flash("Angka dicabut; pencabutannya dicatat di log kantor.")
    return redirect(
        url_for("staff.sel_tabel", kode=kode, tabel=tabel, tahun=tahun, periode=periode)
    )


@blueprint.get("/tabel/<tabel>/unggah")
@needs(Need.WRITE)
def unggah_tabel(tabel: str) -> str:
    """The form for a file."""
    return _upload(kind_of(tabel), {})


@blueprint.post("/tabel/<tabel>/unggah")
@needs(Need.WRITE)
def baca_tabel(tabel: str) -> str | tuple[str, int]:
    """Read a file and show what it would change; nothing is recorded yet."""
    kind = kind_of(tabel)
    chosen = {it: request.form.get(it, "").strip() for it in kind.keys}
    sent = request.files.get("berkas")
    data = sent.stream.read(MOST_FILE + 1) if sent else b""
    with services().databases.reader.connect() as tx:
        names = desa_queries.names(tx, scope())
        standing = {it.cell: it.angka for it in read_figures(tx, scope(), kind.name)}
        known = figures_known(tx)
    try:
        read = read_figures_file(kind, data, chosen, names, this_day())
    except FigureFileError as error:
        return _upload(kind, chosen, str(error), error.faults), 422
    digest = sha256(data).hexdigest()
    rows = [Previewed(number, row, standing.get(row.cell)) for number, row in read.rows]
    return render_template(
        "periksa_tabel.html",
        kind=kind,
        rows=rows,
        new=sum(it.before is None for it in rows),
        same=sum(it.same for it in rows),
        read=read,
        names=names,
        digest=digest,
        sealed=_sealed(kind, read.rows, digest, known),
        period=names_of_period,
        figure=figure,
    )


@blueprint.post("/tabel/<tabel>/catat")
@needs(Need.WRITE)
def catat_tabel(tabel: str) -> Response | tuple[str, int]:
    """Record a file as it was shown."""
    kind = kind_of(tabel)
    rows, digest, known = _opened(kind, request.form.get("isi", ""))
    try:
        made = services().figures.state(kind, rows, known_account(), known=known, source=digest)
    except (FigureGoneError, FigureRefusedError) as error:
        return _upload(kind, {}, str(error)), 422
    flash(f"{len(made)} baris dicatat di log kantor.")
    return redirect(url_for("staff.pernyataan_tabel", position=made[0].office_position))


def _form(
    kind: FigureKind, form: Mapping[str, str], errors: Mapping[str, str], why: str = ""
) -> str:
    return render_template(
        "isi_tabel.html", kind=kind, form=form, errors=errors, why=why, **_choices(kind)
    )


def _upload(
    kind: FigureKind,
    chosen: Mapping[str, str],
    why: str = "",
    faults: Sequence[FigureFault] = (),
) -> str:
    return render_template(
        "unggah_tabel.html",
        kind=kind,
        form=chosen,
        why=why,
        faults=faults,
        most=MOST_FILE // 1024 // 1024,
        **_choices(kind),
    )


def _choices(kind: FigureKind) -> dict[str, Any]:
    """What the forms offer, and how far the page knows the office's log."""
    with services().databases.reader.connect() as tx:
        names = desa_queries.names(tx, scope())
        known = figures_known(tx)
    return {
        "desa": {"": "pilih …", **{kode: f"{nama} ({kode})" for kode, nama in names.items()}},
        "periods": {"": "pilih …", **{str(it): period_name(kind, it) for it in kind.periods}},
        "details": {"": "pilih …", **{str(id_): it for id_, it in kind.details.items()}},
        "first_year": FIRST_YEAR,
        "this_year": this_day().year,
        "known": known,
    }


def _known() -> int:
    """How far the page that was sent knew the office's log."""
    text = request.form.get("dikenal", "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= _LONGEST else 0


def _columns(kind: FigureKind) -> list[str]:
    return [it.name for it in kind.columns]


def _details(kind: FigureKind) -> set[str]:
    return {str(it) for it in kind.details}


def _keys(kind: FigureKind, cell: FigureCell) -> dict[str, str]:
    """What a form says of a cell."""
    said = (cell.kode_desa, cell.tahun, cell.periode, cell.rincian)
    return {name: str(value) for name, value in zip(kind.keys, said, strict=False)}


def _sealed(kind: FigureKind, rows: Sequence[Row], digest: str, known: int) -> str:
    content = [
        [number, *vars(row.cell).values(), *(row.angka[it] for it in _columns(kind))]
        for number, row in rows
    ]
    said = [kind.name, known_account().username, digest, known, content]
    return services().seals.of(_READ).seal(json.dumps(said, separators=(",", ":")))


def _opened(kind: FigureKind, sealed: str) -> tuple[list[Row], str, int]:
    """What was sealed, of this kind and for this account; anything else is no request of ours."""
    text = services().seals.of(_READ).open(sealed)
    said = json.loads(text) if text else None
    if not isinstance(said, list) or said[:2] != [kind.name, known_account().username]:
        abort(400)
    _, _, digest, known, content = said
    columns = _columns(kind)
    rows = [
        (number, FigureRow(FigureCell(*cell), dict(zip(columns, angka, strict=True))))
        for number, *rest in content
        for cell, angka in [(rest[: -len(columns)], rest[-len(columns) :])]
    ]
    return rows, digest, known
