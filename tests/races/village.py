"""A small company whose shop is on a server, and the sessions of others who write to it, too."""

from __future__ import annotations

import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from tests.journeys.town import ADA, Town, build
from upheld.model import Right, State
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from upheld.app import Upheld
    from upheld.model import Request

URL = "SHOP_OF_THE_VILLAGE"
CANARIES = ("ada@example.com", "Lovelace-Canary", "Canary Street")
TABLES = ("customers", "orders", "parcels", "letters")
PATIENCE = 30.0
"""Seconds after which a test says that what it waits for does not come."""

_MAKE = (
    """CREATE TABLE customers (id INTEGER PRIMARY KEY, email VARCHAR(200) NOT NULL UNIQUE,
    full_name VARCHAR(200), street VARCHAR(200))""",
    """CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, gift_for INTEGER,
    note VARCHAR(200), FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (gift_for) REFERENCES customers (id))""",
    """CREATE TABLE parcels (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL,
    address VARCHAR(200), FOREIGN KEY (order_id) REFERENCES orders (id))""",
    "CREATE TABLE letters (id INTEGER PRIMARY KEY, recipient VARCHAR(200), subject VARCHAR(200))",
    "CREATE INDEX orders_customer ON orders (customer_id)",
    "CREATE INDEX orders_gift ON orders (gift_for)",
    "CREATE INDEX parcels_order ON parcels (order_id)",
    "CREATE INDEX letters_recipient ON letters (recipient)",
    """INSERT INTO customers VALUES
    (1, 'Ada@Example.com', 'Ada Lovelace-Canary', '1 Canary Street'),
    (2, 'bob@example.com', 'Bob Byron', '2 Other Street')""",
    """INSERT INTO orders VALUES (10, 1, NULL, 'for Ada Lovelace-Canary'), (11, 1, NULL, NULL),
    (20, 2, NULL, 'for Bob')""",
    "INSERT INTO parcels VALUES (100, 10, '1 Canary Street'), (200, 20, '2 Other Street')",
    """INSERT INTO letters VALUES (1000, 'ada@example.com', 'Your order'),
    (2000, 'bob@example.com', 'Your order')""",
)
_MAP = f"""\
kind: sql
url: env:{URL}
collections:
  customers:
    key: id
    person: yes
    people:
      - {{match: email, identity: email, is: about}}
      - {{match: id, identity: "account:shop", is: about}}
    erase: fields
    fields:
      id: {{category: account, identity: "account:shop", erase: leave}}
      email: {{category: contact, identity: email, erase: replace}}
      full_name: {{category: contact, identity: name}}
      street: contact
  orders:
    key: id
    people:
      - {{follow: customer_id, to: customers, is: about}}
      - {{follow: gift_for, to: customers, is: about}}
    fields: {{id: none, customer_id: none, gift_for: none, note: commercial}}
  parcels:
    key: id
    people: [{{follow: order_id, to: orders, is: about}}]
    fields: {{id: none, order_id: none, address: contact}}
  letters:
    key: id
    people: [{{match: recipient, identity: email, is: about}}]
    fields: {{id: none, recipient: contact, subject: commercial}}
"""
_PATIENT = {
    "postgresql": f"SET lock_timeout = '{PATIENCE:.0f}s'",
    "mysql": f"SET SESSION innodb_lock_wait_timeout = {PATIENCE:.0f}, "
    f"lock_wait_timeout = {PATIENCE:.0f}",
}
_NUMBER = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}
_WAITS = {
    "postgresql": "SELECT cardinality(pg_blocking_pids({})) > 0",
    "mysql": "SELECT count(*) > 0 FROM information_schema.INNODB_TRX "
    "WHERE trx_mysql_thread_id = {} AND trx_state = 'LOCK WAIT'",
}


class Session:
    """A connection of somebody else, who has begun a transaction and waits for us if need be."""

    def __init__(self, connection: sa.Connection) -> None:
        """Begin."""
        kind = connection.dialect.name.replace("mariadb", "mysql")
        self.connection = connection
        self.say(_PATIENT[kind])
        connection.commit()
        self.number = int(connection.exec_driver_sql(_NUMBER[kind]).scalar_one())
        self.waiting = _WAITS[kind].format(self.number)
        connection.commit()

    def say(self, *statements: str) -> None:
        """Run statements, and leave the transaction open."""
        for each in statements:
            self.connection.exec_driver_sql(each)

    def commit(self) -> None:
        """End the transaction, and keep what was done."""
        self.connection.commit()

    def rollback(self) -> None:
        """End the transaction, and undo it."""
        self.connection.rollback()


