"""Looking for a person in all of the account's region, as of a day.

What is looked for names a person: it is posted, and sealed before it stands in an address.
"""

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import PER_PAGE, blueprint, desa_asked, kept_link, page_asked, pages_of
from api.staff.views.pencarian import note_number, sealed, words_asked
from api.staff.views.region import region_of
from projections.queries import desa as desa_queries
from projections.queries import orang as orang_queries

_LONGEST = 100

menu.office("staff.cari_wilayah", "Cari orang", "cari", order=15)


@blueprint.get("/cari")
@needs(Need.PEOPLE)
def cari_wilayah() -> str:
    """The people whom the sealed words name, of every desa that the account may see."""
    words = words_asked()
    page = page_asked(10_000)
    with services().databases.reader.connect() as tx:
        region = region_of(tx, ["penduduk"])
        names = desa_queries.names(tx, region.kode)
        chosen = desa_asked(names)
        past = region.per is not None
        note_number(tx, words, region.places, past=past)
        counts = orang_queries.counts(tx, region.places, words, past=past) if words else {}
        total = counts.get(chosen, 0) if chosen else sum(counts.values())
        pages = pages_of(total)
        page = min(page, pages)
        where = [it for it in region.places if not chosen or it.kode_desa == chosen]
        found = (
            orang_queries.search(
                tx, where, words, past=past, limit=PER_PAGE, offset=(page - 1) * PER_PAGE
            )
            if total
            else []
        )
    return render_template(
        "cari.html",
        region=region,
        names=names,
        words=words,
        counts=counts,
        chosen=chosen,
        total=total,
        found=found,
        page=page,
        pages=pages,
        first=(page - 1) * PER_PAGE + 1,
        age=lambda born: fmt.years(born, region.day),
        link=lambda **changed: kept_link("staff.cari_wilayah", **changed),
    )


@blueprint.post("/cari")
@needs(Need.PEOPLE)
def cari_orang() -> Response:
    """Take what is looked for, and go where it is sealed."""
    words = request.form.get("kata", "").strip()[:_LONGEST]
    kept: dict[str, Any] = {
        name: it for name in ("wilayah", "tanggal") if (it := request.args.get(name))
    }
    if words:
        kept["cari"] = sealed(words)
    return redirect(url_for("staff.cari_wilayah", **kept))
