"""The tree is the tree of RFC 9162 §2.1."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.evidence import merkle
from upheld.evidence.merkle import HASH, Edge, Pyramid, Tile, Tiles, grow, pyramid, root

# The leaves and roots that implementations of RFC 6962 test themselves with.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def slow_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of §2.1.1, as written."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = split(len(leaves))
    return sha256(b"\1" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def slow_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of §2.1.3.1, as written."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*slow_path(m, leaves[:k]), slow_root(leaves[k:])]
    return [*slow_path(m - k, leaves[k:]), slow_root(leaves[:k])]


def slow_proof(m: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of §2.1.4.1, as written."""
    if m == len(leaves):
        return [] if whole else [slow_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*slow_proof(m, leaves[:k], whole=whole), slow_root(leaves[k:])]
    return [*slow_proof(m - k, leaves[k:], whole=False), slow_root(leaves[:k])]


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def planted(leaves: Sequence[bytes]) -> tuple[Edge, Tiles]:
    """Grow a tree, and keep its tiles in memory."""
    edge, complete = grow(Edge(), leaves)
    kept: dict[tuple[int, int], Pyramid] = {
        (tile.level, tile.n): pyramid(
            [tile.hashes[at : at + HASH] for at in range(0, len(tile.hashes), HASH)]
        )
        for tile in complete
    }
    for level, hashes in enumerate(edge.levels):
        kept[level, edge.size >> 8 * (level + 1)] = pyramid(hashes)
    return edge, lambda level, n: kept[level, n]


@pytest.mark.parametrize("size", range(9))
def test_the_known_trees_come_out(size: int) -> None:
    edge, _ = planted(LEAVES[:size])
    assert root(edge).hex() == ROOTS[size] == slow_root(LEAVES[:size]).hex()


def test_the_known_proofs_come_out() -> None:
    _, tiles = planted(LEAVES)
    assert [each.hex()[:8] for each in merkle.inclusion(tiles, 5, 8)] == [
        "bc1a0643",
        "ca854ea1",
        "d37ee418",
    ]
    assert [each.hex()[:8] for each in merkle.consistency(tiles, 6, 8)] == [
        "0ebc5d34",
        "ca854ea1",
        "d37ee418",
    ]


@settings(max_examples=60)
@given(
    size=st.one_of(st.integers(1, 40), st.sampled_from([255, 256, 257, 512, 600])), data=st.data()
)
def test_roots_and_proofs_are_those_of_the_rfc(size: int, data: st.DataObject) -> None:
    leaves = [f"{n}".encode() for n in range(size)]
    edge, tiles = planted(leaves)
    whole = slow_root(leaves)
    assert root(edge) == whole

    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(tiles, index, size)
    assert list(path) == slow_path(index, leaves)
    assert merkle.inclusion_root(leaves[index], index, size, path) == whole

    old = data.draw(st.integers(1, size))
    proof = merkle.consistency(tiles, old, size)
    assert list(proof) == slow_proof(old, leaves)
    assert merkle.consistent((old, slow_root(leaves[:old])), (size, whole), proof)


@settings(max_examples=60)
@given(size=st.integers(2, 70), data=st.data())
def test_no_other_proof_is_accepted(size: int, data: st.DataObject) -> None:
    leaves = [f"{n}".encode() for n in range(size)]
    _, tiles = planted(leaves)
    whole = slow_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = list(merkle.inclusion(tiles, index, size))
    others = [
        (leaves[index], index, size, path[:-1]),
        (leaves[index], index, size, [*path, path[-1]]),
        (leaves[index], index + 1, size, path),
        (leaves[index], -1, size, path),
        (leaves[index], index, size * 2, path),
        (leaves[index] + b"!", index, size, path),
        (leaves[index], index, size, [flipped(path[0]), *path[1:]]),
    ]
    for leaf, at, of, proof in others:
        assert merkle.inclusion_root(leaf, at, of, proof) != whole

    old = data.draw(st.integers(1, size - 1))
    before, proof = slow_root(leaves[:old]), list(merkle.consistency(tiles, old, size))
    for forged in ([flipped(proof[0]), *proof[1:]], proof[:-1], [*proof, proof[-1]], []):
        assert not merkle.consistent((old, before), (size, whole), forged)
    assert not merkle.consistent((old, flipped(before)), (size, whole), proof)
    assert not merkle.consistent((old, before), (size, flipped(whole)), proof)
    assert not merkle.consistent((size, whole), (old, before), proof)
    assert not merkle.consistent((old, before), (size * 2, whole), proof)


def test_a_tree_grown_in_pieces_is_the_same_tree() -> None:
    leaves = [f"{n}".encode() for n in range(66_000)]
    whole, tiles = grow(Edge(), leaves)
    edge, pieces = Edge(), list[Tile]()
    for start in range(0, len(leaves), 777):
        edge, complete = grow(edge, leaves[start : start + 777])
        pieces += complete
    assert edge == whole
    assert tuple(pieces) == tiles
    assert [(tile.level, tile.n) for tile in tiles if tile.level] == [(1, 0)]


def test_there_is_no_proof_for_what_is_outside_the_tree() -> None:
    _, tiles = planted(LEAVES)
    for index, size in ((8, 8), (-1, 8)):
        with pytest.raises(IndexError):
            merkle.inclusion(tiles, index, size)
    for old, size in ((0, 8), (9, 8)):
        with pytest.raises(IndexError):
            merkle.consistency(tiles, old, size)


def flipped(hashed: bytes) -> bytes:
    return bytes([hashed[0] ^ 1]) + hashed[1:]
