"""The tables of schema `projections`: what may be dropped and made again.

A read model's columns are the fields of its entity in the catalogue; a row is valid from a batch
up to another. `kode_desa` is first in every key.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from ledger.catalogue import ENTITIES, Entity

metadata = MetaData(schema="projections")

position = Table(
    "position",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("projection", Text, primary_key=True),
    Column("position", BigInteger, nullable=False, comment="the newest batch that is in the rows"),
    Column("version", Integer, nullable=False, comment="of the projection that made the rows"),
    Column("applied_at", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False, comment="failures at the next batch"),
    Column("retry_at", DateTime(timezone=True), comment="not before this"),
    Column("parked_at", DateTime(timezone=True), comment="given up until somebody looks"),
    Column("error", Text, comment="what failed; no personal data"),
    Column(
        "redactions",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="redactions of the log that the rows know of",
    ),
    comment="how far each projection has followed each log",
)

TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "text": Text(),
    "integer": Integer(),
    "boolean": Boolean(),
    "date": Date(),
    "timestamp with time zone": DateTime(timezone=True),
    "timestamp without time zone": DateTime(),
    "numeric": Numeric(),
    "double precision": Double(),
    "jsonb": JSONB(),
}
"""The catalogue's names of column types."""

NEWEST: Final = 2**63 - 1
"""A number beyond all batches: where rows of the present end, so that all that had not ended by a
batch are one range of an index."""

HISTORY: Final = ("kode_desa", "id", "from_batch", "to_batch", "line")
"""The columns that every read model with history begins with."""


def history_table(
    entity: Entity, left_out: frozenset[str], *more: Column[object], first: Sequence[str] = ()
) -> Table:
    """The table of an entity's records with their history, without the fields left out.

    The columns `first` come before the others: what is read of thousands of rows at once is found
    sooner there.
    """
    names = [*first, *(it.name for it in entity.fields if it.name not in {*first, *left_out})]
    return Table(
        entity.name,
        metadata,
        Column("kode_desa", Text, primary_key=True),
        Column("id", Text, primary_key=True, comment="the record's id in that desa's OpenSID"),
        Column("from_batch", BigInteger, primary_key=True, autoincrement=False),
        Column("to_batch", BigInteger, comment="the batch that ended it; empty: the present"),
        Column("line", Integer, nullable=False, comment="where in from_batch it was stated"),
        *(
            Column(name, TYPES[field.column], comment=field.label)
            for name in names
            for field in [entity.by_name[name]]
        ),
        *more,
        comment=f"{entity.title}, with history",
    )


_COUNTED = (
    "sex",
    "tanggal_lahir",
    "status_dasar",
    "status",
    "status_kawin",
    "warganegara_id",
    "pekerjaan_id",
    "pendidikan_sedang_id",
    "cara_kb_id",
    "ktp_el",
    "status_rekam",
    "kk_level",
    "dusun",
    "nik",
    "akta_lahir",
)
"""What statistics that depend on the day ask of every person."""

penduduk = history_table(
    ENTITIES["penduduk"],
    # A card's chip number opens doors: it is kept in the log alone.
    frozenset({"id", "tag_id_card"}),
    Column("nama_cari", Text, comment="the name as it is searched: upper case, single spaces"),
    first=_COUNTED,
)
Index(
    "penduduk_present",
    penduduk.c.kode_desa,
    penduduk.c.nama_cari,
    postgresql_where=penduduk.c.to_batch.is_(None),
)

# By these, whoever has a number is found, in whichever desa, now or then.
Index("penduduk_nik", penduduk.c.nik)
Index("penduduk_no_kk", penduduk.c.no_kk)

# By these, what a batch changed is found without looking through all people. They are counted from
# the second alone, a quarter of their rows: those of now without reading those of before. The
# catalogue cuts texts that would not fit into it.
Index("penduduk_opened", penduduk.c.kode_desa, penduduk.c.from_batch)
Index(
    "penduduk_closed",
    penduduk.c.kode_desa,
    func.coalesce(penduduk.c.to_batch, literal_column(str(NEWEST))),
    penduduk.c.from_batch,
    postgresql_include=["to_batch", *_COUNTED],
)
# By this, heads of families are found that no card states: a fourth of the people, narrow.
Index(
    "penduduk_kepala",
    penduduk.c.kode_desa,
    penduduk.c.from_batch,
    postgresql_include=["to_batch", "id", "status_dasar", "id_kk", "no_kk"],
    postgresql_where=penduduk.c.kk_level == 1,
)

