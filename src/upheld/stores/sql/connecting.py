"""Opens connections to a database, each time anew: a file may be put in the place of another."""

from __future__ import annotations

import sqlite3
from urllib.parse import quote

import sqlalchemy as sa

from upheld.errors import BadInput
from upheld.stores.sql.functions import install

READING = ("BEGIN",)
"""What is said before several things are read as of one moment."""

WRITING = ("PRAGMA foreign_keys = ON", "PRAGMA secure_delete = ON", "BEGIN IMMEDIATE")
"""What is said before anything is written."""

_WAIT_SECONDS = 5.0


def make_engine(name: str, url: str) -> sa.Engine:
    """Return an engine for the store `name`; nothing is opened yet.

    Raises:
        BadInput: the URL is no database URL, or of a kind not supported yet.
    """
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise BadInput(
            f"store `{name}` has no usable url; write `sqlite:///file.sqlite`"
        ) from error
    if address.get_backend_name() != "sqlite" or not address.database:
        raise BadInput(f"store `{name}`: only `sqlite:///file.sqlite` is supported so far")
    mode = "ro" if address.query.get("mode") == "ro" else "rw"
    path = f"file:{quote(address.database)}?mode={mode}"
    engine = sa.create_engine(
        "sqlite://", creator=lambda: _connected(path), poolclass=sa.NullPool, hide_parameters=True
    )
    sa.event.listen(engine, "connect", _set_up)
    return engine


def _connected(path: str) -> sqlite3.Connection:
    return sqlite3.connect(
        path, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.text_factory = _text
    install(connection)


def _text(stored: bytes) -> str | bytes:
    """Return a text, or its bytes where a database that checks nothing was given no UTF-8."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored
