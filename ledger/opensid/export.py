"""An export as records of the catalogue, faithfully: what the desa states is not mended here.

Undone is only what OpenSID did in order to export: in an XLSX, a text with quotation marks is
wrapped as in CSV (`"Siti ""Nur"" Halimah"`); in a CSV, a value stands where no header names it. A
NIK of `0`, a name that is a number, a date that is none: all that stands as it was stated, for the
catalogue to find. [pure]
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from ledger.opensid.archive import Archive, open_archive
from ledger.opensid.columns import Column
from ledger.opensid.errors import (
    ExportForeignError,
    FormError,
    HeaderError,
)
from ledger.opensid.forms import FORMS, Form
from ledger.opensid.limits import ExportLimits
from ledger.opensid.sheet import Row

LEFT_OUT = {
    "columns-mismatch": "jumlah kolomnya lain dari judul kolom",
    "desa-missing": "kode desa kosong",
    "desa-foreign": "milik desa lain",
    "id-missing": "tanpa id",
    "id-malformed": "id bukan bilangan",
    "id-repeated": "baris yang sama sudah ada",
    "id-ambiguous": "id dipakai baris lain yang berbeda isinya",
    "record-too-long": "isi baris terlalu panjang",
    "file-missing": "tanpa berkas",
    "file-damaged": "berkasnya rusak",
    "file-too-large": "berkasnya terlalu besar",
    "file-not-pdf": "berkasnya bukan PDF",
}
"""Why a row, or an item of a list, is left out: code and sentence."""

Keep = Callable[[bytes], str | None]
"""Keeps a picture, and gives the reference by which a record names it; None for what is none."""

_ID = re.compile(r"[1-9][0-9]{0,14}")
_KODE = re.compile(r"([0-9]{2})\.?([0-9]{2})\.?([0-9]{2})\.?([0-9]{4})")
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class LeftOut:
    """A row that is no record: its number in the sheet, and why (a code of LEFT_OUT).

    `id` is None when the row has none that could be an id.
    """

    row: int
    code: str
    id: str | None = None

    @property
    def reason(self) -> str:
        """The phrase for the operator."""
        return LEFT_OUT[self.code]


@dataclass(frozen=True)
class Export:
    """What an export states of one desa.

    Attributes:
        form: which of OpenSID's sheets it is.
        kode_desa: dotted; None when no row names a desa.
        records: by id, in the order of the sheet; each has every field of the sheet, blank is
            None.
        left_out: the rows that are no records.
        photos: names of the pictures in the ZIP; a record may name one that is not there.
        unusable: names of pictures that records name and that are none.
        mentioned: the ids of this desa's rows, left out or not.
        complete: whether every row of this desa could be told by its id; otherwise somebody
            who is not `mentioned` may be in the sheet all the same.
    """

    form: Form
    kode_desa: str | None
    records: dict[str, dict[str, Any]]
    left_out: tuple[LeftOut, ...]
    photos: tuple[str, ...]
    mentioned: frozenset[str]
    complete: bool
    unusable: tuple[str, ...] = ()

    @property
    def present(self) -> frozenset[str] | None:
        """Every id that the desa has, if the export can tell: then the others are gone."""
        return self.mentioned if self.form.full and self.complete else None


def read_export(
    source: Path | bytes | IO[bytes],
    kode_desa: str | None = None,
    limits: ExportLimits | None = None,
    *,
    forms: Sequence[Form] = FORMS,
    keep: Keep | None = None,
) -> Export:
    """Read a `*_opendk.zip` of OpenSID, or the table inside it; its header tells which it is.

    Rows of another desa than `kode_desa` are left out; when it is not given, the desa that most
    rows name counts. With `keep`, the pictures that records name are kept, and the records refer
    to them; else they name files.

    Raises:
        ExportError: the file is no export, none of `forms`, is damaged, or belongs to another
            desa altogether.
    """
    limits = limits or ExportLimits()
    with open_archive(source, limits) as archive:
        rows = archive.rows(partial(_surplus, forms))
        first = next(rows, Row(1, {}))
        form = _form(first.cells.values(), forms)
        statements = list(_statements(form, first, rows, quoted=archive.quoted))
        export = _sorted_out(form, statements, kode_desa, archive.pictures, limits)
        return _with_pictures(export, archive, keep) if keep else export


def _form(header: Any, forms: Sequence[Form]) -> Form:  # noqa: ANN401  # texts, perhaps none
    """The form that the header is of; else the one that it lacks least of."""
    names = set(header)
    if not names and len(forms) > 1:
        raise FormError
    return min(forms, key=lambda it: len(it.names - names))


def _surplus(forms: Sequence[Form], header: Sequence[str]) -> int | None:
    """Where rows of a CSV have a value that its header does not announce."""
    name, before = _form(header, forms).unannounced or ("", "")
    return header.index(before) if before in header and name not in header else None


class _Statement(NamedTuple):
    """A row under its header: the record, and whose it is. `id` and `desa` may be anything."""

    row: int
    id: str
    desa: str
    record: dict[str, Any]
    misfit: bool = False

    @property
    def known_id(self) -> str | None:
        """The id, if it is one. What else may stand there is not repeated to anybody."""
        return self.id if _ID.fullmatch(self.id) else None


def _statements(
    form: Form, first: Row, rows: Iterator[Row], *, quoted: bool
) -> Iterator[_Statement]:
    columns = _columns(form, first.cells)
    for row in rows:
        if row.misfit:
            yield _Statement(row.number, "", "", {}, misfit=True)
        elif row.cells:
            yield _statement(row, columns, quoted=quoted)


def _columns(form: Form, header: Mapping[str, str]) -> dict[str, Column]:
    """The known columns by the letters under which this sheet has them."""
    names = Counter(header.values())
    wanted = [it for it in form.columns if it.required or names[it.name]]
    if missing := tuple(it.name for it in wanted if names[it.name] != 1):
        raise HeaderError(missing)
    letters = {name: letter for letter, name in header.items()}
    return {letters[column.name]: column for column in wanted}


def _statement(row: Row, columns: Mapping[str, Column], *, quoted: bool) -> _Statement:
    record: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for letter, column in columns.items():
        text = row.cells.get(letter, "")
        text = _unwrapped(text) if quoted else text
        texts[column.name] = str(text)
        if column.field is not None:
            record[column.field] = column.kind.read(text)
    return _Statement(row.number, texts["id"], dotted_or_as_is(texts["desa_id"]), record)


def _unwrapped(text: str) -> str:
    """A text that OpenSID wrapped because it holds a quotation mark; any other as it is."""
    if '"' not in text:
        return text
    inner = text[1:-1]
    wrapped = text[0] == text[-1] == '"' and '""' in inner and '"' not in inner.replace('""', "")
    return inner.replace('""', '"') if wrapped else text


def _sorted_out(
    form: Form,
    statements: list[_Statement],
    expected: str | None,
    photos: tuple[str, ...],
    limits: ExportLimits,
) -> Export:
    desa = Counter(statement.desa for statement in statements if statement.desa).most_common()
    kode_desa = dotted_or_as_is(expected) if expected else desa[0][0] if desa else None
    if kode_desa and desa and kode_desa not in dict(desa):
        # What stands in its place may be anything, and is not repeated to anybody.
        found = desa[0][0]
        raise ExportForeignError(kode_desa, found if _KODE.fullmatch(found) else None)

    left_out: list[LeftOut] = []
    by_id: dict[str, list[_Statement]] = {}
    complete = True
    for statement in statements:
        if code := _fault(statement, kode_desa, limits):
            left_out.append(LeftOut(statement.row, code, statement.known_id))
        if code == "desa-foreign":
            continue
        if statement.known_id is None:
            complete = False
            continue
        same_id = by_id.setdefault(statement.known_id, [])
        if code is None:
            same_id.append(statement)
    records = dict(_single(by_id, left_out))
    return Export(
        form,
        kode_desa,
        records,
        tuple(sorted(left_out, key=lambda it: it.row)),
        photos,
        frozenset(by_id),
        complete,
    )


def dotted_or_as_is(kode: str) -> str:
    """A desa's code with its dots; what is no code stays as it was stated."""
    found = _KODE.fullmatch(kode)
    return ".".join(found.groups()) if found else kode


