"""Writes as SQL what Upheld needs of a database by the map: roles with that and nothing else."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.compiler import IdentifierPreparer

from upheld.errors import BadInput
from upheld.model import STEPS, Dialect, Role, name_parts
from upheld.stores.sql.recording import steps_table
from upheld.stores.sql.rights import RECORDING, needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from upheld.model import Schema, StoreMap
    from upheld.stores.sql.rights import Need

SEARCHER = "searcher"
"""The role of a deep look-back, which reads what is not mapped, too: written only if asked for."""

_OPTIONAL_IN_FILE = """\
# Optional. If a process dies after an erasure and before it wrote the receipt, only this table
# still knows how many rows went. Run the line below without its sign:
"""

_LONGEST = 63
"""Bytes of a name in PostgreSQL; more are cut off in silence."""

_DOES = {
    Role.MAPPER: "reads the catalogue: names and types, no row",
    Role.READER: "reads the rows of what is mapped, too",
    Role.ERASER: "also changes the fields and deletes the rows that the map erases",
    SEARCHER: "reads the rows of every table there is, mapped or not: for deep look-backs",
}


@dataclass(frozen=True, slots=True)
class _Written:
    """How one dialect writes roles; `role` makes one, or takes all it has, and lets it see names.

    `eraser` and `searcher` give what is more than rights on mapped tables. The quoting of names is
    SQLAlchemy's; no `%` is doubled, since no driver reads this.
    """

    quote: str
    head: str
    role: str
    searcher: str
    eraser: str = ""
    tail: str = ""

    def quoted(self, name: str) -> str:
        """Return a name as this dialect takes any name."""
        preparer = IdentifierPreparer(DefaultDialect(), self.quote, escape_quote=self.quote)
        return preparer.quote_identifier(name)

    def table(self, name: str) -> str:
        """Return the name of a table, in its schema where the map says one."""
        return ".".join(map(self.quoted, name_parts(name)))


_WRITTEN = {
    Dialect.POSTGRESQL: _Written(
        quote='"',
        head="""\
-- What Upheld needs of `{store}`, and nothing else. Run it as the owner of the tables, in their
-- database, with their schema first on the search_path:
--   upheld grants {store} --as postgresql | psql --set ON_ERROR_STOP=1 DATABASE
-- It sets no password. Grant a role to a login, or make it one with ALTER ROLE ... LOGIN.
BEGIN;
""",
        role="""\
DO {tag} DECLARE held text; BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
    CREATE ROLE {quoted} NOLOGIN;
  END IF;
  FOR turn IN 1..2 LOOP FOR held IN
    WITH granted AS (
      SELECT format('DATABASE %I', datname) AS what, datacl AS acl
      FROM pg_database WHERE datname = current_database()
      UNION ALL SELECT format('SCHEMA %I', nspname), nspacl FROM pg_namespace
      UNION ALL SELECT format('%s %s', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
        oid::regclass), relacl FROM pg_class
      UNION ALL SELECT format('TABLE %s', attrelid::regclass), attacl FROM pg_attribute
      UNION ALL SELECT format('ROUTINE %s', oid::regprocedure), proacl FROM pg_proc
    )
    SELECT DISTINCT what FROM granted CROSS JOIN LATERAL aclexplode(acl) AS each
    JOIN pg_roles ON pg_roles.oid = each.grantee WHERE rolname = '{name}'
    AND (is_grantable OR (what, privilege_type) NOT IN (
      SELECT format('DATABASE %I', current_database()), 'CONNECT' UNION ALL
      SELECT format('SCHEMA %I', each), 'USAGE'
      FROM unnest(current_schemas(false) || ARRAY[{schemas}]::name[]) AS each))
  LOOP
    IF turn = 2 THEN RAISE '% has a right on % that cannot be taken from it by you; run this as'
      ' one who may', '{name}', held; END IF;
    EXECUTE format('REVOKE ALL ON %s FROM %I', held, '{name}');
  END LOOP; END LOOP;
  FOR held IN SELECT unnest(current_schemas(false) || ARRAY[{schemas}]::name[]) LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', held, '{name}');
  END LOOP;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), '{name}');
END {tag};
""",
        searcher="""\
DO $$ DECLARE held record; BEGIN
  FOR held IN SELECT nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE pg_class.oid >= 16384 AND relkind IN ('r', 'p', 'm') AND NOT relispartition
    AND relpersistence <> 't'
  LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', held.nspname, '{name}');
    EXECUTE format('GRANT SELECT ON %I.%I TO %I', held.nspname, held.relname, '{name}');
  END LOOP;
END $$;
""",
        tail="COMMIT;\n",
    ),
    Dialect.MARIADB: _Written(
        quote="`",
        head="""\
-- What Upheld needs of `{store}`, and nothing else. Run it as an administrator:
--   upheld grants {store} --as mariadb | mariadb DATABASE
-- It sets no password. Grant a role to a user, and make it their DEFAULT ROLE.
-- REFERENCES lets a role see the names and types of all columns, and no row; it lets whoever may
-- make tables, which no role here may, point at these.
""",
        role="""\
CREATE ROLE IF NOT EXISTS {quoted};
REVOKE ALL PRIVILEGES, GRANT OPTION FROM {quoted};
GRANT REFERENCES ON * TO {quoted};
""",
        searcher="GRANT SELECT ON * TO {quoted};\n",
        eraser="""\
