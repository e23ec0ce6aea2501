"""SQL from `.sql` files: each statement has a name, and a sentence that says what it is."""

import re
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from sqlalchemy import TextClause, text

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def load(package: str, file: str) -> Mapping[str, TextClause]:
    """The statements of a file in a package, by name."""
    parts = _NAME.split(resources.files(package).joinpath(file).read_text())[1:]
    named = zip(parts[::2], parts[1::2], strict=True)
    return MappingProxyType(
        {name: text(statement.strip().removesuffix(";")) for name, statement in named}
    )
