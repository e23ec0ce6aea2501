"""The villages."""

from flask import render_template

from api.auth import needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import blueprint, day_asked, scope
from projections.queries import desa as desa_queries
from projections.queries import kiriman as kiriman_queries

menu.office("staff.desa", "Desa", "gedung", order=20)


@blueprint.get("/desa")
@needs(Need.FIGURES)
def desa() -> str:
    """The villages of the account's scope: when each was heard, how often, how late."""
    with services().databases.reader.connect() as tx:
        villages = desa_queries.villages(tx, scope())
        newest = kiriman_queries.newest(tx, scope())
        zone = services().settings.zone
        rhythm = kiriman_queries.rhythm(tx, scope(), services().now(), zone)
    return render_template(
        "desa.html", villages=villages, newest=newest, rhythm=rhythm, past=day_asked()
    )
