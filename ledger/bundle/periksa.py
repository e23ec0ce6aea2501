#!/usr/bin/env python3
r"""Checks an audit bundle of OpenDK Ledger: one file, to be read in an evening and then trusted.

    python3 periksa.py --policy kebijakan.txt [--lama CHECKPOINT|TANDA_TERIMA]... BERKAS.zip

It needs Python 3.11 and `cryptography` (for Ed25519), and nothing of OpenDK Ledger: it was written
from PROTOCOL.md alone, so that two programs must be wrong in the same way before a fault goes
unseen. Section numbers are those of PROTOCOL.md. Exit code: 0 sound, 3 faults, 2 wrong usage.

The policy is the auditor's own file, from paper or an earlier visit, never from the office:

    log kecamatan-contoh.go.id/53.06.14+8484d8a7+AV…        the office's log key
    witness kabupaten kabupaten-contoh.go.id/saksi+2f0a…    who else must have seen checkpoints
    quorum kabupaten                                        or: quorum none
    key desa/53.06.14.2001/sekdes-1 4f3a 91c2 …             a desa's first key, by fingerprint
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):
    """What is read is not what it should be; the text says why."""


def need(condition, why):
    if not condition:
        raise Wrong(why)


# --- 1. Hashes and trees (section 1; RFC 6962 section 2.1) ---------------------------------------

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that grows; `roots[n]` is its root at n leaves. `lost` once a leaf was missing."""

    def __init__(self):
        self.roots, self.full, self.lost = [EMPTY], [], False

    def add(self, leaf):
        if self.lost:
            return
        size = len(self.roots)  # with this leaf
        self.full.append(leaf)
        # As many full subtrees are joined as the size has trailing zero bits.
        while size % 2 == 0:
            right = self.full.pop()
            self.full.append(node_hash(self.full.pop(), right))
            size //= 2
        root = self.full[-1]
        for left in reversed(self.full[:-1]):
            root = node_hash(left, root)
        self.roots.append(root)

    def root(self, size):
        return self.roots[size] if 0 <= size < len(self.roots) else None


def root_of(leaves):
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.roots[-1]


def root_by_path(leaf, index, size, path):
    """The root to which an inclusion proof leads (RFC 9162 section 2.1.3.2)."""
    need(0 <= index < size, "nomor daun di luar pohon")
    last = size - 1
    for step in path:
        need(last > 0, "terlalu panjang")
        if index % 2 or index == last:
            leaf = node_hash(step, leaf)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            leaf = node_hash(leaf, step)
        index, last = index // 2, last // 2
    need(last == 0, "terlalu pendek")
    return leaf


def check_growth(old, old_root, new, new_root, path):
    """Wrong unless the tree of `new` leaves begins as that of `old` (RFC 9162 section 2.1.4.2)."""
    if old in (0, new):
        need(not path and old_root == (new_root if old else EMPTY), "akar lama berbeda")
        return
    need(old < new, "lebih kecil dari yang sudah terlihat")
    if old & (old - 1) == 0:  # a full tree is itself a node of the new one, so it is left out
        path = [old_root, *path]
    need(path, "terlalu pendek")
    index, last = old - 1, new - 1
    while index % 2:
        index, last = index // 2, last // 2
    first = second = path[0]
    for step in path[1:]:
        need(last > 0, "terlalu panjang")
        if index % 2 or index == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            second = node_hash(second, step)
        index, last = index // 2, last // 2
    need(last == 0, "terlalu pendek")
    need((first, second) == (old_root, new_root), "bukan lanjutan dari yang sudah terlihat")


# --- 2. Signed notes and keys (section 3; c2sp.org/signed-note) ----------------------------------

_P, _Y8 = 2**255 - 19, 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
LOW_ORDER = {
    (y | sign << 255).to_bytes(32, "little")
    for y in (0, 1, _P - 1, _P, _P + 1, _Y8, _P - _Y8)
    for sign in (0, 1)
}
"""Points for which anybody can make signatures, in all spellings."""


def b64(text, size=None):
    """Base64 in its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("base64 tidak sesuai") from None
    need(base64.b64encode(data).decode() == text, "base64 tidak baku")
    need(size in (None, len(data)), f"bukan {size} bita")
    return data


def number(text, least=0):
    need(re.fullmatch("0|[1-9][0-9]{0,18}", text) and least <= int(text) < 2**63, "angka salah")
    return int(text)


def once(pairs):
    """An object of JSON; a member that stands there twice, another reader takes for another."""
    need(len({name for name, _ in pairs}) == len(pairs), "anggota yang sama dua kali")
    return dict(pairs)


def typed(data, name, *kinds):
    """A member of an act that may be left out or null: of one of these kinds, and no other."""
    value = data.get(name)
    need(value is None or type(value) in kinds, f"{name} tidak sesuai")
    return value


class Key:
    """A public key with its name, from a vkey; kind 1 signs notes, kind 4 cosigns checkpoints."""

    def __init__(self, vkey, kind=b"\1"):
        parts = vkey.split("+", 2)
        good = len(parts) == 3 and re.fullmatch(r"[^\s+\0-\x1f\ud800-\udfff]+", parts[0])
        need(good, "bukan vkey")
        data = b64(parts[2])
        self.name, self.kind, self.public = parts[0], data[:1], data[1:]
        need(self.kind == kind and len(self.public) == 32, "kunci dari jenis lain")
        whole = self.name.encode() + b"\n" + data
        self.id = hashlib.sha256(whole).digest()[:4]
        need(self.id.hex() == parts[1], "sidik vkey tidak cocok")

    def __eq__(self, other):
        return (self.name, self.public) == (other.name, other.public)

    __hash__ = None

    @property
    def weak(self):
        return self.public in LOW_ORDER

    @property
    def fingerprint(self):
        return hashlib.sha256(self.public).hexdigest()[:32]

    def named(self, name):
        """The same public key under another log's name (section 8)."""
        data = b"\1" + self.public
        key_id = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
        return Key(f"{name}+{key_id}+{base64.b64encode(data).decode()}")

    def signed(self, note):
        """Whether the note bears signatures of this key, and all of them are right."""
        mine = [
            value for name, id_, value in note.signatures if (name, id_) == (self.name, self.id)
        ]
        return bool(mine) and all(self._verifies(note.text.encode(), it) for it in mine)

    def _verifies(self, message, value):
        if self.kind == b"\4":  # c2sp.org/tlog-cosignature: a time, then the signature
            time, value = int.from_bytes(value[:8], "big"), value[8:]
            if not 0 < time < 2**63:
                return False
            message = f"cosignature/v1\ntime {time}\n".encode() + message
        if self.weak or value[:32] in LOW_ORDER:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Note:
    """A text, an empty line, signature lines; `signatures` are (name, key id, value)."""

    def __init__(self, data):
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise Wrong("bukan UTF-8") from None
        need(not re.search(r"[\0-\x09\x0b-\x1f]", whole), "memuat karakter kendali")
        text, _, tail = whole.rpartition("\n\n")
        need(text and tail.endswith("\n"), "bukan catatan bertanda tangan")
        self.data, self.text, self.signatures = data, text + "\n", []
        lines = tail[:-1].split("\n")
        need(len(lines) <= 100, "terlalu banyak tanda tangan")
        for line in lines:
            found = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+=*)", line)
            need(found, "baris tanda tangan tidak sesuai")
            value = b64(found[2])
            need(len(value) > 4, "tanda tangan kosong")
            self.signatures.append((found[1], value[:4], value[4:]))


