"""The tables of schema `ledger`, as SQLAlchemy Core knows them.

`migrations/` makes them; a test compares the two. A log is the rows of `batch` of one
`kode_desa`: one row a push, with the exact bytes that were signed. Everything else here is the
ledger's bookkeeping, and could be told again from the logs.

`kode_desa` is first in every primary key, so that the tables distribute by it. The office's own
log stands under the code of its kecamatan.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="ledger")

head = Table(
    "head",
    metadata,
    Column("kode_desa", Text, primary_key=True, comment="whose log; of the office: its own code"),
    Column("size", BigInteger, nullable=False, comment="batches in the log"),
    Column("root", LargeBinary, nullable=False, comment="RFC 6962 root over the manifest notes"),
    Column("appended_at", DateTime(timezone=True), comment="when the newest batch came"),
    Column(
        "known",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="batches that table stated knows",
    ),
    Column(
        "redactions",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="how often batches of the log were redacted: read models that know less forget",
    ),
    comment="one row a log: its size and root; who holds its lock may append",
)

batch = Table(
    "batch",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3 …"),
    Column("chain", Text, nullable=False, comment="the name of the key that signed"),
    Column("number", BigInteger, nullable=False, comment="1, 2, 3 … in the chain"),
    Column("manifest_hash", LargeBinary, nullable=False, comment="SHA-256 of the manifest text"),
    Column("note", LargeBinary, nullable=False, comment="the signed manifest: the leaf, exactly"),
    Column(
        "packed",
        LargeBinary,
        nullable=False,
        comment="the change lines, zstd; plain where some were redacted or an act redacts",
    ),
    Column("changes", Integer, nullable=False, comment="how many lines"),
    Column("bytes", Integer, nullable=False, comment="length of the lines, unpacked"),
    Column("root", LargeBinary, nullable=False, comment="the log's root with this batch"),
    Column("nodes", LargeBinary, nullable=False, comment="hashes of the subtrees it completes"),
    Column("received_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("kode_desa", "manifest_hash", name="batch_manifest"),
    UniqueConstraint("kode_desa", "chain", "number", name="batch_chain"),
    comment="the logs: one row a push, never changed but by redaction",
)

redaction = Table(
    "redaction",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "line",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="1, 2, 3 … in the batch",
    ),
    Column(
        "hash",
        LargeBinary,
        nullable=False,
        comment="leaf hash of the line, which stands in its place",
    ),
    Column("office", Text, nullable=False, comment="code of the office whose log has the act"),
    Column("act", BigInteger, nullable=False, comment="position of the act in that log"),
    Column("id", Uuid, nullable=False, comment="of the act"),
    Column(
        "entity",
        Text,
        nullable=False,
        comment="kind of the record that the redaction was for",
    ),
    Column("record", Text, nullable=False, comment="its id in that desa's OpenSID"),
    Column("dasar_hukum", Text, nullable=False),
    Column("redacted_at", DateTime(timezone=True), nullable=False),
    comment="the lines that were redacted, each by an act of the office",
)

discard = Table(
    "discard",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    comment="files that a redaction took and that are still to be removed from the data folder",
)

refusal = Table(
    "refusal",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("refused_at", DateTime(timezone=True), nullable=False),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False, comment="the sentence the sender was answered"),
    Column("chain", Text),
    Column("number", BigInteger),
    Column("authentic", Boolean, nullable=False, comment="the signature was right"),
    Column("note", LargeBinary, comment="the refused manifest, as evidence"),
    Column("facts", JSONB, nullable=False),
    comment="batches that were not taken, for desa and staff to see; never changed",
)

desa = Table(
    "desa",
    metadata,
    Column("kode_desa", Text, primary_key=True, comment="53.06.14.2001"),
    Column("nama", Text, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    comment="the villages that may push; the office log says since when and by whom",
)

key = Table(
    "key",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="desa/53.06.14.2001/sekdes-1"),
    Column("public", LargeBinary, nullable=False, comment="Ed25519 public key, 32 bytes"),
    Column("first", BigInteger, nullable=False, comment="valid from this log position"),
    Column("end", BigInteger, comment="valid below this log position; empty: no end"),
    Column(
        "how",
        Text,
        nullable=False,
        server_default="kantor",
        comment="by what it began: kantor, kode, rotasi",
    ),
    Column(
        "ended",
        Text,
        nullable=False,
        server_default="",
        comment="by what it ended: kantor, rotasi, desa; empty: it has not",
    ),
    Column("suspected", BigInteger, comment="its batches from here on may be a thief's"),
    Column(
        "acknowledged",
        Boolean,
        nullable=False,
        server_default="false",
        comment="the desa says that those are its own",
    ),
    Column(
        "note",
        Text,
        nullable=False,
        server_default="",
        comment="the key note by which it began; empty: none",
    ),
    Column(
        "end_note",
        Text,
        nullable=False,
        server_default="",
        comment="the key note by which it ended; empty: none",
    ),
    comment="who may sign, at which positions of the log",
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("code_hash", LargeBinary, nullable=False, comment="SHA-256 of the code"),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column(
        "tries",
        Integer,
        nullable=False,
        comment="wrong codes that were sent while this one was open",
    ),
    Column("vkey", Text, nullable=False, comment="the key that used it; empty: none yet"),
    Column("note", Text, nullable=False, comment="its enrol note, signed"),
    Column("received_at", DateTime(timezone=True)),
    Column("decided_at", DateTime(timezone=True)),
    Column("accepted", Boolean, nullable=False),
    comment="one-time codes, and the key that used each; what was decided is in the office log",
)

office_key = Table(
    "office_key",
    metadata,
    Column("kode_desa", Text, primary_key=True, comment="the office's own code"),
    Column("role", Text, primary_key=True, comment="log, kantor, gateway"),
    Column(
        "number",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="1, 2, 3 …: the newest counts",
    ),
    Column("public", LargeBinary, nullable=False, comment="Ed25519 public key, 32 bytes"),
    Column(
        "note", Text, nullable=False, comment="the rotate note by which it began; empty: the first"
    ),
    Column("signs", Boolean, nullable=False, comment="it signs, alone or beside its successor"),
    comment="the office's own keys, which hand over to each other; the seeds are files",
)

account = Table(
    "account",
    metadata,
    Column("username", Text, primary_key=True),
    Column("nama", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False, comment="prefix of the kode that they may see"),
    Column("password_hash", Text, nullable=False, comment="argon2id"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column(
        "once_until",
        DateTime(timezone=True),
        comment="the password is a one-time one, good until then",
    ),
    Column("totp", Text, comment="secret of the second factor, sealed; empty: none"),
    Column(
        "totp_step",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="time step of the newest code that was accepted",
    ),
    comment="who may log in",
)

recovery = Table(
    "recovery",
    metadata,
    Column("username", Text, primary_key=True),
    Column("hash", LargeBinary, primary_key=True, comment="SHA-256 of name and code"),
    Column("used_at", DateTime(timezone=True)),
    comment="codes that stand in for a lost second factor, each once",
)

session = Table(
    "session",
    metadata,
    Column("hash", LargeBinary, primary_key=True, comment="SHA-256 of what the cookie holds"),
    Column("username", Text, nullable=False),
    Column("role", Text, nullable=False, comment="the account's at log-in"),
    Column("complete", Boolean, nullable=False, comment="false: the second factor is awaited"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("address", Text, nullable=False, comment="network of the address"),
    Column("agent", Text, nullable=False, comment="browser and system, in short"),
    Column("ended_at", DateTime(timezone=True)),
    comment="who is logged in where",
)

log_in = Table(
    "log_in",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("username", Text, comment="empty: a name that is no account's"),
    Column("outcome", Text, nullable=False, comment="masuk, kata-sandi, kode, nama"),
    Column("door", Text, nullable=False, comment="web, program, opensid"),
    Column("address", Text, nullable=False, comment="network of the address"),
    Column("agent", Text, nullable=False, comment="browser and system, in short"),
    comment="log-ins that were tried; never changed",
)

attempt = Table(
    "attempt",
    metadata,
    Column("key", Text, primary_key=True, comment="hash of a name, or a network, or both"),
    Column("failures", Integer, nullable=False),
    Column(
        "until", DateTime(timezone=True), nullable=False, comment="nothing is looked at before"
    ),
    Column("counted_at", DateTime(timezone=True), nullable=False),
    comment="failed log-ins that count against whoever tries next",
)

stated = Table(
    "stated",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column(
        "hash", LargeBinary, nullable=False, comment="SHA-256 of the record with sorted members"
    ),
    comment="what a log says now, as hashes of its records; for desa that the gateway serves",
)

token = Table(
    "token",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the token"),
    Column("label", Text, nullable=False, comment="for whom it was issued"),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    comment="who may push by the old protocol; the office log says who issued and revoked them",
)

upload = Table(
    "upload",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("whole", Boolean, nullable=False, comment="it stated all records of its entity"),
    Column("refusal", Text, nullable=False, comment="code of why nothing was taken; empty: taken"),
    Column("message", Text, nullable=False, comment="the sentence that belongs to it"),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("deleted", Integer, nullable=False),
    Column(
        "kept",
        Integer,
        nullable=False,
        comment="named for deletion, yet in the newest whole upload",
    ),
    Column(
        "withheld",
        Integer,
        nullable=False,
        comment="missing from a whole upload, and not deleted",
    ),
    Column("pictures", Integer, nullable=False, comment="files named as pictures that are none"),
    Column("left_out", JSONB, nullable=False, comment="rows that are no records: row, code, id"),
    Column("positions", ARRAY(BigInteger), nullable=False, comment="the batches that it became"),
    Column("erased", Uuid, comment="the redaction that took the file kept as evidence"),
    comment="what came by the old protocol, and what became of it",
)

waiting = Table(
    "waiting",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("upload", Uuid, nullable=False),
    Column("noticed_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False, comment="many, or unreadable rows"),
    Column("ids", ARRAY(Text), nullable=False),
    comment="records missing from the newest whole upload, not deleted until somebody confirms",
)

blob = Table(
    "blob",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("type", Text, nullable=False, comment="media type, by content"),
    Column("bytes", BigInteger, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    comment="files that a desa sent; their bytes are in the data folder",
)

message = Table(
    "message",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "conversation", BigInteger, nullable=False, comment="number of the message that began it"
    ),
    Column("pengirim", Text, nullable=False, comment="desa or kecamatan"),
    Column("nama_pengirim", Text, nullable=False),
    Column("judul", Text, nullable=False),
    Column("isi", Text, nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    comment="messages between a desa and the office, of both logs, in one order",
)

letter_act = Table(
    "letter_act",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("nomor", Text, nullable=False, comment="of the letter, which is its id in its desa"),
    Column(
        "position",
        BigInteger,
        nullable=False,
        comment="batch of the desa's log with which the version began that was decided on",
    ),
    Column("sha256", Text, nullable=False, comment="of the PDF that was decided on"),
    Column("act", Text, nullable=False),
    Column("state", Text, nullable=False, comment="where the letter stands since"),
    Column("username", Text, nullable=False),
    Column("nama", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("signed", Text, nullable=False, comment="SHA-256 of the signed PDF; empty: none"),
    Column("way", Text, nullable=False, comment="elektronik, basah; empty: not signed"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("office_position", BigInteger, nullable=False, comment="batch of the office's log"),
    comment="what the office decided on letters; only a reason is ever erased",
)

figure = Table(
    "figure",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("jenis", Text, nullable=False, comment="which table of the office's: FIGURE_KINDS"),
    Column("tahun", Integer, nullable=False),
    Column("periode", Integer, nullable=False, comment="month or semester, as the kind has it"),
    Column("rincian", Integer, nullable=False, comment="which disease; 0: not divided"),
    Column("act", Text, nullable=False, comment="nyatakan, cabut"),
    Column("angka", JSONB, nullable=False, comment="by column; null: not stated"),
    Column("username", Text, nullable=False),
    Column("nama", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("way", Text, nullable=False, comment="formulir, berkas"),
    Column("source", Text, nullable=False, comment="SHA-256 of the file; empty: a form"),
    Column("row", Integer, nullable=False, comment="of the file; 0: a form"),
    Column("reason", Text, nullable=False, comment="why it was withdrawn: a code"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("office_position", BigInteger, nullable=False, comment="batch of the office's log"),
    Column("line", Integer, nullable=False, comment="in that batch"),
    comment="figures that the office itself states of desa and periods; never changed",
)

job = Table(
    "job",
    metadata,
    Column("name", Text, primary_key=True),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ok", Boolean, comment="how the last run ended; empty while the first one runs"),
    Column(
        "result",
        Text,
        nullable=False,
        server_default="",
        comment="what the last run says of itself",
    ),
    Column(
        "failures", Integer, nullable=False, server_default="0", comment="failed runs in a row"
    ),
    Column("next_at", DateTime(timezone=True), nullable=False),
    comment="scheduled work: its last run, and when the next one is due",
)

scrub = Table(
    "scrub",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("part", Text, primary_key=True, comment="log, berkas or akses"),
    Column(
        "reached",
        Text,
        nullable=False,
        comment="the last place of this round: a position or a hash",
    ),
    Column("begun_at", DateTime(timezone=True), nullable=False, comment="when this round began"),
    Column("finished_at", DateTime(timezone=True), comment="when the last whole round ended"),
    comment="how far what is stored was read again and checked",
)

alarm = Table(
    "alarm",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("part", Text, nullable=False, comment="log, berkas or akses"),
    Column("place", Text, nullable=False, comment="a position, a number, or a file's hash"),
    Column("fault", Text, nullable=False, comment="what is wrong there: a code"),
    Column("detail", Text, nullable=False),
    comment="damage that was found; never changed",
)

alarm_end = Table(
    "alarm_end",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("ended_at", DateTime(timezone=True), nullable=False),
    Column("username", Text, nullable=False),
    Column("note", Text, nullable=False),
    comment="alarms that somebody settled, and how; never changed",
)

access = Table(
    "access",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column(
        "number",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="1, 2, 3 … of the desa",
    ),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("username", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("id", Text, nullable=False, comment="the record; empty for a list"),
    Column("people", BigInteger, nullable=False, comment="how many records were shown"),
    Column(
        "fields",
        ARRAY(Text),
        nullable=False,
        comment="the fields that were shown and are masked else",
    ),
    Column("query", Text, nullable=False, comment="how a list was narrowed"),
    Column("purpose", Text, nullable=False, comment="one of the usual purposes"),
    Column("reason", Text, nullable=False, comment="what the viewer said it was for"),
    Column(
        "until", DateTime(timezone=True), comment="the record stays open to the viewer until then"
    ),
    Column("hash", LargeBinary, nullable=False, comment="RFC 6962 leaf hash of the row's text"),
    comment="who saw unmasked data of which record, when and why; never changed",
)

access_anchor = Table(
    "access_anchor",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column(
        "size",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="rows under the root: numbers 1 to this",
    ),
    Column("root", LargeBinary, nullable=False),
    Column(
        "position",
        BigInteger,
        nullable=False,
        comment="the batch of the office log that says so",
    ),
    comment="roots of the access log that the office log holds; never changed",
)

cosignature = Table(
    "cosignature",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False, comment="of the log"),
    Column("witness", Text, primary_key=True, comment="its vkey"),
    Column("line", Text, nullable=False, comment="the note's signature line"),
    Column("cosigned_at", DateTime(timezone=True), nullable=False, comment="as the witness says"),
    comment="what witnesses signed of our checkpoints",
)

anchor = Table(
    "anchor",
    metadata,
    Column("kode_desa", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("position", BigInteger, nullable=False, comment="of the office's log"),
    comment="how far each desa's log is stated in the office's own log",
)

witness = Table(
    "witness",
    metadata,
    Column("name", Text, primary_key=True),
    Column("vkey", Text, nullable=False),
    Column("url", Text, nullable=False, comment="before /add-checkpoint"),
    comment="who cosigns our checkpoints; the office log says since when",
)

witnessed = Table(
    "witnessed",
    metadata,
    Column("origin", Text, primary_key=True, comment="the name of somebody else's log"),
    Column("origin_hash", LargeBinary, nullable=False, comment="SHA-256 of the name"),
    Column("keys", ARRAY(Text), nullable=False, comment="vkeys of the log"),
    Column("size", BigInteger, nullable=False, comment="of what was cosigned last"),
    Column("root", LargeBinary, nullable=False),
    Column("cosigned_at", DateTime(timezone=True)),
    Column("note", LargeBinary, comment="the checkpoint that was cosigned last"),
    Column("rival", LargeBinary, comment="one that the log signed and that contradicts it"),
    UniqueConstraint("origin_hash", name="witnessed_hash"),
    comment="logs of other offices that this one witnesses",
)
