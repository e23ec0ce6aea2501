"""A computer of a desa, and an office that it sends to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.sender.computer import Computer
from tests.cli.sender.office import Office, listening


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    """Where the office answers."""
    with listening(office) as address:
        yield address


@pytest.fixture
def computer(tmp_path: Path, url: str, office: Office) -> Computer:
    """A computer whose key is enrolled, and that was given the office's key."""
    return Computer(tmp_path / "kiriman", url, office).set_up()


@pytest.fixture
def another(tmp_path: Path, url: str, office: Office) -> Computer:
    """A second computer of the same desa."""
    return Computer(tmp_path / "kedua", url, office).set_up("kaur-2")
