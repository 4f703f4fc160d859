"""Check a home or a proof bundle of Upheld, with nothing but Python: `python verify.py FILE`.

This file is meant for a stranger: it imports the standard library only and trusts nothing that
wrote FILE. Rules: RFC 9162 (Merkle tree), RFC 8032 (Ed25519), C2SP signed-note and
tlog-checkpoint, OpenSSH PROTOCOL.sshsig.

Exit status 0: everything holds. 1: something does not. 2: FILE, OLD or KEY cannot be read.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import struct
import sys
import zipfile
import zlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256, sha512
from pathlib import Path
from typing import BinaryIO

FORMAT = 1
TILE = 256
NAMESPACE = "upheld-plan"
ATTEST = "upheld-attest"
CLOSE = "upheld-close"
CARRIED_OUT = ("full", "partial")
ENDED = frozenset({"gone", "blanked", "anonymised", "retained", "isolated", "accepted"})
UNDONE = frozenset({"held", "refused"})
LARGEST = 256 * 1024 * 1024
_MISSHAPEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, OSError, EOFError)


class Unproven(Exception):
    """Something does not hold; the message says what."""


class Unreadable(Exception):
    """Not a file that could be checked; the message says why."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found to hold, in lines for a stranger."""

    size: int
    key: str
    lines: tuple[str, ...]


def main(argv: Sequence[str]) -> int:
    """Check one file and say so on standard output; return the exit status."""
    parser = argparse.ArgumentParser(prog="verify.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("file", type=Path, help="a home (SQLite) or a proof bundle (zip)")
    parser.add_argument("--since", type=Path, metavar="OLD", help="older checkpoints to agree with")
    parser.add_argument("--key", help="the verifier key the company publishes")
    given = parser.parse_args(argv)
    try:
        report = check(given.file, since=given.since, key=given.key)
    except Unproven as wrong:
        sys.stdout.write(_printable(f"NOT PROVEN: {wrong}"))
        return 1
    except Unreadable as wrong:
        sys.stderr.write(_printable(str(wrong)))
        return 2
    sys.stdout.write("".join(_printable(line) for line in report.lines))
    return 0


def _printable(line: str) -> str:
    """Return one line that no terminal obeys: what FILE says may be meant to deceive."""
    return "".join(c if c.isprintable() and c.isascii() else ascii(c)[1:-1] for c in line) + "\n"


def check(file: Path, *, since: Path | None = None, key: str | None = None) -> Report:
    """Check a home or a bundle; raise `Unproven` or `Unreadable`, or report what holds."""
    if key is not None:
        read_verifier(key)
    notes = read_notes(_bytes(since), since.name) if since else ()
    with _opened(file) as head:
        magic = head.read(16)
    if magic == b"SQLite format 3\0":
        return _check_home(file, notes, key)
    if magic[:4] == b"PK\3\4":
        return _check_bundle(file, notes, key)
    raise Unreadable(f"`{file.name}` is neither a home (SQLite) nor a proof bundle (zip)")


# --- Ed25519, RFC 8032 §5.1.7 -------------------------------------------------------------------

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]
_ZERO: _Point = (0, 1, 1, 0)


def ed25519_holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an Ed25519 signature holds; an S or a point not in its one form does not."""
    key = _point(public)
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or scalar >= _ORDER:  # noqa: PLR2004 (RFC 8032)
        return False
    digest = sha512(signature[:32] + public + message).digest()
    minus = (-key[0] % _P, key[1], 1, -key[3] % _P)
    found = _sum_of_products(scalar, _BASE, int.from_bytes(digest, "little") % _ORDER, minus)
    return _encoded(found) == signature[:32]


def _point(encoded: bytes) -> _Point | None:
    number = int.from_bytes(encoded, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if len(encoded) != 32 or y >= _P:  # noqa: PLR2004 (RFC 8032)
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(left: _Point, right: _Point) -> _Point:
    a = (left[1] - left[0]) * (right[1] - right[0]) % _P
    b = (left[1] + left[0]) * (right[1] + right[0]) % _P
    c = 2 * left[3] * right[3] * _D % _P
    d = 2 * left[2] * right[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _sum_of_products(m: int, left: _Point, n: int, right: _Point) -> _Point:
    sums = (_ZERO, left, right, _add(left, right))
    total = _ZERO
    for bit in range(max(m.bit_length(), n.bit_length()) - 1, -1, -1):
        total = _add(total, total)
        which = (m >> bit & 1) | (n >> bit & 1) << 1
        if which:
            total = _add(total, sums[which])
    return total


def _encoded(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or _ZERO
Holds = Callable[[bytes, bytes, bytes], bool]

# --- the Merkle tree, RFC 9162 §2.1 -------------------------------------------------------------


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of an entry."""
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [sha256(b"\1" + left + right).digest() for left, right in pairs]
    return hashes[0]


