"""The JSON of /v1, described: what is asked and what is answered."""

from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema

from api import wording
from ledger import PURPOSES

wording.install()

EXAMPLE = "53kSK3HrQf4SwiBQbtyV1TtkH0leailUyDwhoTGNdQk="


def hash_field(**options: Any) -> fields.String:
    """A SHA-256 hash in standard base64."""
    about = {"description": "SHA-256, base64", "example": EXAMPLE}
    return fields.String(metadata=about, **options)


class FindingSchema(Schema):
    """Something in a statement that seems wrong; the statement is kept."""

    line = fields.Integer(required=True, metadata={"description": "Baris dalam kiriman, dari 1"})
    entity = fields.String(required=True)
    id = fields.String(required=True)
    field = fields.String(required=True, allow_none=True)
    code = fields.String(required=True)
    severity = fields.String(required=True)
    message = fields.String(required=True)


class FindingsSchema(Schema):
    """The findings of a batch: how many, and the first thousand."""

    total = fields.Integer(required=True)
    items = fields.List(fields.Nested(FindingSchema), required=True)


class ReceiptSchema(Schema):
    """A receipt (PROTOCOL section 7)."""

    kode_desa = fields.String(required=True)
    position = fields.Integer(required=True, metadata={"description": "Tempat dalam log, dari 1"})
    chain = fields.String(required=True)
    number = fields.Integer(required=True)
    manifest = hash_field(required=True)
    seen = fields.Integer(required=True)
    proof = fields.String(required=True, metadata={"description": "C2SP tlog-proof"})
    consistency = fields.List(hash_field(), required=True)


class AppendedSchema(ReceiptSchema):
    """The answer to a batch that was taken."""

    replayed = fields.Boolean(required=True)
    findings = fields.Nested(FindingsSchema, required=True)


class ChainSchema(Schema):
    """Where a chain stands."""

    chain = fields.String(required=True)
    number = fields.Integer(required=True)
    manifest = hash_field(required=True)
    position = fields.Integer(required=True)


class HeadSchema(Schema):
    """Where a log stands."""

    kode_desa = fields.String(required=True)
    origin = fields.String(required=True)
    size = fields.Integer(required=True)
    root = hash_field(required=True)
    checkpoint = fields.String(required=True, metadata={"description": "C2SP checkpoint"})
    chains = fields.List(fields.Nested(ChainSchema), required=True)
    rotations = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Surat pergantian kunci log kecamatan, yang tertua dahulu"},
    )


def digest_field(**options: Any) -> fields.String:
    """A file's SHA-256 in hexadecimal."""
    about = {"description": "SHA-256, heksadesimal", "example": "0" * 64}
    options["validate"] = validate.Regexp("^[0-9a-f]{64}$")
    return fields.String(metadata=about, **options)


class BlobSchema(Schema):
    """A file that a desa brought."""

    sha256 = digest_field(required=True)
    type = fields.String(required=True, metadata={"description": "Jenisnya, menurut isinya"})
    bytes = fields.Integer(required=True)


class AskedBlobsSchema(Schema):
    """Files that are asked for."""

    sha256 = fields.List(digest_field(), required=True, validate=validate.Length(1, 1_000))


class LackingSchema(Schema):
    """Of the files that were asked for, those that the desa has not sent."""

    missing = fields.List(digest_field(), required=True)


class MissingSchema(LackingSchema):
    """Files that records refer to and that have not come: how many, and the first thousand."""

    total = fields.Integer(required=True)


class InboxQuerySchema(Schema):
    """From where on."""

    after = fields.String(metadata={"description": "`next` dari jawaban sebelumnya"})


class InboxItemSchema(Schema):
    """Something that a desa should know (PROTOCOL section 14)."""

    id = fields.String(required=True)
    kind = fields.String(
        required=True, validate=validate.OneOf(["pesan", "keputusan_surat", "penolakan"])
    )
    at = fields.AwareDateTime(required=True)
    data = fields.Dict(keys=fields.String(), required=True)


class InboxSchema(Schema):
    """What is new, in order; `next` is where to go on, the same when there is nothing."""

    items = fields.List(fields.Nested(InboxItemSchema), required=True)
    next = fields.String(required=True)


