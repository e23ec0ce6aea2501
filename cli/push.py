"""`opendk-ledger push`: a desa's computer tells the office what changed since the last push."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from cli.sender import (
    DEFAULT_LABEL,
    Errands,
    LedgerClient,
    News,
    NotEnrolledError,
    OfficeUnknownError,
    Receipt,
    RotationOpenError,
    Sender,
    SenderError,
    Signer,
    State,
    Stick,
    create_state,
    open_state,
)
from ledger import (
    PICTURES,
    Blob,
    Changes,
    LedgerError,
    Limits,
    NoteError,
    VerifierKey,
    compare,
    dotted,
    media_type,
)
from ledger.opensid import Export, read_export, saved_at
from ledger.settings import zone_of

_SHOWN = 10
"""So many rows that were left out are named; --json names them all."""
_NAMED = 3
"""So many files on a stick are named; --json names them all."""
_FAILED = 1
_KINDS = {
    "pesan": "pesan",
    "keputusan_surat": "keputusan surat",
    "penolakan": "kiriman yang ditolak",
}
"""What the office may say, and how it is called."""


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the desa's clock, looked up here alone


@dataclass(frozen=True)
class _Report:
    """What a push did, for people and for programs."""

    kode_desa: str
    changes: Changes
    receipts: list[Receipt] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    confirmed: list[Receipt] = field(default_factory=list)
    healed: int = 0
    pictures: int = 0
    unfit: dict[str, str] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)
    undone: LedgerError | None = None

    def to_json(self, export: Export | None) -> str:
        """One object."""
        changes = self.changes
        left_out = export.left_out if export else ()
        return json.dumps(
            {
                "kode_desa": self.kode_desa,
                "new": changes.new,
                "changed": changes.changed,
                "vanished": changes.vanished,
                "withheld": changes.withheld,
                "left_out": [{**asdict(it), "reason": it.reason} for it in left_out],
                "batches": [_as_json(it) for it in (*self.receipts, *self.confirmed)],
                "files": [str(path) for path in self.files],
                "healed": self.healed,
                "pictures": self.pictures,
                "unfit": self.unfit,
                "inbox": [it.id for it in self.news],
            },
            ensure_ascii=False,
        )

    def to_text(self) -> str:
        """A sentence; before it, one of what a stick brought back."""
        if not self.confirmed:
            return self._told()
        told = f"{len(self.confirmed)} kiriman terbukti diterima, {_places(self.confirmed)}."
        return f"{told} {self._told()}"

    def _told(self) -> str:
        changes = self.changes
        counts = (
            f"{len(changes.drafts)} perubahan ({changes.new} baru, {changes.changed} berubah, "
            f"{changes.vanished} hilang)"
        )
        if self.files:
            names = ", ".join(map(str, self.files[:_NAMED]))
            if len(self.files) > _NAMED:
                names += f" dan {len(self.files) - _NAMED} berkas lain"
            pictures = f" dengan {self.pictures} foto" if self.pictures else ""
            if not changes.drafts:
                counts = f"{len(self.files)} kiriman yang tertunda"
            return f"{counts}, ditulis ke {names}{pictures}. Serahkan kepada kecamatan."
        pictures = f"; {self.pictures} foto dikirim" if self.pictures else ""
        if not self.receipts:
            return f"Tidak ada perubahan sejak kiriman terakhir{pictures}."
        if not changes.drafts:
            late = sum(receipt.count for receipt in self.receipts)
            counts = f"{late} perubahan yang tertunda"
        places = _places(self.receipts)
        return f"{counts}, {len(self.receipts)} kiriman, diterima {places}{pictures}"


def _places(receipts: list[Receipt]) -> str:
    """Where batches stand, and what the office found in them."""
    first, last = receipts[0].position, receipts[-1].position
    places = f"ke-{first}" if first == last else f"ke-{first} sampai ke-{last}"
    findings = sum(receipt.findings.total for receipt in receipts)
    remarks = f"; {findings} temuan untuk diperiksa" if findings else ""
    return f"sebagai kiriman {places}{remarks}"


class _Pictures:
    """The pictures of an export, which is read once to name them, and again to bring some."""

    def __init__(self, path: Path | None, kode_desa: str) -> None:
        self._path = path
        self._kode_desa = kode_desa
        self.digests: dict[str, None] = {}

    def named(self) -> Export | None:
        """The export, whose records refer to pictures by their hash."""
        return self._read(lambda digest, _: self.digests.setdefault(digest))

    def bring(self, wanted: set[str], take: Callable[[str, bytes], object]) -> None:
        """Give away those that are wanted, each once."""
        left = set(wanted)

        def give(digest: str, data: bytes) -> None:
            if digest in left:
                left.remove(digest)
                take(digest, data)

        if left:
            self._read(give)

    def _read(self, see: Callable[[str, bytes], object]) -> Export | None:
        def keep(data: bytes) -> str | None:
            type_ = media_type(data)
            if type_ not in PICTURES:
                return None
            picture = Blob(sha256(data).hexdigest(), type_, len(data))
            see(picture.sha256, data)
            return picture.reference

        return read_export(self._path, self._kode_desa, keep=keep) if self._path else None


def _as_json(receipt: Receipt) -> dict[str, object]:
    return {
        "number": receipt.number,
        "position": receipt.position,
        "count": receipt.count,
        "replayed": receipt.replayed,
        "findings": receipt.findings.total,
    }


@click.command(context_settings={"auto_envvar_prefix": "OPENDK_PUSH"})
@click.option(
    "--state",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder pengirim: kunci desa, kiriman dan tanda terimanya. Buat cadangannya.",
)
@click.option("--desa", help="Kode desa, misalnya 53.06.14.2001; perlu pada jalan pertama.")
@click.option("--label", help=f"Nama kunci komputer ini; pada jalan pertama. [{DEFAULT_LABEL}]")
@click.option("--url", help="Alamat OpenDK Ledger kecamatan.")
@click.option("--kunci-kecamatan", help="Kunci kecamatan (vkey) untuk desa ini; sekali saja.")
@click.option(
    "--dari",
    type=click.Path(path_type=Path, dir_okay=False),
    help="…_opendk.zip dari OpenSID: penduduk, bantuan, peserta, pembangunan, atau dokumentasi. "
    "Tanpa ini, hanya yang tertunda dikirim.",
)
@click.option(
    "--tulis",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Baca tanda terima dari folder ini (USB), lalu tulis kiriman ke situ sebagai ganti "
    "mengirim.",
)
@click.option("--kode", help="Kode pendaftaran dari kecamatan: mendaftarkan kunci komputer ini.")
@click.option(
    "--ganti-kunci", is_flag=True, help="Ganti kunci komputer ini; yang baru dinamai --label."
)
@click.option(
    "--cabut-kunci",
    metavar="NAMA",
    help="Cabut kunci desa ini, misalnya dari komputer yang hilang.",
)
@click.option("--yakin-hapus", is_flag=True, help="Hapus semua yang hilang, berapa pun jumlahnya.")
@click.option(
    "--zona", help="Zona waktu OpenSID, misalnya Asia/Makassar; biasanya dari kode desa."
)
@click.option("--tanpa-sandi", is_flag=True, help="Izinkan http, di jaringan sendiri.")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
def push(
    state: Path,
    desa: str | None,
    label: str | None,
    url: str | None,
    kunci_kecamatan: str | None,
    dari: Path | None,
    tulis: Path | None,
    zona: str | None,
    kode: str | None,
    cabut_kunci: str | None,
    *,
    ganti_kunci: bool,
    yakin_hapus: bool,
    tanpa_sandi: bool,
    as_json: bool,
) -> None:
    """Mengirim perubahan data desa sejak kiriman terakhir.

    Jalan pertama membuat kunci desa dan menampilkannya, untuk didaftarkan di kecamatan; atau
    langsung menyampaikannya, bila kecamatan memberi kode (--kode). Sesudah itu setiap jalan
    mengirim hanya yang berubah dan memeriksa tanda terimanya. Bila terputus, ulangi perintah
    yang sama. Tanpa sambungan, kiriman ditulis ke USB (--tulis) dan tanda terimanya dibaca dari
    situ pada kali berikutnya.

    Setiap pilihan dapat juga diberikan lewat lingkungan: OPENDK_PUSH_STATE, OPENDK_PUSH_URL,
    OPENDK_PUSH_KUNCI_KECAMATAN, ….

    Kode keluar: 0 selesai; 1 gagal (sambungan, penolakan, berkas ekspor); 2 salah pakai;
    3 verifikasi gagal; 5 belum siap (kunci belum terdaftar, folder tidak dapat dipakai).
    """
    office = _office(kunci_kecamatan)
    if not url and not tulis:
        raise click.UsageError("Sebutkan --url, atau --tulis untuk menulis ke USB.")
    if tulis and (kode or ganti_kunci or cabut_kunci):
        raise click.UsageError("Urusan kunci memerlukan sambungan: pakai --url tanpa --tulis.")
    with _failing():
        if desa is not None:
            create_state(state, dotted(desa), None if ganti_kunci else label)
        with open_state(state) as opened, _showing_key(opened, as_json=as_json):
            if office is not None:
                opened.pin(office)
            pictures = _Pictures(dari, opened.kode_desa)
            export = pictures.named()
            look = partial(_changes, opened, export, _zone(zona, opened), sure=yakin_hapus)
            if tulis:
                report = _written(opened, look, tulis, pictures)
            else:
                client = LedgerClient(str(url), opened.kode_desa, insecure=tanpa_sandi)
                sender = Sender(opened, client, now=_now, tell=partial(click.echo, err=True))
                if kode and not _enrolled(sender, kode, as_json=as_json):
                    return
                # Run again after it was cut off, it hands over once, not twice.
                rotate = not sender.finish_rotation() and ganti_kunci
                if cabut_kunci and not _revoked(sender, cabut_kunci, opened):
                    return
                report = _sent(opened, look, sender, label, rotate=rotate)
                report = _errands(report, pictures, Errands(opened, client, now=_now))
            inbox = opened.inbox
    for warning in _warnings(export, report):
        _warn(warning)
    click.echo(report.to_json(export) if as_json else report.to_text())
    if report.news and not as_json:
        click.echo(f"Dari kecamatan: {_counted(report.news)}; lihat {inbox}.")
    with _failing():
        if report.undone is not None:
            raise report.undone


def _office(vkey: str | None) -> VerifierKey | None:
    try:
        return VerifierKey.from_vkey(vkey.strip()) if vkey else None
    except NoteError as error:
        raise click.BadParameter(
            f"bukan kunci (vkey): {error}", param_hint="--kunci-kecamatan"
        ) from None


def _zone(name: str | None, state: State) -> ZoneInfo:
    try:
        return ZoneInfo(name or zone_of(state.kode_desa))
    except (KeyError, ValueError):
        raise click.BadParameter("zona waktu tidak dikenal", param_hint="--zona") from None


@contextmanager
def _failing() -> Iterator[None]:
    """One line on stderr, and the exit code of the error."""
    try:
        yield
    except LedgerError as error:
        click.echo(f"Gagal: {error}", err=True)
        code = error.exit_code if isinstance(error, SenderError) else _FAILED
        raise click.exceptions.Exit(code) from error


@contextmanager
def _showing_key(state: State, *, as_json: bool) -> Iterator[None]:
    """When nothing can be sent because two keys have not been exchanged, show ours."""
    try:
        yield
    except (NotEnrolledError, OfficeUnknownError):
        key = state.key.verifier
        if as_json:
            shown = {"name": key.name, "vkey": key.to_vkey(), "fingerprint": key.fingerprint}
            click.echo(json.dumps(shown))
        else:
            click.echo("Kunci komputer ini, untuk didaftarkan di kecamatan:")
            click.echo(f"  {key.to_vkey()}")
            click.echo("Sidik jarinya, untuk dibacakan kepada petugas kecamatan:")
            click.echo(f"  {key.fingerprint}")
        raise


# --- what is done --------------------------------------------------------------------------------


def _changes(state: State, export: Export | None, zone: ZoneInfo, *, sure: bool) -> Changes:
    """What the export says that the office was not told."""
    if export is None:
        return Changes()
    now = _now()
    entity = export.form.entity
    return compare(
        entity,
        export.records,
        state.told().get(entity, {}),
        present=export.present,
        saved_at=partial(saved_at, zone=zone, otherwise=now),
        now=now.astimezone(zone),
        sure=sure,
    )


def _enrolled(sender: Sender, code: str, *, as_json: bool) -> bool:
    """Introduce our key; False while there is nothing more to do than to wait."""
    state = sender.enrol(code)
    if state.state == "valid":
        return True
    if as_json:
        shown = {"name": state.name, "fingerprint": state.fingerprint, "state": state.state}
        click.echo(json.dumps(shown))
    elif state.state == "waiting":
        click.echo(f"Kunci {state.name} sudah diterima kecamatan dan menunggu disetujui.")
        click.echo("Sidik jarinya, untuk dibacakan kepada petugas kecamatan:")
        click.echo(f"  {state.fingerprint}")
    else:
        click.echo(f"Kunci {state.name} tidak disetujui atau sudah dicabut; hubungi kecamatan.")
    return False


def _revoked(sender: Sender, name: str, state: State) -> bool:
    """End a key of the desa; False when it was ours, so that nothing more can be sent."""
    ended = sender.revoke(name)
    click.echo(f"Kunci {ended.name} tidak berlaku lagi.", err=True)
    return ended.name != state.key.name


def _sent(
    state: State,
    look: Callable[[], Changes],
    sender: Sender,
    label: str | None,
    *,
    rotate: bool,
) -> _Report:
    resumed = sender.resume()
    if rotate:
        new = sender.rotate(label)
        click.echo(f"Kunci komputer ini kini {new.name}, sidik jari {new.fingerprint}.", err=True)
    changes = look()
    receipts = sender.push(changes.drafts)
    return _Report(state.kode_desa, changes, [*resumed, *receipts], healed=sender.healed)


def _errands(report: _Report, pictures: _Pictures, errands: Errands) -> _Report:
    """Bring the pictures that the office has not, and collect what it says.

    What was sent is sent, whatever becomes of this: the report says what was not done.
    """
    brought, news, undone = 0, list[News](), None

    def take(digest: str, data: bytes) -> None:
        nonlocal brought
        if errands.bring(digest, data):
            brought += 1
            if not brought % _SHOWN:
                click.echo(f"mengirim foto: {brought} dari {len(wanted)}", err=True)

    try:
        wanted = errands.lacking(pictures.digests)
        pictures.bring(wanted, take)
        news = errands.collect()
    except LedgerError as error:
        undone = error
    return replace(report, pictures=brought, unfit=errands.unfit, news=news, undone=undone)


def _counted(news: list[News]) -> str:
    """How many there are of what, in words."""
    kinds = Counter(it.kind for it in news)
    return ", ".join(f"{kinds[it]} {words}" for it, words in _KINDS.items() if kinds[it])


def _written(
    state: State, look: Callable[[], Changes], folder: Path, pictures: _Pictures
) -> _Report:
    """Batches on a stick are pending until a receipt comes, and are written again until then.

    What the stick brings back comes first.
    """
    if state.rotation is not None:
        raise RotationOpenError(state.rotation.label)
    stick = Stick(state, folder, tell=partial(click.echo, err=True), warn=_warn)
    confirmed = stick.confirm()
    stick.clear()
    changes = look()
    batches = [*state.pending(), *Signer(state, _now, Limits()).signed(changes.drafts)]
    written = stick.write(batches)
    wanted = stick.lacking(batches) & pictures.digests.keys()
    pictures.bring(wanted, stick.bring)
    return _Report(
        state.kode_desa, changes, files=written, confirmed=confirmed, pictures=len(wanted)
    )


def _warn(sentence: str) -> None:
    click.echo(f"Peringatan: {sentence}", err=True)


def _warnings(export: Export | None, report: _Report) -> Iterator[str]:
    changes = report.changes
    if changes.withheld:
        yield (
            f"{changes.withheld} catatan tidak ada lagi dalam ekspor, terlalu banyak sekaligus: "
            "tidak dihapus. Bila memang benar, ulangi dengan --yakin-hapus."
        )
    for digest, why in report.unfit.items():
        yield f"foto {digest[:8]} tidak diterima: {why}"
    if export is None:
        return
    for name in export.unusable[:_SHOWN]:
        yield f"{name} bukan gambar, jadi tidak dikirim."
    if export.form.full and not export.complete:
        yield "ada baris tanpa id, jadi yang hilang dari ekspor tidak dihapus."
    for row in export.left_out[:_SHOWN]:
        yield f"baris {row.row} tidak dikirim: {row.reason}."
    if len(export.left_out) > _SHOWN:
        yield f"dan {len(export.left_out) - _SHOWN} baris lain; lihat --json."