def checkpoint(note):
    """(origin, size, root) of a checkpoint's note (c2sp.org/tlog-checkpoint)."""
    *lines, end = note.text.split("\n")
    need(len(lines) >= 3 and end == "" and all(lines), "bukan checkpoint")
    return lines[0], number(lines[1]), b64(lines[2], 32)


def tlog_proof(text):
    """(index, path, note) of the proof that a leaf is in a tree (c2sp.org/tlog-proof)."""
    head, _, note = text.partition("\n\n")
    title, *lines = head.split("\n")
    need(title == "c2sp.org/tlog-proof@v1", "bukan bukti tlog")
    if lines and lines[0].startswith("extra "):
        b64(lines.pop(0)[6:])
    need(lines and lines[0].startswith("index ") and len(lines) <= 64, "bukan bukti tlog")
    try:
        note = Note(note.encode())
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can carry
        raise Wrong("bukan UTF-8") from None
    return number(lines[0][6:]), [b64(it, 32) for it in lines[1:]], note


# --- 3. What the auditor brings (section 12.2) ---------------------------------------------------


class Kept:
    """A checkpoint, a tlog-proof or a receipt (section 7) that somebody kept, or Wrong."""

    def __init__(self, name, data):
        self.name, self.receipt, self.position, self.index = name, None, None, None
        if data.lstrip().startswith(b"{"):
            self._receipt(data)
        elif data.startswith(b"c2sp.org/tlog-proof"):
            self.index, self.path, self.note = tlog_proof(data.decode(errors="replace"))
            self.position = self.index + 1
        else:
            self.note = Note(data)
        self.origin, self.size, self.root = checkpoint(self.note)

    def _receipt(self, data):
        try:
            self.receipt = it = json.loads(data.decode())
            for name in ("kode_desa", "chain", "manifest", "proof"):
                need(type(it[name]) is str, f"{name} bukan teks")
            for name, least in (("position", 1), ("number", 1), ("seen", 0)):
                need(type(it[name]) is int and least <= it[name] < 2**63, f"{name} bukan angka")
            need(type(it["consistency"]) is list, "consistency bukan daftar")
            self.growth = [b64(step, 32) for step in it["consistency"]]
            self.manifest, self.position = b64(it["manifest"], 32), it["position"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Wrong("bukan tanda terima") from None
        self.index, self.path, self.note = tlog_proof(it["proof"])

    def check(self, batch, root_at):
        """Wrong if it contradicts itself, the batch at its position, or the log's earlier root."""
        if self.position is None:
            return
        need(self.index == self.position - 1, "posisi dan bukti tidak sama")
        need(self.index < self.size, "checkpoint di dalamnya belum sampai posisi itu")
        it = self.receipt
        need(not it or it["kode_desa"] == self.origin.partition("/")[2], "menyebut desa lain")
        if batch:
            if it:
                need(self.manifest == batch.hash, "kiriman lain di posisi itu")
                said = it["chain"], it["number"]
                need(said == (batch.chain, batch.number), "menyebut rantai atau nomor lain")
            root = root_by_path(leaf_hash(batch.leaf), self.index, self.size, self.path)
            need(root == self.root, "bukti tempatnya tidak sampai ke akar checkpoint")
        if it:
            seen = it["seen"]
            old = self.root if seen == self.size else root_at(seen)
            if old is None and batch and batch.seen[0] == seen:
                old = batch.seen[1]  # the sender signed what it had seen
            need(seen <= self.size, "lebih kecil dari yang sudah terlihat")
            if old is not None:
                check_growth(seen, old, self.size, self.root, self.growth)


FIRST_KEY = r"[ \t]*key[ \t]+([^\s+]+)[ \t]+([0-9a-f]{4}(?:[ \t]?[0-9a-f]{4}){7})[ \t]*"


class Policy:
    """A policy file (c2sp.org/tlog-policy), with our lines of first keys; anything else is Wrong.

    A name is defined before it is used, and each name and key is named in one place only: or one
    witness could make a quorum alone.
    """

    def __init__(self, text):
        self.logs, self.first_keys, self.quorum = [], {}, None
        self.witnesses, self.groups, self.taken = {}, {}, {"none"}
        need(not re.search(r"[\0-\x08\x0b-\x1f\x7f]", text), "kebijakan memuat karakter kendali")
        *lines, end = text.split("\n")
        need(end == "", "kebijakan tidak berakhir dengan baris baru")
        for at, line in enumerate(lines, start=1):
            try:
                self._read(line)
            except Wrong as wrong:
                raise Wrong(f"kebijakan baris {at}: {wrong}") from None
        need(self.quorum, "kebijakan tanpa quorum")

    def _read(self, line):
        kind, *rest = re.split("[ \t]+", line.strip(" \t"))
        pinned = re.fullmatch(FIRST_KEY, line, re.ASCII)
        if pinned:
            need(pinned[1] not in self.first_keys, "kunci ini sudah disebut")
            self.first_keys[pinned[1]] = re.sub(r"\s", "", pinned[2])
        elif kind == "log" and 1 <= len(rest) <= 2:
            self.logs.append(Key(rest[0]))
            need(len({it.public for it in self.logs}) == len(self.logs), "kunci sudah disebut")
        elif kind == "witness" and 2 <= len(rest) <= 3:
            self._define(self.witnesses, rest[0], Key(rest[1], b"\4"))
            known = {it.public for it in self.witnesses.values()}
            need(len(known) == len(self.witnesses), "kunci sudah disebut")
        elif kind == "group" and len(rest) >= 3:
            name, least, *members = rest
            for it in members:
                need(it in {*self.witnesses, *self.groups}, f"{it} belum ditentukan")
                grouped = [inner for _, inner in self.groups.values()]
                need(not any(it in inner for inner in grouped), f"{it} sudah menjadi anggota")
            need(len(set(members)) == len(members), "anggota disebut dua kali")
            least = {"any": 1, "all": len(members)}.get(least) or number(least, 1)
            need(least <= len(members), "anggota kurang dari yang diminta")
            self._define(self.groups, name, (least, members))
        elif kind == "quorum" and len(rest) == 1 and self.quorum is None:
            need(rest[0] in {"none", *self.witnesses, *self.groups}, f"{rest[0]} tidak dikenal")
            self.quorum = rest[0]
        else:
            need(not kind or kind.startswith("#"), "baris tidak dikenal")

    def _define(self, names, name, value):
        need(name not in self.taken, f"nama {name} sudah dipakai")
        self.taken.add(name)
        names[name] = value

    def reached(self, note):
        """Whether enough witnesses cosigned a checkpoint."""
        seen = {name for name, key in self.witnesses.items() if key.signed(note)}
        for name, (least, members) in self.groups.items():
            if len(seen.intersection(members)) >= least:
                seen.add(name)
        return self.quorum == "none" or self.quorum in seen


# --- 4. The office's log: which keys count, and what was redacted (sections 8, 9, 11) ------------

TRUST_ACTS = {"kantor", "registrasi_desa", "kunci_desa", "redaksi", "checkpoint", "akses"}


class Office:
    """What the office's acts have said so far."""

    def __init__(self, origin, kode):
        self.origin, self.kode, self.log = origin, kode, f"{origin}/{kode}"
        self.key, self.log_keys, self.proven = None, [], []
        self.keys, self.desa, self.redacted, self.anchors = {}, set(), {}, {}
        self.witnessed = 0

    def act(self, change, position, tell):
        """Apply the act at a position; `tell(code, why)` notes what is wrong with it."""
        data = change.get("data", {})
        try:
            if change["entity"] == "kantor":
                self._kantor(change["id"], data, tell)
            elif change["entity"] == "registrasi_desa":
                self.desa.add(change["id"])
            elif change["entity"] == "kunci_desa":
                self._kunci_desa(change["id"], data, tell)
            elif change["entity"] == "redaksi":
                places, hashes = data["baris"], data["hash"]
                need(type(places) is type(hashes) is list, "baris dan hash bukan daftar")
                need(len(places) == len(hashes), "jumlah baris dan hash berbeda")
                need(isinstance(data["kode_desa"], str), "kode_desa bukan teks")
                lines = self.redacted.setdefault(data["kode_desa"], {})
                for (at, line), value in zip(places, hashes, strict=True):
                    need(type(at) is type(line) is int, "baris bukan angka")
                    lines[at, line] = b64(value, 32)
            elif change["entity"] == "checkpoint":
                need(type(data["size"]) is int, "size bukan angka")
                anchor = (data["size"], b64(data["root"], 32), position)
                self.anchors.setdefault(change["id"], []).append(anchor)
        except Wrong as wrong:
            tell("act", str(wrong))
        except (KeyError, TypeError, ValueError, AttributeError):
            tell("act", f"{change['entity']} tidak lengkap")

    def _kantor(self, id_, data, tell):
        office, log = Key(data["kunci_kantor"]), Key(data["kunci_log"])
        ours = (id_, data["origin"], log.name) == (self.kode, self.origin, self.log)
        need(ours, "menyebut kantor lain")
        need(not office.weak and not log.weak, "kunci lemah")
        notes = data.get("bukti", [])
        need(
            type(notes) is list and all(isinstance(it, str) for it in notes), "bukti bukan daftar"
        )
        if self.log_keys:
            for old, new in ((self.key, office), (self.log_keys[-1], log)):
                proven = any(key_note(it, self.log, "rotate", new, old, [old]) for it in notes)
                if old != new and not proven:
                    tell("office-key", new.name)
                if new is log and old != new:
                    self.proven.append(proven)
                    self.log_keys.append(log)
        else:
            self.log_keys.append(log)
        self.key = office

    def _kunci_desa(self, name, data, tell):
        kode, key, first = data["kode_desa"], Key(data["vkey"]), data["mulai"]
        need(isinstance(kode, str) and type(first) is int, "kode_desa atau mulai tidak sesuai")
        need(key.name == name, "nama kunci dan vkey berbeda")
        end, suspect = typed(data, "sampai", int), typed(data, "curiga_sejak", int)
        settled = typed(data, "diakui", bool)
        known = max((it[0] for it in self.anchors.get(kode, [])), default=0)
        begins = (kode, name) not in self.keys
        old = self.keys.setdefault((kode, name), {"key": key, "first": first, "end": None})
        ends = end is not None and old["end"] is None
        if old["key"] != key or old["first"] != first or old["end"] not in (None, end):
            tell("key-changed", name)
            return
        if begins and first <= known or ends and end <= known:
            tell("key-backdated", name)
        if (begins or ends) and not self._noted(kode, key, data, begins):
            tell("key-note", name)
        old["end"] = end
        old["suspect"] = None if settled else suspect

    def _noted(self, kode, key, data, begins):
        """What a desa did to its keys itself, it left a note of."""
        how, text = typed(data, "cara", str) or "kantor", typed(data, "bukti", str) or ""
        if how == "kantor":
            return True
        log = f"{self.origin}/{kode}"
        mine = [it["key"] for (owner, _), it in self.keys.items() if owner == kode]
        if how == "desa":
            return key_note(text, log, "revoke", key, None, mine, least=1)
        if how == "kode":
            return key_note(text, log, "enrol", key, None, [key])
        for other in mine:
            new, old = (key, other) if begins else (None, key)
            if how == "rotasi" and key_note(text, log, "rotate", new, old, [old]):
                if begins:
                    self.keys[kode, key.name]["follows"] = other.name
                return True
        return False

    def pinned(self, kode, key, policy):
        """Whether the auditor has this key, or one that handed over to it; None for neither.

        A key hands over while it is valid and nobody suspects a thief. One that is not the
        auditor's is a fault where it signs itself, not where its successor does.
        """
        told, own = policy.first_keys.get(key["key"].name), True
        while told is None and "follows" in key:
            old, first, own = self.keys[kode, key["follows"]], key["first"], False
            suspect = old.get("suspect")
            ended = old["end"] is not None and old["end"] < first
            if old is key or ended or suspect is not None and suspect <= first:
                return None
            key, told = old, policy.first_keys.get(old["key"].name)
        if told is None:
            return None
        return told == key["key"].fingerprint or (False if own else None)

    def trusted(self, policy):
        """The log keys that the policy names, or that proven changes join to one that it does."""
        named = {it.public for it in policy.logs if it.name.split("/")[0] == self.origin}
        good = [it.public in named for it in self.log_keys]
        for step, proven in enumerate(self.proven):
            good[step + 1] |= proven and good[step]
        for step, proven in reversed(list(enumerate(self.proven))):
            good[step] |= proven and good[step + 1]
        return [key for key, ok in zip(self.log_keys, good, strict=True) if ok]


def vkey_of(key):
    return f"{key.name}+{key.id.hex()}+{base64.b64encode(key.kind + key.public).decode()}"


def key_note(text, log, act, key, old, signers, least=None):
    """Whether a key note (section 9) says this and bears the signatures it must.

    `key` is None where any will do; it signs as well whenever it begins by the note.
    """
    lines = text.split("\n")
    if key is None and len(lines) > 3 and lines[3].startswith("key "):
        try:
            key = Key(lines[3][4:])
        except Wrong:
            return False
    if key is None:
        return False
    try:
        note = Note(text.encode())
    except (Wrong, UnicodeEncodeError):
        return False
    said = ["opendk-ledger/key/v1", f"log {log}", f"act {act}", f"key {vkey_of(key)}"]
    said += [f"old {vkey_of(old)}"] if old else []
    wanted = signers + ([key] if act == "rotate" else [])
    good = [it for it in wanted if it.signed(note)]
    return lines[: len(said)] == said and len(good) >= (least or len(wanted))


# --- 5. Batches (sections 2, 4) ------------------------------------------------------------------

NAMES = ("log", "chain", "batch", "prev", "seen", "time", "count", "bytes", "changes")
KODE = r"[0-9]{2}(\.[0-9]{2}){0,2}(\.[0-9]{4})?"
LOG = rf"[a-z0-9][a-z0-9.:-]{{0,252}}/{KODE}"
CHAIN = r"(desa|server)/[a-z0-9.:-]{1,253}/[a-z0-9][a-z0-9-]{0,39}"


HASHED = b'{"_h":"'
LONGEST_NOTE, LONGEST_LINE, LARGEST_BODY, MOST_LINES = 2**16, 2**20, 2**27, 1_000_000
"""No office takes what is larger (section 5): it is named, and not read."""


class Batch:
    """A batch file: note, empty line, body."""

    def __init__(self, data):
        first = data.find(b"\n\n")
        second = data.find(b"\n\n", first + 2) if first >= 0 else -1
        self.leaf = data if second < 0 else data[: second + 1]
        self.body = b"" if second < 0 else data[second + 2 :]
        self.hides = self.body.startswith(HASHED) or b"\n" + HASHED in self.body

    def read(self):
        """The manifest, in its one spelling, or Wrong."""
        need(len(self.leaf) <= LONGEST_NOTE, "manifes terlalu panjang")
        self.note = Note(self.leaf)
        lines = self.note.text.split("\n")
        need(lines[0] == "opendk-ledger/batch/v1" and len(lines) == 11, "bukan manifes")
        value = {}
        for name, line in zip(NAMES, lines[1:10], strict=True):
            need(line.startswith(f"{name} "), f"baris {name} tidak di tempatnya")
            value[name] = line[len(name) + 1 :]
        need(re.fullmatch(LOG, value["log"]) and re.fullmatch(CHAIN, value["chain"]), "nama salah")
        time = re.fullmatch(
            r"(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ",
            value["time"],
            re.ASCII,
        )
        need(time, "waktu salah")
        self.log, self.chain, self.number = value["log"], value["chain"], number(value["batch"], 1)
        self.prev, self.root = b64(value["prev"], 32), b64(value["changes"], 32)
        size, _, root = value["seen"].partition(" ")
        self.seen = number(size), b64(root, 32)
        self.count, self.length = number(value["count"], 1), number(value["bytes"], 1)
        self.hash = hashlib.sha256(self.note.text.encode()).digest()
        need([it[0] for it in self.note.signatures] == [self.chain], "bukan satu tanda tangan")


def hashed(line):
    """The hash that stands in the place of a line, None for a whole line, or Wrong."""
    if not line.startswith(HASHED):
        return None
    value = b64(line[7:-2].decode(errors="replace"), 32)
    need(line[-2:] == b'"}', "penutup salah")
    return value


MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?[0-5]\d)", re.ASCII
)


