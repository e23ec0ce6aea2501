"""A corpus of tamperings: what somebody might do to a bundle, made from fixed seeds.

A tampering takes an honest bundle apart and gives back a dishonest one, what the auditor then
holds, and where it must be noticed. `forged` ones are those of an office that has all its own
keys and signs anew whatever it likes.
"""

import base64
import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ledger import Cosigner, Policy, SigningKey, VerifierKey
from ledger.batch import Manifest, redacted_line
from ledger.bundle.batches import Stored
from ledger.bundle.trust import Trust
from ledger.checkpoint import Checkpoint, CosignerKey
from ledger.merkle import leaf_hash, leaves_root
from ledger.note import Note
from ledger.policy import KnownLog, KnownWitness
from tests.simulator import KODE, KODE_DESA, ORIGIN, START

Members = dict[str, bytes]
Place = tuple[str | None, int | None]
"""A log and a position in it, as a fault names them."""


@dataclass(frozen=True)
class Honest:
    """What is tampered with: bundles of an honest office, and what an auditor holds of it.

    `receipts` are as the desa kept them, by position, as JSON. The keys are secrets that only some
    attackers have.
    """

    whole: Members
    hashed: Members
    record: Members
    trust: Trust
    receipts: dict[int, bytes]
    log_key: SigningKey
    office_key: SigningKey
    desa_key: SigningKey


@dataclass(frozen=True)
class Tampered:
    """A dishonest bundle; `places` are those of which at least one must be named."""

    data: bytes
    trust: Trust
    places: frozenset[Place]
    kept: tuple[tuple[str, bytes], ...] = ()


Tampering = Callable[[random.Random, Honest], Tampered]
TAMPERINGS: dict[str, Tampering] = {}


def tampering(made: Tampering) -> Tampering:
    """Add a kind of tampering to the corpus."""
    TAMPERINGS[made.__name__] = made
    return made


def packed(members: Members) -> bytes:
    """Members as a ZIP file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def unpacked(data: bytes) -> Members:
    """The members of a ZIP file."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {it.filename: file.read(it) for it in file.infolist()}


# --- the parts of a bundle -----------------------------------------------------------------------


def batches(members: Members, kode: str | None = None) -> list[tuple[str, str, int]]:
    """Every batch as (name, kode, position), in order."""
    found = []
    for name in members:
        owner, _, file = name.partition("/")
        if file.endswith(".batch") and kode in (None, owner):
            found.append((name, owner, int(file.removesuffix(".batch"))))
    return found


def any_batch(rng: random.Random, members: Members, kode: str | None = None) -> Stored:
    return Stored.from_bytes(0, members[rng.choice(batches(members, kode))[0]])


def name_of(kode: str, position: int) -> str:
    return f"{kode}/{position:06d}.batch"


def place(kode: str | None, position: int | None = None) -> frozenset[Place]:
    return frozenset({(kode, position)})


def joined(note: bytes, lines: Sequence[bytes]) -> bytes:
    return note + b"\n" + b"".join(line + b"\n" for line in lines)


