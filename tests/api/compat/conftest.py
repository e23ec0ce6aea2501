"""An office that villages push to with an unmodified OpenSID."""

from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from ledger import Change, read_entries
from ledger.database import Databases
from tests import recorded
from tests.api.conftest import Web
from tests.recorded import A, B, Recorded


class Gate(Web):
    """A web whose desa have tokens; recorded requests are sent with them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tokens_of: dict[str, str] = {}
        for kode_desa in (A, B):
            self.registry.add_desa(kode_desa, f"Desa {kode_desa[-4:]}")
            self.tokens_of[kode_desa], _ = self.tokens.issue(kode_desa, "uji")

    def send(self, request: Recorded, kode_desa: str = A) -> TestResponse:
        """Send a recorded request with a desa's token."""
        return self.client.open(
            request.target,
            method=request.method,
            headers=request.shown(self.tokens_of[kode_desa]),
            data=request.body,
            # The client would take what follows a double slash for a host.
            environ_overrides={"PATH_INFO": request.target.partition("?")[0]},
        )

    def play(self, scenario: str, kode_desa: str = A) -> list[TestResponse]:
        """Send a scenario's requests in order."""
        return [self.send(it, kode_desa) for it in recorded.scenario(scenario)]

    def post(self, path: str, kode_desa: str = A, **options: Any) -> TestResponse:
        """Send a request made up for the test."""
        headers = {"Authorization": f"Bearer {self.tokens_of[kode_desa]}"}
        if any(isinstance(it, FileStorage) for it in dict(options.get("data") or {}).values()):
            # The client would put a long form into a file of its own, and leave it open.
            boundary, options["data"] = encode_multipart(options["data"])
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        return self.client.post(f"/api/v1/{path}", headers=headers, **options)

    def logged(self, kode_desa: str = A) -> list[list[Change]]:
        """The changes of each batch of a log."""
        with self.databases.reader.connect() as tx:
            return [list(it.changes()) for it in read_entries(tx, kode_desa, 0, 10_000)]

    def size(self, kode_desa: str = A) -> int:
        return self.ledger.head(kode_desa).size


@pytest.fixture
def gate(databases: Databases, tmp_path: Path) -> Gate:
    return Gate(databases, folder=tmp_path / "blobs", kode="52.03.04")