class KeyStateSchema(Schema):
    """A key of a desa, and since and until when it is valid (PROTOCOL section 9)."""

    kode_desa = fields.String(required=True)
    name = fields.String(required=True)
    vkey = fields.String(required=True)
    fingerprint = fields.String(required=True, metadata={"description": "Untuk dibacakan"})
    state = fields.String(
        required=True, validate=validate.OneOf(["waiting", "rejected", "valid", "ended"])
    )
    first = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Berlaku mulai kiriman ke-"}
    )
    end = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Tidak berlaku mulai kiriman ke-"}
    )


class KeySchema(KeyStateSchema):
    """A registered key, with what it was registered by."""

    how = fields.String(required=True, metadata={"description": "kantor, kode, atau rotasi"})
    suspected = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Kirimannya mulai dari sini diragukan"},
    )
    acknowledged = fields.Boolean(required=True)
    note = fields.String(required=True, metadata={"description": "Surat kuncinya; boleh kosong"})


class KeysSchema(Schema):
    """Every key that a desa has or had."""

    items = fields.List(fields.Nested(KeySchema), required=True)


class ReceiptQuerySchema(Schema):
    """From which size on the log's consistency is to be proved."""

    seen = fields.Integer(
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": "Ukuran log yang sudah diperiksa penanya"},
    )


class WhereQuerySchema(Schema):
    """Of which desa something under /v1/data is asked for, as of when, and how it is written."""

    desa = fields.String(
        validate=validate.Regexp(r"\A[0-9]{2}(\.[0-9]{2}){0,2}(\.[0-9]{4})?\Z"),
        metadata={
            "description": "Kode desa, atau awalannya; kalau tidak, semua yang boleh dilihat"
        },
    )
    per = fields.Integer(
        validate=validate.Range(1, 2**63 - 1),
        metadata={
            "description": "Keadaan per kiriman ke-; untuk satu desa. Kalau belum diolah: 503 "
            "seperti `sampai`, tanpa ditunggu"
        },
    )
    tanggal = fields.Date(metadata={"description": "Keadaan pada akhir hari ini"})
    sampai = fields.Integer(
        validate=validate.Range(1, 2**63 - 1),
        metadata={
            "description": "Jawaban harus memuat kiriman ke-, yang ditunggu sebentar; untuk satu "
            "desa. Kalau belum selesai diolah: 503 `not-followed` dengan Retry-After; kalau "
            "pengolahannya berhenti: 503 `parked`"
        },
    )
    format = fields.String(load_default="json", validate=validate.OneOf(["json", "csv"]))


class DataQuerySchema(WhereQuerySchema):
    """Which records are asked for; every other member filters by a field."""

    class Meta:
        """Filters are the entity's own fields."""

        unknown = INCLUDE

    urut = fields.String(metadata={"description": "Kolom pengurut"})
    arah = fields.String(load_default="naik", validate=validate.OneOf(["naik", "turun"]))
    setelah = fields.String(metadata={"description": "`berikut` dari halaman sebelumnya"})
    batas = fields.Integer(load_default=100, validate=validate.Range(1, 1000))


class AsOfSchema(Schema):
    """As of which batch a desa is shown; 0 before its first."""

    kode_desa = fields.String(required=True)
    kiriman = fields.Integer(required=True)


class ErasedSchema(Schema):
    """A record that was erased on a lawful order; whoever has a copy is to erase it too."""

    kode_desa = fields.String(required=True)
    id = fields.String(required=True)
    dihapus_pada = fields.DateTime(required=True)
    dasar_hukum = fields.String(required=True)


class DataSchema(Schema):
    """A page of records, and where the next one begins; `dihapus` are those erased by order."""

    items = fields.List(fields.Dict(), required=True)
    berikut = fields.String(required=True, allow_none=True)
    per = fields.List(fields.Nested(AsOfSchema), required=True)
    dihapus = fields.List(fields.Nested(ErasedSchema), required=True)


class DataStatisticQuerySchema(WhereQuerySchema):
    """Of a statistic also: by which parts."""

    rinci = fields.String(
        validate=validate.OneOf(["desa", "dusun"]),
        metadata={"description": "Juga setiap desa, atau setiap dusun dari satu desa"},
    )


class CategorySchema(Schema):
    """A category of a statistic: its value, as in rows and addresses, and what it is called."""

    nilai = fields.String(required=True)
    judul = fields.String(required=True)


