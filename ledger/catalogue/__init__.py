"""What villages may send: the entities, their fields, code tables and findings.

    >>> from ledger.catalogue import ENTITIES
    >>> ENTITIES["penduduk"].read(data, date(2026, 11, 23), "53.06.14.2001", "8271")
    Reading(record=Penduduk(id=8271, …), findings=())

The catalogue judges one record at a time and never refuses one: what it cannot use is a severe
finding, the statement stays in the log. What takes other records to judge is left to the
data-quality projection; each entity's module says what. [pure]
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from ledger.catalogue.aparatur import APARATUR
from ledger.catalogue.apbdes import APBDES, account_name, activity_name
from ledger.catalogue.bantuan import PESERTA_BANTUAN, PROGRAM_BANTUAN
from ledger.catalogue.codes import BLANK_LABEL, TABLES, CodeTable
from ledger.catalogue.desa import DESA
from ledger.catalogue.entity import Entity, Reading, Rule, Stated, local_date, local_time
from ledger.catalogue.fields import Field, Sensitivity
from ledger.catalogue.findings import FINDINGS, Finding, FindingKind, Severity
from ledger.catalogue.keluarga import KELUARGA
from ledger.catalogue.laporan import LAPORAN
from ledger.catalogue.lembaga import ANGGOTA_LEMBAGA, LEMBAGA
from ledger.catalogue.pembangunan import DOKUMENTASI_PEMBANGUNAN, PEMBANGUNAN
from ledger.catalogue.penduduk import PENDUDUK, age
from ledger.catalogue.peristiwa import PERISTIWA, PERISTIWA_KELUARGA
from ledger.catalogue.produk_hukum import PRODUK_HUKUM
from ledger.catalogue.profil import POTENSI, SARANA
from ledger.catalogue.rumah_tangga import RUMAH_TANGGA
from ledger.catalogue.suplemen import SUPLEMEN, SUPLEMEN_TERDATA
from ledger.catalogue.surat import PESAN, SURAT
from ledger.catalogue.upload import UPLOAD
from ledger.catalogue.wilayah import WILAYAH

__all__ = [
    "BLANK_LABEL",
    "ENTITIES",
    "FINDINGS",
    "TABLES",
    "CodeTable",
    "Entity",
    "Field",
    "Finding",
    "FindingKind",
    "Reading",
    "Rule",
    "Sensitivity",
    "Severity",
    "Stated",
    "account_name",
    "activity_name",
    "age",
    "examine",
    "local_date",
    "local_time",
]

ENTITIES: Final[Mapping[str, Entity]] = MappingProxyType(
    {
        entity.name: entity
        for entity in (
            UPLOAD,
            DESA,
            WILAYAH,
            KELUARGA,
            PENDUDUK,
            PERISTIWA,
            PERISTIWA_KELUARGA,
            RUMAH_TANGGA,
            APARATUR,
            LEMBAGA,
            ANGGOTA_LEMBAGA,
            SUPLEMEN,
            SUPLEMEN_TERDATA,
            APBDES,
            PROGRAM_BANTUAN,
            PESERTA_BANTUAN,
            PEMBANGUNAN,
            DOKUMENTASI_PEMBANGUNAN,
            POTENSI,
            SARANA,
            PRODUK_HUKUM,
            LAPORAN,
            SURAT,
            PESAN,
        )
    }
)
"""All entities by name, in the order in which records refer to each other."""


class Change(Protocol):
    """A change line, as `ledger.Change` holds it."""

    @property
    def entity(self) -> str:
        """A name, perhaps of the catalogue."""

    @property
    def id(self) -> str:
        """The record's key."""

    @property
    def op(self) -> str:
        """What happens to it: put or delete."""

    @property
    def at(self) -> datetime:
        """The desa's clock, aware."""

    @property
    def data(self) -> msgspec.Raw | msgspec.UnsetType:
        """The record of a put, as JSON."""


def examine(changes: Iterable[tuple[int, Change]], kode_desa: str) -> Iterator[Finding]:
    """What is amiss with the changes of one batch, each with the number of its line.

    `kode_desa` is the log's, dotted. A delete of a known entity states nothing to examine.
    """
    for line, change in changes:
        entity = ENTITIES.get(change.entity)
        if entity is None:
            kind = FINDINGS["entitas-tidak-dikenal"]
            yield Finding(
                line, change.entity, change.id, None, kind.code, kind.severity, kind.sentence
            )
        elif change.op == "put":
            data = b"" if isinstance(change.data, msgspec.UnsetType) else bytes(change.data)
            today = local_date(change.at, kode_desa)
            yield from entity.findings(data, today, kode_desa, change.id, line)