def edge_root(edge: Sequence[Sequence[bytes]]) -> bytes:
    """Return the root of a tree given by its right edge: per level the hashes of its last tile.

    A tile has 256 hashes; those of level 0 are leaf hashes, those of level n are roots of tiles
    of level n-1. A complete tile is not part of the edge; its root is, one level up.
    """
    peaks: list[bytes] = []
    for hashes in reversed(edge):
        start = 0
        for width in (128, 64, 32, 16, 8, 4, 2, 1):
            if len(hashes) & width:
                peaks.append(perfect_root(hashes[start : start + width]))
                start += width
    return fold(peaks)


def fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root over perfect subtrees, the largest first."""
    if not peaks:
        return sha256(b"").digest()
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def inclusion_root(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that an inclusion proof leads to (RFC 9162 §2.1.3.2), None if misshapen."""
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf_hash(leaf)
    for hashed in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(hashed, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, hashed)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def consistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Say whether the tree `old` (size, root) is the start of `new` (RFC 9162 §2.1.4.2)."""
    if not 0 < old[0] <= new[0]:
        return False
    if old[0] == new[0]:
        return old[1] == new[1] and not proof
    path = list(proof) if old[0] & (old[0] - 1) else [old[1], *proof]
    place, last = old[0] - 1, new[0] - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        return False
    was = now = path[0]
    for hashed in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            was, now = node_hash(hashed, was), node_hash(hashed, now)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            now = node_hash(now, hashed)
        place, last = place >> 1, last >> 1
    return (was, now, last) == (old[1], new[1], 0)


# --- notes: C2SP signed-note and tlog-checkpoint ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint as signed: `text` is what was signed; signatures are (name, hash, bytes)."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


_SIZE = re.compile("0|[1-9][0-9]{0,17}")


def read_note(note: str) -> Note:
    """Read one signed checkpoint, strictly; raise `Unproven` if it is not one."""
    text, blank, signed = note.rpartition("\n\n")
    lines = f"{text}\n".split("\n")
    odd = any(character < " " and character != "\n" for character in note)
    if odd or not blank or len(lines) != 4 or not signed.endswith("\n"):  # noqa: PLR2004
        raise Unproven("the checkpoint is not a signed note of three lines")
    root = _base64(lines[2])
    if not (lines[0] and _SIZE.fullmatch(lines[1]) and len(root) == 32):  # noqa: PLR2004
        raise Unproven("the checkpoint does not give an origin, a size and a root")
    signatures = tuple(_signature_line(line) for line in signed[:-1].split("\n"))
    return Note(lines[0], int(lines[1]), root, f"{text}\n", signatures)


def read_verifier(key: str) -> tuple[str, bytes, bytes]:
    """Read a verifier key `name+hash+base64`: its name, key hash and Ed25519 public key."""
    name, _, rest = key.partition("+")
    hashed, _, encoded = rest.partition("+")
    try:
        public = _base64(encoded)
    except Unproven:
        public = b""
    if not name or len(public) != 33 or public[0] != 1:  # noqa: PLR2004 (C2SP signed-note)
        raise Unreadable("the key is not a verifier key `name+hash+base64` for Ed25519")
    if hashed != key_hash(name, public[1:]).hex():
        raise Unreadable("the key's hash does not fit its name and bytes; copy it whole")
    return name, key_hash(name, public[1:]), public[1:]


def key_hash(name: str, public: bytes) -> bytes:
    """Return the four bytes that name an Ed25519 key in a note."""
    return sha256(name.encode() + b"\n\1" + public).digest()[:4]


def signed_by(note: Note, key: str, holds: Holds = ed25519_holds) -> bool:
    """Say whether this key signed the note; raise `Unproven` if its signature does not hold."""
    name, hashed, public = read_verifier(key)
    found = [s for who, mark, s in note.signatures if (who, mark) == (name, hashed)]
    if not all(holds(public, signature, note.text.encode()) for signature in found):
        raise Unproven("the checkpoint's signature does not hold: the checkpoint was changed")
    return bool(found)


def read_notes(data: bytes, name: str) -> tuple[Note, ...]:
    """Read a file of checkpoints: one note, or a JSON string with one note on each line."""
    try:
        text = data.decode()
        lines = [line for line in text.splitlines() if line.strip()]
        if lines and all(line.startswith('"') for line in lines):
            return tuple(read_note(str(json.loads(line))) for line in lines)
        return (read_note(text),)
    except (*_MISSHAPEN, Unproven) as wrong:
        raise Unreadable(
            f"`{name}` does not hold signed checkpoints; give the file as kept"
        ) from wrong


def _signature_line(line: str) -> tuple[str, bytes, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or not parts[1] or "+" in parts[1]:  # noqa: PLR2004
        raise Unproven("a signature line of the checkpoint is not `\u2014 name base64`")
    raw = _base64(parts[2])
    return parts[1], raw[:4], raw[4:]


def _base64(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raw = b""
    if not raw or b64encode(raw).decode() != text:
        raise Unproven("a part of the checkpoint is not base64 in its one form")
    return raw


# --- officers' signatures: OpenSSH PROTOCOL.sshsig ----------------------------------------------

ARMOR = ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----")


def read_sshsig(armored: str, namespace: str) -> tuple[bytes, bytes]:
    """Read an armored ssh-ed25519 signature: the public key, and the 64 bytes of the signature."""
    lines = armored.strip().splitlines()
    if len(lines) < 3 or (lines[0], lines[-1]) != ARMOR:  # noqa: PLR2004
        raise Unproven("an officer's signature is not an armored SSH signature")
    key, space, _, algorithm, signature = _sshsig_fields(_base64("".join(lines[1:-1])))
    public, raw = _ssh_strings(key), _ssh_strings(signature)
    kinds = [public[0], raw[0], algorithm]
    if kinds != [b"ssh-ed25519", b"ssh-ed25519", b"sha512"] or [len(public), len(raw)] != [2, 2]:
        raise Unproven("an officer's signature is not ssh-ed25519 over sha512")
    if space != namespace.encode():
        raise Unproven(f"an officer's signature was not made for `{namespace}`")
    return public[1], raw[1]


def sshsig_message(message: bytes, namespace: str) -> bytes:
    """Return the bytes that are signed for a message."""
    parts = (namespace.encode(), b"", b"sha512", sha512(message).digest())
    return b"SSHSIG" + b"".join(ssh_string(part) for part in parts)


def ssh_string(data: bytes) -> bytes:
    """Return bytes as SSH writes them, behind their length."""
    return len(data).to_bytes(4, "big") + data


def ssh_key(public: bytes) -> bytes:
    """Return an Ed25519 public key as SSH writes it."""
    return ssh_string(b"ssh-ed25519") + ssh_string(public)


def fingerprint(public: bytes) -> str:
    """Return `SHA256:` and the key's hash, as `ssh-keygen -l` prints it."""
    return "SHA256:" + b64encode(sha256(ssh_key(public)).digest()).decode().rstrip("=")