def flipped(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def declared(members: Members, **changed: object) -> Members:
    return {**members, "bundle.json": json.dumps({**told(members), **changed}).encode()}


def told(members: Members) -> dict[str, object]:
    found: dict[str, object] = json.loads(members["bundle.json"])
    return found


def resized(members: Members, kode: str, size: int) -> Members:
    """The declaration with another size of a log, so that the bundle contradicts nothing."""
    logs: list[dict[str, object]] = json.loads(members["bundle.json"])["logs"]
    logs = [{**it, "size": size} if it["kode"] == kode else it for it in logs]
    return declared(members, logs=logs)


def older_checkpoint(it: Honest, size: int, *, anew: bytes | None = None) -> Note:
    """What the office signed when the log was of this size, or now signs with another root."""
    names = [name for name, _, _ in batches(it.whole, KODE_DESA)[:size]]
    root = leaves_root(leaf_hash(Stored.from_bytes(0, it.whole[name]).note) for name in names)
    text = Checkpoint(f"{ORIGIN}/{KODE_DESA}", size, anew or root).to_text()
    return SigningKey(f"{ORIGIN}/{KODE_DESA}", it.log_key.seed).sign(text)


def many_lines(rng: random.Random, members: Members) -> tuple[str, str, int, Stored]:
    """A batch with at least two lines."""
    found = []
    for name, kode, position in batches(members):
        batch = Stored.from_bytes(position, members[name])
        if len(batch.lines) > 1:
            found.append((name, kode, position, batch))
    return rng.choice(found)


# --- bits and bytes ------------------------------------------------------------------------------


@tampering
def a_bit_of_a_line(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole))
    batch = Stored.from_bytes(position, it.whole[name])
    data = batch.note + b"\n" + flipped(rng, batch.body)
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_bit_of_a_manifest(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole))
    batch = Stored.from_bytes(position, it.whole[name])
    data = flipped(rng, batch.note) + b"\n" + batch.body
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_bit_of_a_checkpoint(rng: random.Random, it: Honest) -> Tampered:
    kode = rng.choice([KODE, KODE_DESA])
    name = f"{kode}/checkpoint"
    data = flipped(rng, it.whole[name])
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode))


@tampering
def a_truncated_batch(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole))
    data = it.whole[name][: rng.randrange(len(it.whole[name]))]
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_batch_with_more_behind_it(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole))
    data = it.whole[name] + rng.choice([b"\n", b"{}\n", b" ", it.whole[name]])
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_truncated_file(rng: random.Random, it: Honest) -> Tampered:
    whole = packed(it.whole)
    return Tampered(whole[: rng.randrange(len(whole))], it.trust, place(None))


# --- lines ---------------------------------------------------------------------------------------


@tampering
def a_line_dropped(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position, batch = many_lines(rng, it.whole)
    lines = list(batch.lines)
    del lines[rng.randrange(len(lines))]
    data = joined(batch.note, lines)
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def two_lines_swapped(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position, batch = many_lines(rng, it.whole)
    lines = list(batch.lines)
    a, b = rng.sample(range(len(lines)), 2)
    lines[a], lines[b] = lines[b], lines[a]
    data = joined(batch.note, lines)
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_line_replayed(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole))
    batch = Stored.from_bytes(position, it.whole[name])
    lines = list(batch.lines)
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(any_batch(rng, it.whole).lines))
    data = joined(batch.note, lines)
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_value_changed(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole, KODE_DESA))
    data = it.whole[name].replace(b'"at":"2026-11-20T', b'"at":"2025-11-20T')
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_redaction_that_nobody_ordered(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole))
    batch = Stored.from_bytes(position, it.whole[name])
    lines = list(batch.lines)
    at = rng.randrange(len(lines))
    lines[at] = redacted_line(leaf_hash(lines[at]))
    data = joined(batch.note, lines)
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_hash_of_another_line(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.hashed, KODE_DESA))
    batch = Stored.from_bytes(position, it.hashed[name])
    lines = list(batch.lines)
    lines[rng.randrange(len(lines))] = redacted_line(rng.randbytes(32))
    data = joined(batch.note, lines)
    return Tampered(packed({**it.hashed, name: data}), it.trust, place(kode, position))


@tampering
def a_person_shown_in_a_bundle_of_hashes(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.hashed, KODE_DESA))
    data = it.whole[name]
    return Tampered(packed({**it.hashed, name: data}), it.trust, place(kode, position))


@tampering
def another_record_shown(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.record, KODE_DESA))
    changed = declared(it.record, record={"entity": "penduduk", "id": "17"})
    assert name in changed
    return Tampered(packed(changed), it.trust, place(kode, position) | _all_of(it.record, kode))


def _all_of(members: Members, kode: str) -> frozenset[Place]:
    return frozenset((kode, position) for _, _, position in batches(members, kode))


