"""The Merkle tree of RFC 9162 §2.1, grown leaf by leaf; pure.

The hashes and the checking of proofs are the auditor's (`verify.py`), so that there is one of
each. Here a tree grows, and proofs are made from its *tiles*: 256 hashes a tile, those of level 0
leaf hashes, those of level n the roots of tiles of level n-1 (the idea of C2SP tlog-tiles).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from upheld.evidence.verify import (
    consistent,
    edge_root,
    fold,
    inclusion_root,
    leaf_hash,
    node_hash,
    perfect_root,
)

__all__ = [
    "HASH",
    "TILE",
    "Edge",
    "Pyramid",
    "Tile",
    "Tiles",
    "consistency",
    "consistent",
    "grow",
    "inclusion",
    "inclusion_root",
    "leaf_hash",
    "node_hash",
    "pyramid",
    "root",
]

HASH = 32
TILE = 256
Pyramid = tuple[tuple[bytes, ...], ...]
"""The hashes of a tile, above them those of each pair, and so on; an odd one has none above it."""
Tiles = Callable[[int, int], Pyramid]
"""The pyramid of tile (level, n); of the last tile of a level over what there is."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: its size, and per level the hashes of the last, unfinished tile."""

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ((),)


@dataclass(frozen=True, slots=True)
class Tile:
    """A complete tile: 256 hashes and the root over them."""

    level: int
    n: int
    root: bytes
    hashes: bytes


@lru_cache(maxsize=4)  # of an edge that was grown it is asked again when the next entry comes
def root(edge: Edge) -> bytes:
    """Return the root of the tree with this edge.

    >>> root(Edge()).hex()[:16]
    'e3b0c44298fc1c14'
    """
    return edge_root(edge.levels)


def grow(edge: Edge, leaves: Iterable[bytes]) -> tuple[Edge, tuple[Tile, ...]]:
    """Append entries; return the new edge and the tiles that became complete.

    >>> edge, tiles = grow(Edge(), [b"an entry"] * 257)
    >>> edge.size, [len(hashes) for hashes in edge.levels], len(tiles)
    (257, [1, 1], 1)
    """
    levels = [list(hashes) for hashes in edge.levels]
    size = edge.size
    tiles: list[Tile] = []
    for leaf in leaves:
        size += 1
        levels[0].append(leaf_hash(leaf))
        if len(levels[0]) == TILE:
            tiles += _carry(levels, size)
    return Edge(size, tuple(tuple(hashes) for hashes in levels)), tuple(tiles)


def inclusion(tiles: Tiles, index: int, size: int) -> tuple[bytes, ...]:
    """Return the inclusion proof of an entry in the tree of this size (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise IndexError("no such entry in a tree of this size; ask for one that is in it")
    return tuple(_range_root(tiles, start, end) for start, end in _beside(index, size))


def consistency(tiles: Tiles, old: int, size: int) -> tuple[bytes, ...]:
    """Return the consistency proof between two sizes of one tree (RFC 9162 §2.1.4.1)."""
    if not 0 < old <= size:
        raise IndexError("no such older size of this tree; ask for one between 1 and its size")
    return tuple(_range_root(tiles, start, end) for start, end in _between(old, size))


def pyramid(hashes: Sequence[bytes]) -> Pyramid:
    """Return the pyramid over the hashes of a tile.

    >>> [len(row) for row in pyramid([b""] * 5)]
    [5, 2, 1]
    """
    rows = [tuple(hashes)]
    while len(rows[-1]) > 1:
        below = rows[-1]
        rows.append(tuple(map(node_hash, below[::2], below[1::2])))
    return tuple(rows)


def _carry(levels: list[list[bytes]], size: int) -> Iterable[Tile]:
    for level in range(len(levels)):
        if len(levels[level]) < TILE:
            return
        over = perfect_root(levels[level])
        yield Tile(level, (size >> 8 * (level + 1)) - 1, over, b"".join(levels[level]))
        levels[level] = []
        if level + 1 == len(levels):
            levels.append([])
        levels[level + 1].append(over)


def _beside(index: int, size: int) -> Iterable[tuple[int, int]]:
    """Yield the subtrees beside the path to an entry, as ranges of entries, from below."""
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _half(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return reversed(path)


def _between(old: int, size: int) -> Iterable[tuple[int, int]]:
    """Yield the subtrees that make up both sizes, as ranges of entries, from below."""
    start, end, path = 0, size, []
    while old < end:
        middle = start + _half(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    if start:
        path.append((start, end))
    return reversed(path)


def _half(width: int) -> int:
    """Return the largest power of two below a width of at least two."""
    return 1 << (width - 1).bit_length() - 1


def _range_root(tiles: Tiles, start: int, end: int) -> bytes:
    """Return the root over entries of a subtree, from its perfect parts."""
    peaks: list[bytes] = []
    while start < end:
        height = (end - start).bit_length() - 1
        peaks.append(_perfect(tiles, height, start >> height))
        start += 1 << height
    return fold(peaks)


def _perfect(tiles: Tiles, height: int, place: int) -> bytes:
    level, rise = divmod(height, 8)
    n, within = divmod(place << rise, TILE)
    return tiles(level, n)[rise][within >> rise]