def change(line):
    """A change line as an object, or Wrong (section 4)."""

    def never(name):
        raise Wrong(f"{name} bukan JSON")

    def finite(text):
        need(abs(float(text)) < float("inf"), "bilangan terlalu besar")
        return float(text)

    need(len(line) <= LONGEST_LINE, "terlalu panjang")
    need(re.match(rb'\{"_s":"[A-Za-z0-9_-]{21}[AQgw]"[,}]', line), "tanpa garam")
    try:
        hooks = {"object_pairs_hook": once, "parse_constant": never, "parse_float": finite}
        it = json.loads(line.decode(), **hooks)
        if b"\\u" in line:  # half of a pair of surrogates is no character
            json.dumps(it, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Wrong("bukan JSON") from None
    need(line.count(b"{") + line.count(b"[") <= 32 or depth(it) <= 32, "terlalu dalam")
    need(isinstance(it, dict) and it.get("op") in ("put", "delete"), "op tidak dikenal")
    must = {"_s", "entity", "id", "op", "at"} | ({"data"} if it["op"] == "put" else set())
    may = must | ({"derived"} if it["op"] == "delete" else set())
    need(must <= it.keys() <= may, "anggota tidak sesuai")
    need(all(isinstance(it[name], str) for name in must - {"data"}), "bukan teks")
    need(re.fullmatch(r"[a-z][a-z0-9_]{0,39}", it["entity"]), "jenis tidak sesuai")
    need(1 <= len(it["id"]) <= 64 and "\0" not in it["id"], "id tidak sesuai")
    need(isinstance(it.get("data", {}), dict), "data bukan objek")
    derived = it.get("derived", "absent")
    need(isinstance(derived, str) and 1 <= len(derived) <= 64, "derived tidak sesuai")
    try:
        need(MOMENT.fullmatch(it["at"]), "at bukan waktu")
        datetime.fromisoformat(it["at"].upper())
    except ValueError:
        raise Wrong("at bukan waktu") from None
    return it


def depth(value):
    """How deep objects and lists nest."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (isinstance(value, (dict, list))) + max(map(depth, inner), default=0)


# --- 6. A log in a bundle (section 12.3) ---------------------------------------------------------

MOST_FAULTS = 100_000
"""A file of garbage must not fill the memory: what is found beyond these is not noted."""


class Log:
    """One log: its batches in order, then what binds them."""

    def __init__(self, bundle, declared, office, policy, faults):
        self.bundle, self.office, self.policy, self.faults = bundle, office, policy, faults
        self.kode, self.size = declared["kode"], declared["size"]
        self.positions = declared.get("positions")
        self.partial, self.mine = self.positions is not None, self.kode == office.kode
        self.name, self.record = f"{office.origin}/{self.kode}", bundle.record
        kind = bundle.acts if self.mine else bundle.lines
        self.open = kind == "whole" and not self.partial  # only redacted lines are hashes
        self.kept, self.entries = [it for it in bundle.kept if it.origin == self.name], {}
        self.tree, self.chains, self.hidden = Tree(), {}, {}
        self.count = self.lines = 0

    def fault(self, code, position=None, line=None, why=""):
        if len(self.faults) < MOST_FAULTS:
            self.faults.append((code, self.kode, position, line, str(why)))

    def check(self):
        try:
            self.note = Note(self.bundle.read(f"{self.kode}/checkpoint"))
            self.at = checkpoint(self.note)
            need(self.at[0] == self.name, "milik log lain")
        except Wrong as wrong:
            self.fault("checkpoint", why=wrong)
            self.note = self.at = None
        self.redacted = {} if self.mine else dict(self.office.redacted.get(self.kode, {}))
        here = sorted(self.bundle.positions(self.kode, self.size))
        wanted = self.positions if self.partial else here
        for position in wanted if self.partial else _holes(here, self.size):
            if position not in here:
                self.fault("batch-missing", position)
        for position in sorted(set(wanted).intersection(here)):
            self.batch(position)
        self.tree.lost |= len(self.tree.roots) <= self.size
        self.conclude()

    def batch(self, position):
        self.tree.lost |= len(self.tree.roots) != position
        try:
            batch = Batch(self.bundle.read(f"{self.kode}/{position:06d}.batch"))
        except Wrong as wrong:
            self.tree.lost = True
            self.fault("member-unreadable", position, why=wrong)
            return
        self.tree.add(leaf_hash(batch.leaf))
        self.count += 1
        try:
            batch.read()
        except Wrong as wrong:
            self.fault("manifest-grammar", position, why=wrong)
            return
        if any(it.position == position for it in self.kept):
            self.entries[position] = batch
        if batch.log != self.name:
            self.fault("wrong-log", position)
        acts = self.lines_of(batch, position) if self.extent(batch, position) else None
        if self.mine and position == 1:
            self.found(batch)
        self.key(batch, position)
        if self.partial:
            self.proof(batch, position)
        else:
            self.order(batch, position)
        if self.mine and acts is not None:
            for line, it in acts:
                if (position, line) != (1, 1):
                    self.act(it, position, line)

    def act(self, it, position, line):
        self.office.act(it, position, lambda code, why: self.fault(code, position, line, why))

    def found(self, batch):
        """The first act names the keys that sign it and all after it."""
        try:
            it = change(batch.body.partition(b"\n")[0])
            need((it["entity"], it["op"]) == ("kantor", "put"), "baris pertama bukan kantor")
        except Wrong as wrong:
            self.fault("founding", 1, 1, wrong)
            return
        self.act(it, 1, 1)

    def key(self, batch, position):
        kind, owner, _ = batch.chain.split("/")
        if self.mine:
            known = self.office.key
            known = {"key": known} if known and known.name == batch.chain else None
        elif kind == "desa" and owner != self.kode:
            self.fault("key-foreign", position, why=batch.chain)
            return
        else:
            known = self.office.keys.get((self.kode, batch.chain))
        if known is None:
            self.fault("key-unknown", position, why=batch.chain)
            return
        key = known["key"]
        if key.weak:
            self.fault("key-weak", position, why=key.name)
        elif not key.signed(batch.note):
            self.fault("signature", position, why=key.name)
        elif not self.mine and not known["first"] <= position < (known["end"] or 2**63):
            self.fault("key-not-valid", position, why=key.name)
        if known.get("suspect") is not None and position >= known["suspect"] and not key.weak:
            self.bundle.remarks.append(f"{self.kode}: kiriman {position} disengketakan desa.")
        if not self.mine and key.name not in self.bundle.met and not key.weak:
            self.bundle.met.add(key.name)
            pinned = self.office.pinned(self.kode, known, self.policy)
            if pinned is None:
                self.bundle.remarks.append(f"Kunci {key.name} hanya dijamin kecamatan.")
            elif not pinned:
                self.fault("fingerprint", position, why=key.name)

    def order(self, batch, position):
        """The place in its chain, and the history that its sender had seen."""
        before, hash_ = self.chains.get(batch.chain, (0, bytes(32)))
        if batch.number > before + 1:
            self.fault("gap", position, why=f"{batch.chain}: {before + 1} → {batch.number}")
        elif batch.number <= before or batch.prev != hash_:
            self.fault("fork", position, why=f"{batch.chain}: {batch.number}")
        if batch.number > before:
            self.chains[batch.chain] = batch.number, batch.hash
        size, root = batch.seen
        ours = self.tree.root(size) if size < position else b""
        if ours != root and not (ours is None and self.tree.lost):
            self.fault("history", position, why=size)

    def proof(self, batch, position):
        """In a bundle of one record: that the batch is in the tree of the checkpoint."""
        try:
            text = self.bundle.read(f"{self.kode}/{position:06d}.proof").decode()
            index, path, note = tlog_proof(text)
            need(index == position - 1, "nomor daun bukan posisi ini")
            need(self.note and note.data == self.note.data, "checkpoint lain di dalamnya")
            root = root_by_path(leaf_hash(batch.leaf), index, self.at[1], path)
            need(root == self.at[2], "akar berbeda")
        except (Wrong, UnicodeDecodeError) as wrong:
            self.fault("proof", position, why=wrong)

    def extent(self, batch, position):
        """Whether there are as many lines as were signed and not more bytes: a body of another
        extent is not parted into lines, which memory might not hold."""
        ended, length = batch.body.count(b"\n"), len(batch.body)
        self.lines += ended
        if batch.count > MOST_LINES:
            self.fault("batch-too-large", position, why=batch.count)
            return False
        if ended != batch.count:
            self.fault("count-mismatch", position, why=f"{batch.count} / {ended}")
        if length != batch.length and not batch.hides:
            self.fault("bytes-mismatch", position, why=f"{batch.length} / {length}")
        return ended == batch.count and (batch.hides or length <= batch.length)

    def lines_of(self, batch, position):
        """The whole lines as (number, object), or None when they are not what was signed."""
        sound = batch.hides or len(batch.body) == batch.length
        hashes, whole, lost = [], [], False
        for line, data in enumerate(batch.body.removesuffix(b"\n").split(b"\n"), start=1):
            try:
                value = hashed(data)
            except Wrong:
                self.fault("line-hash", position, line)
                sound, lost = False, True
                continue
            hashes.append(value or leaf_hash(data))
            if value:
                self.is_hidden(value, position, line)
                continue
            try:
                it = change(data)
            except Wrong as wrong:
                self.fault("line", position, line, wrong)
                sound = False
                continue
            whole.append((line, it))
            self.is_whole(it, position, line)
        if not lost and root_of(hashes) != batch.root:
            self.fault("root-mismatch", position)
            sound = False
        return whole if sound else None

    def is_hidden(self, value, position, line):
        if self.mine:  # what is redacted in the office's log, a later act in it says
            self.hidden[position, line] = value
            return
        stated = self.redacted.pop((position, line), None)
        if stated is None and self.open:
            self.fault("redaction-unnamed", position, line)
        elif stated not in (None, value):
            self.fault("redaction-hash", position, line)

    def is_whole(self, it, position, line):
        if self.redacted.pop((position, line), None):
            self.fault("redaction-undone", position, line)
        shown = self.open
        if self.mine:
            shown |= it["entity"] in TRUST_ACTS
        elif self.partial and self.bundle.lines == "whole":
            shown |= {"entity": it["entity"], "id": it["id"]} == self.record
        if not shown:
            self.fault("line-whole", position, line)

    def missing(self, size):
        """Whether a leaf of the first `size` is missing, which was told in its place."""
        return self.tree.lost and self.tree.root(size) is None

    def root(self, size):
        """The log's root at a size, as far as is known: of a part of a log, only at its end."""
        return (
            self.at[2] if self.partial and self.at and size == self.at[1] else self.tree.root(size)
        )

    def differs(self, size, root):
        """Whether the log had another root at this size, or never was of it."""
        known = self.root(size)
        if known is None and self.partial:
            return bool(self.at) and size > self.at[1]
        return known != root and not self.missing(size)

    def conclude(self):
        keys = [it.named(self.name) for it in self.office.trusted(self.policy)]
        there = self.mine and f"{self.kode}/witnessed" in self.bundle.names
        older = self.older(keys) if there else []
        if self.at:
            newest = self.office.log_keys[-1].public if self.office.log_keys else None
            if not any(it.public == newest and it.signed(self.note) for it in keys):
                self.fault("checkpoint-key")
            elif self.policy.quorum != "none":
                self.witnessed(older)
            _, size, root = self.at
            if size != self.size:
                self.fault("size", why=f"{size} / {self.size}")
            if not self.partial and self.tree.root(size) != root and not self.missing(size):
                self.fault("root")
        for size, root, _ in self.office.anchors.get(self.kode, []):
            if self.differs(size, root):
                self.fault("anchor", size)
        if not self.partial:
            if self.mine and self.open:
                self.redacted, mine = dict(self.office.redacted.get(self.kode, {})), self.hidden
                self.mine, self.hidden = False, {}
                for (position, line), value in mine.items():
                    self.is_hidden(value, position, line)
                self.mine = True
            for position, line in sorted(self.redacted):
                if not self.missing(position):
                    self.fault("redaction-place", position, line)
        if self.hidden:
            self.bundle.remarks.append(f"{len(self.hidden)} catatan kantor hanya berupa hash.")
        for it in self.kept:
            self.keep(it, keys)

    def witnessed(self, older):
        """How far witnesses have seen the log: itself, or as the office's log says of it."""
        notes = [(self.at[1], self.note), *older]
        sizes = [size for size, note in notes if self.policy.reached(note)]
        seen = self.office.witnessed
        sizes += [it[0] for it in self.office.anchors.get(self.kode, []) if it[2] <= seen]
        size = max(sizes, default=0)
        if self.mine:
            self.office.witnessed = size
        if size == 0 < self.size:
            self.fault("quorum")
        elif size < self.size:
            remark = f"{self.kode}: disaksikan sampai kiriman {size} dari {self.size}."
            self.bundle.remarks.append(remark)

    def older(self, keys):
        """The older checkpoint of the office's log, which is there for its cosignatures only."""

        def cosigned(note):
            return note and any(name != self.name for name, _, _ in note.signatures)

        try:
            note = Note(self.bundle.read(f"{self.kode}/witnessed"))
            origin, size, root = checkpoint(note)
        except Wrong as wrong:
            self.fault("checkpoint", why=wrong)
            return []
        if origin != self.name or not any(it.signed(note) for it in keys):
            self.fault("checkpoint-key")
        elif self.differs(size, root):
            self.fault("older-checkpoint", why="witnessed")
        elif not cosigned(note) or cosigned(self.note):
            self.faults.append(("member", None, None, None, f"{self.kode}/witnessed"))
        else:
            return [(size, note)]
        return []

    def keep(self, it, keys):
        """A checkpoint or receipt that the auditor brought must be of this log's past."""
        code = "receipt" if it.position else "older-checkpoint"
        if not any(key.signed(it.note) for key in keys):
            self.fault(code, it.position, why=f"{it.name}: tidak ditandatangani kecamatan")
            return
        if self.differs(it.size, it.root):
            self.fault(code, min(it.size, self.size) or None, why=it.name)
            return
        batch = self.entries.get(it.position)
        try:
            it.check(batch, self.root)
        except Wrong as wrong:
            self.fault(code, it.position, why=f"{it.name}: {wrong}")
        if self.partial and not batch and self.root(it.size) is None:
            remark = f"{self.kode}: {it.name} tidak dapat dibandingkan dengan sebagian log ini."
            self.bundle.remarks.append(remark)


def _holes(here, size):
    """The first position of every run that is missing."""
    before = 0
    for position in [*here, size + 1]:
        if position > before + 1:
            yield before + 1
        before = position


# --- 7. The bundle (section 12.1) ----------------------------------------------------------------


class Bundle:
    """A ZIP file and what it says of itself, which is not believed but held against the rest."""

    def __init__(self, file, kept):
        self.zip, self.kept, self.met, self.remarks = zipfile.ZipFile(file), kept, set(), []
        self.members = [it.filename for it in self.zip.infolist()]
        self.names = set(self.members)

    def bare(self):
        """Whether nothing stands before the members, behind their directory or in a comment."""
        members, file = self.zip.infolist(), self.zip.fp
        file.seek(-22, 2)  # where the record begins that ends the file
        comments = self.zip.comment or any(it.comment for it in members)
        begins = min((it.header_offset for it in members), default=0)
        return not comments and begins == 0 and file.read(4) == b"PK\5\6"

    def read(self, name, most=LONGEST_NOTE + LARGEST_BODY):
        need(name in self.names, "tidak ada")
        try:
            with self.zip.open(name) as member:
                data = member.read(most + 1)
        except Exception as error:  # whatever zipfile makes of a damaged file
            raise Wrong(str(error)) from None
        need(len(data) <= most, "terlalu besar")
        return data

    def positions(self, kode, size):
        """The positions of a log's batches that are here."""
        found = (
            re.fullmatch(rf"{re.escape(kode)}/([0-9]{{6,19}})\.batch", it) for it in self.names
        )
        wanted = {int(it[1]) for it in found if it and it[0] == f"{kode}/{int(it[1]):06d}.batch"}
        return {it for it in wanted if 1 <= it <= size}

    def declared(self):
        try:
            text = self.read("bundle.json", 4 * 2**20).decode()
            it = json.loads(text, object_pairs_hook=once)
            json.dumps(it, ensure_ascii=False).encode()  # or half a pair of surrogates is in it
            need(it["format"] == "opendk-ledger/bundle/v1", "bentuk lain")
            members = {"format", "origin", "office", "made_at", "lines", "acts", "logs"}
            need(members <= it.keys() <= members | {"record"}, "anggota tidak sesuai")
            texts = all(isinstance(it[name], str) for name in members - {"logs"})
            need(texts and it["lines"] in ("whole", "hashed"), "lines")
            need(it["acts"] in ("whole", "trust"), "acts")
            self.record, self.lines, self.acts = it.get("record"), it["lines"], it["acts"]
            if self.record is not None:
                need(
                    type(self.record) is dict and self.record.keys() == {"entity", "id"}, "record"
                )
                need(all(type(it) is str for it in self.record.values()), "record")
            codes = [log["kode"] for log in it["logs"]]
            need(len(set(codes)) == len(codes) and codes[:1] == [it["office"]], "daftar log")
            need(all(re.fullmatch(KODE, kode) for kode in codes), "kode")
            for log in it["logs"]:
                need(type(log["size"]) is int and 0 <= log["size"] < 2**63, "ukuran log")
                need({"kode", "size"} <= log.keys() <= {"kode", "size", "positions"}, "log")
                here = log.get("positions")
                if here is not None:
                    need(type(here) is list and here and self.record, "posisi kiriman")
                    need(all(type(it) is int for it in here), "posisi kiriman")
                    need(here == sorted(set(here)), "posisi kiriman")
                    need(1 <= here[0] <= here[-1] <= log["size"], "posisi kiriman")
            if self.record:
                partial = [log["kode"] for log in it["logs"] if log.get("positions") is not None]
                need(len(codes) == 2 and partial == codes[1:], "satu catatan, satu log desa")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Wrong("bukan JSON dari bentuk ini") from None
        return it

    def strangers(self, declared):
        """Members that nobody declared."""
        allowed = {"bundle.json", f"{declared['office']}/witnessed"}
        for log in declared["logs"]:
            kode, here = log["kode"], log.get("positions")
            allowed.add(f"{kode}/checkpoint")
            for position in self.positions(kode, log["size"]) if here is None else here:
                allowed.add(f"{kode}/{position:06d}.batch")
                if here is not None:
                    allowed.add(f"{kode}/{position:06d}.proof")
        return sorted(self.names - allowed)


def verify(file, policy, kept=()):
    """Faults as (code, log, position, line, why), remarks, and the logs that were checked.

    `kept` are files that the auditor kept: the name of each and what is in it.
    """
    faults, logs, readable = [], [], []
    for name, data in kept:
        try:
            readable.append(Kept(name, data))
        except Wrong as wrong:
            faults.append(("unreadable", None, None, None, f"{name}: {wrong}"))
    try:
        bundle = Bundle(file, readable)
    except Exception as error:  # whatever zipfile makes of a file that is none
        return [*faults, ("container", None, None, None, str(error))], [], []
    if not bundle.bare():
        faults.append(("container", None, None, None, "ada bita di luar anggotanya"))
    twice = sorted(name for name, count in Counter(bundle.members).items() if count > 1)
    faults += [("member-twice", None, None, None, it) for it in twice]
    try:
        declared = bundle.declared()
    except Wrong as wrong:
        return [*faults, ("declaration", None, None, None, str(wrong))], [], []
    faults += [("member", None, None, None, it) for it in bundle.strangers(declared)]
    office = Office(declared["origin"], declared["office"])
    for it in declared["logs"]:
        log = Log(bundle, it, office, policy, faults)
        log.check()
        logs.append(log)
    codes = {log.kode for log in logs}
    if bundle.acts == "whole":
        faults += [("log-missing", it, None, None, "") for it in office.desa - codes]
    if bundle.record:
        remark = (
            "Berkas satu catatan tidak membuktikan bahwa tidak ada pernyataan lain tentangnya."
        )
        bundle.remarks.append(remark)
    names = {log.name for log in logs}
    for it in bundle.kept:
        if it.origin not in names:
            why = f"{it.name}: log lain"
            faults.append(("older-checkpoint", None, None, None, why))
    return faults, bundle.remarks, logs


def main():
    parser = argparse.ArgumentParser(description="Memeriksa berkas audit OpenDK Ledger.")
    parser.add_argument("berkas", type=Path)
    parser.add_argument("--policy", type=Path, required=True, help="kebijakan milik auditor")
    parser.add_argument(
        "--lama",
        type=Path,
        action="append",
        default=[],
        metavar="BERKAS",
        help="checkpoint, .tlog-proof, atau tanda terima yang pernah disimpan; boleh berulang",
    )
    options = parser.parse_args()
    try:
        policy = Policy(options.policy.read_bytes().decode(errors="surrogateescape"))
        kept = [(it.name, it.read_bytes()) for it in options.lama]
    except (Wrong, OSError, ValueError) as error:
        parser.error(str(error))
    faults, remarks, logs = verify(options.berkas, policy, kept)
    for code, log, position, line, why in faults:
        place = [log or "berkas"]
        place += [f"kiriman {position}"] if position else []
        place += [f"baris {line}"] if line else []
        print(f"SALAH  {', '.join(place)}: {code}{f' ({why})' if why else ''}")
    for remark in remarks:
        print(f"catatan  {remark}")
    for log in logs:
        root = log.at[2].hex() if log.at else "?"
        print(f"{log.kode}: {log.count} kiriman, {log.lines} baris, akar {root}")
    more = " atau lebih" if len(faults) >= MOST_FAULTS else ""
    print(f"{len(faults)} kesalahan{more}." if faults else "Tidak ada kesalahan.")
    return 3 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