@tampering
def a_body_that_was_never_signed(rng: random.Random, it: Honest) -> Tampered:
    """As small as the file is, unpacked it may be more than memory holds."""
    name, kode, position = rng.choice(batches(it.whole))
    batch = Stored.from_bytes(position, it.whole[name])
    _, manifest = batch.read()
    body, count = rng.choice(
        [
            (b"ab\n" * 100_000, 100_000),
            (b"ab\n" * 100_000, manifest.count),
            (b"ab\n" * 2_000, 2_000_000),
            (b"[" * 2_000_000 + b"\n", 1),
            (b'{"_s":"OhgzeOP3Iu8egEN7dTxYBA","a":' + b"[]," * 500_000 + b"\n", 1),
        ]
    )
    text = replace(manifest, count=count, length=len(body)).to_text()
    note = Note(text, batch.read()[0].signatures).to_bytes()
    data = note + b"\n" + body
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_manifest_of_a_million_lines(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole))
    data = it.whole[name].replace(b"\n\n", b"\n" + b"a\n" * 1_000_000 + b"\n", 1)
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


# --- batches -------------------------------------------------------------------------------------


@tampering
def a_batch_dropped(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole))
    left = {key: data for key, data in it.whole.items() if key != name}
    return Tampered(packed(left), it.trust, place(kode, position))


@tampering
def two_batches_swapped(rng: random.Random, it: Honest) -> Tampered:
    kode = rng.choice([KODE, KODE_DESA])
    a, b = rng.sample(batches(it.whole, kode), 2)
    data = {**it.whole, a[0]: it.whole[b[0]], b[0]: it.whole[a[0]]}
    # Of two chains, the first sender who had seen the true order tells.
    later = {(kode, log[2]) for log in batches(it.whole, kode) if log[2] >= min(a[2], b[2])}
    return Tampered(packed(data), it.trust, frozenset({*later, (kode, None)}))


@tampering
def a_batch_replayed_at_the_end(rng: random.Random, it: Honest) -> Tampered:
    kode = rng.choice([KODE, KODE_DESA])
    logs = batches(it.whole, kode)
    size = len(logs) + 1
    data = {**it.whole, name_of(kode, size): it.whole[rng.choice(logs)[0]]}
    return Tampered(packed(resized(data, kode, size)), it.trust, place(kode, size))


@tampering
def a_batch_in_the_place_of_another(rng: random.Random, it: Honest) -> Tampered:
    a, b = rng.sample(batches(it.whole), 2)
    data = {**it.whole, a[0]: it.whole[b[0]]}
    return Tampered(packed(data), it.trust, place(a[1], a[2]))


@tampering
def the_newest_dropped_and_the_size_with_them(rng: random.Random, it: Honest) -> Tampered:
    kode = rng.choice([KODE, KODE_DESA])
    logs = batches(it.whole, kode)
    left = dict(it.whole)
    size = rng.randrange(len(logs))
    for name, _, position in logs:
        if position > size:
            del left[name]
    return Tampered(packed(resized(left, kode, size)), it.trust, place(kode))


@tampering
def a_proof_of_another_place(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.record, KODE_DESA))
    proof = name.replace(".batch", ".proof")
    lines = it.record[proof].split(b"\n")
    at = rng.randrange(1, lines.index(b""))
    lines[at] = flipped(rng, lines[at])
    data = {**it.record, proof: b"\n".join(lines)}
    return Tampered(packed(data), it.trust, place(kode, position))


@tampering
def a_batch_of_the_record_left_out(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.record, KODE_DESA))
    left = {key: data for key, data in it.record.items() if key != name}
    return Tampered(packed(left), it.trust, place(kode, position))


@tampering
def all_batches_of_the_record_left_out(rng: random.Random, it: Honest) -> Tampered:
    mine = f"{KODE_DESA}/0"
    left = {name: data for name, data in it.record.items() if not name.startswith(mine)}
    logs: list[dict[str, object]] = json.loads(it.record["bundle.json"])["logs"]
    logs[1]["positions"] = []
    return Tampered(packed(declared(left, logs=logs)), it.trust, place(None))