def _sshsig_fields(blob: bytes) -> list[bytes]:
    fields = _ssh_strings(blob[10:])
    if blob[:10] != b"SSHSIG\0\0\0\1" or len(fields) != 5:  # noqa: PLR2004
        raise Unproven("an officer's signature is not an SSH signature of version 1")
    return fields


def _ssh_strings(data: bytes) -> list[bytes]:
    found: list[bytes] = []
    while data:
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            raise Unproven("an officer's signature is cut short")
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    return found or [b""]


# --- a home -------------------------------------------------------------------------------------


def _check_home(file: Path, notes: Sequence[Note], key: str | None) -> Report:
    try:
        with closing(_read_only(file)) as home:
            return _checked_home(home, file.name, notes, key)
    except (sqlite3.Error, *_MISSHAPEN) as wrong:
        raise Unproven(f"`{file.name}` is damaged or is not a home: {wrong}") from wrong


def _read_only(file: Path) -> sqlite3.Connection:
    """Open without leaving a trace: nobody writes to a file that has no write-ahead log."""
    live = file.with_name(f"{file.name}-wal").exists()
    home = sqlite3.connect(
        f"{file.absolute().as_uri()}?{'mode=ro' if live else 'immutable=1'}",
        uri=True,
        isolation_level=None,
    )
    home.text_factory = bytes
    home.execute("BEGIN")
    return home


def _checked_home(
    home: sqlite3.Connection, name: str, notes: Sequence[Note], key: str | None
) -> Report:
    row = home.execute("SELECT size, root, note FROM head").fetchone()
    if row is None:
        raise Unproven("the home has no signed head")
    head = read_note(bytes(row[2]).decode(errors="replace"))
    if (head.size, head.root) != (row[0], row[1]):
        raise Unproven("the head's size or root is not what its checkpoint says")
    first = home.execute("SELECT leaf FROM entry WHERE n = 0").fetchone()
    signer = _signer(head, first[0] if first else b"", key)
    tree = _Tree(home, {note.size for note in notes})
    tree.read()
    tree.agree_with(head)
    agreed = _agreed(notes, signer, head.size, tree.roots)
    _check_documents(home, tree.planned)
    _check_sums(home)
    lines = (
        f"`{name}` is a home of Upheld",
        f"  {head.size:,} entries, each hashed again: they make the tree that was signed",
        f"  first entry {tree.began}, last entry {tree.last.decode()}; none is dated backwards",
        "  documents and views, and a vault that is here, are what their digests say",
        *agreed,
        *_key_lines(signer),
        "proven",
    )
    return Report(head.size, signer, lines)


