"""`opendk-ledger doctor` and `scrub`: what an administrator runs alone.

`doctor` looks at everything that can be wrong with an installation, says of each whether it is
well and what to do next, and changes nothing. It ends with 0 when all is well, with 1 when
something needs attention, and with 3 when something is broken.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import click
import urllib3

from api.context import Services
from cli.opening import now, open_office, open_services, running_database
from ledger import Keyring, LedgerError, dotted, health, read_alarms, read_jobs, read_progress
from ledger.database import OUTAGES, outage
from ledger.settings import Settings
from projections import JOBS, LATE_DAYS, silent, status
from projections.queries.desa import all_villages

OK: Final = "OK"
CARE: Final = "PERHATIAN"
BROKEN: Final = "RUSAK"
EXIT: Final = {OK: 0, CARE: 1, BROKEN: 3}
_LEAST_FREE: Final = 1 << 30
_CLOCK_S: Final = 5.0
_OLD_BACKUP: Final = timedelta(days=2)
_LATE: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it is, and what to do when it is not well."""

    what: str
    state: str
    says: str
    do: str = ""


@dataclass
class Doctor:
    """Looks, one thing after another; what cannot be looked at is broken."""

    settings: Settings
    findings: list[Finding] = field(default_factory=list)

    def look(self) -> list[Finding]:
        """Everything, in the order in which things depend on each other."""
        self._try("pengaturan", self._settings)
        self._try("kunci kantor", self._keys)
        self._try("cakram", self._disk)
        self._try("porta web", self._port)
        self._try("basis data", self._database)
        return self.findings

    def _try(self, what: str, check: Callable[[], Iterator[Finding]]) -> None:
        try:
            self.findings += check()
        except LedgerError as error:
            self.findings.append(Finding(what, BROKEN, str(error)))
        except OUTAGES as error:
            self.findings.append(Finding(what, BROKEN, str(outage(error))))

    def _settings(self) -> Iterator[Finding]:
        if self.settings.origin and self.settings.kode:
            yield Finding("pengaturan", OK, f"{self.settings.origin}/{self.settings.kode}")
        else:
            yield Finding(
                "pengaturan",
                BROKEN,
                "kantor ini belum bernama",
                "isi LEDGER_ORIGIN dan LEDGER_KODE",
            )

    def _keys(self) -> Iterator[Finding]:
        folder = self.settings.data / "keys"
        if not folder.exists():
            yield Finding(
                "kunci kantor", CARE, f"{folder} belum ada", "kunci dibuat saat pertama kali jalan"
            )
            return
        Keyring.open(folder)
        if folder.stat().st_mode & 0o077:
            yield Finding(
                "kunci kantor", CARE, f"{folder} terbuka bagi orang lain", f"chmod 700 {folder}"
            )
        else:
            yield Finding(
                "kunci kantor",
                OK,
                f"{folder}, hanya terbaca pemiliknya; simpan salinannya terpisah",
            )

    def _disk(self) -> Iterator[Finding]:
        folder = self.settings.data
        while not folder.exists():
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        says = f"sisa {free / (1 << 30):.1f} GiB di {folder}".replace(".", ",", 1)
        if free < _LEAST_FREE:
            yield Finding("cakram", CARE, says, "kosongkan ruang, atau pindahkan LEDGER_DATA")
        else:
            yield Finding("cakram", OK, says)

    def _port(self) -> Iterator[Finding]:
        where = f"{self.settings.host}:{self.settings.port}"
        try:
            answer = urllib3.request("GET", f"http://{where}/healthz", timeout=2, retries=False)
            ours = (answer.status, answer.data) == (HTTPStatus.OK, b"ok\n")
        except urllib3.exceptions.HTTPError:
            yield Finding("porta web", CARE, f"{where} tidak menjawab", "opendk-ledger serve")
            return
        yield (
            Finding("porta web", OK, f"{where} menjawab")
            if ours
            else Finding(
                "porta web",
                CARE,
                f"{where} dijawab program lain",
                "hentikan itu, atau pilih LEDGER_PORT lain",
            )
        )

    def _database(self) -> Iterator[Finding]:
        if not (self.settings.data / "keys").exists():
            # Looking closer would make what is not there.
            yield Finding("basis data", CARE, "belum pernah dijalankan", "opendk-ledger serve")
            return
        with running_database(self.settings) as running, open_services(running) as services:
            with services.databases.owner.connect() as tx:
                if behind := health.unmigrated(tx):
                    yield Finding(
                        "basis data",
                        CARE,
                        f"belum dimigrasi: {', '.join(behind)}",
                        "opendk-ledger serve memigrasinya",
                    )
                    return
                yield Finding("basis data", OK, "menjawab, dan sesuai dengan program ini")
                yield _missing("peran basis data", health.missing_roles(tx), "lengkap")
                yield _missing("pelindung log", health.unprotected(tx), "semua pemicu aktif")
                ahead = health.clock_difference_s(tx, now().timestamp())
                yield (
                    Finding("jam", OK, "sama dengan jam basis data")
                    if abs(ahead) < _CLOCK_S
                    else Finding(
                        "jam", CARE, f"berbeda {ahead:.0f} detik dari basis data", "aktifkan NTP"
                    )
                )
                keys = health.keyed(tx)
                erased_at = health.newest_redaction(tx)
            yield _keyed(keys)
            yield _backed_up(services, erased_at)
            yield from _work(services)


