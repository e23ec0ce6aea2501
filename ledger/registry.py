"""What the office decided: its desa, and their keys.

Every decision is an entry of the office's own log, and a row here that looks it up; both are
written in one transaction.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select

from ledger import store
from ledger.admission import RegisteredKey
from ledger.batch import Draft
from ledger.desa_keys import DesaKeys
from ledger.errors import DesaExistsError, DesaUnknownError, KodeError
from ledger.log import Ledger
from ledger.merkle import EMPTY_ROOT
from ledger.tables import desa

_KODE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
_UNDOTTED = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{4})")


@dataclass(frozen=True)
class Desa:
    """A registered desa."""

    kode_desa: str
    nama: str
    registered_at: datetime


def dotted(kode: str) -> str:
    """A desa's code as it is kept, `53.06.14.2001`, from that or from ten digits.

    Raises:
        KodeError: neither of them.
    """
    kode = _UNDOTTED.sub(r"\1.\2.\3.\4", kode)
    if not _KODE.fullmatch(kode):
        raise KodeError(kode, "kode desa ditulis seperti 53.06.14.2001")
    return kode


class Registry:
    """The office's register of desa and, as `desa_keys`, of their keys.

    `engine` connects as the ingest role.
    """

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now
        self.desa_keys = DesaKeys(engine, ledger, now)

    def add_desa(self, kode_desa: str, nama: str) -> Desa:
        """Register a desa and begin its log.

        Raises:
            KodeError: the code is none, or outside the kecamatan.
            DesaExistsError: it is registered.
        """
        kode_desa = dotted(kode_desa)
        office = self._ledger.office
        if not kode_desa.startswith(f"{office.kode}."):
            raise KodeError(kode_desa, f"bukan desa di kecamatan {office.kode}")
        nama = " ".join(nama.split())
        if not nama:
            raise KodeError(kode_desa, "nama desa kosong")
        added = Desa(kode_desa, nama, self._now())
        with self._engine.begin() as tx:
            self._act(tx, "registrasi_desa", kode_desa, {"nama": nama})
            # The office's log is locked by now: two registrations cannot pass each other here.
            if store.read_head(tx, kode_desa):
                raise DesaExistsError(kode_desa)
            store.found_log(tx, kode_desa, EMPTY_ROOT)
            tx.execute(
                insert(desa).values(
                    kode_desa=kode_desa,
                    nama=nama,
                    registered_at=added.registered_at,
                ),
            )
        return added

    def desa(self) -> list[Desa]:
        """Every registered desa, by code."""
        with self._engine.begin() as tx:
            rows = tx.execute(select(desa).order_by(desa.c.kode_desa)).mappings()
            return [Desa(**row) for row in rows]

    def get_desa(self, kode_desa: str) -> Desa:
        """One registered desa, or raise DesaUnknownError."""
        with self._engine.begin() as tx:
            row = tx.execute(select(desa).where(desa.c.kode_desa == kode_desa)).mappings().first()
        if row is None:
            raise DesaUnknownError(kode_desa)
        return Desa(**row)

    def enrol(self, kode_desa: str, vkey: str) -> RegisteredKey:
        """As `DesaKeys.enrol`."""
        return self.desa_keys.enrol(kode_desa, vkey)

    def keys(self, kode_desa: str) -> list[RegisteredKey]:
        """Every key of a desa, by name."""
        return self.desa_keys.of(kode_desa)

    def _act(self, tx: Connection, entity: str, id_: str, data: dict[str, object]) -> None:
        self._ledger.record(tx, [Draft(entity, id_, "put", self._now(), data)])