@tampering
def a_receipt_that_a_part_contradicts(rng: random.Random, it: Honest) -> Tampered:
    """Of a position that is here, or with another root of the size that is here."""
    position = rng.choice([position for _, _, position in batches(it.record, KODE_DESA)])
    receipt = json.loads(it.receipts[position])
    size = len(it.receipts)
    other = older_checkpoint(it, size, anew=rng.randbytes(32)).to_bytes().decode()
    head = receipt["proof"].partition("\n\n")[0]
    changed = rng.choice(
        [
            {"proof": _with_another_path(rng, receipt["proof"])},
            {"proof": head + "\n\n" + other},
            {"number": receipt["number"] + 1},
            {"consistency": [receipt["manifest"], *receipt["consistency"]]},
        ]
    )
    kept = _kept(json.dumps({**receipt, **changed}).encode())
    places = place(KODE_DESA, position) | place(KODE_DESA, size)
    return Tampered(packed(it.record), it.trust, places, kept)


@tampering
def a_part_of_a_log_that_was_longer(rng: random.Random, it: Honest) -> Tampered:
    """The office shows the record as of an older checkpoint than the auditor knows of."""
    older = older_checkpoint(it, 4).to_bytes()
    data = {**it.record, f"{KODE_DESA}/checkpoint": older}
    kept = (("checkpoint", it.whole[f"{KODE_DESA}/checkpoint"]),)
    tampered = packed(resized(data, KODE_DESA, 4))
    return Tampered(tampered, it.trust, place(KODE_DESA, 4), kept)


# --- keys ----------------------------------------------------------------------------------------


@tampering
def a_batch_signed_by_another_key(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole))
    batch = Stored.from_bytes(position, it.whole[name])
    _, manifest = batch.read()
    note = SigningKey(manifest.chain, rng.randbytes(32)).sign(manifest.to_text())
    data = note.to_bytes() + b"\n" + batch.body
    return Tampered(packed({**it.whole, name: data}), it.trust, place(kode, position))


@tampering
def a_checkpoint_signed_by_another_key(rng: random.Random, it: Honest) -> Tampered:
    kode = rng.choice([KODE, KODE_DESA])
    name = f"{kode}/checkpoint"
    note = Note.from_bytes(it.whole[name])
    forged = SigningKey(f"{ORIGIN}/{kode}", rng.randbytes(32)).sign(note.text)
    return Tampered(packed({**it.whole, name: forged.to_bytes()}), it.trust, place(kode))


@tampering
def a_checkpoint_of_another_log(rng: random.Random, it: Honest) -> Tampered:
    a, b = rng.sample([KODE, KODE_DESA], 2)
    data = {**it.whole, f"{a}/checkpoint": it.whole[f"{b}/checkpoint"]}
    return Tampered(packed(data), it.trust, place(a))


@tampering
def a_signature_taken_from_another_batch(rng: random.Random, it: Honest) -> Tampered:
    kode = rng.choice([KODE, KODE_DESA])
    a, b = rng.sample(batches(it.whole, kode), 2)
    one, two = (Stored.from_bytes(0, it.whole[name]) for name in (a[0], b[0]))
    text = one.read()[0].text
    note = Note(text, two.read()[0].signatures).to_bytes()
    data = {**it.whole, a[0]: note + b"\n" + one.body}
    return Tampered(packed(data), it.trust, place(kode, a[2]))


@tampering
def the_policy_of_another_office(rng: random.Random, it: Honest) -> Tampered:
    key = VerifierKey(f"{ORIGIN}/{KODE}", SigningKey("x", rng.randbytes(32)).public)
    policy = Policy((KnownLog(key),), (), (), "none")
    return Tampered(packed(it.whole), Trust(policy), place(KODE))


@tampering
def a_first_key_that_the_auditor_does_not_have(rng: random.Random, it: Honest) -> Tampered:
    trust = replace(it.trust, first_keys={it.desa_key.name: rng.randbytes(16).hex()})
    return Tampered(packed(it.whole), trust, _all_of(it.whole, KODE_DESA))


@tampering
def no_witness_where_one_is_asked_for(rng: random.Random, it: Honest) -> Tampered:
    public = SigningKey("x", rng.randbytes(32)).public
    witness = KnownWitness("saksi", CosignerKey("kabupaten.example/saksi", public))
    policy = replace(it.trust.policy, witnesses=(witness,), quorum="saksi")
    return Tampered(packed(it.whole), Trust(policy), place(KODE_DESA))


