"""The desk of the demonstration's kecamatan: its letters decided, its messages answered.

Nothing is decided twice: what the office's log has already is not asked for again.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from api.context import Services
from cli.demo import files
from cli.demo.affairs import LETTERS, Letter
from cli.demo.past import Event
from cli.demo.village import Push, Village
from ledger import (
    BASAH,
    DESA,
    KEMBALIKAN,
    PERIKSA,
    TANDATANGANI,
    Account,
    LetterVersion,
)

CLERK, CAMAT = "staf", "camat"
_LATER: Final = timedelta(minutes=30)
_REASON: Final = "Lampirkan surat keterangan RT dan foto tempat usaha; nomor suratnya tetap."
_ANSWER: Final = (
    "Terima kasih, Bapak/Ibu. Kode pendaftaran kunci dibuat di kantor kecamatan dan diserahkan "
    "langsung kepada operator. Silakan datang hari Senin dengan laptop kantor desa; sampai saat "
    "itu OpenSID tetap dapat mengirim dengan token seperti biasa."
)


def decisions(
    services: Services, village: Village, push: Push, position: Callable[[], int]
) -> Iterator[Event]:
    """What is not decided yet on the letters of a push, which stands at `position` in the log."""
    references = {
        it.id: it.data["berkas"] for it in push.drafts if it.entity == "surat" and it.data
    }
    for letter in LETTERS.get(village.kode, ()):
        taken = {it.act for it in services.letters.acts(village.kode, letter.nomor)}
        for act in letter.decided:
            if act not in taken:
                digest = references[letter.nomor].removeprefix("sha256:")
                decide = partial(_decide, services, village.kode, letter, act, digest, position)
                yield Event(push.on + _LATER, f"Surat {letter.nomor}", decide)


def answers(services: Services, kode_desa: str, on: datetime) -> Iterator[Event]:
    """The answer to the first message of a desa, unless it has one."""
    if all(it.pengirim == DESA for it in services.messages.after(kode_desa)):
        yield Event(on, "Jawaban pesan", partial(_answer, services, kode_desa))


def _decide(
    services: Services,
    kode_desa: str,
    letter: Letter,
    act: str,
    digest: str,
    position: Callable[[], int],
) -> None:
    version = LetterVersion(kode_desa, letter.nomor, digest, position())
    known = services.ledger.head(kode_desa).size
    account = _account(services, CLERK if act in {PERIKSA, KEMBALIKAN} else CAMAT)
    if act == TANDATANGANI:
        scan = "Pindaian surat yang sudah ditandatangani."
        lines = (f"Nomor: {letter.nomor}", "", scan, "", "Camat,", "", account.nama)
        signed = files.document(letter.nama, lines)
        services.letters.sign(version, signed, BASAH, account, known=known)
    else:
        reason = _REASON if act == KEMBALIKAN else ""
        services.letters.decide(version, act, account, reason, known=known)


def _answer(services: Services, kode_desa: str) -> None:
    first = services.messages.after(kode_desa)[0]
    services.messages.from_office(
        kode_desa, _account(services, CLERK), _ANSWER, conversation=first.conversation
    )


def _account(services: Services, username: str) -> Account:
    return next(it for it in services.accounts.all() if it.username == username)