def _fault(statement: _Statement, kode_desa: str | None, limits: ExportLimits) -> str | None:
    """Why a row alone is no record of this desa: a code of LEFT_OUT, or None."""
    if statement.misfit:
        return "columns-mismatch"
    if not statement.desa:
        return "desa-missing"
    if statement.desa != kode_desa:
        return "desa-foreign"
    if not statement.id:
        return "id-missing"
    if statement.known_id is None:
        return "id-malformed"
    if len(_encoder.encode(statement.record)) > limits.record:
        return "record-too-long"
    return None


def _single(
    by_id: Mapping[str, list[_Statement]],
    left_out: list[LeftOut],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """One record for each id; adds the rows that share an id to `left_out`.

    Of rows that say the same, the first stands. Of rows that differ none does: which is right
    is not known, and the order of rows changes from one export to the next.
    """
    for id_, statements in by_id.items():
        if not statements:
            continue
        first, *others = statements
        if all(other.record == first.record for other in others):
            left_out += [LeftOut(it.row, "id-repeated", id_) for it in others]
            yield id_, first.record
        else:
            left_out += [LeftOut(it.row, "id-ambiguous", id_) for it in statements]


def _with_pictures(export: Export, archive: Archive, keep: Keep) -> Export:
    """The export with references for the pictures that are there and are some."""
    image = export.form.image
    if image is None:
        return export
    unusable = []
    for record in export.records.values():
        name = record[image.field]
        data = archive.picture(f"{image.prefix}{name}") if name else None
        if data is None:
            continue
        reference = keep(data)
        if reference is None:
            unusable.append(f"{image.prefix}{name}")
        else:
            record[image.field] = reference
    return replace(export, unusable=tuple(unusable))
