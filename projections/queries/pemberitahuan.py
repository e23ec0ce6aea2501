"""What wants somebody's attention now, looked up where it stands; nothing is kept of it.

Letters are told by `queries.surat`, and keys that wait by the ledger; all else is one query, since
every page asks how much there is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from projections import sql

_SQL = sql.load("projections.queries", "pemberitahuan.sql")


@dataclass(frozen=True)
class Notice:
    """Something that wants attention.

    Attributes:
        kind: hapus, unggahan, kiriman, diam, pesan, sengketa, parkir, alarm or pekerjaan; and
            surat, kunci or cadangan, which others look up.
        kode_desa: whose it is; empty for what is the machine's.
        what: more of it: an entity, a state, a conversation's number, a key's name, a projection,
            a part, a job.
        since: since when.
        judul: what a conversation is called; empty for all else.
    """

    kind: str
    kode_desa: str
    what: str
    jumlah: int
    since: datetime
    judul: str = ""


def notices(
    tx: Connection, scope: str, kinds: Collection[str], silent_since: datetime
) -> list[Notice]:
    """What there is of these kinds in a scope.

    A desa is silent that was not heard since `silent_since`.
    """
    facts = {
        "scope": scope,
        "below": f"{scope}.%",
        "kinds": sorted(kinds),
        "silent_since": silent_since,
    }
    return [Notice(**row) for row in tx.execute(_SQL["notices"], facts).mappings()]