# --- the file ------------------------------------------------------------------------------------


@tampering
def a_file_more(rng: random.Random, it: Honest) -> Tampered:
    kode = rng.choice([KODE, KODE_DESA])
    size = len(batches(it.whole, kode)) + 1
    name = rng.choice(
        ["setup.exe", f"{kode}/x", name_of(kode, size), f"{kode}/1.batch", "../etc/passwd"]
    )
    return Tampered(packed({**it.whole, name: b"x"}), it.trust, place(None))


@tampering
def bytes_that_are_of_no_member(rng: random.Random, it: Honest) -> Tampered:
    whole = packed(it.whole)
    buffer = io.BytesIO(whole)
    with zipfile.ZipFile(buffer, "a") as file:
        file.comment = b"dari kecamatan"
    data = rng.choice([b"MZ" * 50 + whole, whole + b"x", whole + whole[-22:], buffer.getvalue()])
    return Tampered(data, it.trust, place(None))


@tampering
def a_witnessed_checkpoint_that_is_none(rng: random.Random, it: Honest) -> Tampered:
    """Looked at whether the auditor asks for witnesses or not."""
    newest = it.whole[f"{KODE}/checkpoint"]
    text = Note.from_bytes(newest).text
    witness = Cosigner("kabupaten.example/saksi", rng.randbytes(32))
    line = witness.cosign(text, START).to_line().encode() + b"\n"
    origin, size, _ = text.splitlines()
    other = Checkpoint(origin, int(size), rng.randbytes(32)).to_text()
    data, changed = rng.choice(
        [
            (b"x", newest),
            (newest, newest),
            (newest + line, newest + line),
            (it.whole[f"{KODE_DESA}/checkpoint"], newest),
            (SigningKey(origin, rng.randbytes(32)).sign(text).to_bytes() + line, newest),
            (SigningKey(origin, it.log_key.seed).sign(other).to_bytes() + line, newest),
        ]
    )
    members = {**it.whole, f"{KODE}/checkpoint": changed, f"{KODE}/witnessed": data}
    return Tampered(packed(members), it.trust, place(None) | place(KODE))


@tampering
def a_batch_that_stands_there_twice(rng: random.Random, it: Honest) -> Tampered:
    name, _, _ = rng.choice(batches(it.whole))
    buffer = io.BytesIO(packed(it.whole))
    with zipfile.ZipFile(buffer, "a") as file:
        # zipfile warns; whoever tampers does not mind.
        file.NameToInfo.pop(name)
        file.writestr(name, it.whole[name])
    return Tampered(buffer.getvalue(), it.trust, place(None))


@tampering
def a_declaration_that_says_otherwise(rng: random.Random, it: Honest) -> Tampered:
    size = len(batches(it.whole, KODE_DESA))
    changed, where = rng.choice(
        [
            (declared(it.whole, origin="lain.example"), place(KODE)),
            (declared(it.whole, office="53.06.15"), place(None)),
            (declared(it.whole, format="opendk-ledger/bundle/v2"), place(None)),
            (
                resized(it.whole, KODE_DESA, size + 1 + rng.randrange(9)),
                place(KODE_DESA, size + 1),
            ),
            (resized(it.whole, KODE_DESA, 2**62), place(KODE_DESA, size + 1)),
            (declared(it.whole, lines="hashed"), _all_of(it.whole, KODE_DESA)),
            (declared(it.hashed, lines="whole"), _all_of(it.hashed, KODE_DESA)),
            (declared(it.whole, acts="trust"), _all_of(it.whole, KODE)),
            (declared(it.hashed, acts="whole"), _all_of(it.hashed, KODE)),
        ]
    )
    return Tampered(packed(changed), it.trust, where)


@tampering
def a_desa_left_out(rng: random.Random, it: Honest) -> Tampered:
    logs: list[dict[str, object]] = json.loads(it.whole["bundle.json"])["logs"]
    gone = rng.choice(logs[1:])["kode"]
    left = {name: data for name, data in it.whole.items() if not name.startswith(f"{gone}/")}
    left = declared(left, logs=[log for log in logs if log["kode"] != gone])
    return Tampered(packed(left), it.trust, place(str(gone)))