class StatisticsItemSchema(Schema):
    """A statistic that can be asked for; `kelompok` is empty where they are whatever occurs."""

    nama = fields.String(required=True, metadata={"description": "Dalam alamat, untuk selamanya"})
    judul = fields.String(required=True)
    opensid = fields.String(
        required=True, allow_none=True, metadata={"description": "Namanya dalam OpenSID"}
    )
    kelompok = fields.List(fields.Nested(CategorySchema), required=True)


class StatisticsSchema(Schema):
    """The catalogue of statistics."""

    items = fields.List(fields.Nested(StatisticsItemSchema), required=True)


class CountSchema(Schema):
    """People, or families; those without a stated sex are in `jumlah` alone."""

    jumlah = fields.Integer(required=True)
    laki_laki = fields.Integer(required=True)
    perempuan = fields.Integer(required=True)


class CategoryCountSchema(CategorySchema, CountSchema):
    """A category with its people."""


class StatisticTableSchema(Schema):
    """Categories, and what stands under them: known ones, the others, and both."""

    kelompok = fields.List(fields.Nested(CategoryCountSchema), required=True)
    jumlah = fields.Nested(CountSchema, required=True)
    belum_mengisi = fields.Nested(CountSchema, required=True)
    total = fields.Nested(CountSchema, required=True)


class StatisticPartSchema(StatisticTableSchema):
    """The same of a desa, by its code, or of a dusun, by its name; empty: none stated."""

    kode = fields.String(required=True)


class StatisticSchema(StatisticTableSchema):
    """A statistic as of a day: together, and of each part that has anybody, if asked for."""

    nama = fields.String(required=True)
    judul = fields.String(required=True)
    tanggal = fields.Date(required=True, metadata={"description": "Umur dihitung pada hari ini"})
    bagian = fields.List(fields.Nested(StatisticPartSchema), required=True)
    per = fields.List(fields.Nested(AsOfSchema), required=True)


class DataMutasiQuerySchema(WhereQuerySchema):
    """Of the account also: which month, and whether desa by desa."""

    bulan = fields.String(
        validate=validate.Regexp(r"\A[0-9]{4}-(0[1-9]|1[0-2])\Z"),
        metadata={"description": "Hanya bulan ini, YYYY-MM; kalau tidak, semua bulan"},
    )
    rinci = fields.String(
        validate=validate.OneOf(["desa"]),
        metadata={"description": "Setiap desa tersendiri, bukan bersama-sama"},
    )


class MutasiLineSchema(Schema):
    """A row of the monthly report: people, and families by their heads.

    Those without a stated sex are in `jumlah` and `kk` alone.
    """

    nama = fields.String(required=True, metadata={"description": "Tetap untuk selamanya"})
    judul = fields.String(required=True)
    wni_l = fields.Integer(required=True)
    wni_p = fields.Integer(required=True)
    wna_l = fields.Integer(required=True)
    wna_p = fields.Integer(required=True)
    laki_laki = fields.Integer(required=True)
    perempuan = fields.Integer(required=True)
    jumlah = fields.Integer(required=True)
    kk_l = fields.Integer(required=True)
    kk_p = fields.Integer(required=True)
    kk = fields.Integer(
        required=True, metadata={"description": "Keluarga, dihitung selama kepalanya hidup"}
    )


class MutasiMonthSchema(Schema):
    """A month of a desa, or of a region together; `rincian_pindah` comes to row `pindah-pergi`."""

    kode = fields.String(required=True)
    bulan = fields.String(required=True, metadata={"description": "YYYY-MM"})
    baris = fields.List(fields.Nested(MutasiLineSchema), required=True)
    rincian_pindah = fields.List(fields.Nested(MutasiLineSchema), required=True)
    turunan = fields.Integer(
        required=True, metadata={"description": "Orang yang peristiwanya disimpulkan"}
    )
    turunan_kk = fields.Integer(required=True, metadata={"description": "Keluarga yang demikian"})


class MutasiSchema(Schema):
    """The account: each month's end is the next one's beginning."""

    items = fields.List(fields.Nested(MutasiMonthSchema), required=True)
    per = fields.List(fields.Nested(AsOfSchema), required=True)


# --- /v1/audit -----------------------------------------------------------------------------------

_POSITION = validate.Range(0, 2**63 - 1)
_ENTITY = validate.Regexp(r"\A[a-z][a-z0-9_]{0,39}\Z")
_KODE = validate.Regexp(r"\A[0-9]{2}(\.[0-9]{2}){0,2}(\.[0-9]{4})?\Z")


