"""An office with its application, in process."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from api.context import Services
from ledger import Seals
from ledger.database import Databases
from ledger.settings import Settings
from projections import catch_up
from tests.simulator import KODE, House, Village

PASSWORD = "kata sandi panjang"


class Web(House):
    """A house with a web: what it pushes goes through HTTP, and pages show it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        settings = Settings(
            data=Path("unused"),
            origin=self.origin,
            kode=self.kode,
            nama="Kecamatan Uji",
            limits=self.limits,
        )
        self.services = Services(
            settings=settings,
            ledger=self.ledger,
            registry=self.registry,
            accounts=self.accounts,
            sessions=self.sessions,
            second_factor=self.second_factor,
            log_ins=self.log_ins,
            tokens=self.tokens,
            blobs=self.blobs,
            gateway=self.gateway,
            messages=self.messages,
            inbox=self.inbox,
            figures=self.figures,
            letters=self.letters,
            access=self.access,
            searches=self.searches,
            alarms=self.alarms,
            redactions=self.redactions,
            scrub=self.scrub,
            backups=self.backups,
            transparency=self.transparency,
            witness=self.witness,
            witnesses=self.witnesses,
            databases=self.databases,
            seals=Seals(self.keyring.web),
            now=self.now,
        )
        self.app: Flask = create_app(self.services)
        # Forms are posted as a browser would, but for the token, which has a test of its own.
        self.app.config["WTF_CSRF_ENABLED"] = False
        self.client: FlaskClient = self.app.test_client()

    def follow(self) -> None:
        """Bring the read models up to date."""
        catch_up(self.databases.projector, self.now)

    def log_in(self, scope: str = KODE, role: str = "staf") -> FlaskClient:
        """A client that is logged in as somebody of this scope."""
        username = f"{role}.{scope}"
        if self.accounts.get(username) is None:
            self.accounts.add(username, "Siti Aminah", role, scope, PASSWORD)
        client = self.app.test_client()
        form = {"username": username, "password": PASSWORD}
        assert client.post("/masuk", data=form).status_code == 302
        return client


@pytest.fixture
def web(databases: Databases, tmp_path: Path) -> Web:
    return Web(databases, folder=tmp_path / "blobs")


@pytest.fixture
def village(web: Web) -> Village:
    return web.village()


@pytest.fixture(scope="module")
def shared_web(shared_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Web:
    """One for a file of tests that only look."""
    return Web(shared_databases, folder=tmp_path_factory.mktemp("blobs"))
