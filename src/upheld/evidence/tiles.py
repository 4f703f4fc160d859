"""The tiles of the tree as home stores them, and its right edge made from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, insert, select

from upheld.errors import NotProven
from upheld.evidence import tables
from upheld.evidence.merkle import HASH, TILE, Edge, Pyramid, Tile, Tiles, leaf_hash, pyramid

_HASHES = select(tables.tile.c.hashes).where(
    tables.tile.c.level == bindparam("level"), tables.tile.c.n == bindparam("n")
)


@dataclass(slots=True)
class TileShelf:
    """Tiles kept once read: the complete upper ones, which never change, and those of one edge."""

    upper: dict[tuple[int, int], Pyramid] = field(default_factory=dict)
    last: tuple[Edge, tuple[Pyramid, ...]] = (Edge(), ())

    def tiles(self, connection: Connection, edge: Edge) -> Tiles:
        """Return the tiles of the tree with this edge."""
        of, last = self.last
        if of != edge:
            last = tuple(pyramid(hashes) for hashes in edge.levels)
            self.last = (edge, last)
        low: dict[tuple[int, int], Pyramid] = {}

        def tile(level: int, n: int) -> Pyramid:
            if n == edge.size >> 8 * (level + 1):
                return last[level]
            kept = self.upper if level else low
            if (level, n) not in kept:
                kept[level, n] = _stored(connection, level, n)
            return kept[level, n]

        return tile


def load_edge(connection: Connection, size: int) -> Edge:
    """Return the right edge at a size, hashed from entries and from the roots of tiles."""
    levels = [_last_hashes(connection, size)]
    while size >> 8 * len(levels):
        levels.append(_roots(connection, len(levels) - 1, size >> 8 * len(levels)))
    return Edge(size, tuple(levels))


def keep_tiles(connection: Connection, tiles: Sequence[Tile]) -> None:
    """Store complete tiles."""
    if tiles:
        rows = [
            {"level": tile.level, "n": tile.n, "root": tile.root, "hashes": tile.hashes}
            for tile in tiles
        ]
        connection.execute(insert(tables.tile), rows)


def _last_hashes(connection: Connection, size: int) -> tuple[bytes, ...]:
    n = tables.entry.c.n
    leaves = connection.scalars(
        select(tables.entry.c.leaf).where(n >= size // TILE * TILE, n < size).order_by(n)
    ).all()
    if len(leaves) != size % TILE:
        raise NotProven("entries are missing at the end of the log; run `upheld verify`")
    return tuple(leaf_hash(leaf) for leaf in leaves)


def _roots(connection: Connection, level: int, count: int) -> tuple[bytes, ...]:
    """Return the roots of the tiles of a level that are not yet under a tile themselves."""
    tile = tables.tile.c
    start = count // TILE * TILE
    roots = connection.scalars(
        select(tile.root)
        .where(tile.level == level, tile.n >= start, tile.n < count)
        .order_by(tile.n)
    ).all()
    if len(roots) != count - start:
        raise NotProven(f"tiles of level {level} are missing; run `upheld verify`")
    return tuple(roots)


def _stored(connection: Connection, level: int, n: int) -> Pyramid:
    hashes = connection.scalar(_HASHES, {"level": level, "n": n})
    if not isinstance(hashes, bytes) or len(hashes) != TILE * HASH:
        raise NotProven(f"tile {level}/{n} is missing or cut short; run `upheld verify`")
    return pyramid([hashes[at : at + HASH] for at in range(0, TILE * HASH, HASH)])