# --- what the auditor kept -----------------------------------------------------------------------


def _kept(data: bytes) -> tuple[tuple[str, bytes], ...]:
    return (("tanda-terima.json", data),)


@tampering
def a_receipt_of_another_position(rng: random.Random, it: Honest) -> Tampered:
    a, b = rng.sample(sorted(it.receipts), 2)
    one, two = json.loads(it.receipts[a]), json.loads(it.receipts[b])
    changed = json.dumps({**one, "manifest": two["manifest"]}).encode()
    return Tampered(packed(it.whole), it.trust, place(KODE_DESA, a), _kept(changed))


@tampering
def a_receipt_whose_checkpoint_was_changed(rng: random.Random, it: Honest) -> Tampered:
    position = rng.choice(sorted(it.receipts))
    receipt = json.loads(it.receipts[position])
    head, _, note = receipt["proof"].partition("\n\n")
    lines = note.split("\n")
    lines[2] = base64.b64encode(rng.randbytes(32)).decode()
    changed = json.dumps({**receipt, "proof": head + "\n\n" + "\n".join(lines)}).encode()
    return Tampered(packed(it.whole), it.trust, place(KODE_DESA, position), _kept(changed))


@tampering
def a_receipt_with_one_member_changed(rng: random.Random, it: Honest) -> Tampered:
    position = rng.choice(sorted(it.receipts))
    receipt = json.loads(it.receipts[position])
    other = json.loads(it.receipts[position % len(it.receipts) + 1])
    changed = {
        "kode_desa": "53.06.14.2002",
        "position": other["position"],
        "chain": receipt["chain"] + "x",
        "number": receipt["number"] + 1,
        "manifest": other["manifest"],
        "seen": receipt["seen"] + 1,
        "consistency": [*receipt["consistency"], receipt["manifest"]],
        "proof": other["proof"],
    }
    name = rng.choice(sorted(changed))
    data = json.dumps({**receipt, name: changed[name]}).encode()
    places = place(KODE_DESA, position) | place(KODE_DESA, other["position"])
    return Tampered(packed(it.whole), it.trust, places, _kept(data))


def _with_another_path(rng: random.Random, proof: str) -> str:
    """A proof of which a hash is another, is not there or is there twice, or the leaf another."""
    head, _, note = proof.partition("\n\n")
    title, index, *steps = head.split("\n")
    at = rng.randrange(len(steps))
    other = base64.b64encode(rng.randbytes(32)).decode()
    changed = rng.choice(
        [
            [index, *steps[:at], other, *steps[at + 1 :]],
            [index, *steps[:at], *steps[at + 1 :]],
            [index, *steps, steps[at]],
            [f"index {int(index[6:]) ^ 1}", *steps],
        ]
    )
    return "\n".join([title, *changed, "", note])


@tampering
def a_receipt_with_another_path(rng: random.Random, it: Honest) -> Tampered:
    position = rng.choice(sorted(it.receipts))
    receipt = json.loads(it.receipts[position])
    changed = {**receipt, "proof": _with_another_path(rng, receipt["proof"])}
    kept = _kept(json.dumps(changed).encode())
    return Tampered(packed(it.whole), it.trust, place(KODE_DESA, position), kept)


@tampering
def a_kept_proof_with_another_path(rng: random.Random, it: Honest) -> Tampered:
    position = rng.choice(sorted(it.receipts))
    proof = _with_another_path(rng, json.loads(it.receipts[position])["proof"]).encode()
    kept = (("2.tlog-proof", proof),)
    return Tampered(packed(it.whole), it.trust, _all_of(it.whole, KODE_DESA), kept)


