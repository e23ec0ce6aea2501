"""Names as they are compared: whoever writes "Lewo", " LEWO" or "lewo" means one place.

[pure]
"""


def searched(name: str | None) -> str | None:
    """A name as it is searched for: upper case, single spaces."""
    return " ".join(name.upper().split()) if name else None


def placed(dusun: str | None) -> str | None:
    """A dusun as people are counted by it: as it is searched for, and never longer than stated.

    Capitals can be longer than what they are of, and an index takes no more than what the
    catalogue has cut.
    """
    return (searched(dusun) or "")[: len(dusun)] or None if dusun else None


def sought(field: str, text: str) -> str:
    """What a field is narrowed by, as rows have it: a dusun is asked for in any spelling."""
    return placed(text) or text if field == "dusun" else text
