"""Reading the records of the tests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.catalogue import ENTITIES, Reading
from tests.ledger.catalogue.records import KODE_DESA, SOUND, TODAY, Read


@pytest.fixture(scope="session")
def read() -> Read:
    """Reads a sound record of an entity, with some members changed."""

    def read(entity: str, **changed: object) -> Reading:
        data = SOUND[entity] | changed
        id_ = str(SOUND[entity].get(ENTITIES[entity].key, KODE_DESA))
        return ENTITIES[entity].read(json.dumps(data).encode(), TODAY, KODE_DESA, id_)

    return read


@pytest.fixture(scope="session")
def statements() -> Callable[[str], list[dict[str, Any]]]:
    """The change lines of a file of tests/data/catalogue."""
    folder = Path(__file__).parents[2] / "data" / "catalogue"

    def statements(name: str) -> list[dict[str, Any]]:
        lines = (folder / f"{name}.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    return statements
