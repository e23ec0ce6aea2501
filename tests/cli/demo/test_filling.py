"""The demonstration's logs are filled once, however often that is cut off."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from api.context import Services
from cli.demo import command, filling, past, unsigned
from cli.demo.affairs import affairs
from cli.demo.filling import fill
from cli.demo.village import Village, kecamatan
from cli.opening import open_services
from cli.sender import Signer
from ledger import (
    DIAJUKAN,
    DIKEMBALIKAN,
    DITANDATANGANI,
    MENUNGGU_CAMAT,
    Change,
    Limits,
    read_entries,
)
from ledger.settings import Settings
from projections import catch_up
from projections.queries import kiriman, surat

FIRST, UNTIL = date(2026, 9, 20), date(2026, 11, 20)
REFUSED = "Baris 2 tidak dapat dibaca: tidak diawali garam _s yang benar (dan 3 baris lain)."
LAMIKA, WATOTIKA, LEWOKLUOK = (f"53.06.14.200{it}" for it in (1, 2, 3))


class CutError(Exception):
    """The power went off."""


class Clock(past.Clock):
    """A clock that stops the run after so many events."""

    left: int | None = None

    def begin_anew(self) -> None:
        """As in another process."""
        del self._at
        super().go_to(FIRST)

    def go_to(self, day: date) -> None:
        if self.left is not None:
            if not self.left:
                raise CutError
            self.left -= 1
        super().go_to(day)


@pytest.fixture
def villages() -> list[Village]:
    return kecamatan(seed=1, until=UNTIL, people=70, months=2)


@pytest.fixture
def clock() -> Clock:
    return Clock(FIRST, timedelta())


@pytest.fixture
def services(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Services]:
    settings = Settings(
        data=tmp_path, database_url=database_url, origin=command.ORIGIN, kode="53.06.14"
    )
    with open_services(settings, clock) as opened:
        opened.ledger.found()
        yield opened


@pytest.fixture
def run(services: Services, villages: list[Village], clock: Clock) -> Callable[..., None]:
    """Fill the logs, or as much of it as comes before the cut."""

    def run(cut_after: int | None = None) -> None:
        clock.left = None
        clock.begin_anew()
        filling.go_on(services, clock)
        clock.left = cut_after
        command._register(services, villages)
        with past.serving(services, "127.0.0.1") as address:
            fill(services, villages, UNTIL, address, clock)

    return run


def logged(services: Services, kode_desa: str) -> list[list[Change]]:
    """The changes of each batch of a log."""
    with services.databases.reader.connect() as tx:
        return [list(it.changes()) for it in read_entries(tx, kode_desa, 0, 1_000)]


def filled(services: Services) -> dict[str, object]:
    """How many things there are, of what happened."""
    desa = [it.kode_desa for it in services.registry.desa()]
    with services.databases.reader.connect() as tx:
        refused = [it.message for kode in desa for it in kiriman.refusals(tx, kode)]
    return {
        "batches": {it: len(logged(services, it)) for it in (services.settings.kode, *desa)},
        "uploads": len(services.gateway.uploads(unsigned.KODE)),
        "messages": {it: len(services.messages.after(it)) for it in desa},
        "refused": refused,
    }


def test_everybody_has_done_their_part(
    services: Services, villages: list[Village], run: Callable[..., None]
) -> None:
    run()
    for village in villages:
        pushes = [*village.pushes(), affairs(village, UNTIL)]
        told = [[(it.entity, it.id) for it in batch] for batch in logged(services, village.kode)]
        assert told == [[(it.entity, it.id) for it in push.drafts] for push in pushes]
        files = [sha256(it).hexdigest() for it in pushes[-1].files]
        assert services.blobs.lacking(village.kode, files) == []
    catch_up(services.databases.projector, services.now)
    with services.databases.reader.connect() as tx:
        stands = {it.nomor[:7]: it.state for it in surat.letters(tx, services.settings.kode)}
    assert stands == {
        "470/112": DITANDATANGANI,
        "474/117": MENUNGGU_CAMAT,
        "145/119": DIAJUKAN,
        "503/044": DIKEMBALIKAN,
    }
    assert [it.pengirim for it in services.messages.after(unsigned.KODE)] == [
        "desa", "kecamatan", "desa",
    ]  # fmt: skip
    assert {it.refusal for it in services.gateway.uploads(unsigned.KODE)} == {""}
    (waiting,) = services.gateway.waiting(unsigned.KODE)
    assert (waiting.entity, waiting.reason, len(waiting.ids)) == ("penduduk", "unreadable", 3)
    assert filled(services)["refused"] == [REFUSED]


def test_what_is_there_is_not_done_again(
    services: Services, run: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    run()
    assert "Mengirim" in capsys.readouterr().err
    before = filled(services)
    run()
    assert filled(services) == before
    assert capsys.readouterr().err == ""


def test_a_run_that_was_cut_off_goes_on(
    services: Services, run: Callable[..., None], clock: Clock
) -> None:
    """Each time a few events further; the times in the logs never go back."""
    cuts = 0
    while cuts < 40:
        try:
            run(cut_after=4)
        except CutError:
            cuts += 1
        else:
            break
    assert cuts > 4
    once = filled(services)
    assert once["uploads"] == 7
    assert once["messages"] == {LAMIKA: 1, WATOTIKA: 1, LEWOKLUOK: 0, unsigned.KODE: 3}
    assert once["refused"] == [REFUSED]
    for kode_desa in (LAMIKA, WATOTIKA, LEWOKLUOK, unsigned.KODE, services.settings.kode):
        with services.databases.reader.connect() as tx:
            times = [it.received_at for it in read_entries(tx, kode_desa, 0, 1_000)]
        assert times == sorted(times)


def test_what_was_signed_before_the_cut_is_sent_as_it_was(
    services: Services, villages: list[Village], run: Callable[..., None], clock: Clock
) -> None:
    """The batch is in the folder, and its receipt never came."""
    village = villages[0]
    command._register(services, villages)
    with filling.sender_state(services, village) as state:
        push = next(iter(village.pushes()))
        (batch,) = Signer(state, clock, Limits()).signed(push.drafts)
    run()
    entry = logged(services, village.kode)[0]
    assert len(entry) == batch.manifest.count
    assert services.ledger.head(village.kode).size == affairs(village, UNTIL).number


def test_an_upload_that_is_not_taken_is_told(
    services: Services, run: Callable[..., None], tmp_path: Path
) -> None:
    folder = tmp_path / "desa" / unsigned.KODE
    folder.mkdir(parents=True)
    (folder / "token").write_text("bukan token")
    with pytest.raises(unsigned.UploadError, match="Unggahan identitas-desa tidak diterima: "):
        run()
    assert services.gateway.uploads(unsigned.KODE) == []
