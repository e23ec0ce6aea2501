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
from ledger.errors import (
    DesaExistsError,
    DesaUnknownError,
    KeyExistsError,
    KeyRefusedError,
    KodeError,
    NoteError,
)
from ledger.keys import VerifierKey
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
    """The office's register of desa and keys. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now

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
        """Register a desa's key, valid from the next position of its log on.

        Whoever calls this has compared the fingerprint with the desa.

        Raises:
            DesaUnknownError: no such desa.
            KeyRefusedError: no vkey, of another desa, or of low order.
            KeyExistsError: its name or the key itself is registered.
        """
        try:
            verifier = VerifierKey.from_vkey(vkey.strip())
        except NoteError as error:
            raise KeyRefusedError(str(error)) from None
        if not re.fullmatch(rf"desa/{re.escape(kode_desa)}/[a-z0-9][a-z0-9-]*", verifier.name):
            raise KeyRefusedError(f"namanya harus desa/{kode_desa}/… (huruf kecil, angka, -)")
        if verifier.weak:
            raise KeyRefusedError("kunci lemah (low order)")
        with self._engine.begin() as tx:
            at = store.lock_head(tx, kode_desa)
            if at is None or kode_desa == self._ledger.office.kode:
                raise DesaUnknownError(kode_desa)
            for registered in store.read_keys(tx, kode_desa):
                if verifier.name == registered.verifier.name:
                    raise KeyExistsError(verifier.name)
                if verifier.public == registered.verifier.public:
                    raise KeyExistsError(registered.verifier.name)
            enrolled = RegisteredKey(verifier, first=at.size + 1)
            store.add_key(tx, kode_desa, enrolled)
            facts = {"kode_desa": kode_desa, "vkey": verifier.to_vkey(), "mulai": enrolled.first}
            self._act(tx, "kunci_desa", verifier.name, facts)
        return enrolled

    def keys(self, kode_desa: str) -> list[RegisteredKey]:
        """Every key of a desa, by name."""
        with self._engine.begin() as tx:
            return store.read_keys(tx, kode_desa)

    def _act(self, tx: Connection, entity: str, id_: str, data: dict[str, object]) -> None:
        self._ledger.record(tx, [Draft(entity, id_, "put", self._now(), data)])