@tampering
def a_kept_file_that_is_none(rng: random.Random, it: Honest) -> Tampered:
    receipt = json.loads(it.receipts[2])
    bare = {**receipt, "proof": receipt["proof"].partition("\n\n")[2]}
    odd = rng.choice([1.0, True, [2], "2", None, -1, 0, 2**64])
    data = rng.choice(
        [
            b"",
            b"{",
            b'{"a":' * 100_000,
            json.dumps(bare).encode(),
            json.dumps({**receipt, "position": odd}).encode(),
            json.dumps({**receipt, "seen": "1"}).encode(),
            json.dumps({**receipt, "consistency": [5]}).encode(),
            it.receipts[2].replace(b"c2sp.org", b"\\ud800"),
            it.receipts[2].decode().encode("utf-16"),
        ]
    )
    return Tampered(packed(it.whole), it.trust, place(None), _kept(data))


@tampering
def a_receipt_that_is_newer_than_its_checkpoint(rng: random.Random, it: Honest) -> Tampered:
    position = rng.randrange(2, len(it.receipts) + 1)
    receipt = json.loads(it.receipts[position])
    head = receipt["proof"].partition("\n\n")[0]
    older = older_checkpoint(it, rng.randrange(1, position)).to_bytes().decode()
    data = json.dumps({**receipt, "proof": head + "\n\n" + older}).encode()
    return Tampered(packed(it.whole), it.trust, place(KODE_DESA, position), _kept(data))


@tampering
def a_receipt_of_a_stranger(rng: random.Random, it: Honest) -> Tampered:
    text = Checkpoint(f"{ORIGIN}/{KODE_DESA}", 2, rng.randbytes(32)).to_text()
    note = SigningKey(f"{ORIGIN}/{KODE_DESA}", rng.randbytes(32)).sign(text)
    kept = (("checkpoint", note.to_bytes()),)
    return Tampered(packed(it.whole), it.trust, place(KODE_DESA), kept)


# --- an office that signs anew -------------------------------------------------------------------


def forged(it: Honest, members: Members, kode: str = KODE_DESA) -> Members:
    """The log as it stands in these members, renumbered and signed by the office's own key."""
    left = {name: data for name, data in members.items() if not name.startswith(f"{kode}/")}
    notes = []
    for number, (name, _, _) in enumerate(batches(members, kode), start=1):
        left[name_of(kode, number)] = members[name]
        notes.append(Stored.from_bytes(0, members[name]).note)
    text = Checkpoint(f"{ORIGIN}/{kode}", len(notes), leaves_root(map(leaf_hash, notes))).to_text()
    key = SigningKey(f"{ORIGIN}/{kode}", it.log_key.seed)
    left[f"{kode}/checkpoint"] = key.sign(text).to_bytes()
    return resized(left, kode, len(notes))


@tampering
def the_office_alters_a_line(rng: random.Random, it: Honest) -> Tampered:
    name, kode, position = rng.choice(batches(it.whole, KODE_DESA))
    batch = Stored.from_bytes(position, it.whole[name])
    body = batch.body.replace(b'"at":"2026', b'"at":"2016')
    _, manifest = batch.read()
    lines = body.removesuffix(b"\n").split(b"\n")
    changed: Manifest = replace(manifest, changes=leaves_root(map(leaf_hash, lines)))
    # The office has no key of the desa: it keeps the old signature, or makes one of its own.
    key = SigningKey(manifest.chain, it.office_key.seed)
    note = rng.choice(
        [key.sign(changed.to_text()), Note(changed.to_text(), batch.read()[0].signatures)]
    )
    data = {**it.whole, name: note.to_bytes() + b"\n" + body}
    return Tampered(packed(forged(it, data)), it.trust, place(kode, position))


@tampering
def the_office_drops_a_batch(rng: random.Random, it: Honest) -> Tampered:
    # Not the newest of its chain if nobody has seen it: that is for witnesses and receipts.
    name, kode, position = rng.choice(batches(it.whole, KODE_DESA)[:-2])
    left = {key: data for key, data in it.whole.items() if key != name}
    after = frozenset((kode, at) for at in range(position, len(batches(it.whole, kode))))
    return Tampered(packed(forged(it, left)), it.trust, after)


