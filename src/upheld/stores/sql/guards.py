"""Asks a database what guards it: the way to it, who may do what in it, whether it is whole."""

from __future__ import annotations

import os
import re
import shlex
import stat
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import Guards, Probe, Safeguard
from upheld.stores.sql.grants import Held, compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from upheld.model import StoreMap

_LARGEST_READ_THROUGH = 256 * 1024 * 1024
"""Bytes of a file that SQLite checks in a quarter of a second (measured); more would be felt."""

_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Link:
    """How this very session reached its server, as the server sees it."""

    cipher: str | None
    socket: bool
    loopback: bool
    remedy: str


def guards(connection: sa.Connection, mapped: StoreMap) -> Guards:
    """Return what can be asked of a database about its safeguards; reads no row of its tables.

    Behind a pooler the server speaks of the pooler's connection, not of ours.
    """
    ask = _ASKED.get(connection.dialect.name)
    return Guards(tuple(ask(connection, mapped))) if ask else Guards()


def file_of(connection: sa.Connection) -> str:
    """Return the path of the file that SQLite has opened."""
    databases = connection.exec_driver_sql("PRAGMA database_list")
    return next(str(path) for _, name, path in databases if name == "main")


def _sqlite(connection: sa.Connection, mapped: StoreMap) -> Iterator[Probe]:
    del mapped
    said = "the file is read in this process: nothing travels"
    yield Probe(Safeguard.IN_TRANSIT, held=True, words=said)
    pages, size = (
        int(connection.exec_driver_sql(f"PRAGMA {word}").scalar_one())
        for word in ("page_count", "page_size")
    )
    yield _modes(Path(file_of(connection)))
    yield _quick_check(connection, pages * size)


def _modes(path: Path) -> Probe:
    """Say who can read and write a file of SQLite, and those it keeps beside it for a while."""
    if os.name != "posix":
        words = "who can read the file cannot be told from its mode on this system"
        return Probe(Safeguard.LEAST_PRIVILEGE, held=None, words=words)
    beside = (path.with_name(f"{path.name}{end}") for end in ("-journal", "-wal", "-shm"))
    files = {
        each.name: mode for each in (path, *beside) if (mode := _mode(each)) and mode & _OTHERS
    }
    above = {str(each): mode for each in path.parents if (mode := _mode(each)) and _is_loose(mode)}
    if not files and not above:
        words = f"`{path.name}` can be read and written by its owner alone"
        return Probe(Safeguard.LEAST_PRIVILEGE, held=True, words=words)
    said = [f"`{name}` has mode {mode:04o}" for name, mode in files.items()]
    said += [f"its folder `{name}` has mode {mode:04o}" for name, mode in above.items()]
    mend = [f"chmod go-rwx {_in_shell(files)}"] if files else []
    mend += [f"chmod go-w {_in_shell(above)}"] if above else []
    words = f"{', '.join(said)}: others than its owner reach it; {' && '.join(mend)}"
    return Probe(Safeguard.LEAST_PRIVILEGE, held=False, words=words)


def _is_loose(mode: int) -> bool:
    """Say whether others may put a file of theirs in the place of one in a folder of this mode."""
    return bool(mode & (stat.S_IWGRP | stat.S_IWOTH)) and not mode & stat.S_ISVTX