def _missing(what: str, missing: list[str], fine: str) -> Finding:
    if not missing:
        return Finding(what, OK, fine)
    return Finding(
        what,
        BROKEN,
        f"tidak ada: {', '.join(missing)}",
        "pulihkan dari cadangan, cari penyebabnya",
    )


def _keyed(keys: health.Keyed) -> Finding:
    """Whether every desa has something to send with."""
    says = f"{len(keys.own)} desa menandatangani sendiri"
    if keys.gateway:
        says += f", {len(keys.gateway)} hanya dicatat kecamatan: {', '.join(keys.gateway)}"
    if not keys.none:
        return Finding("kunci desa", OK, says)
    return Finding(
        "kunci desa",
        CARE,
        f"{says}; {len(keys.none)} tanpa kunci yang berlaku: {', '.join(keys.none)}",
        "opendk-ledger desa enrol KODE, atau desa token KODE",
    )


def _backed_up(services: Services, erased_at: datetime | None) -> Finding:
    """How old the newest backup is, and whether one holds who was erased."""
    folder = services.settings.backup
    if folder is None:
        return Finding(
            "cadangan", CARE, "LEDGER_BACKUP belum diisi", "isi dengan folder di cakram lain"
        )
    found = services.backups.listed(folder)
    if not found:
        what = "belum ada" if folder.is_dir() else "foldernya tidak ada"
        return Finding("cadangan", CARE, f"{what}: {folder}", "opendk-ledger backup")
    newest = found[0]
    age = services.now() - newest.taken_at
    days, hours = age.days, age.seconds // 3600
    says = f"{newest.path.name}, umur {f'{days} hari' if days else f'{hours} jam'}"
    if newest.missing:
        return Finding(
            "cadangan", CARE, f"{says}, tanpa {len(newest.missing)} berkas", "opendk-ledger scrub"
        )
    if age > _OLD_BACKUP:
        return Finding("cadangan", CARE, f"{says}: terlalu tua", "lihat hasil jadwal cadangan")
    holding = [it.path.name for it in found if erased_at and it.taken_at <= erased_at]
    if holding:
        return Finding(
            "cadangan",
            CARE,
            f"{says}; masih memuat orang yang sudah dihapus: {', '.join(holding)}",
            "hapus foldernya bila cadangan yang baru sudah diperiksa",
        )
    # Those that somebody who finds them can read, or cannot be opened by the key there is now.
    others = [it.path.name for it in found if it.recipients != services.settings.backup_age]
    if services.settings.backup_age and others:
        return Finding(
            "cadangan",
            CARE,
            f"{says}; tidak tersandi menurut LEDGER_BACKUP_AGE: {', '.join(others)}",
            "buat yang baru (opendk-ledger backup), lalu hapus folder-folder itu",
        )
    sealed = "tersandi" if newest.recipients else "tidak tersandi"
    return Finding("cadangan", OK, f"{says}, {sealed}; {len(found)} tersimpan di {folder}")


