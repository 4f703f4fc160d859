"""Asks PostgreSQL what guards it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from upheld.model import Probe, Safeguard
from upheld.stores.sql.catalogue import read_schema
from upheld.stores.sql.catalogue.gathered import called
from upheld.stores.sql.grants import SEARCHER, role_name, spaces
from upheld.stores.sql.guards.way import Link, in_transit
from upheld.stores.sql.rights import Held, Rights, compared

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from upheld.model import Schema, StoreMap

_LINK = """
SELECT s.ssl, s.version, s.cipher, host(inet_client_addr())
FROM pg_stat_ssl AS s WHERE s.pid = pg_backend_pid()
"""
_CHECKSUMS = """
SELECT current_setting('data_checksums'), coalesce(checksum_failures, 0)
FROM pg_stat_database WHERE datname = current_database()
"""
_ROLES = """
SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication
FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')
"""
_CREATES = """
WITH mine AS (SELECT oid FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER'))
SELECT 'CREATE on the database'
WHERE EXISTS (SELECT FROM mine WHERE has_database_privilege(oid, current_database(), 'CREATE'))
UNION ALL SELECT 'CREATE on schema `' || n.nspname || '`' FROM pg_namespace n
WHERE left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
AND EXISTS (SELECT FROM mine WHERE has_schema_privilege(mine.oid, n.oid, 'CREATE'))
"""
_HELD = """
WITH mine AS (SELECT oid FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')),
made AS (
  SELECT c.oid, c.relowner, c.relname AS name, CASE
    WHEN pg_table_is_visible(c.oid) THEN NULL
    -- seen once a role is taken up: until then nothing in its schema is
    WHEN n.nspname IN (SELECT btrim(part, ' "') FROM unnest(path) AS part)
      AND to_regclass(quote_ident(c.relname)) IS NULL THEN NULL
    ELSE n.nspname END AS space,
    c.relrowsecurity AS guarded
  FROM string_to_array(current_setting('search_path'), ',') AS path,
    pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d  -- what an extension brings, everybody may read
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT p.name, made.space, made.name, NULL, made.relowner IN (SELECT oid FROM mine), EXISTS (
  SELECT FROM mine WHERE has_table_privilege(mine.oid, made.oid, p.name || ' WITH GRANT OPTION')),
  guarded
FROM made CROSS JOIN unnest(string_to_array(
  'SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER' || CASE
    WHEN current_setting('server_version_num')::int < 170000 THEN '' ELSE ' MAINTAIN' END, ' ')
) AS p(name)
WHERE EXISTS (SELECT FROM mine WHERE has_table_privilege(mine.oid, made.oid, p.name))
UNION ALL
SELECT p.name, made.space, made.name, a.attname, FALSE, FALSE, guarded
FROM pg_attribute a JOIN made ON made.oid = a.attrelid
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p(name)
WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND EXISTS (
  SELECT FROM mine WHERE has_column_privilege(mine.oid, made.oid, a.attnum, p.name)
  AND NOT has_table_privilege(mine.oid, made.oid, p.name))
ORDER BY 2 NULLS FIRST, 3, 4 NULLS FIRST, 1
"""
_BEYOND = """
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
_SHUT = """
SELECT nspname FROM pg_namespace n WHERE nspname = ANY (%s) AND NOT EXISTS (
  SELECT FROM pg_roles r WHERE pg_has_role(session_user, r.oid, 'MEMBER')
  AND has_schema_privilege(r.oid, n.oid, 'USAGE'))
"""
_MIGHTY = frozenset(
    {
        "pg_read_all_data",
        "pg_write_all_data",
        "pg_read_server_files",
        "pg_write_server_files",
        "pg_execute_server_program",
    }
)


_ATTRIBUTES = ("superuser", "CREATEROLE", "CREATEDB", "BYPASSRLS", "REPLICATION")


def probes(connection: sa.Connection, mapped: StoreMap) -> Iterator[Probe]:
    """Yield what the server says of the way to it, of the login's rights, of its pages."""
    yield in_transit(connection.engine.url, _link(connection))
    schema = read_schema(connection)
    yield compared(mapped, _rights(connection, mapped, schema), schema)
    enabled, failures = connection.exec_driver_sql(_CHECKSUMS).one()
    if failures:
        words = f"pages whose checksum was wrong: {failures}; restore the database from a backup"
        yield Probe(Safeguard.INTEGRITY, held=False, words=words)
    elif enabled == "on":
        words = "each page has a checksum, none was found wrong"
        yield Probe(Safeguard.INTEGRITY, held=True, words=words)
    else:
        words = "pages have no checksums, so that damage on the disk goes unseen; pg_checksums -e"
        yield Probe(Safeguard.INTEGRITY, held=None, words=words)


def _link(connection: sa.Connection) -> Link:
    """Say how we reached the server; encryption counts if both ends of the way know of it."""
    pgconn = getattr(connection.connection.driver_connection, "pgconn", None)
    ours = getattr(pgconn, "ssl_in_use", True)
    ssl, version, cipher, client = connection.exec_driver_sql(_LINK).one()
    return Link(
        cipher=f"{version}, {cipher}" if ssl and ours else None,
        socket=client is None,
        loopback=client is not None and ip_address(client).is_loopback,
        remedy="add `?sslmode=verify-full` to its url",
    )


def _rights(connection: sa.Connection, mapped: StoreMap, schema: Schema) -> Rights:
    """Return what the login may do, also by a role it can take up."""
    roles = {str(name): has for name, *has in connection.exec_driver_sql(_ROLES)}
    wider = [
        word for has in roles.values() for word, held in zip(_ATTRIBUTES, has, strict=True) if held
    ]
    if "superuser" in wider:
        return Rights((Held("ALL PRIVILEGES", None),), ("superuser",))
    wider += [f"role `{name}`" for name in roles if name in _MIGHTY]
    for asked in (_CREATES, _BEYOND):
        wider += connection.exec_driver_sql(asked).scalars().all()
    held: list[Held] = []
    guarded: dict[str, None] = {}
    for privilege, space, name, column, owned, passes_on, secured in connection.exec_driver_sql(
        _HELD
    ):
        table = called(name, space)
        held.append(Held(privilege, table, column, owned=owned))
        wider += [f"owner of `{table}`"] if owned else []
        wider += [f"GRANT OPTION on `{table}`"] if passes_on and not owned else []
        guarded |= {table: None} if secured and mapped.collection(table) else {}
    seen = tuple(
        f"it has BYPASSRLS, since row-level security would hide rows of `{table}`"
        for table in guarded
        if "BYPASSRLS" in wider
    )
    return Rights(
        tuple(held),
        tuple(each for each in wider if not (guarded and each == "BYPASSRLS")),
        tuple(_lacking(connection, mapped, schema)),
        seen,
        searches=role_name(mapped.name, SEARCHER) in roles,
    )


def _lacking(connection: sa.Connection, mapped: StoreMap, schema: Schema) -> Iterator[str]:
    """Yield what is needed beside rights on tables: to come into schemas, to see all rows."""
    for space in connection.exec_driver_sql(_SHUT, (list(spaces(mapped)),)).scalars():
        yield f"USAGE on schema `{space}`"
    for name, table in schema.tables.items():
        if table.hidden and mapped.collection(name):
            yield f"BYPASSRLS for `{name}`"