SUMMED = {
    "alias": "tag, person",
    "meta": "name, value",
    "vault": "request, name, sealed",
    "vault_key": "request, wrapped",
    "view": "view, key, state",
    "watermark": "view, size",
}


def row_sum(table: str, *row: object) -> int:
    """Return a row's number; the rows of one name add up modulo 2^256, against slips and rot."""
    parts = (each if isinstance(each, bytes) else str(each).encode() for each in (table, *row))
    return int.from_bytes(sha256(b"".join(map(ssh_string, parts))).digest(), "big")


def sum_name(table: str, first: object) -> str:
    """Return the name a row's number is summed under: its view, or its table."""
    view = first.decode(errors="replace") if isinstance(first, bytes) else first
    return f"view `{view}`" if table in {"view", "watermark"} else f"table `{table}`"


def _check_sums(home: sqlite3.Connection) -> None:
    left = {
        bytes(name).decode(errors="replace"): int.from_bytes(digest, "big")
        for name, digest in home.execute("SELECT name, digest FROM sums")
    }
    for table, columns in SUMMED.items():
        for row in home.execute(f"SELECT {columns} FROM {table}"):  # noqa: S608 (of this file)
            name = sum_name(table, row[0])
            left[name] = (left.get(name, 0) - row_sum(table, *row)) % 2**256
    if changed := sorted(name for name, rest in left.items() if rest):
        raise Unproven(f"rows of {changed[0]} were changed, the entries were not")
    for table in (*SUMMED, "document"):
        if home.execute(f"PRAGMA integrity_check({table})").fetchone() != (b"ok",):
            raise Unproven(f"an index of table `{table}` is damaged; restore it from a backup")


def _check_documents(home: sqlite3.Connection, planned: set[str]) -> None:
    missing = set(planned)
    for digest, document in home.execute("SELECT digest, bytes FROM document"):
        if sha256(document).hexdigest().encode() != digest:
            raise Unproven("a document was changed, or its digest")
        missing.discard(digest.decode())
    if missing:
        raise Unproven(f"the plan {min(missing)[:16]} that an entry names is missing")


@dataclass(slots=True)
class _Tree:
    """The tree made anew from the entries of a home, tile by tile; `wanted` are older sizes."""

    home: sqlite3.Connection
    wanted: set[int]
    size: int = 0
    edge: list[list[bytes]] = field(default_factory=lambda: [[]])
    roots: dict[int, bytes] = field(default_factory=dict)
    tiles: int = 0
    wrong_tile: str = ""
    planned: set[str] = field(default_factory=set)
    began: str = ""
    last: bytes = b""

    def read(self) -> None:
        """Hash every entry, in order."""
        entries = self.home.execute("SELECT n, leaf FROM entry ORDER BY n")
        while rows := entries.fetchmany(TILE):
            numbers, leaves = zip(*rows, strict=True)
            if list(numbers) != list(range(self.size, self.size + len(rows))):
                raise Unproven(f"entry {self._missing(numbers)} is missing or out of place")
            self._hash(leaves)

    def agree_with(self, head: Note) -> None:
        """Compare with what was signed, then with the tiles."""
        if self.size < head.size:
            raise Unproven(f"entries were dropped: {head.size} were signed, {self.size} are there")
        if self.size > head.size:
            raise Unproven(f"entries nobody signed: {head.size} were signed, {self.size} are there")
        if edge_root(self.edge) != head.root:
            raise Unproven(
                "an entry was changed, dropped or swapped: the entries do not make the tree that "
                f"was signed{self.wrong_tile and f' ({self.wrong_tile})'}"
            )
        (stored,) = self.home.execute("SELECT count(*) FROM tile").fetchone()
        if self.wrong_tile or stored != self.tiles:
            where = self.wrong_tile or f"{stored} are there, {self.tiles} were made"
            raise Unproven(f"the tiles were changed, the entries were not: {where}")

    def _missing(self, numbers: Iterable[int]) -> int:
        return next(n for n, found in enumerate(numbers, self.size) if n != found)

    def _hash(self, leaves: Sequence[bytes]) -> None:
        try:
            hashes = [sha256(b"\0" + leaf).digest() for leaf in leaves]
            times = [leaf[7:31] if leaf.startswith(b'{"at":"') else _at(leaf) for leaf in leaves]
            plans = [leaf for leaf in leaves if b'"kind":"request.planned"' in leaf]
            self.planned.update(str(json.loads(leaf)["plan"]) for leaf in plans)
        except _MISSHAPEN as wrong:
            raise Unproven(f"an entry from {self.size} on is not what Upheld writes") from wrong
        if times != sorted(times) or times[0] < self.last:
            raise Unproven(f"an entry from {self.size} on is dated before the one it follows")
        self.began, self.last = self.began or times[0].decode(), times[-1]
        for size in self.wanted.intersection(range(self.size + 1, self.size + len(leaves) + 1)):
            self.roots[size] = edge_root([hashes[: size - self.size], *self.edge[1:]])
        self.size += len(leaves)
        self.edge[0] = hashes
        self._carry()

    def _carry(self) -> None:
        for level in range(len(self.edge)):
            if len(self.edge[level]) < TILE:
                return
            root = perfect_root(self.edge[level])
            self._compare(level, (self.size >> 8 * (level + 1)) - 1, root)
            self.edge[level] = []
            if level + 1 == len(self.edge):
                self.edge.append([])
            self.edge[level + 1].append(root)

    def _compare(self, level: int, n: int, root: bytes) -> None:
        stored = self.home.execute(
            "SELECT root, hashes FROM tile WHERE level = ? AND n = ?", (level, n)
        ).fetchone()
        self.tiles += 1
        if stored != (root, b"".join(self.edge[level])) and not self.wrong_tile:
            width = TILE ** (level + 1)
            self.wrong_tile = f"tile {level}/{n}, entries {n * width} to {(n + 1) * width - 1}"