_ID = frozenset({"id"})
keluarga = history_table(ENTITIES["keluarga"], _ID)
Index(
    "keluarga_present",
    keluarga.c.kode_desa,
    keluarga.c.no_kk,
    postgresql_where=keluarga.c.to_batch.is_(None),
)

desa = history_table(ENTITIES["desa"], frozenset({"kode_desa"}))
program_bantuan = history_table(ENTITIES["program_bantuan"], _ID)
peserta_bantuan = history_table(ENTITIES["peserta_bantuan"], _ID)
pembangunan = history_table(ENTITIES["pembangunan"], _ID)
dokumentasi_pembangunan = history_table(ENTITIES["dokumentasi_pembangunan"], _ID)
laporan = history_table(ENTITIES["laporan"], _ID)
surat = history_table(ENTITIES["surat"], frozenset({"nomor"}))
wilayah = history_table(ENTITIES["wilayah"], _ID)
peristiwa = history_table(ENTITIES["peristiwa"], _ID)
peristiwa_keluarga = history_table(ENTITIES["peristiwa_keluarga"], _ID)
rumah_tangga = history_table(ENTITIES["rumah_tangga"], _ID)
aparatur = history_table(ENTITIES["aparatur"], _ID)
lembaga = history_table(ENTITIES["lembaga"], _ID)
anggota_lembaga = history_table(ENTITIES["anggota_lembaga"], _ID)
suplemen = history_table(ENTITIES["suplemen"], _ID)
suplemen_terdata = history_table(ENTITIES["suplemen_terdata"], _ID)
apbdes = history_table(ENTITIES["apbdes"], _ID)
Index("apbdes_year", apbdes.c.kode_desa, apbdes.c.tahun, apbdes.c.jenis_anggaran)
potensi = history_table(ENTITIES["potensi"], _ID)
sarana = history_table(ENTITIES["sarana"], _ID)
produk_hukum = history_table(ENTITIES["produk_hukum"], _ID)

mutasi = Table(
    "mutasi",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column(
        "id", Text, primary_key=True, comment="of the event; of no event: the person's, /, 0 or 1"
    ),
    Column("from_batch", BigInteger, primary_key=True, autoincrement=False),
    Column("to_batch", BigInteger, comment="the batch that states the event anew"),
    Column("line", Integer, nullable=False),
    Column("bulan", Date, nullable=False, comment="first day of the month that it counts in"),
    Column("jenis", Text, nullable=False, comment="lahir, mati, datang, …, saldo_awal, koreksi"),
    Column("sex", Integer),
    Column("wna", Boolean, nullable=False),
    Column(
        "jumlah",
        Integer,
        nullable=False,
        comment="people more, or fewer; 0: of nobody sent so far",
    ),
    Column("id_pend", Text, nullable=False),
    Column("ref_pindah", Integer, comment="how far, of who moved away"),
    Column("tgl_peristiwa", Date),
    Column("turunan", Boolean, nullable=False, comment="concluded, not stated"),
    comment="how the population changed, as monthly reports count it",
)
Index("mutasi_month", mutasi.c.kode_desa, mutasi.c.bulan)
# By this, the few events are found that wait for a person who comes.
Index(
    "mutasi_waiting",
    mutasi.c.kode_desa,
    mutasi.c.id_pend,
    postgresql_where=mutasi.c.jumlah == 0,
)

warga = Table(
    "warga",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Text, primary_key=True, comment="of the person"),
    Column("sex", Integer),
    Column("wna", Boolean, nullable=False),
    Column("status_dasar", Integer),
    Column("tanggal_lahir", Date),
    comment="what mutasi compares the next change of a person with",
)


