"""Through which records a person was seen, whose own record may never have been opened."""

from sqlalchemy import Connection

from projections import sql

_SQL = sql.load("projections.queries", "akses.sql")


def telling(tx: Connection, kode_desa: str, id_: str) -> list[tuple[str, str]]:
    """Other records of the desa that tell of a person what is protected: entity and id.

    Who stands in a suplemen is not among them: that somebody does is itself what is protected.
    """
    facts = {"kode_desa": kode_desa, "id": id_}
    return [(row.entity, row.id) for row in tx.execute(_SQL["telling"], facts)]
