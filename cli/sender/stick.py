"""A stick on the desa's side (PROTOCOL section 15): what it brings back, and what goes on it.

    receipts of what is pending ─► verified as over HTTP ─► settled ─► their files go
    what is still pending ─► how much of the log we have seen, the batches, their photos

Nobody can be asked anything: a receipt that does not go on from what we have seen settles
nothing, and the next one is asked for by telling how much that is. Files of another desa, and of
another computer, are not ours to touch.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from cli.sender import files
from cli.sender.delivery import follow_office, verified
from cli.sender.errors import StateUnusableError
from cli.sender.receipts import Answer, Receipt, signed_by, signed_by_another, verify_place_only
from cli.sender.state import State
from cli.stick import BATCH, RECEIPT, SEEN, StickFileError, read_file
from ledger import Batch

_MOST_ANSWER = 32 * 1024 * 1024
_REFERENCE = re.compile(rb"sha256:([0-9a-f]{64})")


class Stick:
    """A folder on a stick, and the state of the computer that it is plugged into.

    `warn` takes a sentence about what does not go on; `tell` one about what does.
    """

    def __init__(
        self,
        state: State,
        folder: Path,
        *,
        tell: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self._state = state
        self._folder = folder
        self._tell = tell
        self._warn = warn

    def confirm(self) -> list[Receipt]:
        """Settle what is pending and has its receipt here, in order; gives the receipts.

        Raises:
            ReceiptError: one proves nothing, or a lost past; what came before it is settled.
        """
        state = self._state
        receipts, pending = [], state.pending()
        while pending and pending[0].manifest.number <= state.position.number:
            # Settled but for its last step when the program was cut off.
            state.finish(pending.pop(0))
        self._catch_up()
        for batch in pending:
            answer = self._answer(batch.manifest.number)
            if answer is None or not self._goes_on(answer, batch):
                break
            state.settle(batch, answer, verified(state, answer, batch))
            receipts.append(Receipt.of(batch, answer))
            self._tell(
                f"kiriman nomor {batch.manifest.number} terbukti diterima, sebagai kiriman "
                f"ke-{answer.position}"
            )
        return receipts

    def clear(self) -> None:
        """Remove the files of batches that are settled, and what was left half written of them."""
        with self._warning():
            for path in self._settled():
                for picture in self._pictures_of(path):
                    files.remove(self._pictures / picture)
                files.remove(path)
            self._remove_empty()

    def write(self, batches: Sequence[Batch]) -> list[Path]:
        """Write batches, each whole or not at all; before them, how much we have seen."""
        seen = self._folder / f"{self._stem}{SEEN}"
        if not batches:
            with self._warning():
                files.remove(seen)
            return []
        files.write(seen, b"%d\n" % self._state.position.size, mode=0o644)
        return [self._state.export(batch, self._folder) for batch in batches]

    @contextmanager
    def _warning(self) -> Iterator[None]:
        """What cannot be removed is said, and stays: it does no harm."""
        try:
            yield
        except StateUnusableError as error:
            self._warn(str(error))

    # --- photos ---------------------------------------------------------------------------------

    def lacking(self, batches: Iterable[Batch]) -> set[str]:
        """The files that these batches refer to and that do not lie here, by hash."""
        named = set().union(*map(_named, batches))
        return {it for it in named if not (self._pictures / it).exists()}

    def bring(self, digest: str, data: bytes) -> None:
        """Write a file beside the batches."""
        files.make_folder(self._pictures, mode=0o755)
        files.write(self._pictures / digest, data, mode=0o644)

    @property
    def _pictures(self) -> Path:
        return self._folder / f"{self._state.kode_desa}-berkas"

    def _pictures_of(self, path: Path) -> set[str]:
        """What a settled batch brought with it, unless one that is pending refers to it, too."""
        found = re.fullmatch(rf"{re.escape(self._stem)}-([0-9]+){re.escape(BATCH)}", path.name)
        if not found or not self._pictures.exists():
            return set()
        pending = set().union(*map(_named, self._state.pending()))
        return _named(self._state.sent(int(found[1]))) - pending

    def _remove_empty(self) -> None:
        with suppress(OSError):
            self._pictures.rmdir()

    # --- receipts -------------------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Receipts of batches that were settled before tell, too, how far the log is.

        The office was given such batches again when it had lost them; the receipts of what
        follows go on from theirs.
        """
        state = self._state
        for number in sorted(self._numbers(RECEIPT)):
            if number > state.position.number:
                return
            answer = self._answer(number)
            if answer and state.position.size == answer.seen:
                batch = state.sent(number)
                if self._goes_on(answer, batch):
                    state.advance(answer, verified(state, answer, batch))

    def _goes_on(self, answer: Answer, batch: Batch) -> bool:
        """Whether a receipt can be judged here, and begins where our sight of the log ends."""
        state, name = self._state, self._name(batch.manifest.number, RECEIPT)
        if answer.rotations and signed_by_another(answer, state.office):
            follow_office(state, answer.rotations, self._tell)
        if signed_by_another(answer, state.office) and not signed_by(answer, state.office):
            self._warn(
                f"{name} ditandatangani kunci kecamatan yang belum dikenal di sini, tanpa surat "
                "pergantian kunci; kirimannya tetap tertunda. Bila kecamatan memang berganti "
                "kunci, jalankan sekali dengan --url, atau minta kuncinya yang baru di atas "
                "kertas."
            )
            return False
        if state.position.size and answer.seen != state.position.size:
            verified(state, answer, batch, verify_place_only)
            self._warn(
                f"{name} dibuat sebelum kiriman lain diterima lewat jalan lain, jadi belum "
                "membuktikan semuanya; kirimannya ditulis lagi untuk diterima sekali lagi."
            )
            return False
        return True

    def _answer(self, number: int) -> Answer | None:
        """The receipt of a batch, as it lies here; None when there is none that can be read."""
        path = self._folder / self._name(number, RECEIPT)
        if not path.exists():
            return None
        try:
            return msgspec.json.decode(read_file(path, _MOST_ANSWER), type=Answer)
        except (StickFileError, msgspec.MsgspecError, UnicodeDecodeError):
            self._warn(f"{path.name} tidak terbaca; kirimannya tetap tertunda.")
            return None

    # --- names ----------------------------------------------------------------------------------

    @property
    def _stem(self) -> str:
        return self._state.file_stem()

    def _name(self, number: int, ending: str) -> str:
        return f"{self._stem}-{number}{ending}"

    def _numbers(self, ending: str) -> Iterator[int]:
        pattern = re.compile(rf"{re.escape(self._stem)}-([1-9][0-9]{{0,18}}){re.escape(ending)}")
        for path in self._folder.iterdir():
            if found := pattern.fullmatch(path.name):
                yield int(found[1])

    def _settled(self) -> Iterator[Path]:
        """Files here of settled batches of ours, also of keys that have handed over."""
        state = self._state
        stems: dict[str, float] = {state.file_stem(it): math.inf for it in state.labels_before}
        stems[self._stem] = state.position.number
        endings = "|".join(map(re.escape, (BATCH, RECEIPT)))
        for path in list(self._folder.iterdir()):
            for stem, until in stems.items():
                found = re.fullmatch(
                    rf"\.?{re.escape(stem)}-([1-9][0-9]{{0,18}})({endings})(\.part)?", path.name
                )
                if found and int(found[1]) <= until:
                    yield path


def _named(batch: Batch) -> set[str]:
    """The files that a batch refers to, by hash."""
    return {it.decode() for it in _REFERENCE.findall(batch.body)}
