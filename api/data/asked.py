"""What everything under /v1/data is asked with: of which desa, and as of which batch or day."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final, NoReturn

from flask import request
from flask_smorest import Blueprint, abort

from api.context import FIRST_DAY, services
from api.errors import describe
from ledger import Account, DesaUnknownError, PositionUnknownError
from projections import wait_for
from projections.queries import statistik
from projections.queries.statistik import Place

blueprint = Blueprint(
    "data",
    __name__,
    url_prefix="/v1/data",
    description="Yang dibaca halaman, untuk program: JSON atau CSV, per kiriman atau hari",
)
RESPONSES: Final = {str(status): describe(status) for status in (401, 403, 404, 422, 429, 503)}
_DOTS: Final = 3
"""In the code of a desa; a shorter one is that of a wider region."""


def places_asked(
    of: Collection[str], account: Account, query: Mapping[str, Any]
) -> Sequence[Place]:
    """The desa that are asked for, each with the batch as of which these read models show it.

    Raises:
        DesaUnknownError: the one that is asked for is none.
        NotFollowedError: the batch that is named came, and is not in the read models yet.
    """
    scope = scope_asked(account, query)
    before = services().end_of(query["tanggal"]) if "tanggal" in query else None
    with services().databases.reader.connect() as tx:
        found = statistik.places(tx, scope, before, of)
    if not found and is_desa(scope):
        raise DesaUnknownError(scope)
    if "per" not in query:
        return found
    place, per = found[0] if len(found) == 1 else None, query["per"]
    if not place or not (place.batch >= per if before else _known(of, place.kode_desa, per)):
        refuse({"per": ["Hanya untuk satu desa, dan sampai kiriman terbarunya."]})
    return [Place(place.kode_desa, per)]


def _known(of: Collection[str], kode_desa: str, batch: int) -> bool:
    """Whether a desa's log has a batch, and the read models know it.

    Raises:
        NotFollowedError: the log has it, and they do not know it.
    """
    try:
        wait_for(services().databases.reader, kode_desa, batch, of, 0)
    except PositionUnknownError:
        return False
    return True


def wait_asked(of: Collection[str], account: Account, query: Mapping[str, Any]) -> None:
    """Wait until the read models know the batch that they must include, if one is named."""
    if "sampai" not in query:
        return
    kode_desa = scope_asked(account, query)
    if not is_desa(kode_desa):
        refuse({"sampai": ["Hanya untuk satu desa."]})
    wait_for(services().databases.reader, kode_desa, query["sampai"], of)


def check_once() -> None:
    """Refuse an address that says anything twice: which of them counts, nobody could tell."""
    if repeated := [name for name, them in request.args.lists() if len(them) > 1]:
        refuse({name: ["Hanya boleh disebut sekali."] for name in repeated})


def check_members(known: Collection[str]) -> None:
    """Refuse an address that says anything twice, or what is not known here."""
    check_once()
    if unknown := sorted(request.args.keys() - set(known)):
        refuse({it: ["Tidak dikenal di sini."] for it in unknown})


def check_day(query: Mapping[str, Any]) -> None:
    """Refuse a day on which there was nothing, or will be."""
    if not FIRST_DAY <= query.get("tanggal", FIRST_DAY) <= services().today():
        refuse({"tanggal": ["Hanya dari 1900-01-01 sampai hari ini."]})


def day_asked(
    tx: Any,  # noqa: ANN401  # a connection
    query: Mapping[str, Any],
    where: Sequence[Place],
) -> date:
    """The day that an answer is of: the one asked for, or that of the batch asked for."""
    if "tanggal" in query:
        day: date = query["tanggal"]
        return day
    came = statistik.came_at(tx, where[0]) if "per" in query else None
    return services().day_of(came) if came else services().today()


def scope_asked(account: Account, query: Mapping[str, Any]) -> str:
    """The desa or region that is asked for, or all that the account sees."""
    scope: str = query.get("desa") or account.scope
    if not account.sees(scope):
        abort(404)
    return scope


def is_desa(scope: str) -> bool:
    """Whether a code is that of a desa, and not of a wider region."""
    return scope.count(".") >= _DOTS


def as_of(where: Sequence[Place]) -> list[dict[str, object]]:
    """What an answer says of the batches as of which it is."""
    return [{"kode_desa": it.kode_desa, "kiriman": it.batch} for it in where]


def refuse(errors: dict[str, list[str]]) -> NoReturn:
    """Answer 422: these members of the address cannot be used."""
    abort(422, messages={"query": errors})
    raise AssertionError("abort does not return")