@tampering
def the_office_swaps_two_batches(rng: random.Random, it: Honest) -> Tampered:
    # Of those that somebody has seen since; the order of the newest is for receipts to tell.
    logs = batches(it.whole, KODE_DESA)
    at = rng.randrange(len(logs) - 3)
    a, b = logs[at][0], logs[at + 1][0]
    data = {**it.whole, a: it.whole[b], b: it.whole[a]}
    return Tampered(packed(forged(it, data)), it.trust, _all_of(it.whole, KODE_DESA))


@tampering
def the_office_drops_a_whole_chain(rng: random.Random, it: Honest) -> Tampered:
    chains = {}
    for name, _, _ in batches(it.whole, KODE_DESA):
        chains[name] = Stored.from_bytes(0, it.whole[name]).read()[1].chain
    gone = rng.choice(sorted(set(chains.values())))
    left = {name: data for name, data in it.whole.items() if chains.get(name) != gone}
    return Tampered(packed(forged(it, left)), it.trust, _all_of(it.whole, KODE_DESA))


@tampering
def the_office_rolls_back(rng: random.Random, it: Honest) -> Tampered:
    """Undetectable alone: the newest batches, which nobody has seen since. Receipts tell."""
    logs = batches(it.whole, KODE_DESA)
    size = rng.randrange(len(logs))
    left = {
        name: data
        for name, data in it.whole.items()
        if name not in {it[0] for it in logs if it[2] > size}
    }
    kept = _kept(it.receipts[rng.randrange(size + 1, len(logs) + 1)])
    return Tampered(packed(forged(it, left)), it.trust, place(KODE_DESA, size or None), kept)


@tampering
def the_office_forks(rng: random.Random, it: Honest) -> Tampered:
    """Another newest batch, rightly signed by a desa that colludes; an older receipt tells."""
    logs = batches(it.whole, KODE_DESA)
    name, kode, position = logs[-1]
    batch = Stored.from_bytes(position, it.whole[name])
    _, manifest = batch.read()
    note = it.desa_key.sign(replace(manifest, chain=it.desa_key.name, number=99).to_text())
    data = {**it.whole, name: note.to_bytes() + b"\n" + batch.body}
    kept = _kept(it.receipts[position])
    return Tampered(packed(forged(it, data)), it.trust, place(kode, position), kept)


@tampering
def the_office_forges_a_desas_key(rng: random.Random, it: Honest) -> Tampered:
    """A key of the office's own under the desa's name: what first keys on paper are for."""
    key = SigningKey(it.desa_key.name, rng.randbytes(32))
    members = dict(it.whole)
    prev = bytes(32)
    hashes: dict[bytes, bytes] = {}
    for name, _, _ in batches(members, KODE):
        batch = Stored.from_bytes(0, members[name])
        _, manifest = batch.read()
        vkeys = it.desa_key.verifier.to_vkey().encode(), key.verifier.to_vkey().encode()
        lines = [line.replace(*vkeys) for line in batch.lines]
        length = sum(len(line) + 1 for line in lines)
        notes = [Stored.from_bytes(0, members[other[0]]).note for other in batches(members, KODE)]
        earlier = notes[: manifest.seen.size]
        seen = replace(manifest.seen, root=leaves_root(map(leaf_hash, earlier)))
        text = replace(
            manifest,
            prev=prev,
            seen=seen,
            length=length,
            changes=leaves_root(map(leaf_hash, lines)),
        )
        hashes[manifest.hash] = prev = text.hash
        members[name] = joined(it.office_key.sign(text.to_text()).to_bytes(), lines)
    trust = replace(
        it.trust,
        first_keys={it.desa_key.name: it.desa_key.verifier.fingerprint.replace(" ", "")},
    )
    mine = [
        (kode, position)
        for name, kode, position in batches(members, KODE_DESA)
        if Stored.from_bytes(0, members[name]).read()[1].chain == key.name
    ]
    forged_ = forged(it, members, KODE)
    for name, _, _ in batches(members, KODE_DESA):
        batch = Stored.from_bytes(0, forged_[name])
        _, manifest = batch.read()
        if manifest.chain == key.name:
            forged_[name] = key.sign(manifest.to_text()).to_bytes() + b"\n" + batch.body
    return Tampered(packed(forged(it, forged_)), trust, frozenset(mine))