class AuditRecordQuerySchema(Schema):
    """Which record's history is asked for."""

    entity = fields.String(required=True, validate=_ENTITY)
    id = fields.String(required=True, validate=validate.Length(1, 64))


class AuditDiffQuerySchema(Schema):
    """Between which positions; 0 is before everything."""

    dari = fields.Integer(load_default=0, validate=_POSITION)
    sampai = fields.Integer(validate=_POSITION)
    batas = fields.Integer(load_default=1000, validate=validate.Range(1, 10_000))


class AuditReasonSchema(Schema):
    """For what, and why, protected data is asked for; kept in the access log."""

    tujuan = fields.String(required=True, validate=validate.OneOf(list(PURPOSES)))
    alasan = fields.String(required=True, validate=validate.Length(1, 500))


class AuditBundleQuerySchema(Schema):
    """Of which desa (a code or the beginning of one), or of which record of one desa."""

    desa = fields.String(validate=_KODE)
    entity = fields.String(validate=_ENTITY)
    id = fields.String(validate=validate.Length(1, 64))

    @validates_schema
    def _record_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        asked = [name in data for name in ("entity", "id")]
        if any(asked) and not (all(asked) and "desa" in data):
            raise ValidationError("Satu catatan memerlukan desa, entity, dan id.")


class AuditBundleReasonSchema(AuditBundleQuerySchema, AuditReasonSchema):
    """A bundle with whole lines, and why."""


class AuditChainSchema(Schema):
    """Where a chain stands."""

    chain = fields.String(required=True)
    number = fields.Integer(required=True)
    position = fields.Integer(required=True)


class AuditLogSchema(Schema):
    """Where a log stands."""

    kode_desa = fields.String(required=True)
    nama = fields.String(required=True)
    size = fields.Integer(required=True)
    root = fields.String(required=True, metadata={"description": "SHA-256, heksadesimal"})
    checkpoint = fields.String(required=True, metadata={"description": "C2SP checkpoint"})
    chains = fields.List(fields.Nested(AuditChainSchema), required=True)


class AuditLogsSchema(Schema):
    """The logs in scope."""

    items = fields.List(fields.Nested(AuditLogSchema), required=True)


class AuditFieldSchema(Schema):
    """A field that differs; protected values are masked."""

    name = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class AuditVersionSchema(Schema):
    """What one change states of a record."""

    position = fields.Integer(required=True)
    line = fields.Integer(required=True)
    chain = fields.String(required=True)
    number = fields.Integer(required=True)
    signed_at = fields.AwareDateTime(required=True)
    at = fields.AwareDateTime(required=True)
    kind = fields.String(required=True, metadata={"description": "added, changed, removed, same"})
    derived = fields.String(required=True, allow_none=True)
    differences = fields.List(fields.Nested(AuditFieldSchema), required=True)


class AuditHistorySchema(Schema):
    """Every statement of a record, oldest first."""

    items = fields.List(fields.Nested(AuditVersionSchema), required=True)


class AuditDifferenceSchema(Schema):
    """A record that is other at the later position."""

    entity = fields.String(required=True)
    id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"description": "added, changed, removed"})
    position = fields.Integer(required=True)
    line = fields.Integer(required=True)
    differences = fields.List(fields.Nested(AuditFieldSchema), required=True)


class AuditDiffSchema(Schema):
    """The records that differ: how many, and the first of them."""

    dari = fields.Integer(required=True)
    sampai = fields.Integer(required=True)
    total = fields.Integer(required=True)
    hidden = fields.Integer(required=True, metadata={"description": "Baris yang hanya hash"})
    items = fields.List(fields.Nested(AuditDifferenceSchema), required=True)


class AuditProofSchema(Schema):
    """The proof of one change (PROTOCOL section 12.4)."""

    format = fields.String(required=True)
    position = fields.Integer(required=True)
    line = fields.Integer(required=True)
    vkey = fields.String(required=True)
    change = fields.String(required=True)
    path = fields.List(hash_field(), required=True)
    manifest = fields.String(required=True)
    proof = fields.String(required=True)


class ProblemSchema(Schema):
    """An error (RFC 9457); further members hold the facts of its code."""

    class Meta:
        """Those further members."""

        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
