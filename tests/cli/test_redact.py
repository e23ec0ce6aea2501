"""`opendk-ledger redact`, and that afterwards the person is nowhere."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import zstandard
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from cli.main import main
from cli.opening import open_services
from ledger import NO_PREVIOUS, NOTHING_SEEN, SigningKey, Upload, read_entries, write_batch
from ledger.opensid import Submission
from ledger.server import Server
from ledger.settings import Settings
from projections import catch_up
from tests import postgres
from tests.simulator import KODE, KODE_DESA, ORIGIN, START, penduduk

NIK = "5306145203850001"
NAMA = "MARIA GORETI WEKE"
ORDER = {
    "--alasan": "permintaan subjek data",
    "--dasar": "UU 27/2022 pasal 43",
    "--nomor": "470/12/2026",
    "--oleh": "camat",
    "--disetujui": "sekcam",
}


def run(settings: Settings, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, list(arguments), env=settings.to_env())
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database_url=database_url, origin=ORIGIN, kode=KODE)


def fill(settings: Settings) -> None:
    """A desa that signs two batches, and whose OpenSID uploads a dump."""
    run(settings, "desa", "add", KODE_DESA, "Lamika")
    run(settings, "desa", "token", KODE_DESA)
    key = SigningKey(f"desa/{KODE_DESA}/sekdes-1", bytes(range(32)))
    run(settings, "desa", "enrol", KODE_DESA, key.verifier.to_vkey(), "--yakin")
    maria = penduduk(8271, NAMA, nik=NIK, id_kk=5)
    child = penduduk(8272, "ANAK", nik="5306144101150002", ibu_nama=NAMA, ibu_nik=NIK)
    batch = write_batch(
        [it.to_line() for it in (penduduk(1), maria, child)],
        key,
        log=f"{ORIGIN}/{KODE_DESA}",
        number=1,
        prev=NO_PREVIOUS,
        seen=NOTHING_SEEN,
        time=START,
    )
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", f"{NIK},{NAMA}\n" * 50)
    with open_services(settings) as services:
        services.ledger.append(KODE_DESA, io.BytesIO(batch.to_bytes()))
        photo = services.blobs.keep(b"\xff\xd8\xff" + NAMA.encode(), "image/jpeg")
        evidence = services.blobs.keep(buffer.getvalue(), "application/zip")
        whole = {
            "1": {"id": 1, "nama": "SITI"},
            "8271": {"id": 8271, "nama": NAMA, "nik": NIK, "foto": photo.reference},
            "8272": {"id": 8272, "nama": "ANAK"},
        }
        upload = Upload(
            KODE_DESA, "penduduk/storedata", "penduduk", "t", evidence.sha256, 9, whole=True
        )
        services.gateway.take(
            upload,
            Submission("penduduk", whole, present=frozenset(whole), whole=True),
            lambda: evidence,
            [photo],
        )
        catch_up(services.databases.projector, services.now)


def needles() -> list[bytes]:
    """The name and the NIK, as they are and as they may be spelled."""
    found = []
    for word in (NAMA.encode(), NIK.encode()):
        found += [word, word.hex().encode(), word.lower()]
        # Three beginnings: wherever in a text the word stands, one of them is in its base64.
        for before in range(3):
            coded = base64.b64encode(b"x" * before + word + b"xxx").decode()
            found.append(coded[4:-8].encode())
    return found


def files(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield data
            if data.startswith(b"PK"):
                with ZipFile(io.BytesIO(data)) as archive:
                    yield from map(archive.read, archive.namelist())


def unpacked(value: object) -> bytes:
    if not isinstance(value, bytes):
        return str(value).encode()
    if value.startswith(zstandard.FRAME_HEADER):
        return zstandard.ZstdDecompressor().decompress(value)
    return value


def dumped(server: Server, database: str) -> bytes:
    """All rows of all tables, and everything that is packed in them, unpacked."""
    engine = create_engine(postgres.superuser_url(server, database))
    said = b""
    with engine.connect() as tx:
        names = tx.execute(
            text(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname IN ('ledger', 'projections') ORDER BY 1"
            )
        ).scalars()
        for name in names.all():
            for row in tx.execute(text(f"SELECT * FROM {name}")):
                for value in row:
                    said += unpacked(value) + b"\n"
    engine.dispose()
    return said


def raw(server: Server, database: str) -> Iterator[bytes]:
    """The files of a database, as they lie on the disk."""
    engine = create_engine(postgres.superuser_url(server, database), isolation_level="AUTOCOMMIT")
    with engine.connect() as tx:
        tx.execute(text("CHECKPOINT"))
        place = tx.execute(
            text(
                "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database"
                " WHERE datname = current_database()"
            )
        ).scalar_one()
    engine.dispose()
    for path in Path(place).iterdir():
        yield path.read_bytes()


def test_a_look_changes_nothing_and_names_what_stays(settings: Settings) -> None:
    fill(settings)
    told = run(settings, "redact", KODE_DESA, "penduduk", "8271")
    assert "Akan dihapus: 2 baris" in told
    assert "1 foto atau berkas, 1 unggahan" in told
    assert "penduduk 8272 (ibu_nama, ibu_nik): versi lama, --sebutan menghapusnya" in told
    assert "Belum ada yang dihapus" in told
    assert NIK not in told
    (plan,) = json.loads(run(settings, "redact", KODE_DESA, "penduduk", "8271", "--json"))
    assert [(it["position"], it["line"]) for it in plan["lines"]] == [(1, 2), (2, 3)]


@pytest.mark.parametrize("missing", ["--alasan", "--dasar", "--nomor", "--oleh", "--disetujui"])
def test_an_order_is_whole(settings: Settings, missing: str) -> None:
    order = [it for name, value in ORDER.items() if name != missing for it in (name, value)]
    run(settings, "redact", KODE_DESA, "penduduk", "8271", *order, "--lakukan", code=2)


def test_an_order_that_is_refused_rebuilds_nothing(settings: Settings) -> None:
    """Of one person alone: nothing was erased, so no table has to forget anything."""
    fill(settings)
    order = [it for name, value in ORDER.items() for it in (name, value)]
    alone = [*order, "--disetujui", ORDER["--oleh"], "--lakukan"]
    told = run(settings, "redact", KODE_DESA, "penduduk", "8271", *alone, code=1)
    assert "dua orang" in told
    assert "Membangun ulang" not in told


def test_afterwards_the_person_is_nowhere(
    settings: Settings, server: Server, database: str
) -> None:
    fill(settings)
    before = dumped(server, database)
    assert NIK.encode() in before
    assert any(NAMA.encode() in it for it in files(settings.data))
    order = [it for pair in ORDER.items() for it in pair]
    told = run(settings, "redact", KODE_DESA, "penduduk", "8271", "--sebutan", *order, "--lakukan")
    assert "Dihapus: 3 baris" in told
    places = [dumped(server, database), *files(settings.data), *raw(server, database)]
    for needle in needles():
        assert not any(needle in it for it in places), needle
    assert b"SITI" in places[0]
    assert b"ANAK" in places[0]
    with open_services(settings) as services, services.databases.reader.connect() as tx:
        for kode in (KODE, KODE_DESA):
            assert all(it.intact for it in read_entries(tx, kode, 0, 100))
        assert services.ledger.receipt(KODE_DESA, 2).position == 2
        (upload,) = services.gateway.uploads(KODE_DESA)
        assert upload.erased is not None