@dataclass
class Village:
    """The company's folder, its shop on a server, and whatever is made to happen in between."""

    town: Town
    url: str
    others: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    @property
    def engine(self) -> sa.Engine:
        """What opens connections that are not Upheld's."""
        return sa.create_engine(self.url, poolclass=sa.NullPool)

    @property
    def is_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session of somebody else, undone at the end if it has not committed."""
        with self.engine.connect() as connection:
            yield Session(connection)

    def write(self, *statements: str) -> None:
        """Do what another writer does, and commit."""
        with self.session() as other:
            other.say(*statements)
            other.commit()

    @contextmanager
    def speaking(self) -> Iterator[Callable[[str], object]]:
        """Give a connection to speak on that begins and ends nothing by itself."""
        dialect = self.engine.dialect
        positional, named = dialect.create_connect_args(self.engine.url)
        raw = dialect.connect(*positional, **{**named, "autocommit": True})
        with closing(raw):
            yield lambda words: raw.cursor().execute(words)

    def rows(self, table: str) -> list[tuple[object, ...]]:
        """Return every row of a table as anybody sees it."""
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")
            return [tuple(row) for row in found]

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """Return the whole shop."""
        return {table: self.rows(table) for table in TABLES}

    def in_thread(self, do: Callable[[], None]) -> Future[None]:
        """Let somebody else do something that has to wait for us."""
        return self.others.submit(do)

    def tried(self, session: Session, do: Callable[[], None]) -> Future[None]:
        """Let somebody do something, and come back when it is done or the server makes it wait."""
        doing = self.in_thread(do)
        with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as asking:
            await_true(
                lambda: doing.done() or bool(asking.exec_driver_sql(session.waiting).scalar_one())
            )
        return doing

    def await_blocked(self, session: Session) -> None:
        """Come back when the server says that a session waits for a lock."""
        with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as asking:
            await_true(lambda: bool(asking.exec_driver_sql(session.waiting).scalar_one()))

    def signed(self, upheld: Upheld) -> str:
        """Take a request to erase Ada as far as the signature; return its id."""
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(id)
        upheld.sign(id, self.town.key)
        return id

    def require_erased(self, request: Request) -> None:
        """See that the request is over, and that nothing of Ada is left, and all of Bob."""
        assert request.state is State.CLOSED
        assert request.outcome == "full"
        assert not request.late
        left = self.everything()
        said = repr(left).casefold()
        assert [each for each in CANARIES if each.casefold() in said] == []
        ada, *others = left["customers"]
        assert ada[0] == 1
        assert str(ada[1]).endswith("@erased.invalid")
        assert ada[2:] == (None, None)
        assert {"customers": others, **{name: left[name] for name in TABLES[1:]}} == BOBS

    def require_untouched(self, before: dict[str, list[tuple[object, ...]]]) -> None:
        """See that nothing at all was written, half of it least of all."""
        assert self.everything() == before


BOBS: dict[str, list[tuple[object, ...]]] = {
    "customers": [(2, "bob@example.com", "Bob Byron", "2 Other Street")],
    "orders": [(20, 2, None, "for Bob")],
    "parcels": [(200, 20, "2 Other Street")],
    "letters": [(2000, "bob@example.com", "Your order")],
}


def settled(folder: Path, url: str) -> Village:
    """Make the company's folder, and fill the database that a variable names."""
    village = Village(build(folder), url)
    (folder / "stores" / "shop.yaml").write_text(_MAP, "utf-8")
    (folder / "shop.sqlite").unlink()
    village.write(*_MAKE)
    return village


def shop(upheld: Upheld) -> SqlStore:
    """Return the store of the shop, as it is opened by this company."""
    return cast("SqlStore", upheld.company.stores["shop"])


def before(upheld: Upheld, pattern: str, do: Callable[[], object]) -> list[str]:
    """Let something happen once, just before Upheld says what matches to the shop.

    Returns what it then was about to say; it is empty as long as that has not come.
    """
    return _once(upheld, "before_cursor_execute", pattern, do)


def after(upheld: Upheld, pattern: str, do: Callable[[], object]) -> list[str]:
    """Let something happen once, just after Upheld has said what matches to the shop."""
    return _once(upheld, "after_cursor_execute", pattern, do)


def _once(upheld: Upheld, moment: str, pattern: str, do: Callable[[], object]) -> list[str]:
    said: list[str] = []

    def listen(*seen: object) -> None:
        statement = str(seen[2])
        if not said and re.search(pattern, statement):
            said.append(statement)
            do()

    sa.event.listen(shop(upheld).engine, moment, listen)
    return said


class Pauses:
    """What happens between one attempt at a busy store and the next, in the place of waiting."""

    def __init__(self, patch: pytest.MonkeyPatch, do: Callable[[int], None]) -> None:
        """Let something happen at each pause, which is given its number."""
        self.number = 0
        self._do = do
        patch.setattr("upheld.acts.answer.patience.sleep", self._pause)

    def _pause(self, _: float) -> None:
        self.number += 1
        self._do(self.number)


def intents(upheld: Upheld, id: str) -> int:
    """Count the attempts at the shop that the log holds."""
    step = upheld.request(id).steps.get(f"{id}/shop")
    return step.attempt if step else 0


def await_true(condition: Callable[[], bool]) -> None:
    """Come back when something is so; fail if it never is."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "what was waited for has not come"
        time.sleep(0.15)  # InnoDB shows the same again to whoever asks more often


DELETE = {name: rf"^DELETE FROM [\"`]?{name}\b" for name in TABLES}
CHANGE = r"^UPDATE [\"`]?customers\b"
LOOK_BACK = "pg_prepared_xacts|INNODB_TRX"