def _at(leaf: bytes) -> bytes:
    return str(json.loads(leaf)["at"]).encode()


def _signer(head: Note, opened: bytes, key: str | None) -> str:
    """Return the verifier key that signed; it is the one the log was opened with, and `key`."""
    try:
        first = json.loads(opened)
        signer = str(first["key"])
        named = (first["kind"], first["origin"]) == ("home.opened", head.origin)
    except _MISSHAPEN as wrong:
        raise Unproven("the first entry does not say which key the log was opened with") from wrong
    if not named:
        raise Unproven("the first entry was not made by the log that the checkpoint names")
    if key is not None and key != signer:
        raise Unproven(f"the log was opened with another key than the one given: `{signer}`")
    try:
        signs = signed_by(head, signer)
    except Unreadable as wrong:
        raise Unproven("the first entry does not say which key the log was opened with") from wrong
    if not signs:
        raise Unproven("the checkpoint is not signed with the key the log was opened with")
    return signer


def _agreed(
    notes: Sequence[Note], signer: str, size: int, roots: Mapping[int, bytes]
) -> tuple[str, ...]:
    for note in notes:
        if note.origin != signer.partition("+")[0] or not signed_by(note, signer):
            raise Unproven(f"the older checkpoint of size {note.size} is of another log or key")
        if note.size > size:
            raise Unproven(
                f"the log shrank, or this file is older than the checkpoint: {note.size} entries "
                f"were signed then, here are {size}"
            )
        if roots.get(note.size) != note.root:
            raise Unproven(
                f"the log forked: its first {note.size} entries are not those of the older "
                "checkpoint of that size"
            )
    sizes = ", ".join(f"{note.size:,}" for note in notes)
    return (f"  agrees with every older checkpoint given (entries: {sizes})",) if notes else ()


def _key_lines(signer: str) -> tuple[str, ...]:
    return (f"  signed by {signer}", "  compare it with the key the company publishes")


# --- a proof bundle -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bundle:
    request: str
    head: Note
    key: str
    leaves: Mapping[int, bytes]
    plans: Mapping[str, bytes]
    inclusion: Mapping[int, tuple[bytes, ...]]
    consistency: Mapping[int, tuple[bytes, ...]]


def _check_bundle(file: Path, notes: Sequence[Note], key: str | None) -> Report:
    name = file.name
    try:
        with zipfile.ZipFile(file) as archive:
            bundle = _read_bundle(archive)
    except _BROKEN_ZIP as wrong:
        raise Unproven(f"`{name}` is damaged or cut short; ask for it again") from wrong
    except _MISSHAPEN as wrong:
        raise Unproven(f"`{name}` lacks a part of a proof, or holds one misshapen") from wrong
    signer = _signer(bundle.head, bundle.leaves.get(0, b""), key)
    if signer != bundle.key:
        raise Unproven("the verifier key beside the checkpoint is not the one that signed it")
    for n, leaf in sorted(bundle.leaves.items()):
        proof = bundle.inclusion.get(n, ())
        if inclusion_root(leaf, n, bundle.head.size, proof) != bundle.head.root:
            raise Unproven(f"entry {n} is not in the tree that was signed: it was changed or added")
    agreed = _bundle_agrees(bundle, notes, signer)
    story = _Story(bundle)
    story.tell()
    lines = (
        f"`{name}` is a proof of request {bundle.request}",
        f"  {len(bundle.leaves)} entries, each proven to be in a log of {bundle.head.size:,}",
        *agreed,
        *_key_lines(signer),
        *story.lines,
        "proven; that no entry of this request was left out, only the whole log shows",
    )
    return Report(bundle.head.size, signer, lines)