def _work(services: Services) -> Iterator[Finding]:
    """What the worker does, found and was told."""
    at = services.now()
    with services.databases.reader.connect() as tx:
        found = status(tx)
        jobs = {it.name: it for it in read_jobs(tx)}
        alarms = read_alarms(tx, open_only=True)
        progress = read_progress(tx)
        villages = all_villages(tx)
    parked = [it for it in found if it.state == "parked"]
    behind = sum(it.behind for it in found)
    if parked:
        names = ", ".join(f"{it.projection}/{it.kode_desa}" for it in parked[:5])
        yield Finding(
            "proyeksi", BROKEN, f"dihentikan: {names}", "opendk-ledger projections retry"
        )
    elif behind:
        yield Finding(
            "proyeksi", CARE, f"{behind} langkah belum diolah", "pastikan worker berjalan"
        )
    else:
        yield Finding("proyeksi", OK, f"{len(found)} tabel terkini")
    for job in JOBS:
        state = jobs.get(job.name)
        name = f"jadwal {job.name}"
        if state is None:
            yield Finding(name, CARE, "belum pernah berjalan", "pastikan worker berjalan")
        elif state.ok is False:
            yield Finding(
                name, CARE, f"gagal {state.failures} kali: {state.result}", "lihat log worker"
            )
        elif state.next_at + _LATE < at:
            yield Finding(name, CARE, "terlambat", "pastikan worker berjalan")
        else:
            yield Finding(name, OK, state.result or "sedang berjalan")
    if alarms:
        for alarm in alarms[:20]:
            yield Finding("alarm", BROKEN, str(alarm.damage), "lihat halaman Operasi")
    else:
        yield Finding("alarm", OK, "tidak ada yang terbuka")
    since = at - timedelta(days=2 * services.settings.scrub_days)
    stale = sorted({it.kode_desa for it in progress if (it.finished_at or it.begun_at) < since})
    if stale:
        yield Finding(
            "pemeriksaan ulang", CARE, f"tertinggal: {', '.join(stale)}", "opendk-ledger scrub"
        )
    else:
        yield Finding("pemeriksaan ulang", OK, f"dalam {services.settings.scrub_days} hari")
    never = [it.kode_desa for it in villages if it.heard_at is None]
    late = [it.kode_desa for it in silent(villages, at) if it.heard_at is not None]
    if never:
        yield Finding(
            "desa", CARE, f"belum pernah mengirim: {', '.join(never)}", "hubungi desanya"
        )
    if late:
        yield Finding(
            "desa", CARE, f"tidak terdengar {LATE_DAYS} hari: {', '.join(late)}", "hubungi desanya"
        )
    if not late and not never:
        yield Finding("desa", OK, f"{len(villages)} desa terdengar")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def doctor(settings: Settings, *, as_json: bool) -> None:
    """Memeriksa pemasangan ini: apa yang baik, apa yang tidak, dan apa langkah berikutnya.

    Tidak mengubah apa pun. Kode keluar: 0 semua baik, 1 perlu perhatian, 3 ada yang rusak.
    """
    findings = Doctor(settings).look()
    if as_json:
        click.echo(json.dumps([asdict(it) for it in findings], ensure_ascii=False, indent=2))
    else:
        for it in findings:
            click.echo(
                f"{it.state:<9} {it.what:<22} {it.says}" + (f"  → {it.do}" if it.do else "")
            )
    sys.exit(max(EXIT[it.state] for it in findings))


@click.command()
@click.option("--desa", "kode", help="Hanya log desa ini.")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def scrub(settings: Settings, kode: str | None, *, as_json: bool) -> None:
    """Membaca ulang semua yang tersimpan dan memeriksanya sekarang juga.

    Worker melakukannya sedikit demi sedikit; ini semuanya sekaligus. Kode keluar 3 bila ada yang
    rusak.
    """
    with open_office(settings) as services:
        kode_desa = services.registry.get_desa(dotted(kode)).kode_desa if kode else None
        with click.progressbar(
            length=max(services.scrub.size(kode_desa), 1),
            label="Memeriksa",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar:
            done = services.scrub.everything(kode_desa, bar.update)
    if as_json:
        damages = [asdict(it) for it in done.damages]
        click.echo(
            json.dumps({"rows": done.rows, "bytes": done.bytes, "damages": damages}, indent=2)
        )
    else:
        for it in done.damages:
            click.echo(f"RUSAK  {it}")
        found = f"{len(done.damages)} kerusakan" if done.damages else "semuanya utuh"
        click.echo(f"{done.rows} catatan dan berkas dibaca ulang: {found}.")
    if done.damages:
        sys.exit(EXIT[BROKEN])
