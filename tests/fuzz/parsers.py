"""Every strict reader against any bytes, led by coverage (atheris).

    pip install 'atheris>=2.3'
    python -m tests.fuzz.parsers -max_total_time=300 [CORPUS_FOLDER]

Begins with the official vectors and with texts of our own. What must hold: a reader raises nothing
but its own error, and what it reads is written back as the same bytes; a policy, which people
write, is read again as the same policy. `tests/ledger/` has the same as properties, for a second
each; this runs for as long as one likes. A finding is printed with its traceback, and its input
kept as `crash-…` in the working folder.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ledger"]):
    from ledger.batch import Manifest
    from ledger.checkpoint import Checkpoint, Cosigner, CosignerKey, TlogProof
    from ledger.errors import ManifestError, NoteError, WitnessError
    from ledger.keys import SigningKey, VerifierKey
    from ledger.note import Note
    from ledger.policy import Policy
    from ledger.tiles import parse_path
    from ledger.witness import CosignRequest

VECTORS = Path(__file__).parents[1] / "vectors"
KEY = SigningKey("kecamatan.example/53.06.14", bytes(32))
WITNESS = Cosigner("kabupaten.example/saksi", b"\7" * 32)

Reader = Callable[[bytes], bytes]
"""Reads bytes and writes them back, or raises its own error."""


def _text(data: bytes) -> str:
    # As JSON gives it: any text, halves of surrogate pairs too.
    return data.decode(errors="surrogatepass")


def note(data: bytes) -> bytes:
    """Signed notes, and who signed them."""
    read = Note.from_bytes(data)
    KEY.verifier.signed(read)
    WITNESS.verifier.cosigned_at(read)
    return read.to_bytes()


def policy(data: bytes) -> bytes:
    """Policies, of which the written spelling counts."""
    read = Policy.from_bytes(data)
    written = read.to_bytes()
    if Policy.from_bytes(written) != read or Policy.from_bytes(written).to_bytes() != written:
        raise AssertionError("read differently")
    return data


READERS: tuple[tuple[Reader, type[Exception]], ...] = (
    (note, NoteError),
    (
        lambda it: Checkpoint.from_text(_text(it)).to_text().encode(errors="surrogatepass"),
        NoteError,
    ),
    (lambda it: TlogProof.from_text(_text(it)).to_text().encode(), NoteError),
    (lambda it: VerifierKey.from_vkey(_text(it)).to_vkey().encode(), NoteError),
    (lambda it: CosignerKey.from_vkey(_text(it)).to_vkey().encode(), NoteError),
    (lambda it: parse_path(_text(it)).path.encode(), NoteError),
    (lambda it: Manifest.from_text(_text(it)).to_text().encode(), ManifestError),
    (lambda it: CosignRequest.from_bytes(it).to_bytes(), WitnessError),
    (policy, NoteError),
)


def one(data: bytes) -> None:
    """The first byte says which reader."""
    if not data:
        return
    read, own = READERS[data[0] % len(READERS)]
    try:
        written = read(data[1:])
    except own:
        return
    except UnicodeDecodeError:
        return  # of _text, which is no reader
    if written != data[1:]:
        raise AssertionError(f"two spellings: {data[1:]!r} and {written!r}")


def seeds(folder: Path) -> None:
    """One file for each text that some reader takes."""
    signed = KEY.sign(Checkpoint(KEY.name, 3, bytes(32)).to_text())
    lines = f"log {KEY.verifier.to_vkey()}\nwitness w {WITNESS.verifier.to_vkey()}\nquorum w\n"
    recorded = json.loads((VECTORS / "tlog-witness" / "litewitness.json").read_text())
    proofs = json.loads((VECTORS / "tlog-proof" / "cases.json").read_text())
    notes = json.loads((VECTORS / "signed-note" / "open.json").read_text())
    texts = [
        *((0, it["note"].encode()) for it in notes["cases"] if "note" in it),
        (0, signed.to_bytes()),
        (1, signed.text.encode()),
        *((2, it["want"].encode()) for it in proofs["marshal"]),
        (3, KEY.verifier.to_vkey().encode()),
        (4, WITNESS.verifier.to_vkey().encode()),
        (5, b"tile/0/x001/x234/067"),
        (5, b"tile/entries/000.p/12"),
        (6, MANIFEST.encode()),
        *((7, it["request"].encode()) for it in recorded["exchanges"]),
        (8, lines.encode()),
    ]
    for number, (reader, text) in enumerate(texts):
        (folder / f"seed-{number}").write_bytes(bytes([reader]) + text)


MANIFEST = """opendk-ledger/batch/v1
log kecamatan-contoh.go.id/53.06.14.2001
chain desa/53.06.14.2001/sekdes-1
batch 42
prev 53kSK3HrQf4SwiBQbtyV1TtkH0leailUyDwhoTGNdQk=
seen 118 SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=
time 2026-11-23T08:15:00Z
count 1000
bytes 780890
changes fDOujOCoM+jkL84T4SG52f586IyH7DPbgv/0F0zCccc=
"""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="opendk-fuzz-") as corpus:
        seeds(Path(corpus))
        atheris.Setup([*sys.argv, corpus], one)
        atheris.Fuzz()
