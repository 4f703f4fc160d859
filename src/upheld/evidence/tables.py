"""The tables of a home."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

SCHEMA = 2
metadata = MetaData()

entry = Table(
    "entry",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
)
tile = Table(
    "tile",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
)
head = Table(
    "head",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
)
view = Table(
    "view",
    metadata,
    Column("view", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("state", Text, nullable=False),
    sqlite_with_rowid=False,
)
watermark = Table(
    "watermark",
    metadata,
    Column("view", Text, primary_key=True),
    Column("size", Integer, nullable=False),
)
alias = Table(
    "alias",
    metadata,
    Column("tag", LargeBinary, primary_key=True),
    Column("person", Integer, nullable=False, index=True),
    sqlite_with_rowid=False,
)
vault_key = Table(
    "vault_key",
    metadata,
    Column("request", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
vault = Table(
    "vault",
    metadata,
    Column("request", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
document = Table(
    "document",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)
sums = Table(
    "sums",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