def _of_desa(name: str, comment: str) -> Table:
    return Table(
        name,
        metadata,
        Column("kode_desa", Text, primary_key=True),
        Column("batch", BigInteger, comment="the first that told of people"),
        Column("signed_at", DateTime(timezone=True), comment="when that was signed"),
        Column("upload", Text, comment="what that came from, by the old protocol"),
        Column("events", Boolean, nullable=False, comment="whether it has ever stated one"),
        comment=comment,
    )


mutasi_desa = _of_desa("mutasi_desa", "what mutasi knows of a desa as a whole")

mutasi_keluarga = Table(
    "mutasi_keluarga",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Text, primary_key=True, comment="of the family, by which it went then"),
    Column("from_batch", BigInteger, primary_key=True, autoincrement=False),
    Column("jumlah", Integer, primary_key=True, autoincrement=False, comment="1 or -1"),
    Column("line", Integer, nullable=False),
    Column("bulan", Date, nullable=False, comment="first day of the month that it counts in"),
    Column("jenis", Text, nullable=False, comment="baru, datang, mati, …, saldo_awal, koreksi"),
    Column("sex", Integer, comment="of the head, as is wna"),
    Column("wna", Boolean, nullable=False),
    Column("id_pend", Text, nullable=False, comment="of the head"),
    Column("ref_pindah", Integer, comment="how far, if the head moved away"),
    Column("turunan", Boolean, nullable=False, comment="concluded, not stated"),
    comment="how the active families changed, as monthly reports count them",
)

mutasi_anggota = Table(
    "mutasi_anggota",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Text, primary_key=True, comment="of the person"),
    Column("sex", Integer),
    Column("wna", Boolean, nullable=False),
    Column("status_dasar", Integer),
    Column("kepala", Boolean, nullable=False, comment="says to be the head of the family"),
    Column("id_kk", Text),
    Column("no_kk", Text),
    comment="what mutasi_keluarga compares the next change of a person with",
)
Index("mutasi_anggota_id_kk", mutasi_anggota.c.kode_desa, mutasi_anggota.c.id_kk)
Index("mutasi_anggota_no_kk", mutasi_anggota.c.kode_desa, mutasi_anggota.c.no_kk)

mutasi_kartu = Table(
    "mutasi_kartu",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Text, primary_key=True, comment="of the card"),
    Column("no_kk", Text),
    Column("kepala_id", Text, comment="of the person whom it states as head"),
    comment="what mutasi_keluarga compares the next change of a card with",
)
Index("mutasi_kartu_no_kk", mutasi_kartu.c.kode_desa, mutasi_kartu.c.no_kk)
Index("mutasi_kartu_kepala_id", mutasi_kartu.c.kode_desa, mutasi_kartu.c.kepala_id)

mutasi_keluarga_desa = _of_desa("mutasi_keluarga_desa", "the same, of its families")

statistik = Table(
    "statistik",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("statistik", Text, primary_key=True),
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    Column("dusun", Text, primary_key=True, comment="empty: not stated"),
    Column("sex", Integer, primary_key=True, autoincrement=False, comment="0: not stated"),
    Column("category", Text, primary_key=True, comment="empty: not stated"),
    Column("jumlah", Integer, nullable=False, comment="people more, or fewer, than before"),
    comment="how many people a batch brought to each category of each statistic",
)

mutu = Table(
    "mutu",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("field", Text, primary_key=True, comment="empty: of the record as a whole"),
    Column("code", Text, primary_key=True),
    Column("from_batch", BigInteger, primary_key=True, autoincrement=False),
    Column("to_batch", BigInteger, comment="the batch that put it right; empty: it still holds"),
    Column("severity", Text, nullable=False),
    Column("message", Text, nullable=False),
    comment="what seems wrong with a village's statements, with history",
)
# By these, what a batch brought and put right is counted, and what a village has, from them alone.
Index("mutu_opened", mutu.c.kode_desa, mutu.c.from_batch, mutu.c.to_batch, mutu.c.severity)
Index("mutu_closed", mutu.c.kode_desa, mutu.c.to_batch)