def _in_shell(names: Iterable[str]) -> str:
    return " ".join(shlex.quote(f"./{each}" if each.startswith("-") else each) for each in names)


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _quick_check(connection: sa.Connection, size: int) -> Probe:
    if size > _LARGEST_READ_THROUGH:
        words = "the file is too large to be read through each time; run PRAGMA quick_check"
        return Probe(Safeguard.INTEGRITY, held=None, words=words)
    try:
        found = connection.exec_driver_sql("PRAGMA quick_check(100)").scalars().all()
    except sa.exc.DBAPIError as error:
        if "CORRUPT" in str(getattr(error.orig, "sqlite_errorname", "")):
            words = "the file is damaged, by PRAGMA quick_check; restore it from a backup"
            return Probe(Safeguard.INTEGRITY, held=False, words=words)
        words = "its wholeness cannot be asked here; run PRAGMA quick_check in its own software"
        return Probe(Safeguard.INTEGRITY, held=None, words=words)
    if found == ["ok"]:
        return Probe(
            Safeguard.INTEGRITY, held=True, words="the file is whole, by PRAGMA quick_check"
        )
    words = f"the file has faults, by PRAGMA quick_check: {len(found)}; restore it from a backup"
    return Probe(Safeguard.INTEGRITY, held=False, words=words)


_PG_LINK = """
SELECT s.ssl, s.version, s.cipher, host(inet_client_addr())
FROM pg_stat_ssl AS s WHERE s.pid = pg_backend_pid()
"""
_PG_CHECKSUMS = """
SELECT current_setting('data_checksums'), coalesce(checksum_failures, 0)
FROM pg_stat_database WHERE datname = current_database()
"""
_PG_ROLES = """
SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication
FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')
"""
_PG_CREATES = """
WITH mine AS (SELECT oid FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER'))
SELECT 'CREATE on the database'
WHERE EXISTS (SELECT FROM mine WHERE has_database_privilege(oid, current_database(), 'CREATE'))
UNION ALL SELECT 'CREATE on schema `' || n.nspname || '`' FROM pg_namespace n
WHERE left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
AND EXISTS (SELECT FROM mine WHERE has_schema_privilege(mine.oid, n.oid, 'CREATE'))
"""
_PG_HELD = """
WITH mine AS (SELECT oid FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')),
made AS (
  SELECT c.oid, c.relowner, CASE
    WHEN pg_table_is_visible(c.oid) THEN c.relname
    -- seen once a role is taken up: until then nothing in its schema is
    WHEN n.nspname IN (SELECT btrim(part, ' "') FROM unnest(path) AS part)
      AND to_regclass(quote_ident(c.relname)) IS NULL THEN c.relname
    ELSE n.nspname || '.' || c.relname END AS name
  FROM string_to_array(current_setting('search_path'), ',') AS path,
    pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d  -- what an extension brings, everybody may read
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT p.name, made.name, NULL, made.relowner IN (SELECT oid FROM mine), EXISTS (
  SELECT FROM mine WHERE has_table_privilege(mine.oid, made.oid, p.name || ' WITH GRANT OPTION'))
FROM made CROSS JOIN unnest(string_to_array(
  'SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER' || CASE
    WHEN current_setting('server_version_num')::int < 170000 THEN '' ELSE ' MAINTAIN' END, ' ')
) AS p(name)
WHERE EXISTS (SELECT FROM mine WHERE has_table_privilege(mine.oid, made.oid, p.name))
UNION ALL
SELECT p.name, made.name, a.attname, FALSE, FALSE
FROM pg_attribute a JOIN made ON made.oid = a.attrelid
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p(name)
WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND EXISTS (
  SELECT FROM mine WHERE has_column_privilege(mine.oid, made.oid, a.attnum, p.name)
  AND NOT has_table_privilege(mine.oid, made.oid, p.name))
ORDER BY 2, 3 NULLS FIRST, 1
"""
_PG_BEYOND = """
WITH mine AS (SELECT oid FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')),
spaces AS (SELECT oid, nspname FROM pg_namespace
  WHERE left(nspname, 3) <> 'pg_' AND nspname <> 'information_schema'),
brought AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
SELECT p.name || ' on sequence `' || n.nspname || '.' || c.relname || '`'
FROM pg_class c JOIN spaces n ON n.oid = c.relnamespace
CROSS JOIN unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS p(name)
WHERE c.relkind = 'S' AND ('pg_class'::regclass, c.oid) NOT IN (TABLE brought)
AND EXISTS (SELECT FROM mine WHERE CASE WHEN c.relkind = 'S'  -- asked of nothing else
  THEN has_sequence_privilege(mine.oid, c.oid, p.name) END)
UNION ALL
SELECT 'EXECUTE on `' || n.nspname || '.' || f.proname || '`, which runs with the rights of `'
  || pg_get_userbyid(f.proowner) || '`'
FROM pg_proc f JOIN spaces n ON n.oid = f.pronamespace
WHERE f.prosecdef AND f.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
AND ('pg_proc'::regclass, f.oid) NOT IN (TABLE brought)
AND EXISTS (SELECT FROM mine WHERE has_function_privilege(mine.oid, f.oid, 'EXECUTE'))
AND EXISTS (SELECT FROM mine WHERE has_schema_privilege(mine.oid, n.oid, 'USAGE'))
"""
_PG_MIGHTY = frozenset(
    {
        "pg_read_all_data",
        "pg_write_all_data",
        "pg_read_server_files",
        "pg_write_server_files",
        "pg_execute_server_program",
    }
)