def _read_bundle(archive: zipfile.ZipFile) -> _Bundle:
    if sum(member.file_size for member in archive.infolist()) > LARGEST:
        raise Unproven("the bundle is larger than a proof can be")
    files = {name: archive.read(name) for name in archive.namelist()}
    if len(files) != len(archive.infolist()):
        raise Unproven("the bundle holds two files of one name")
    about, proofs = json.loads(files["bundle.json"]), json.loads(files["proofs.json"])
    if about["format"] != FORMAT:
        raise Unproven(f"the bundle has format {FORMAT + 1} or later; use its own verify.py")
    head = read_note(files["checkpoint"].decode())
    if about["origin"] != head.origin:
        raise Unproven("the bundle and its checkpoint name different logs")
    return _Bundle(
        request=str(about["request"]),
        head=head,
        key=files["verifier-key"].decode().removesuffix("\n"),
        leaves={int(name[8:-5]): data for name, data in files.items() if name[:8] == "entries/"},
        plans={
            sha256(data).hexdigest(): data
            for name, data in files.items()
            if name == "plan.json" or name[:6] == "plans/"
        },
        inclusion=_proofs(proofs["inclusion"]),
        consistency=_proofs(proofs["consistency"]),
    )


def _proofs(given: Mapping[str, Sequence[str]]) -> Mapping[int, tuple[bytes, ...]]:
    return {int(n): tuple(bytes.fromhex(each) for each in proof) for n, proof in given.items()}


def _bundle_agrees(bundle: _Bundle, notes: Sequence[Note], signer: str) -> tuple[str, ...]:
    head = (bundle.head.size, bundle.head.root)
    roots: dict[int, bytes] = {}
    for note in notes:
        proof = () if note.size == head[0] else bundle.consistency.get(note.size)
        if proof is None and note.size < head[0]:
            raise Unproven(
                f"the bundle has no consistency proof from size {note.size}; ask for a bundle "
                "made for this checkpoint"
            )
        if proof is not None and consistent((note.size, note.root), head, proof):
            roots[note.size] = note.root
    return _agreed(notes, signer, head[0], roots)


