"""Says what Upheld needs of a database by the map: compares it with a login, writes it as SQL."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.compiler import IdentifierPreparer

from upheld.errors import BadInput
from upheld.model import Act, Bond, Dialect, Follow, Probe, Role, Safeguard

if TYPE_CHECKING:
    from collections.abc import Collection as Many
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from upheld.model import Collection, StoreMap, Way

_UNTOUCHED = frozenset({Act.LEAVE, Act.RETAIN})
_LONGEST = 63
"""Bytes of a name in PostgreSQL; more are cut off in silence."""

_SHOWN = 5

_DOES = {
    Role.MAPPER: "reads the catalogue: names and types, no row",
    Role.READER: "reads the rows of what is mapped, too",
    Role.ERASER: "also changes the fields and deletes the rows that the map erases",
}


@dataclass(frozen=True, slots=True)
class _Written:
    """How one dialect writes roles; `role` makes one, or takes all it has, and lets it see names.

    The quoting of names is SQLAlchemy's; no `%` is doubled, since no driver reads this.
    """

    quote: str
    head: str
    role: str
    tail: str = ""

    def quoted(self, name: str) -> str:
        """Return a name as this dialect takes any name."""
        preparer = IdentifierPreparer(DefaultDialect(), self.quote, escape_quote=self.quote)
        return preparer.quote_identifier(name)


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
DO $$ DECLARE held text; BEGIN
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
      (format('DATABASE %I', current_database()), 'CONNECT'),
      (format('SCHEMA %I', current_schema()), 'USAGE')))
  LOOP
    IF turn = 2 THEN RAISE '% has a right on % that cannot be taken from it by you; run this as'
      ' one who may', '{name}', held; END IF;
    EXECUTE format('REVOKE ALL ON %s FROM %I', held, '{name}');
  END LOOP; END LOOP;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), '{name}');
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), '{name}');
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
-- SHOW VIEW lets a role see how tables are made, and no row of them.
""",
        role="""\
CREATE ROLE IF NOT EXISTS {quoted};
REVOKE ALL PRIVILEGES, GRANT OPTION FROM {quoted};
GRANT SHOW VIEW ON * TO {quoted};
""",
    ),
}


@dataclass(frozen=True, slots=True)
class Need:
    """What Upheld needs of one collection beside SELECT: UPDATE of columns, DELETE."""

    collection: str
    update: tuple[str, ...]
    delete: bool


class Held(NamedTuple):
    """A privilege that a login has or can take up; `table` None: on more than one table."""

    privilege: str
    table: str | None
    column: str | None = None
    owned: bool = False


def needs(mapped: StoreMap) -> tuple[Need, ...]:
    """Return what an erasure can come to do, whatever the catalogue and the policy say.

    Every mapped collection is read, also one that is not personal: its rows may point at rows that
    go. What `upheld.datamap.plan` can plan is within this, and this has nothing that it cannot.
    """
    return tuple(
        Need(each.name, tuple(dict.fromkeys(_updated(each))), _deleted(each))
        for each in mapped.collections
    )


def compared(mapped: StoreMap, held: Many[Held], wider: Iterable[str]) -> Probe:
    """Compare what a login holds with what the map needs; `wider` is what no table needs at all.

    More than is needed breaks least privilege. Less does not; it is said, since Upheld will fail.
    """
    needed = {need.collection: need for need in needs(mapped)}
    much = list(dict.fromkeys(wider))
    much += _by_table(each for each in held if not _needed(each, needed))
    little = _by_table(
        each for need in needed.values() for each in _wanted(need) if not _has(each, held)
    )
    ours = f"`upheld grants {mapped.name}`"
    if much:
        remedy = f"revoke that, or log in by a role that {ours} makes"
        words = f"it may do more than the map needs: {_listed(much)}; {remedy}"
        return Probe(Safeguard.LEAST_PRIVILEGE, held=False, words=words)
    short = f"; for an erasure it lacks {_listed(little)}, see {ours}" if little else ""
    words = f"it may do no more than the map needs{short}"
    return Probe(Safeguard.LEAST_PRIVILEGE, held=True, words=words)


def script(mapped: StoreMap, roles: Sequence[Role], dialect: Dialect) -> str:
    """Return the SQL that gives roles what they need and takes from them what they do not.

    It holds no password, names no database, and can be run again when the map has changed.
    """
    written = _WRITTEN[dialect]
    parts = [written.head.format(store=mapped.name)]
    for role in roles:
        name = role_name(mapped.name, role)
        head = f"-- {role}: {_DOES[role]}\n"
        made = written.role.format(name=name, quoted=written.quoted(name))
        parts.append(head + made + _granted(mapped, role, written))
    return "\n".join([*parts, written.tail]) if written.tail else "\n".join(parts)