def _postgresql(connection: sa.Connection, mapped: StoreMap) -> Iterator[Probe]:
    yield in_transit(connection.engine.url, _postgresql_link(connection))
    yield _postgresql_rights(connection, mapped)
    enabled, failures = connection.exec_driver_sql(_PG_CHECKSUMS).one()
    if failures:
        words = f"pages whose checksum was wrong: {failures}; restore the database from a backup"
        yield Probe(Safeguard.INTEGRITY, held=False, words=words)
    elif enabled == "on":
        words = "each page has a checksum, none was found wrong"
        yield Probe(Safeguard.INTEGRITY, held=True, words=words)
    else:
        words = "pages have no checksums, so that damage on the disk goes unseen; pg_checksums -e"
        yield Probe(Safeguard.INTEGRITY, held=None, words=words)


def _postgresql_link(connection: sa.Connection) -> Link:
    """Say how we reached the server; encryption counts if both ends of the way know of it."""
    pgconn = getattr(connection.connection.driver_connection, "pgconn", None)
    ours = getattr(pgconn, "ssl_in_use", True)
    ssl, version, cipher, client = connection.exec_driver_sql(_PG_LINK).one()
    return Link(
        cipher=f"{version}, {cipher}" if ssl and ours else None,
        socket=client is None,
        loopback=client is not None and ip_address(client).is_loopback,
        remedy="add `?sslmode=verify-full` to its url",
    )


def _postgresql_rights(connection: sa.Connection, mapped: StoreMap) -> Probe:
    """Compare what the login may do, also by a role it can take up, with what the map needs."""
    attributes = ("superuser", "CREATEROLE", "CREATEDB", "BYPASSRLS", "REPLICATION")
    wider: list[str] = []
    for name, *has in connection.exec_driver_sql(_PG_ROLES):
        wider += [word for word, held in zip(attributes, has, strict=True) if held]
        wider += [f"role `{name}`"] if name in _PG_MIGHTY else []
    if "superuser" in wider:
        return compared(mapped, [Held("ALL PRIVILEGES", None)], ["superuser"])
    for asked in (_PG_CREATES, _PG_BEYOND):
        wider += connection.exec_driver_sql(asked).scalars().all()
    held: list[Held] = []
    for privilege, table, column, owned, passes_on in connection.exec_driver_sql(_PG_HELD):
        held.append(Held(privilege, table, column, owned=owned))
        wider += [f"owner of `{table}`"] if owned else []
        wider += [f"GRANT OPTION on `{table}`"] if passes_on and not owned else []
    return compared(mapped, held, wider)


