"""The tables of a home."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

from upheld.errors import HomeFailed

SCHEMA = 2
metadata = MetaData()


class _Utf8(TypeDecorator[str]):
    """Any text as its bytes: a server's own has no NUL, and an order and an encoding it was set."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Return what goes into the database."""
        del dialect
        return None if value is None else value.encode()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Return what came out of it."""
        del dialect
        try:
            return None if value is None else value.decode()
        except UnicodeDecodeError:  # the cause would quote it
            raise HomeFailed("home is damaged; restore it from a backup") from None


_WORDS = Text().with_variant(_Utf8(), "postgresql")
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")

entry = Table(
    "entry",
    metadata,
    Column("n", _NUMBER, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
)
tile = Table(
    "tile",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("n", _NUMBER, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
)
head = Table(
    "head",
    metadata,
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", _WORDS, nullable=False),
)
view = Table(
    "view",
    metadata,
    Column("view", _WORDS, primary_key=True),
    Column("key", _WORDS, primary_key=True),
    Column("state", _WORDS, nullable=False),
    sqlite_with_rowid=False,
)
watermark = Table(
    "watermark",
    metadata,
    Column("view", _WORDS, primary_key=True),
    Column("size", _NUMBER, nullable=False),
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
    Column("request", _WORDS, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
vault = Table(
    "vault",
    metadata,
    Column("request", _WORDS, primary_key=True),
    Column("name", _WORDS, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
document = Table(
    "document",
    metadata,
    Column("digest", _WORDS, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)
sums = Table(
    "sums",
    metadata,
    Column("name", _WORDS, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
meta = Table(
    "meta",
    metadata,
    Column("name", _WORDS, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
