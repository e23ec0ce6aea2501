"""What an administrator watches: workers, storage, scheduled work, the scrub, and alarms."""

import shutil
from typing import Final
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import known_account, needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import blueprint
from ledger import read_alarms, read_jobs, read_progress
from ledger.errors import AlarmGoneError, AlarmNoteError
from projections import JOBS, LATE_DAYS, retry, silent, status
from projections.queries import desa as desa_queries
from projections.queries import operasi as operasi_queries

menu.office("staff.operasi", "Operasi", "gerigi", order=80)

STATES: Final = {
    "live": ("terkini", "s"),
    "behind": ("sedang mengikuti", "l"),
    "outdated": ("menunggu dibangun ulang", "l"),
    "retrying": ("gagal, dicoba lagi", "l"),
    "parked": ("dihentikan", "t"),
}
PARTS: Final = {"log": "Log kiriman", "berkas": "Berkas", "akses": "Catatan akses"}


@blueprint.get("/operasi")
@needs(Need.OPERATIONS)
def operasi() -> str:
    """How the installation is."""
    now = services().now()
    with services().databases.reader.connect() as tx:
        found = status(tx)
        storage = operasi_queries.storage(tx)
        jobs = {it.name: it for it in read_jobs(tx)}
        progress = read_progress(tx)
        alarms = read_alarms(tx, limit=200)
        villages = desa_queries.all_villages(tx)
    folder = services().settings.data
    disk = shutil.disk_usage(folder) if folder.exists() else None
    return render_template(
        "operasi.html",
        status=found,
        troubled=[it for it in found if it.state in {"retrying", "parked", "outdated"}],
        behind=sum(it.behind for it in found),
        states=STATES,
        storage=storage,
        disk=disk,
        size=fmt.size,
        backup=services().settings.backup,
        jobs=[(job, jobs.get(job.name)) for job in JOBS],
        progress=progress,
        parts=PARTS,
        names={it.kode_desa: it.nama for it in villages},
        open_=[it for it in alarms if it.ended_at is None],
        settled=[it for it in alarms if it.ended_at is not None],
        late=silent(villages, now),
        late_days=LATE_DAYS,
        scrub_days=services().settings.scrub_days,
        now=now,
    )


@blueprint.post("/operasi/ulangi")
@needs(Need.OPERATIONS)
def ulangi() -> Response:
    """Let what failed be tried again at once."""
    with services().databases.projector.begin() as tx:
        count = retry(tx)
    flash(f"{fmt.number(count)} pekerjaan dicoba lagi." if count else "Tidak ada yang gagal.")
    return redirect(url_for("staff.operasi"))


@blueprint.post("/operasi/alarm")
@needs(Need.OPERATIONS)
def selesaikan() -> Response:
    """Keep how an alarm was settled."""
    try:
        id_ = UUID(request.form.get("alarm", ""))
    except ValueError:
        abort(400)
    note = request.form.get("catatan", "")
    try:
        username = known_account().username
        services().alarms.settle(request.form.get("desa", ""), id_, username, note)
        flash("Alarm diselesaikan, dan catatannya disimpan.")
    except (AlarmGoneError, AlarmNoteError) as error:
        flash(str(error))
    return redirect(url_for("staff.operasi"))
