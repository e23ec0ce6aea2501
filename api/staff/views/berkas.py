"""Files that records refer to: photos of works, reports, letters.

A file is asked for as a field of a record, never by its hash: whoever may see the field may see
the file. A protected one, such as a person's photo, may whoever opened the record for a reason.
"""

from flask import abort, send_file
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import needs
from api.context import services
from api.permissions import Need
from api.staff import opened
from api.staff.views.frame import blueprint
from ledger import PDF
from ledger.catalogue import ENTITIES
from ledger.catalogue.fields import FileReference
from projections.queries import catatan as catatan_queries

_CSP = {
    # A browser's own reader of PDF is an object to it, with styles of its own.
    PDF: "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'",
}
_SANDBOX = "default-src 'none'; sandbox"


@blueprint.get("/desa/<kode>/berkas/<entity>/<field>/<path:id_>")
@needs(Need.PEOPLE)
def berkas(kode: str, entity: str, field: str, id_: str) -> Response:
    """The file of a record's field, as it is now."""
    known = ENTITIES[entity].by_name.get(field) if entity in ENTITIES else None
    if known is None or not isinstance(known.kind, FileReference):
        abort(404)
    if fmt.is_hidden(known) and not (fmt.is_masked(known) and opened.until(kode, entity, id_)):
        abort(404)
    with services().databases.reader.connect() as tx:
        record = catatan_queries.record(tx, entity, kode, id_) or abort(404)
    return served(kode, record[field])


def served(kode: str, reference: object) -> Response:
    """A file that a desa sent, or that is of one of its letters; any other is not there."""
    found = services().blobs.open(kode, reference) or abort(404)
    blob, path = found
    response = send_file(path, mimetype=blob.type, max_age=0)
    # Whatever the bytes are, a browser shows them as what they were found to be, and runs nothing.
    response.headers["Content-Security-Policy"] = _CSP.get(blob.type, _SANDBOX)
    return response
