"""For auditors: where each log stands and who signs it, verified now; what changed in between.

The verification here is the one that `opendk-ledger audit verify` makes of a file, on a bundle
made for it: the server vouches for itself. Who does not want to trust it takes the bundle home.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import abort, render_template, request, url_for

from api import format as fmt
from api.auth import known_account, needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import blueprint, kept_link, village_of
from ledger import (
    Desa,
    FieldDifference,
    LogHead,
    Policy,
    RegisteredKey,
    Trust,
    difference,
    verify_bundle,
)
from ledger.catalogue import ENTITIES
from ledger.catalogue.fields import Nik, NoKk
from projections.queries import catatan as catatan_queries

MOST_VERIFIED: Final = 200_000
"""Changes that a page verifies while somebody waits; larger logs are verified from a bundle."""
_MOST_SHOWN: Final = 200
_MOST_FAULTS: Final = 100
_SPOOLED: Final = 32 * 1024 * 1024
KINDS: Final = {"added": "baru", "changed": "berubah", "removed": "hilang"}

menu.office("staff.audit", "Periksa keaslian", "perisai", order=70)
menu.village("staff.audit_desa", "Periksa keaslian", "perisai", order=70, also=("staff.beda",))


@dataclass(frozen=True)
class Log:
    """A desa's log as auditors look at it."""

    desa: Desa
    head: LogHead
    keys: Sequence[RegisteredKey]

    @property
    def disputed(self) -> bool:
        """Whether any batch of a suspected key waits for the desa's word."""
        return any(it.suspected is not None and not it.acknowledged for it in self.keys)


@blueprint.get("/audit")
@needs(Need.AUDIT)
def audit() -> str:
    """The logs of the account's region."""
    account = known_account()
    logs = [_log(it) for it in services().registry.desa() if account.sees(it.kode_desa)]
    office = services().ledger.office
    return render_template(
        "audit.html",
        logs=logs,
        office_log=office.log_name(office.kode),
        office_key=office.log_key(office.kode).verifier,
    )


@blueprint.get("/desa/<kode>/audit")
@needs(Need.AUDIT)
def audit_desa(kode: str) -> str:
    """One log: its checkpoint, its keys, and what may be asked of it."""
    return _page(kode)


@blueprint.post("/desa/<kode>/audit")
@needs(Need.AUDIT)
def periksa(kode: str) -> str:
    """Verify a log now, from its stored bytes."""
    with services().databases.reader.connect() as tx:
        village_of(tx, kode)
    exports = services().exports
    if exports.changes([kode])[kode] > MOST_VERIFIED:
        return _page(kode, too_large=True)
    begun = time.monotonic()
    office = services().ledger.office
    trust = Trust(Policy.from_bytes(_own_policy()))
    with tempfile.SpooledTemporaryFile(_SPOOLED) as file:
        for chunk in exports.logs([kode], whole=True):
            file.write(chunk)
        file.seek(0)
        report = verify_bundle(file, trust)
    return _page(
        kode,
        report=report,
        own=next((it for it in report.logs if it.kode == kode), None),
        of_office=next((it for it in report.logs if it.kode == office.kode), None),
        seconds=time.monotonic() - begun,
    )


@blueprint.get("/desa/<kode>/audit/beda")
@needs(Need.AUDIT)
def beda(kode: str) -> str:
    """What a village's log says at one batch that it did not at another, field by field."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        size = services().exports.size(kode)
        first, last = _position("dari", max(0, size - 1)), _position("sampai", size)
        if not 0 <= first <= last <= size:
            abort(404)
        found = difference(services().exports.batches(kode), first, last)
        records = found.records[:_MOST_SHOWN]
        names: dict[tuple[str, str], str] = {}
        for entity in {it.entity for it in records}:
            ids = [it.id for it in records if it.entity == entity]
            for id_, name in catatan_queries.names(tx, entity, kode, ids).items():
                names[entity, id_] = name
    return render_template(
        "beda.html",
        village=village,
        size=size,
        first=first,
        last=last,
        found=found,
        records=records,
        names=names,
        kinds=KINDS,
        said=_said,
        page=lambda it: _record_page(kode, it.entity, it.id),
        link=lambda **changed: kept_link("staff.beda", kode=kode, **changed),
    )


def _page(kode: str, **verified: Any) -> str:  # noqa: ANN401  # what the template is told
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
    log = _log(services().registry.get_desa(kode))
    witnessed = services().transparency.witnessed(kode)
    return render_template(
        "audit_desa.html",
        village=village,
        log=log,
        witnessed=witnessed.to_bytes().decode() if witnessed else None,
        policy=_own_policy().decode(),
        most=MOST_VERIFIED,
        most_faults=_MOST_FAULTS,
        **verified,
    )


def _log(desa: Desa) -> Log:
    ledger = services().ledger
    return Log(desa, ledger.head(desa.kode_desa), services().registry.keys(desa.kode_desa))


def _own_policy() -> bytes:
    """The policy of whoever trusts this office: its log key, and no witness."""
    office = services().ledger.office
    # One line is enough: the same key signs every desa's log, under that log's name.
    return f"log {office.log_key(office.kode).verifier.to_vkey()}\nquorum none\n".encode()


def _position(name: str, default: int) -> int:
    text, longest = request.args.get(name, str(default)), 12
    if not (text.isdecimal() and text.isascii() and len(text) <= longest):
        abort(404)
    return int(text)


def _record_page(kode: str, entity: str, id_: str) -> str | None:
    if entity not in catatan_queries.TABLES:
        return None
    if entity == "penduduk":
        return url_for("staff.orang", kode=kode, id_=id_)
    return url_for("staff.satu_catatan", kode=kode, entity=entity, id_=id_)


def _said(entity: str, it: FieldDifference) -> tuple[str, str, str]:
    """A field's label, and what was stated before and after, as pages may show it."""
    kind = ENTITIES.get(entity)
    field = kind.by_name.get(it.name) if kind else None
    if field is None or fmt.is_hidden(field):
        return (field.label if field else fmt.visible(it.name)), fmt.HIDDEN, fmt.HIDDEN

    def words(value: Any) -> str:  # noqa: ANN401  # whatever was stated
        if value is None:
            return ""
        if isinstance(field.kind, Nik | NoKk):
            return fmt.masked(str(value))
        read = field.read(value, lambda _code, _value: None)
        return fmt.visible(str(value)) if read is None else fmt.shown(field, read)

    return field.label, words(it.before), words(it.after)
