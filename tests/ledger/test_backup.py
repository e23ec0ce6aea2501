"""Backups: whole or none, of one moment, and never taken for what they are not."""

import io
import json
import os
import shutil
import stat
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from pyrage.x25519 import Identity

from ledger import (
    Backup,
    BackupDamagedError,
    BackupError,
    Backups,
    BackupSealedError,
    Identities,
    Order,
    StoppedError,
    Wish,
    list_backups,
    read_standing,
)
from ledger.database import Databases
from ledger.dump import DumpError, DumpProgramsError
from ledger.server import find_programs
from tests.simulator import KODE, KODE_DESA, ORIGIN, START, House, penduduk

PDF = b"%PDF-1.4\n"
MINE, THEIRS = Identity.generate(), Identity.generate()
ORDER = Order("permintaan", "UU 27/2022 pasal 43", "470/12", "camat", "sekcam")


@pytest.fixture
def house(databases: Databases, tmp_path: Path) -> House:
    """An office with a batch and two files."""
    house = House(databases, folder=tmp_path / "blobs")
    house.push(house.village(), [penduduk(1), penduduk(8271, "MARIA GORETI")])
    kept = [house.blobs.keep(PDF + it, "application/pdf") for it in (b"1", b"2")]
    with house.databases.ingest.begin() as tx:
        house.blobs.belong(tx, KODE_DESA, kept, START)
    return house


@pytest.fixture
def sealed(house: House) -> Backups:
    """The same office, whose backups are sealed for `MINE`."""
    return _sealed_for(house, MINE)


def _sealed_for(house: House, *keys: Identity) -> Backups:
    return Backups(
        house.databases.owner,
        house.folder,
        house.now,
        origin=ORIGIN,
        kode=KODE,
        recipients=tuple(str(it.to_public()) for it in keys),
    )


def left_in(folder: Path) -> list[str]:
    return sorted(it.name for it in folder.iterdir() if it.name != ".opendk-ledger.lock")


def test_a_backup_says_what_it_holds_and_nobody_else_may_read_it(
    house: House, tmp_path: Path
) -> None:
    made = house.backups.make(tmp_path / "cadangan")
    made.check()
    assert (made.origin, made.kode, made.blobs, made.missing) == (ORIGIN, KODE, 2, ())
    at = {it.kode: it for it in made.logs}
    assert at.keys() == {KODE, KODE_DESA}
    head = house.ledger.head(KODE_DESA)
    assert (at[KODE_DESA].size, at[KODE_DESA].root) == (head.size, head.root)
    for path in [made.path, *made.path.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    said = (made.path / "manifest.json").read_text() + (made.path / "SHA256SUMS").read_text()
    assert "MARIA" not in said
    assert left_in(tmp_path / "cadangan") == [made.path.name]
    assert list_backups(tmp_path / "cadangan") == [made]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _without_a_line(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(it for it in lines if "blobs/" not in it) + lines[1])


def _told(path: Path, **changed: object) -> None:
    told = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**told, **changed}))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "the dump flipped": lambda it: _flip(next(it.glob("database.*"))),
    "the dump cut off": lambda it: os.truncate(next(it.glob("database.*")), 5_000),
    "the dump gone": lambda it: next(it.glob("database.*")).unlink(),
    "a file flipped": lambda it: _flip(next(it.glob("blobs/*/*"))),
    "a file gone": lambda it: next(it.glob("blobs/*/*")).unlink(),
    "the manifest flipped": lambda it: _flip(it / "manifest.json"),
    "the manifest rewritten": lambda it: _told(it, logs=[]),
    "the manifest emptied": lambda it: (it / "manifest.json").write_bytes(b""),
    "the manifest of something else": lambda it: (it / "manifest.json").write_bytes(b"[]"),
    "the sums gone": lambda it: (it / "SHA256SUMS").unlink(),
    "the sums cut off": lambda it: os.truncate(it / "SHA256SUMS", 20),
    "the sums of fewer files": lambda it: _without_a_line(it / "SHA256SUMS"),
    "the sums of a file elsewhere": lambda it: (it / "SHA256SUMS").write_text(
        f"{'0' * 64}  blobs/../../x\n"
    ),
}


