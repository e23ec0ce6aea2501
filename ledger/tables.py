"""The tables of schema `ledger`, as SQLAlchemy Core knows them.

`migrations/` makes them; a test compares the two. A log is the rows of `batch` of one
`kode_desa`: one row a push, with the exact bytes that were signed. Everything else here is the
ledger's bookkeeping, and could be told again from the logs.

`kode_desa` is first in every primary key, so that the tables distribute by it. The office's own
log stands under the code of its kecamatan.
"""

from sqlalchemy import (
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
    Column("packed", LargeBinary, nullable=False, comment="the change lines, zstd"),
    Column("changes", Integer, nullable=False, comment="how many lines"),
    Column("bytes", Integer, nullable=False, comment="length of the lines, unpacked"),
    Column("root", LargeBinary, nullable=False, comment="the log's root with this batch"),
    Column("nodes", LargeBinary, nullable=False, comment="hashes of the subtrees it completes"),
    Column("received_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("kode_desa", "manifest_hash", name="batch_manifest"),
    UniqueConstraint("kode_desa", "chain", "number", name="batch_chain"),
    comment="the logs: one row a push, never changed",
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
    comment="who may sign, at which positions of the log",
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
    comment="who may log in",
)
