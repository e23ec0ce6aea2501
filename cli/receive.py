"""`opendk-ledger receive`: the office takes what a desa without a line brought on a stick.

Of each desa the batches, in the order of chain and number, and then the receipts that go back
with the stick; last of all photos and PDFs. What is refused is named, and the others go on. Run
again after it was cut off, it finds in the log what it had taken.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click

from api.context import Services
from api.receipts import told_appended, told_receipt
from api.schemas import AppendedSchema
from cli.opening import open_office
from cli.stick import BATCH, FILES, RECEIPT, SEEN, StickFileError, open_file, read_file
from ledger import (
    BatchReader,
    Checkpoint,
    DesaUnknownError,
    LedgerError,
    Manifest,
    Note,
    TlogProof,
    durable,
    telemetry,
)
from ledger.errors import HistoryError, TooLargeError
from ledger.os_errors import reason
from ledger.settings import Settings

_REFUSED: Final = 1
_MANY: Final = 20
"""From so many files on, a terminal is shown how far it is."""
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\r?\n?")
_MOST_SIZE: Final = 32
_HIDDEN: Final = "."


class StickForeignError(LedgerError):
    """A batch for another office."""

    code = "stick-foreign"

    def __init__(self, host: str, ours: str) -> None:
        super().__init__(f"Kiriman ini untuk kantor {host}, bukan {ours}.")
        self.host = host


class NotKeptError(LedgerError):
    """A file that the office has no room for."""

    code = "stick-not-kept"

    def __init__(self, why: str) -> None:
        super().__init__(f"Tidak dapat disimpan di kantor ini: {why}.")


class LogBehindError(HistoryError):
    """The desa has seen more of its log than there is here: an alarm, and no receipts."""

    def __init__(self, size: int, ours: int) -> None:
        super().__init__(size, ours)
        told = (
            f"Desa pernah melihat log ini sampai kiriman ke-{size}, di sini baru sampai "
            f"ke-{ours}: data kecamatan mungkin hilang. Tanda terima tidak dibuat. Jangan hapus "
            "apa pun; minta desa menyalin isi folder sent-nya ke stik, lalu terima lagi."
        )
        self.args = (told,)


@dataclass(frozen=True)
class _Found:
    """A batch on a stick, by its manifest, of which nothing is verified."""

    path: Path
    manifest: Manifest

    @property
    def kode_desa(self) -> str:
        """Whose log it is for."""
        return self.manifest.log.partition("/")[2]

    @property
    def chain(self) -> tuple[str, str]:
        """The chain that it says it is of."""
        return self.kode_desa, self.manifest.chain

    @property
    def stem(self) -> Path:
        """Where the files of its chain lie, as far as they are called the same."""
        label = self.manifest.chain.rpartition("/")[2]
        return self.path.with_name(f"{self.kode_desa}-{label}")

    @property
    def receipt(self) -> Path:
        """Where its receipt is written."""
        return Path(f"{self.stem}-{self.manifest.number}{RECEIPT}")


@dataclass(frozen=True)
class _Taken:
    """A batch that stands in its log, and what HTTP would have answered."""

    found: _Found
    answer: dict[str, Any]

    def to_text(self) -> str:
        """A line."""
        name, answer = shown(self.found.path), self.answer
        if answer["replayed"]:
            return f"{name}: sudah ada sebagai kiriman ke-{answer['position']}"
        total = answer["findings"]["total"]
        remarks = f", {total} temuan" if total else ""
        count = self.found.manifest.count
        return f"{name}: kiriman ke-{answer['position']}, {count} perubahan{remarks}"

    def to_json(self) -> dict[str, object]:
        """For programs."""
        names = ("kode_desa", "position", "chain", "number", "replayed")
        return {
            "file": str(self.found.path),
            **{name: self.answer[name] for name in names},
            "count": self.found.manifest.count,
            "findings": self.answer["findings"]["total"],
        }


@dataclass
class Reception:
    """Takes what lies at some paths; `say` is told a line about each thing.

    Attributes:
        batches: what was found and may be a batch.
        files: photos and PDFs that were found, and whose they are.
        taken, refused, waiting: what became of the batches; `waiting` are those behind a refused
            one, counted by chain.
        blobs: of each desa, of each file that was taken, whether it is new.
        receipts: how many were written.
        unwritten: folders that take no receipts, and why.
    """

    services: Services
    say: Callable[[str], None]
    batches: list[_Found] = field(default_factory=list)
    files: list[tuple[str, Path]] = field(default_factory=list)
    taken: list[_Taken] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    waiting: dict[tuple[str, str], int] = field(default_factory=dict)
    blobs: dict[str, list[bool]] = field(default_factory=dict)
    receipts: int = 0
    unwritten: dict[Path, str] = field(default_factory=dict)
    _broken: dict[tuple[str, str], int] = field(default_factory=dict)
    _listings: set[Path] = field(default_factory=set)
    _gone: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._registered = {it.kode_desa for it in self.services.registry.desa()}

    # --- what there is --------------------------------------------------------------------------

    def look(self, paths: Sequence[Path]) -> None:
        """Read the manifests of batches, and the names of files."""
        for path in dict.fromkeys(paths):
            if not path.is_dir():
                self._look_at(path)
            elif FILES.fullmatch(path.name):
                self._look_at_files(path)
            else:
                self._look_into(path)
        self.batches.sort(key=lambda it: (*it.chain, it.manifest.number))

    def _look_into(self, folder: Path) -> None:
        for path in self._listed(folder):
            if path.name.lower().endswith(BATCH):
                self._look_at(path)
            elif FILES.fullmatch(path.name):
                self._look_at_files(path)

    def _look_at(self, path: Path) -> None:
        ledger = self.services.ledger
        limits, ours = ledger.limits, ledger.office.origin
        most = limits.manifest + 1 + limits.body
        with self._refusing(path), open_file(path) as file:
            if file.length > most:
                raise TooLargeError("berkas", most)
            manifest = BatchReader(file, limits).manifest
            if (host := manifest.log.partition("/")[0]) != ours:
                raise StickForeignError(host, ours)
            self.batches.append(_Found(path, manifest))

    def _look_at_files(self, folder: Path) -> None:
        kode_desa = folder.name.removesuffix("-berkas")
        with self._refusing(folder):
            if folder.is_symlink():
                raise StickFileError("sebuah tautan, bukan folder")
            if not folder.is_dir():
                raise StickFileError("bukan folder")
            if kode_desa not in self._registered:
                raise DesaUnknownError(kode_desa)
            self.files += ((kode_desa, it) for it in self._listed(folder))

    def _listed(self, folder: Path) -> list[Path]:
        """What lies in a folder, without what programs hide there."""
        try:
            listed = sorted(it for it in folder.iterdir() if not it.name.startswith(_HIDDEN))
        except OSError as error:
            self._refuse(folder, StickFileError(reason(error)))
            return []
        self._listings.update([folder] if listed else [])
        return listed

    # --- what is done with it -------------------------------------------------------------------

    def take(self, done: Callable[[int], object]) -> None:
        """Take everything that was found; `done` hears of each file."""
        for kode_desa, found in groupby(self.batches, lambda it: it.kode_desa):
            batches = list(found)
            for it in batches:
                self._take_batch(it)
                done(1)
            self._tell_waiting(kode_desa)
            if kode_desa in self._registered:
                for stem in dict.fromkeys(it.stem for it in batches):
                    self._answer(kode_desa, stem)
        for kode_desa, path in self.files:
            self._take_file(kode_desa, path)
            done(1)
        for kode_desa, new in self.blobs.items():
            self.say(f"{kode_desa}: {sum(new)} berkas baru, {len(new) - sum(new)} sudah ada")

    def _take_batch(self, found: _Found) -> None:
        number, chain = found.manifest.number, found.chain
        if self._is_gone(found.path):
            return
        if number > self._broken.get(chain, number):
            # Each would be refused as a gap, and each refusal told to the desa.
            self.waiting[chain] = self.waiting.get(chain, 0) + 1
            return
        self._broken[chain] = number
        with self._refusing(found.path), open_file(found.path) as file:
            appended = self.services.ledger.append(found.kode_desa, file)
            del self._broken[chain]
            taken = _Taken(found, told_appended(appended))
            self.taken.append(taken)
            self.say(taken.to_text())

    def _tell_waiting(self, kode_desa: str) -> None:
        for (owner, chain), count in self.waiting.items():
            if owner == kode_desa:
                self.say(f"{chain}: {count} kiriman sesudahnya menunggu yang ditolak itu")

    def _take_file(self, kode_desa: str, path: Path) -> None:
        if self._is_gone(path):
            return
        services, most = self.services, self.services.settings.max_file
        with self._refusing(path), open_file(path) as file:
            try:
                _, new = services.blobs.take(
                    kode_desa, path.name, file, most=most, at=services.now()
                )
            except OSError as error:
                raise NotKeptError(reason(error)) from None
            self.blobs.setdefault(kode_desa, []).append(new)

    # --- receipts -------------------------------------------------------------------------------

    def _answer(self, kode_desa: str, stem: Path) -> None:
        """Write the receipts of a chain beside its batches, one going on from the other."""
        head = self.services.ledger.head(kode_desa)
        seen = _seen(Path(f"{stem}{SEEN}"))
        if seen is not None and seen > head.size:
            self._refuse(Path(f"{stem}{SEEN}"), LogBehindError(seen, head.size))
            return
        taken = {it.found.receipt: it for it in self.taken if it.found.stem == stem}
        if not taken or stem.parent in self._gone:
            return
        if seen is None:
            seen = next(iter(taken.values())).found.manifest.seen.size
        try:
            durable.sweep(stem.parent, f"{kode_desa}-")
            # Old ones first, the last before the first: what lies there goes on from one to the
            # next, wherever this is cut off.
            for path in reversed(taken):
                path.unlink(missing_ok=True)
            for path, it in taken.items():
                receipt = self.services.ledger.receipt(kode_desa, it.answer["position"], seen)
                told = AppendedSchema().dump({**it.answer, **told_receipt(receipt)})
                if head.rotations:
                    told["rotations"] = list(head.rotations)
                with durable.replaced(path, mode=0o644) as file:
                    file.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
                self.receipts += 1
                checkpoint = Note.from_bytes(TlogProof.from_text(receipt.proof).checkpoint)
                seen = Checkpoint.from_text(checkpoint.text).size
        except OSError as error:
            self.unwritten[stem.parent] = reason(error)

    # --- what cannot be taken -------------------------------------------------------------------

    @contextmanager
    def _refusing(self, path: Path) -> Iterator[None]:
        """What is said no to is told, with its name."""
        try:
            yield
        except StickFileError as error:
            if path.parent in self._listings and _is_empty(path.parent):
                self._gone.add(path.parent)
                self._refuse(path.parent, StickFileError("stik tercabut, sisanya belum diterima"))
            else:
                self._refuse(path, error)
        except LedgerError as error:
            self._refuse(path, error)

    def _is_gone(self, path: Path) -> bool:
        return path.parent in self._gone

    def _refuse(self, path: Path, error: LedgerError) -> None:
        self.refused.append({"file": str(path), "code": error.code, "why": str(error)})
        self.say(f"Ditolak {shown(path)}: {error}")

    # --- what came of it ------------------------------------------------------------------------

    def to_json(self) -> str:
        """One object."""
        return json.dumps(
            {
                "batches": [it.to_json() for it in self.taken],
                "waiting": {chain: count for (_, chain), count in self.waiting.items()},
                "files": {
                    kode_desa: {"new": sum(new), "known": len(new) - sum(new)}
                    for kode_desa, new in self.blobs.items()
                },
                "refused": self.refused,
                "receipts": self.receipts,
                "unwritten": {str(path): why for path, why in self.unwritten.items()},
            },
            ensure_ascii=False,
            indent=2,
        )

    def to_text(self) -> str:
        """A sentence."""
        if not (self.batches or self.files or self.refused):
            return "Tidak ada kiriman atau berkas desa di sini."
        refused = f", {len(self.refused)} ditolak" if self.refused else ""
        told = f"{len(self.taken)} kiriman diterima{refused}."
        if self.receipts:
            told += f" {self.receipts} tanda terima ditulis; bawa stik ini kembali ke desa."
        return told


def shown(path: Path) -> str:
    """The name of a file, whoever gave it: nothing in it commands a terminal."""
    return path.name if path.name.isprintable() else ascii(path.name)


def _seen(path: Path) -> int | None:
    """How much of the log the desa has seen, as the stick says; None when it does not say."""
    try:
        found = _SIZE.fullmatch(read_file(path, _MOST_SIZE))
    except StickFileError:
        return None
    return int(found[1]) if found else None


def _is_empty(folder: Path) -> bool:
    """Whether nothing lies in a folder any more: whatever was found there, it was pulled out."""
    try:
        return next(folder.iterdir(), None) is None
    except OSError:
        return True


@click.command()
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def receive(settings: Settings, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Menerima kiriman desa dari stik USB.

    PATH adalah folder (stik) atau berkas .batch, seperti ditulis `opendk-ledger push --tulis`.
    Foto dan PDF ada dalam folder KODE-berkas, masing-masing bernama SHA-256-nya. Di samping
    setiap kiriman ditulis tanda terimanya; desa memeriksanya saat stik kembali.

    Yang ditolak disebutkan, yang lain tetap diterima; diulang, semuanya tetap diterima sekali.
    Kode keluar: 0 semua diterima (atau sudah ada); 1 ada yang ditolak.
    """
    # Each refusal is told here as a sentence; the program's own log need not say it again.
    telemetry.configure("WARNING")
    lines: list[str] = []
    with open_office(settings) as services:
        work = Reception(services, lines.append)
        work.look(paths)
        length = len(work.batches) + len(work.files)
        barred = sys.stderr.isatty() and length >= _MANY
        if not as_json and not barred:
            for line in lines:
                click.echo(line)
            work.say = click.echo
        with click.progressbar(
            length=length, label="Menerima", file=sys.stderr, hidden=not barred
        ) as bar:
            work.take(bar.update)
    if as_json:
        click.echo(work.to_json())
    else:
        for line in lines if barred else ():
            click.echo(line)
        click.echo(work.to_text())
    for path, why in work.unwritten.items():
        click.echo(
            f"Peringatan: tanda terima tidak dapat ditulis ke {path}: {why}. Kirimannya sudah "
            "diterima.",
            err=True,
        )
    if work.refused:
        raise click.exceptions.Exit(_REFUSED)