@pytest.mark.parametrize("keys", [(), (MINE,)], ids=["clear", "sealed"])
def test_whatever_is_damaged_is_refused(
    house: House, tmp_path: Path, keys: tuple[Identity, ...]
) -> None:
    """Also of a sealed one, by somebody who cannot open it."""
    made = _sealed_for(house, *keys).make(tmp_path / "cadangan")
    for name, damage in DAMAGES.items():
        copy = tmp_path / "salinan"
        shutil.copytree(made.path, copy)
        damage(copy)
        refused = _refused(copy)
        assert refused, name
        assert "rusak" in refused
        shutil.rmtree(copy)


def _refused(path: Path) -> str | None:
    try:
        Backup.open(path).check()
    except BackupDamagedError as error:
        return str(error)
    return None


def test_a_sealed_backup_says_nothing_to_whoever_lacks_the_key(
    house: House, sealed: Backups, tmp_path: Path
) -> None:
    made = sealed.make(tmp_path / "cadangan")
    made.check()
    assert made.recipients == (str(MINE.to_public()),)
    for path in made.path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
        if path.is_file() and path.name not in {"manifest.json", "SHA256SUMS"}:
            data = path.read_bytes()
            assert data.startswith(b"age-encryption.org/v1\n"), path
            assert not any(it in data for it in (b"PGDMP", PDF, b"MARIA", KODE.encode()))
    for identities in (None, Identities([THEIRS])):
        with pytest.raises(BackupSealedError, match=r"tersandi untuk age1\w+; sebutkan berkas"):
            made.unlock(identities)
    opened = made.unlock(Identities([THEIRS, MINE]))
    opened.check()
    dump = io.BytesIO()
    opened.read_database(dump)
    assert dump.getvalue().startswith(b"PGDMP")
    files = {}
    for digest in opened.files():
        opened.read_file(digest, target := io.BytesIO())
        files[digest] = target.getvalue()
    assert files == {sha256(it).hexdigest(): it for it in (PDF + b"1", PDF + b"2")}


def test_what_was_sealed_under_another_name_is_found_when_it_is_opened(
    sealed: Backups, tmp_path: Path
) -> None:
    """By somebody who exchanged two files, and the sums too: the key's owner notices."""
    made = sealed.make(tmp_path / "cadangan")
    one, other = (it.relative_to(made.path) for it in made.path.glob("blobs/*/*"))
    (made.path / one).rename(tmp_path / "one")
    (made.path / other).rename(made.path / one)
    (tmp_path / "one").rename(made.path / other)
    sums = (made.path / "SHA256SUMS").read_text()
    sums = sums.replace(str(one), "?").replace(str(other), str(one)).replace("?", str(other))
    (made.path / "SHA256SUMS").write_text(sums)
    made.check()
    with pytest.raises(BackupDamagedError, match=r"blobs/../\w{64} berubah"):
        made.unlock(Identities([MINE])).check()


def test_files_are_shared_by_what_is_sealed_for_the_same(house: House, tmp_path: Path) -> None:
    folder, made = tmp_path / "cadangan", []
    for keys in ((), (MINE,), (MINE,), (MINE, THEIRS), ()):
        made.append(_sealed_for(house, *keys).make(folder))
        made[-1].check()
        house.now.time += timedelta(days=1)
    inodes = [{it.stat().st_ino for it in backup.path.glob("blobs/*/*")} for backup in made]
    assert all(len(it) == 2 for it in inodes)
    shared = [one == other for one, other in pairwise(inodes)]
    assert shared == [False, True, False, False]
    made[2].unlock(Identities([MINE])).check()


def test_a_sealed_backup_that_is_told_to_stop_leaves_nothing(
    sealed: Backups, tmp_path: Path
) -> None:
    asked = iter([False, False, True])
    with pytest.raises(StoppedError):
        sealed.make(tmp_path / "cadangan", stopping=lambda: next(asked))
    assert left_in(tmp_path / "cadangan") == []