def file_mode(mapped: StoreMap, path: str) -> str:
    """Return the shell command in the place of roles, which SQLite does not have."""
    return (
        "# SQLite has no roles: whoever can read the file reads all of it, whoever can write it\n"
        f"# changes all of it. Let the account that runs Upheld own the file of `{mapped.name}`,\n"
        "# and nobody else read or write it, its journal and its write-ahead log:\n"
        f"chmod go-rwx {shlex.quote(path)}*\n"
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


def role_name(store: str, role: Role) -> str:
    """Return the name of a role; of a store with a very long name, a digest stands for it.

    >>> role_name("crm", Role.READER)
    'upheld_crm_reader'
    """
    name = f"upheld_{store}_{role}"
    digest = sha256(store.encode()).hexdigest()[:16]
    return name if len(name) <= _LONGEST else f"upheld_{digest}_{role}"


def _needed(held: Held, needed: Mapping[str, Need]) -> bool:
    if held.owned or held.table is None:  # said among what goes further than a table
        return True
    need = needed.get(held.table)
    if need is None:
        return False
    match held.privilege:
        case "SELECT":
            return True
        case "UPDATE":
            return held.column in need.update
        case "DELETE":
            return need.delete
        case _:
            return False


def _wanted(need: Need) -> Iterator[Held]:
    yield Held("SELECT", need.collection)
    yield from (Held("UPDATE", need.collection, column) for column in need.update)
    if need.delete:
        yield Held("DELETE", need.collection)


def _has(wanted: Held, held: Many[Held]) -> bool:
    """Say whether something held covers what is wanted; SELECT of some columns is taken for it."""
    return any(
        each.privilege in {wanted.privilege, "ALL PRIVILEGES"}
        and each.table in {wanted.table, None}
        and (each.column in {wanted.column, None} or wanted.column is None)
        for each in held
    )


def _by_table(held: Iterable[Held]) -> list[str]:
    tables: dict[str, list[str]] = {}
    for each in held:
        part = f" (`{each.column}`)" if each.column else ""
        tables.setdefault(each.table or "", []).append(f"{each.privilege}{part}")
    return [f"{', '.join(privileges)} on `{table}`" for table, privileges in tables.items()]


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return "; ".join(words[:_SHOWN]) + more


def _deleted(collection: Collection) -> bool:
    bonds = {way.bond for way in collection.ways}
    return collection.delete and bool(bonds - {Bond.MENTIONS})


def _updated(collection: Collection) -> Iterator[str]:
    """Yield the columns that an erasure can write: of a row that stays, and of somebody else's."""
    bonds = {way.bond for way in collection.ways}
    if bonds - {Bond.MENTIONS} and (collection.keep or not collection.delete):
        yield from (each.name for each in collection.places if each.act not in _UNTOUCHED)
    if bonds - {Bond.MENTIONS} and not collection.delete:
        yield from (each.name for each in collection.places if each.act is Act.RETAIN)
    for way in collection.ways:
        if way.bond is not Bond.ABOUT:
            yield from _cut(collection, way)


def _cut(collection: Collection, way: Way) -> Iterator[str]:
    """Yield the columns of a row that stays by which it leads to the person, or that are theirs."""
    if isinstance(way, Follow):
        yield from (name for name in way.columns if name not in collection.key)
    for place in collection.places:
        if place.name in collection.key or (place.name in way.columns and isinstance(way, Follow)):
            continue
        theirs = place.name in way.columns or (place.of and set(place.of) <= set(way.columns))
        if theirs or (place.act is Act.REDACT and not place.of):
            yield place.name


def _granted(mapped: StoreMap, role: Role, written: _Written) -> str:
    """Return the grants on tables, which both dialects write alike."""
    if role is Role.MAPPER:
        return ""
    quoted, lines = written.quoted, []
    for need in needs(mapped):
        privileges = ["SELECT"]
        if role is Role.ERASER and need.update:
            privileges.append(f"UPDATE ({', '.join(map(quoted, need.update))})")
        if role is Role.ERASER and need.delete:
            privileges.append("DELETE")
        to = f"ON {quoted(need.collection)} TO {quoted(role_name(mapped.name, role))}"
        lines.append(f"GRANT {', '.join(privileges)} {to};\n")
    return "".join(lines)
