"""Asks MariaDB what guards it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from upheld.model import Probe, Safeguard
from upheld.stores.sql.catalogue import read_schema
from upheld.stores.sql.catalogue.gathered import called
from upheld.stores.sql.grants import SEARCHER, role_name
from upheld.stores.sql.guards.way import Link, in_transit
from upheld.stores.sql.rights import Held, Rights, compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import sqlalchemy as sa

    from upheld.model import StoreMap

_NAME = r"(?:`(?:[^`]|``)*+`|\"(?:[^\"]|\"\")*+\")"
_GRANT = re.compile(
    rf"GRANT (?P<privileges>(?:{_NAME}|[^`\"])+?) ON (?P<kind>[A-Z ]+ )?"
    rf"(?P<database>\*|{_NAME})\.(?P<table>\*|{_NAME}) TO (?P<rest>.*)",
    re.DOTALL,
)
_PRIVILEGE = re.compile(rf"([A-Z]+(?: [A-Z]+)*)(?: \(((?:{_NAME}|[ ,])+)\))?")
_ROLE = re.compile(
    rf"GRANT (?P<role>{_NAME})(?:@\S+)? TO .*?(?P<admin> WITH ADMIN OPTION)?$", re.DOTALL
)
_PASSES_ON = re.compile(r" WITH (?:[A-Z_]+ \d+ )*GRANT OPTION")


_SEES = frozenset({"REFERENCES", "TRIGGER"})
"""Rights on the whole database by which a role sees the columns of its tables, and the triggers."""

_WATCHES = "PROCESS"
_BESIDES = {
    _WATCHES: "by PROCESS, which a look-back needs, it also sees the statements that others run on "
    "this server, with the values in them",
    "TRIGGER": "by TRIGGER it sees the triggers of its tables, and may also make some",
}


def probes(connection: sa.Connection, mapped: StoreMap) -> Iterator[Probe]:
    """Yield what the server says of the way to it, of the login's rights, of its pages."""
    yield in_transit(connection.engine.url, _link(connection))
    database = str(connection.exec_driver_sql("SELECT DATABASE()").scalar_one())
    found = rights(_grants(connection), database, role_name(mapped.name, SEARCHER))
    yield compared(mapped, found, read_schema(connection))
    asked = "SHOW GLOBAL VARIABLES LIKE 'innodb_checksum_algorithm'"
    algorithm = next((str(value) for _, value in connection.exec_driver_sql(asked)), "none")
    if algorithm == "none":
        words = "pages have no checksums, so that damage on the disk goes unseen"
        yield Probe(Safeguard.INTEGRITY, held=None, words=words)
    else:
        words = f"each page has a checksum ({algorithm}), which is checked when it is read"
        yield Probe(Safeguard.INTEGRITY, held=True, words=words)


def _link(connection: sa.Connection) -> Link:
    status = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"
    asked = "SELECT host FROM information_schema.processlist WHERE id = connection_id()"
    cipher = next((str(value) for _, value in connection.exec_driver_sql(status)), "")
    host, port, _ = str(connection.exec_driver_sql(asked).scalar_one()).rpartition(":")
    return Link(
        cipher=cipher or None,
        socket=not port,
        loopback=host == "localhost" or host.startswith(("127.", "::1")),
        remedy="add `?ssl_ca=FILE` to its url",
    )


def _grants(connection: sa.Connection) -> list[str]:
    """Return what `SHOW GRANTS` says of the login, with each role it can take up and all above."""
    quoted = connection.dialect.identifier_preparer.quote_identifier
    before = connection.exec_driver_sql("SELECT CURRENT_ROLE()").scalar_one()
    lines = dict.fromkeys(connection.exec_driver_sql("SHOW GRANTS").scalars())
    roles = [_bare(found["role"]) for line in lines if (found := _ROLE.match(line))]
    try:
        for role in roles:
            connection.exec_driver_sql(f"SET ROLE {quoted(role)}")
            lines.update(dict.fromkeys(connection.exec_driver_sql("SHOW GRANTS").scalars()))
    finally:
        connection.exec_driver_sql(f"SET ROLE {quoted(before) if before else 'NONE'}")
    return list(lines)


def rights(lines: Iterable[str], database: str, searcher: str) -> Rights:
    """Return what lines of `SHOW GRANTS` give on tables, and what goes further.

    Nothing else of a line is looked at: some hold the hash of a password.
    """
    said = list(lines)
    searches = any(_bare(role["role"]) == searcher for line in said if (role := _ROLE.match(line)))
    held: list[Held] = []
    wider: list[str] = []
    passed_on: list[str] = []
    for line in said:
        if role := _ROLE.match(line):
            passed_on += [f"ADMIN OPTION on role {role['role']}"] if role["admin"] else []
        elif found := _GRANT.match(line):
            where = f"{found['kind'] or ''}{found['database']}.{found['table']}"
            wider += [f"GRANT OPTION on {where}"] if _PASSES_ON.search(found["rest"]) else []
            for privilege, columns in _PRIVILEGE.findall(found["privileges"]):
                if privilege == "USAGE":
                    continue
                here = list(_here(found, database, privilege, re.findall(_NAME, columns)))
                held += here
                if not (here and _fits(found, here[0], searches=searches)):
                    wider.append(f"{privilege} on {where}")
        elif line.startswith("GRANT "):
            wider.append(line.split()[1])
    has = dict.fromkeys(each.privilege for each in held if each.table is None)
    return Rights(
        tuple(held),
        (*wider, *passed_on),  # a server may list a hundred roles before what matters more
        () if {_WATCHES, "ALL PRIVILEGES"} & set(has) else (f"{_WATCHES} on *.*",),
        tuple(words for privilege, words in _BESIDES.items() if privilege in has),
        searches=searches,
    )


def _fits(found: re.Match[str], held: Held, *, searches: bool) -> bool:
    """Say whether a right is on one table, or is one that is needed where it goes further."""
    if held.table is not None:
        return True
    if found["database"] == "*":
        return held.privilege == _WATCHES
    return held.privilege in _SEES or (searches and held.privilege == "SELECT")


def _here(
    found: re.Match[str], database: str, privilege: str, columns: Iterable[str]
) -> Iterator[Held]:
    """Yield what a privilege means: for one table, some of its columns, all of this database."""
    everywhere = found["database"] == "*" and privilege not in _SEES
    whole = found["table"] == "*"
    if found["kind"] or (whole and not (everywhere or _pattern(found["database"]) == database)):
        return
    space = None if whole else _bare(found["database"])
    table = None if whole else called(_bare(found["table"]), None if space == database else space)
    names = [_bare(name) for name in columns]
    yield from (Held(privilege, table, name) for name in names)
    if not names:
        yield Held(privilege, table)


def _bare(name: str) -> str:
    return name[1:-1].replace(name[0] * 2, name[0])


def _pattern(name: str) -> str:
    """Return the name of a database as a grant on all of it spells it, with its signs escaped."""
    return "*" if name == "*" else _bare(name).replace("\\_", "_").replace("\\%", "%")