def test_what_is_no_backup_is_named(house: House, tmp_path: Path) -> None:
    made = house.backups.make(tmp_path / "cadangan")
    for path, why in (
        (tmp_path / "tidak-ada", "tidak ada folder"),
        (tmp_path, "bukan cadangan"),
        (
            made.path.parent,
            f"memuat 1 cadangan; sebutkan salah satu, yang terbaru {made.path.name}",
        ),
    ):
        with pytest.raises(BackupError, match=why):
            Backup.open(path)
    _told(made.path, format="opendk-ledger/backup/v2")
    with pytest.raises(BackupError, match="backup/v2, bukan"):
        Backup.open(made.path)


def test_the_next_backup_shares_the_files_that_are_sound(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "cadangan"
    first = house.backups.make(folder)
    sound, rotten = sorted(first.path.glob("blobs/*/*"))
    _flip(rotten)
    second = house.backups.make(folder)
    second.check()
    names = [it.relative_to(first.path) for it in (sound, rotten)]
    shared = [(first.path / it).samefile(second.path / it) for it in names]
    assert shared == [True, False]
    assert [it.path for it in list_backups(folder)] == [second.path, first.path]
    assert house.backups.prune(folder, 1) == [first]
    second.check()
    assert left_in(folder) == [second.path.name]


def test_a_file_that_is_lost_already_does_not_keep_the_others_from_being_saved(
    house: House, tmp_path: Path
) -> None:
    gone, changed = sorted((tmp_path / "blobs").glob("*/*"))
    gone.unlink()
    _flip(changed)
    made = house.backups.make(tmp_path / "cadangan")
    made.check()
    assert (made.blobs, set(made.missing)) == (0, {gone.name, changed.name})


def test_what_is_told_to_stop_leaves_nothing(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "cadangan"
    with pytest.raises(StoppedError):
        house.backups.make(folder, stopping=lambda: True)
    assert left_in(folder) == []


def test_what_was_cut_off_is_no_backup_and_is_thrown_away(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "cadangan"
    made = house.backups.make(folder)
    made.path.rename(folder / ".opendk-baru-0011")
    (folder / ".opendk-baru-0011" / "manifest.json").unlink()
    assert list_backups(folder) == []
    with pytest.raises(BackupError, match="terputus saat dibuat"):
        Backup.open(folder / ".opendk-baru-0011")
    assert left_in(folder) == [".opendk-baru-0011"]
    again = house.backups.make(folder)
    assert left_in(folder) == [again.path.name]


def test_two_at_once_do_not_tread_on_each_other(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "cadangan"
    refused: list[str] = []

    def try_too(_: int) -> None:
        if not refused:
            with pytest.raises(BackupError, match="sedang dibuat cadangan lain") as caught:
                house.backups.make(folder)
            refused.append(caught.value.code)

    house.backups.make(folder, try_too).check()
    assert refused == ["backup-busy"]


def test_a_second_one_of_the_same_second_is_refused_before_any_work(
    house: House, tmp_path: Path
) -> None:
    made = house.backups.make(tmp_path / "cadangan")
    house.now.time = made.taken_at - timedelta(seconds=1)
    with pytest.raises(BackupError, match="sudah ada; ulangi sesaat lagi"):
        house.backups.make(tmp_path / "cadangan")
    assert left_in(tmp_path / "cadangan") == [made.path.name]


def test_the_oldest_stay_while_another_is_made(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "cadangan"
    house.backups.make(folder)
    house.now.time += timedelta(days=1)
    second = house.backups.make(folder)
    house.now.time += timedelta(days=1)
    tried: list[int] = []

    def prune(_: int) -> None:
        if not tried:
            tried.append(len(house.backups.prune(folder, 1)))

    third = house.backups.make(folder, prune)
    assert tried == [0]
    assert len(house.backups.prune(folder, 2)) == 1
    assert left_in(folder) == [second.path.name, third.path.name]


@pytest.mark.parametrize(
    "changed",
    [
        {"taken_at": "kemarin"},
        {"taken_at": "0001-01-01T00:00:00"},
        {"taken_at": 5},
        {"postgresql": float("inf")},
        {"parts": []},
        {"parts": {"database.dump": {"bytes": 1e400}, "blobs": {"count": 0, "bytes": 0}}},
        {"logs": [1]},
        {"missing": 5},
        {"recipients": 5},
    ],
    ids=str,
)
def test_a_strange_manifest_does_not_keep_the_others_from_being_seen(
    house: House, tmp_path: Path, changed: dict[str, object]
) -> None:
    folder = tmp_path / "cadangan"
    strange = house.backups.make(folder)
    house.now.time += timedelta(days=1)
    sound = house.backups.make(folder)
    _told(strange.path, **changed)
    with pytest.raises(BackupDamagedError, match="tidak lengkap"):
        Backup.open(strange.path)
    assert list_backups(folder) == [sound]
    (strange.path / "manifest.json").write_text("[" * 100_000)
    assert list_backups(folder) == [sound]


def test_who_is_erased_while_it_is_made_is_not_in_it(house: House, tmp_path: Path) -> None:
    def erase(_: int) -> None:
        if not erased:
            erased.append(True)
            house.redactions.redact(Wish(KODE_DESA, "penduduk", "8271"), ORDER)

    erased: list[bool] = []
    made = house.backups.make(tmp_path / "cadangan", erase)
    with house.databases.owner.connect() as tx:
        assert read_standing(tx) == {it.kode: it for it in made.logs}
    assert left_in(made.path.parent) == [made.path.name]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder whose pg_dump is what a test writes there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def _program(folder: Path, version: str, otherwise: str) -> None:
    path = folder / "pg_dump"
    path.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) {version}"; exit; '
        f"fi\n{otherwise}\n"
    )
    path.chmod(0o755)


def _with(house: House, programs: Path) -> Backups:
    return Backups(
        house.databases.owner, house.folder, house.now, origin=ORIGIN, kode=KODE, bindir=programs
    )


def test_programs_that_are_missing_old_or_failing_are_told(
    house: House, programs: Path, tmp_path: Path
) -> None:
    backups, folder = _with(house, programs), tmp_path / "cadangan"
    with pytest.raises(DumpProgramsError, match=r"tidak ditemukan \(tidak ada satu pun\)"):
        backups.make(folder)
    _program(programs, "9.6", "exit 0")
    with pytest.raises(DumpProgramsError, match=r"pg_dump versi 9\); pasang klien"):
        backups.make(folder)
    _program(programs, "99.1", 'echo "pg_dump: error: no space, or so" >&2; exit 1')
    with pytest.raises(DumpError, match="pg_dump gagal: pg_dump: error: no space, or so"):
        backups.make(folder)
    assert left_in(folder) == []


def test_the_password_is_in_no_argument(house: House, programs: Path, tmp_path: Path) -> None:
    real = find_programs(None) / "pg_dump"
    seen = tmp_path / "arguments"
    _program(programs, "99", f'echo "$@" > {seen}; exec {real} "$@"')
    _with(house, programs).make(tmp_path / "cadangan").check()
    password = house.databases.owner.url.password
    assert password
    assert str(password) not in seen.read_text()
    assert "--schema=ledger" in seen.read_text()


def test_a_folder_that_cannot_be_written_is_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "cadangan").write_text("")
    with pytest.raises(BackupError, match="cadangan: sudah ada"):
        house.backups.make(tmp_path / "cadangan")


def test_only_an_offices_own_backups_are_counted(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "cadangan"
    theirs = house.backups.make(folder)
    _told(theirs.path, origin="lain.example")
    house.now.time += timedelta(days=1)
    ours = house.backups.make(folder)
    assert [it.path for it in house.backups.listed(folder)] == [ours.path]
    house.now.time += timedelta(days=1)
    newest = house.backups.make(folder)
    assert house.backups.prune(folder, 1) == [ours]
    assert left_in(folder) == sorted([theirs.path.name, newest.path.name])