@dataclass(slots=True)
class _Story:
    """What became of a request, told by its entries, each held against those before it."""

    bundle: _Bundle
    lines: list[str] = field(default_factory=list)
    last: str = ""
    right: str = ""
    plan: str = ""
    rows: int = 0
    signed: str = ""
    officers: set[str] = field(default_factory=set)
    attempts: dict[str, int] = field(default_factory=dict)
    begun: dict[tuple[str, int], str] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    done: dict[str, set[str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    attested: set[str] = field(default_factory=set)
    clean: bool = False
    answered: bool = False
    outcome: str = ""
    closed_clean: bool = False

    def tell(self) -> None:
        """Go through the entries in order, then ask what must be true at the end."""
        for n, leaf in sorted(self.bundle.leaves.items()):
            try:
                entry = json.loads(leaf)
                self._entry(entry)
            except _MISSHAPEN as wrong:
                raise Unproven(f"entry {n} is not what Upheld writes") from wrong
        try:
            self._end()
        except _MISSHAPEN as wrong:
            raise Unproven("the plan in the bundle is not what Upheld writes") from wrong

    def _entry(self, entry: dict[str, object]) -> None:
        at, kind = str(entry["at"]), str(entry["kind"])
        if at < self.last:
            raise Unproven("the request's entries are dated backwards")
        self.last = at
        if kind == "home.opened":
            return
        if entry["request"] != self.bundle.request:
            raise Unproven("the bundle holds an entry of another request")
        if tell := _TELL.get(kind):
            self.lines.append(f"  {at[:10]} {tell(self, entry)}")

    def was_opened(self, entry: Mapping[str, object]) -> str:
        if self.right:
            raise Unproven("the request was opened twice")
        self.right = str(entry["right"])
        return f"{self.right} asked under {entry['regime']}, due {entry['due']}"

    def was_planned(self, entry: Mapping[str, object]) -> str:
        self.plan, self.rows, self.signed = str(entry["plan"]), int(str(entry["rows"])), ""
        self.done, self.outcome, self.officers = {}, "", set()
        return f"planned: {self.rows} rows, plan {self.plan[:16]}"

    def was_signed(self, entry: Mapping[str, object]) -> str:
        if entry["plan"] != self.plan:
            raise Unproven("what was signed is not what was planned")
        document = self.bundle.plans.get(self.plan)
        if document is None:
            raise Unproven("the plan in the bundle is not the one that was signed")
        plan = json.loads(document)
        if (plan["request"], plan["right"]) != (self.bundle.request, self.right):
            raise Unproven("the plan that was signed is of another request or right")
        officer, needed = _officer(entry, document, NAMESPACE), 1 + bool(plan.get("exceeds"))
        self.officers.add(officer)
        self.signed = self.plan if len(self.officers) >= needed else ""
        count = f", {len(self.officers)} of {needed}" * (needed > 1)
        return f"signed by officer {officer}{count}; compare with the officers the company names"

    def was_begun(self, entry: Mapping[str, object]) -> str:
        if not self.signed or entry["plan"] != self.signed:
            raise Unproven(f"step {entry['step']} was begun before its plan was signed")
        step, attempt = _attempt(entry)
        if not 0 < attempt <= self.attempts.get(step, 0) + 1:
            raise Unproven(f"an attempt at step {step} is missing")
        self.attempts[step] = self.unknown[step] = attempt
        self.begun[step, attempt] = self.signed
        self.clean, self.outcome = False, ""
        return f"begun: {step}, attempt {attempt}"

    def was_done(self, entry: Mapping[str, object]) -> str:
        step, attempt = _attempt(entry)
        plan = self.begun.get((step, attempt))
        if plan is None:
            raise Unproven(f"step {step} has a receipt and was not begun, or was declined")
        became = self._became(step, plan, lines := _list(entry["counted"]))
        if plan == self.plan:
            self.done[step] = became
        self._ended(step, attempt)
        self.clean, self.outcome = False, ""
        doubt = "; what an attempt before it did was not recorded" * ("unknown" in entry)
        return f"done: {step}: {'; '.join(map(_counted, lines)) or 'nothing to do'}{doubt}"

    def was_declined(self, entry: Mapping[str, object]) -> str:
        step, attempt = _attempt(entry)
        self.begun.pop((step, attempt), None)
        self._ended(step, attempt)
        return f"declined: {step}"

    def was_left(self, entry: Mapping[str, object]) -> str:
        step, token = str(entry["step"]), str(entry["token"])
        if self.tokens.get(step) != token:
            self.attested.discard(step)
        self.tokens[step], self.outcome = token, ""
        return f"waiting: {step}, due {entry['due']}"

    def was_attested(self, entry: Mapping[str, object]) -> str:
        step = str(entry["step"])
        if step not in self.tokens:
            raise Unproven(f"step {step} was attested and never waited for it")
        officer = _officer(entry, f"{self.tokens[step]}\n{entry['file']}".encode(), ATTEST)
        self.attested.add(step)
        return f"attested: {step}, by officer {officer}"

    def was_searched(self, entry: Mapping[str, object]) -> str:
        self.clean = entry["clean"] is True
        if self.clean and entry["late"]:
            raise Unproven("a look-back is said to be clean, and names rows that were there")
        return f"looked back: {'clean' if self.clean else 'rows were there again'}"

    def was_answered(self, entry: Mapping[str, object]) -> str:
        self.answered = True
        return f"answered: {entry['answer']}"

    def was_closed(self, entry: Mapping[str, object]) -> str:
        self.outcome, self.closed_clean = str(entry["outcome"]), self.clean
        if "signature" in entry:
            words = f"{self.bundle.request}\n{self.outcome}".encode()
            return f"closed: {self.outcome}, by officer {_officer(entry, words, CLOSE)}"
        if self.outcome not in CARRIED_OUT:
            raise Unproven(f"the request was closed as {self.outcome}, and no officer signed that")
        return f"closed: {self.outcome}"

    def was_reopened(self, entry: Mapping[str, object]) -> str:
        self.clean, self.outcome = False, ""
        return f"reopened: {entry['cause']}"

    def _ended(self, step: str, attempt: int) -> None:
        if self.unknown.get(step) == attempt:
            del self.unknown[step]

    def _became(self, step: str, digest: str, counted: Sequence[object]) -> set[str]:
        """Hold a receipt against its plan; return what became of any row."""
        plan = json.loads(self.bundle.plans[digest])
        part = next((p for p in plan["stores"] if self._step(p) == step), None)
        if part is None:
            raise Unproven(f"step {step} is not in the plan that was signed")
        by_hand = _by_hand(part) or step in self.tokens or self.right != "erase"
        if by_hand and step not in self.attested:
            raise Unproven(f"step {step} is done by hand, and no officer attested it before")
        became: set[str] = set()
        touched: Counter[tuple[object, object]] = Counter()
        for line in counted:
            collection, bond, outcome, rows, clause, _ = _list(line)
            place = (collection, bond)
            planned = [e for e in part["erasures"] if (e["collection"], e["bond"]) == place]
            if not planned or outcome not in ENDED | UNDONE:
                raise Unproven(f"step {step} did to {collection} ({bond}) what was not signed")
            kept = outcome == "retained"
            named = {each["hold"]["clause"] for each in planned if each["hold"]}
            if not kept:
                named.update([None], *(each["clauses"] for each in planned))
            if clause not in named:
                raise Unproven(f"step {step} names a clause that was not signed: {clause}")
            if type(rows) is not int or rows < 0:
                raise TypeError
            touched[place] += rows * (not kept)
            ceilings = [each["ceiling"] for each in planned]
            if None not in ceilings and touched[place] > sum(ceilings):
                raise Unproven(f"step {step} did to more rows of {collection} than was signed")
            became.update({str(outcome)} if rows else ())
        return became

    def _step(self, part: Mapping[str, object]) -> str:
        return f"{self.bundle.request}/{part['store']}"

    def _end(self) -> None:
        if not self.right:
            raise Unproven("the bundle does not hold the entry that opened the request")
        if self.unknown:
            raise Unproven(f"step {min(self.unknown)} was begun and has no receipt")
        if not self.outcome:
            raise Unproven("the request is not closed, or is being carried out again")
        carried_out = self.outcome in CARRIED_OUT
        if self.outcome == "no_data" and self.rows:
            raise Unproven(f"closed as no_data, but the plan had counted {self.rows} rows")
        if carried_out or self.begun:
            self._end_of_steps()
        if carried_out and not self.answered:
            raise Unproven("the request was carried out and nobody was answered")

    def _end_of_steps(self) -> None:
        if not self.signed:
            raise Unproven("the request was carried out without a signed plan")
        erased = self.right == "erase"
        plan = json.loads(self.bundle.plans[self.signed])
        wanted = {self._step(part) for part in plan["stores"] if erased or part["tasks"]}
        if missing := wanted - self.done.keys():
            raise Unproven(f"step {min(missing)} was planned and has no receipt")
        if erased and not (self.clean and self.closed_clean):
            raise Unproven("no clean look-back follows the last receipt")
        became = {outcome for each in self.done.values() for outcome in each}
        wrong = UNDONE | {"retained"} if self.outcome == "full" else UNDONE
        if self.outcome in CARRIED_OUT and became & wrong:
            raise Unproven(f"closed as {self.outcome}, but rows were {min(became & wrong)}")


def _by_hand(part: Mapping[str, object]) -> bool:
    return bool(part["tasks"]) or (not part["erasures"] and part["schema"] == part["map"])


def _attempt(entry: Mapping[str, object]) -> tuple[str, int]:
    return str(entry["step"]), int(str(entry["attempt"]))


def _officer(entry: Mapping[str, object], message: bytes, namespace: str) -> str:
    public, signature = read_sshsig(str(entry["signature"]), namespace)
    if fingerprint(public) != entry["officer"]:
        raise Unproven("an officer's signature was made with another key than the one named")
    if not ed25519_holds(public, signature, sshsig_message(message, namespace)):
        raise Unproven("an officer's signature does not hold on what the bundle shows")
    return fingerprint(public)


def _counted(line: object) -> str:
    collection, bond, outcome, rows, clause, until = _list(line)
    why = f" ({clause}{f', until {until}' if until else ''})" if clause else ""
    return f"{collection} ({bond}) {rows} {outcome}{why}"


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


_TELL: Mapping[str, Callable[[_Story, dict[str, object]], str]] = {
    "request.opened": _Story.was_opened,
    "request.planned": _Story.was_planned,
    "request.signed": _Story.was_signed,
    "step.intended": _Story.was_begun,
    "step.receipt": _Story.was_done,
    "step.pending": _Story.was_left,
    "step.declined": _Story.was_declined,
    "step.attested": _Story.was_attested,
    "request.looked-back": _Story.was_searched,
    "request.answered": _Story.was_answered,
    "request.closed": _Story.was_closed,
    "request.reopened": _Story.was_reopened,
}


def _bytes(file: Path) -> bytes:
    with _opened(file) as stream:
        return stream.read()


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as stream:
            yield stream
    except OSError as wrong:
        raise Unreadable(f"`{file.name}` cannot be read: {wrong.strerror}") from wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
