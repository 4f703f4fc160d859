"""Opens connections to a database, each time anew: a file may be put in the place of another."""

from __future__ import annotations

import sqlite3
from urllib.parse import quote

import sqlalchemy as sa

from upheld.errors import BadInput
from upheld.stores.sql.functions import install

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
    sa.event.listen(engine, "begin", _begin)
    return engine


def _connected(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.text_factory = _text
    install(connection)
    return connection


def _text(stored: bytes) -> str | bytes:
    """Return a text, or its bytes where a database that checks nothing was given no UTF-8."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("upheld_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