def _mariadb(connection: sa.Connection, mapped: StoreMap) -> Iterator[Probe]:
    yield in_transit(connection.engine.url, _mariadb_link(connection))
    database = str(connection.exec_driver_sql("SELECT DATABASE()").scalar_one())
    yield compared(mapped, *granted(_mariadb_grants(connection), database))
    asked = "SHOW GLOBAL VARIABLES LIKE 'innodb_checksum_algorithm'"
    algorithm = next((str(value) for _, value in connection.exec_driver_sql(asked)), "none")
    if algorithm == "none":
        words = "pages have no checksums, so that damage on the disk goes unseen"
        yield Probe(Safeguard.INTEGRITY, held=None, words=words)
    else:
        words = f"each page has a checksum ({algorithm}), which is checked when it is read"
        yield Probe(Safeguard.INTEGRITY, held=True, words=words)


def _mariadb_link(connection: sa.Connection) -> Link:
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


def in_transit(url: sa.URL, link: Link) -> Probe:
    """Say whether somebody on the way can read along.

    A server that sees a socket where our address names a host sees a pooler; what a loopback
    address leads to, a proxy may have carried there from far away.
    """
    safeguard = Safeguard.IN_TRANSIT
    hosts = [*_words(url.query.get("host", url.host)), *_words(url.query.get("unix_socket"))]
    far = bool(hosts) and not hosts[-1].startswith("/")
    if link.cipher:
        return Probe(safeguard, held=True, words=f"this session is encrypted: {link.cipher}")
    if link.socket and not far:
        words = "over a socket of this machine: nothing travels"
        return Probe(safeguard, held=True, words=words)
    if link.socket or link.loopback:
        words = f"not encrypted by the server; what stands between cannot be asked; {link.remedy}"
        return Probe(safeguard, held=None, words=words)
    return Probe(safeguard, held=False, words=f"this session is not encrypted; {link.remedy}")


def _words(said: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return said if isinstance(said, tuple) else (said,) if said else ()


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


def _mariadb_grants(connection: sa.Connection) -> list[str]:
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


def granted(lines: Iterable[str], database: str) -> tuple[list[Held], list[str]]:
    """Return what lines of `SHOW GRANTS` give on tables of a database, and what goes further.

    Nothing else of a line is looked at: some hold the hash of a password.
    """
    held: list[Held] = []
    wider: list[str] = []
    for line in lines:
        if role := _ROLE.match(line):
            wider += [f"ADMIN OPTION on role {role['role']}"] if role["admin"] else []
        elif found := _GRANT.match(line):
            where = f"{found['kind'] or ''}{found['database']}.{found['table']}"
            wider += [f"GRANT OPTION on {where}"] if _PASSES_ON.search(found["rest"]) else []
            for privilege, columns in _PRIVILEGE.findall(found["privileges"]):
                if privilege == "USAGE":
                    continue
                here = list(_here(found, database, privilege, re.findall(_NAME, columns)))
                held += here
                if not here or (here[0].table is None and privilege != _SEES):
                    wider.append(f"{privilege} on {where}")
        elif line.startswith("GRANT "):
            wider.append(line.split()[1])
    return held, wider


def _here(
    found: re.Match[str], database: str, privilege: str, columns: Iterable[str]
) -> Iterator[Held]:
    """Yield what a privilege means for tables of a database: for one, some of its columns, all."""
    everywhere = found["database"] == "*" and privilege != _SEES
    if found["kind"] or not (everywhere or _pattern(found["database"]) == database):
        return
    table = None if found["table"] == "*" else _bare(found["table"])
    names = [_bare(name) for name in columns]
    yield from (Held(privilege, table, name) for name in names)
    if not names:
        yield Held(privilege, table)


_SEES = "SHOW VIEW"
"""The one right on the whole database that each of our roles has: to see how tables are made."""


def _bare(name: str) -> str:
    return name[1:-1].replace(name[0] * 2, name[0])


def _pattern(name: str) -> str:
    """Return the name of a database as a grant on all of it spells it, with its signs escaped."""
    return "*" if name == "*" else _bare(name).replace("\\_", "_").replace("\\%", "%")


_ASKED = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mariadb,
    "mariadb": _mariadb,
}