-- PROCESS tells a look-back which transactions are still open, and may bring rows yet. MariaDB
-- gives it for the whole server or not at all: it also shows the statements that others run there
-- at that moment, with the values in them. Upheld reads none of these.
GRANT PROCESS ON *.* TO {quoted};
""",
    ),
}

_UNREAD = """\
-- The catalogue was not read for this. Where rows that are deleted point at one another in a
-- circle, the eraser must also be let update the columns by which they do. Where there is a table
-- `upheld_step`, it must be let add to that.
"""

_OPTIONAL = """\
-- Optional. If a process dies after an erasure and before it wrote the receipt, only this table
-- still knows how many rows went. Run the line below without its sign, then print
-- this again: it then lets the eraser add to the table.
"""


def script(
    mapped: StoreMap, roles: Sequence[str], dialect: Dialect, schema: Schema | None = None
) -> str:
    """Return the SQL that gives roles what they need and takes from them what they do not.

    It holds no password, names no database, and can be run again when the map has changed. Give it
    the schema, where that is known, for what only a catalogue tells.
    """
    written = _WRITTEN[dialect]
    parts = [written.head.format(store=mapped.name)]
    for role in roles:
        unread = _UNREAD if role == Role.ERASER and schema is None else ""
        lines = [*_made(mapped, role, written), *_granted(mapped, role, written, schema)]
        if role == Role.ERASER:
            lines += _recording(mapped, dialect, schema)
        parts.append(f"-- {role}: {_DOES[role]}\n{unread}{''.join(lines)}")
    return "\n".join([*parts, written.tail]) if written.tail else "\n".join(parts)


def file_mode(mapped: StoreMap, path: str, *, named: bool = False) -> str:
    """Return the shell command in the place of roles, which SQLite does not have.

    With it stands the one that makes the table of steps, where none is `named` so yet.
    """
    line = f"# sqlite3 {shlex.quote(path)} {shlex.quote(steps_table())}\n"
    optional = "" if named else f"{_OPTIONAL_IN_FILE}{line}"
    return (
        "# SQLite has no roles: whoever can read the file reads all of it, whoever can write it\n"
        f"# changes all of it. Let the account that runs Upheld own the file of `{mapped.name}`,\n"
        "# and nobody else read or write it, its journal and its write-ahead log:\n"
        f"chmod go-rwx {shlex.quote(path)}*\n{optional}"
    )


def written_in(backend: str) -> Dialect:
    """Return the dialect of a backend as SQLAlchemy names it.

    Raises:
        BadInput: roles of such a database cannot be written.
    """
    known = {
        "postgresql": Dialect.POSTGRESQL,
        "mysql": Dialect.MARIADB,
        "mariadb": Dialect.MARIADB,
    }
    if backend not in known:
        raise BadInput(
            f"roles of `{backend}` cannot be written; `--as postgresql` or `--as mariadb`"
        )
    return known[backend]


def role_name(store: str, role: str) -> str:
    """Return the name of a role; of a store with a very long name, a digest stands for it.

    >>> role_name("crm", Role.READER)
    'upheld_crm_reader'
    """
    name = f"upheld_{store}_{role}"
    digest = sha256(store.encode()).hexdigest()[:16]
    return name if len(name) <= _LONGEST else f"upheld_{digest}_{role}"


def spaces(mapped: StoreMap) -> tuple[str, ...]:
    """Return the schemas, or databases of MariaDB, that the map names."""
    named = (name_parts(each.name) for each in mapped.collections)
    return tuple(dict.fromkeys(parts[0] for parts in named if len(parts) > 1))


def _made(mapped: StoreMap, role: str, written: _Written) -> Iterator[str]:
    """Yield what makes a role, and gives it what is more than rights on mapped tables."""
    name = role_name(mapped.name, role)
    named = {"name": name, "quoted": written.quoted(name)}
    schemas = ", ".join(map(_literal, spaces(mapped)))
    yield written.role.format(**named, schemas=schemas, tag=_tag(schemas))
    if role == SEARCHER:
        yield written.searcher.format(**named)
    if role == Role.ERASER:
        yield written.eraser.format(**named)


def _granted(
    mapped: StoreMap, role: str, written: _Written, schema: Schema | None
) -> Iterator[str]:
    """Yield the grants on mapped tables, which both dialects write alike."""
    to = written.quoted(role_name(mapped.name, role))
    for need in needs(mapped, schema) if role in {Role.READER, Role.ERASER} else ():
        privileges = ", ".join(_privileges(need, role, written))
        yield f"GRANT {privileges} ON {written.table(need.collection)} TO {to};\n"


def _recording(mapped: StoreMap, dialect: Dialect, schema: Schema | None) -> Iterator[str]:
    """Yield the right to record steps, where the table is; else what would make it, if it can."""
    if schema and STEPS in schema.tables:
        return
    if schema is None or not schema.records:
        yield f"{_OPTIONAL}-- {steps_table(dialect)}\n"
        return
    written = _WRITTEN[dialect]
    to = written.quoted(role_name(mapped.name, Role.ERASER))
    what = ", ".join(each.privilege for each in RECORDING)
    yield f"GRANT {what} ON {written.quoted(STEPS)} TO {to};\n"


def _privileges(need: Need, role: str, written: _Written) -> Iterable[str]:
    yield "SELECT"
    if role == Role.ERASER and need.update:
        yield f"UPDATE ({', '.join(map(written.quoted, need.update))})"
    if role == Role.ERASER and need.delete:
        yield "DELETE"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _tag(within: str) -> str:
    """Return what quotes a text of PostgreSQL in which anything stands."""
    tag = "$$"
    while tag in within:
        tag = f"$u{tag[1:]}"
    return tag
