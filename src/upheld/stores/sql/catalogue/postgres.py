"""Reads the catalogue of a PostgreSQL database: names and types, never values.

A partition is left out, and what is said of it alone is said of the table it is a part of. Every
question is about all tables at once: a database of 600 tables is asked no more than one of six.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.model import STEPS, Column, Reference, Type
from upheld.stores.sql.catalogue.gathered import Gathered, called, schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import sqlalchemy as sa

    from upheld.model import Schema

_RELATIONS = """
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_table_is_visible(c.oid),
    c.relrowsecurity AND row_security_active(c.oid),
    CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid END,
    EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid), c.relpersistence = 'p'
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
ORDER BY c.oid
"""
"""What was there before anything was made has a number below 16384."""

_COLUMNS = """
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
    a.attgenerated <> '' OR a.attidentity = 'a',
    CASE WHEN NOT o.collisdeterministic THEN concat_ws(' ', o.oid, o.collcollate,
        to_jsonb(o) ->> 'colliculocale', to_jsonb(o) ->> 'colllocale') END,
    format_type(t.oid, CASE WHEN t.typcategory IN ('N', 'D') THEN a.atttypmod ELSE -1 END)
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_type AS t ON t.oid = a.atttypid LEFT JOIN pg_collation AS o ON o.oid = a.attcollation
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
"""Each version keeps the locale of a collation of ICU in another column of the catalogue.

Types are as a cast names them; a cast to `varchar(5)` cuts what it is given, so no length.
"""

_TYPES = """
WITH RECURSIVE used (oid) AS (
    SELECT a.atttypid FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    UNION SELECT t.typbasetype FROM used JOIN pg_type AS t USING (oid) WHERE t.typbasetype <> 0
)
SELECT oid, t.typname, t.typcategory, t.typbasetype, t.typtypmod, t.typnotnull
FROM used JOIN pg_type AS t USING (oid)
"""
_CONSTRAINTS = """
SELECT k.conrelid, k.contypid, k.contype, k.conkey, k.confrelid, k.confkey, k.confdeltype,
    CASE WHEN k.contype IN ('c', 'x') THEN coalesce(pg_get_constraintdef(k.oid), '?') END
FROM pg_constraint AS k
WHERE k.contype IN ('f', 'c', 'x') AND k.conparentid = 0
ORDER BY k.conrelid, k.conname, k.oid
"""
_INDEXES = """
SELECT i.indrelid, i.indexrelid, i.indisunique, i.indisprimary, i.indkey[at.n - 1],
    CASE WHEN i.indkey[at.n - 1] = 0 THEN
        coalesce(pg_get_indexdef(i.indexrelid, at.n, true), '?') END
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS m ON m.oid = x.relam
CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS at (n)
WHERE i.indrelid >= 16384 AND i.indisvalid AND i.indpred IS NULL
    AND (i.indisprimary OR m.amname IN ('btree', 'hash'))
ORDER BY i.indexrelid, at.n
"""
_PARTLY = """
WITH odd AS (
    SELECT * FROM pg_index AS i WHERE i.indrelid >= 16384 AND i.indisunique AND i.indislive
    AND (num_nonnulls(i.indpred, i.indexprs) > 0
        OR to_jsonb(i) @> '{"indnullsnotdistinct": true}')
)
SELECT indrelid, unnest(indkey::int2[]) FROM odd
UNION SELECT indrelid, refobjsubid FROM odd JOIN pg_depend ON classid = 'pg_class'::regclass
    AND objid = indexrelid AND refclassid = 'pg_class'::regclass AND refobjid = indrelid
"""
"""Columns of unique indexes that mind more than whole values: they are named in what is said of it.

Before PostgreSQL 15 no index has the word for NULL like a value.
"""
_UNIQUE_NAMES = """
SELECT i.indrelid, x.relname FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
WHERE i.indrelid >= 16384 AND i.indislive AND (i.indisunique OR i.indisexclusion)
"""
_TRIGGERS = """
SELECT t.tgrelid, t.tgname,
    t.tgfoid IN (
        SELECT p.oid FROM pg_proc AS p
        WHERE p.proname IN ('tsvector_update_trigger', 'tsvector_update_trigger_column')
            AND p.pronamespace = 'pg_catalog'::regnamespace
    ) AND t.tgtype & 23 = 23 AND t.tgqual IS NULL AND cardinality(t.tgattr::int2[]) = 0,
    t.tgargs
FROM pg_trigger AS t
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'D'
UNION ALL
SELECT r.ev_class, r.rulename, false, ''::bytea
FROM pg_rewrite AS r
WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'D' AND r.ev_type IN ('2', '4')
ORDER BY 1, 2
"""
"""Triggers, and the rules that take the place of an UPDATE or DELETE.

A trigger of PostgreSQL's own that fills a `tsvector` does so for each row, before it is written,
whatever is changed: 23 is `BEFORE INSERT OR UPDATE … FOR EACH ROW`.
"""
_HEIRS = """
WITH RECURSIVE heir (of, oid) AS (
    SELECT inhparent, inhrelid FROM pg_inherits
    UNION SELECT heir.of, i.inhrelid FROM heir JOIN pg_inherits AS i ON i.inhparent = heir.oid
)
SELECT of, oid FROM heir ORDER BY of, oid
"""
_LARGE = "SELECT EXISTS (SELECT FROM pg_largeobject_metadata)"

FINGERPRINT = """
WITH relation AS (
    SELECT oid, xmin, relrowsecurity FROM pg_class
    WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relpersistence <> 't'
), row (part) AS (
    SELECT concat_ws(' ', 'r', oid, xmin, relrowsecurity AND row_security_active(oid)) FROM relation
    UNION ALL SELECT concat_ws(' ', 'a', attrelid, attnum, a.xmin) FROM pg_attribute AS a
        JOIN relation ON relation.oid = attrelid WHERE attrelid >= 16384 AND attnum > 0
    UNION ALL SELECT concat_ws(' ', 'c', oid, xmin) FROM pg_constraint WHERE contypid <> 0
        OR conrelid IN (SELECT oid FROM relation)
    UNION ALL SELECT concat_ws(' ', 'i', indexrelid, i.xmin, x.relname) FROM pg_index AS i
        JOIN relation ON relation.oid = indrelid JOIN pg_class AS x ON x.oid = indexrelid
    UNION ALL SELECT concat_ws(' ', 't', oid, xmin) FROM pg_trigger
        WHERE tgrelid IN (SELECT oid FROM relation)
    UNION ALL SELECT concat_ws(' ', 'w', oid, xmin) FROM pg_rewrite
        WHERE ev_class IN (SELECT oid FROM relation)
    UNION ALL SELECT concat_ws(' ', 'h', inhrelid, inhparent) FROM pg_inherits
    UNION ALL SELECT concat_ws(' ', 'e', oid, xmin) FROM pg_enum
    UNION ALL SELECT concat_ws(' ', 'd', oid, xmin) FROM pg_type WHERE typtype IN ('d', 'e')
    UNION ALL SELECT concat_ws(' ', 'n', oid, xmin) FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT concat_ws(' ', 'l', EXISTS (SELECT FROM pg_largeobject_metadata))
)
SELECT concat_ws(' ', current_user, array_to_string(current_schemas(false), ','),
    md5(string_agg(part, ',' ORDER BY part COLLATE "C")))
FROM row
"""

ASKED = "upheld_catalogue"
"""The option of a connection in which the fingerprint is kept until its transaction ends."""

_BESIDE = {"v": "a view", "m": "a materialised view", "f": "a foreign table"}
_DELETING = {"a": "", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}
_DATES = frozenset({"date", "timestamp", "timestamptz"})
_BY_CATEGORY = {"S": Type.TEXT, "B": Type.NUMBER, "N": Type.NUMBER, "D": Type.NUMBER}
_OF_TEXT = frozenset({"varchar", "bpchar"})
_CITEXT = "citext"
_CASELESS = re.compile(
    r"-ks-(?:level[12]|primary|secondary)\b|colstrength=(?:primary|secondary)\b", re.IGNORECASE
)
_CASED = re.compile(r"-kc\b|colcaselevel=", re.IGNORECASE)
_BEFORE_LENGTH = 4
"""What `atttypmod` counts beside the characters of `varchar(20)`."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type; `of` is the type that a domain is over, else nothing."""

    name: str
    category: str
    of: int
    modifier: int
    filled: bool


@dataclass(slots=True)
class _Relations:
    """The tables by their numbers, and what else is there by its name."""

    tables: dict[int, Gathered] = field(default_factory=dict)
    roots: dict[int, int] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    names: dict[tuple[int, int], str] = field(default_factory=dict)
    sound: bool = False

    def of(self, oid: int) -> Gathered | None:
        """Return a table, of a partition the whole."""
        return self.tables.get(self.roots.get(oid, oid))

    def columns(self, oid: int, numbers: Sequence[int]) -> tuple[str, ...]:
        """Return the names of columns by their numbers; a partition may number its own way."""
        return tuple(self.names[oid, number] for number in numbers)


def fingerprint(connection: sa.Connection) -> str:
    """Return what the catalogue says of itself: the same text, the same tables.

    Whoever began a transaction has asked already.
    """
    known = connection.get_execution_options().get(ASKED)
    return str(known or connection.exec_driver_sql(FINGERPRINT).scalar_one())


def read_schema(connection: sa.Connection) -> Schema:
    """Return every table of the database, with a digest of all that was read."""
    found = _relations(connection)
    _heirs(connection, found)
    computed = _triggers(connection, found)
    domains = _columns(connection, found, computed)
    _constraints(connection, found, domains)
    _indexes(connection, found)
    if connection.exec_driver_sql(_LARGE).scalar_one():
        found.beside["large objects"] = "large objects"
    return schema(found.tables.values(), found.beside, sound=found.sound)


def _relations(connection: sa.Connection) -> _Relations:
    found = _Relations()
    rows = connection.exec_driver_sql(_RELATIONS)
    for oid, space, name, kind, visible, hidden, root, inherits, lasts in rows:
        full = called(name, None if visible else space)
        if name == STEPS and visible:
            found.sound = kind == "r" and lasts
        if root is not None:
            found.roots[oid] = root
        elif kind in _BESIDE:
            found.beside[full] = _BESIDE[kind]
        else:
            found.tables[oid] = Gathered(full, hidden=hidden)
            if inherits:
                found.beside[full] = "a table whose rows are also those of another"
    return found


def _heirs(connection: sa.Connection, found: _Relations) -> None:
    """Read which tables inherit from which, however far down; partitions are the table itself."""
    for of, heir in connection.exec_driver_sql(_HEIRS):
        if of in found.tables and heir in found.tables:
            found.tables[of].heirs.append(found.tables[heir].name)


def _columns(
    connection: sa.Connection, found: _Relations, computed: frozenset[tuple[int, str]]
) -> Mapping[int, list[int]]:
    """Read the columns; return the domains that each table uses."""
    kinds = {oid: _Kind(*rest) for oid, *rest in connection.exec_driver_sql(_TYPES)}
    domains: dict[int, list[int]] = {}
    rows = connection.exec_driver_sql(_COLUMNS)
    for oid, number, name, kind, modifier, filled, computes, loose, declared in rows:
        found.names[oid, number] = name
        table = found.tables.get(oid)
        if table is None:
            continue
        chain = list(_over(kind, kinds))
        base = chain[-1]
        limits = (modifier, *(each.modifier for each in chain))
        column = Column(
            name,
            _type(base),
            nullable=not filled and not any(each.filled for each in chain),
            length=_length(base, next((limit for limit in limits if limit >= 0), -1)),
            generated=computes or (oid, name) in computed,
            declared=declared,
            folds=base.name == _CITEXT or _folds(loose or ""),
            loosely=base.name if base.name == _CITEXT else f"collation {loose}" if loose else "",
        )
        table.columns.append(column)
        domains.setdefault(oid, []).extend(_domains(kind, kinds))
    return domains


def _folds(locale: str) -> bool:
    """Say whether a collation surely disregards case: there are some that disregard accents only.

    >>> _folds("und-u-ks-level2"), _folds("und-u-ks-level1-kc-true"), _folds("und-u-ks-level3")
    (True, False, False)
    """
    return bool(_CASELESS.search(locale)) and not _CASED.search(locale)


def _over(oid: int, kinds: Mapping[int, _Kind]) -> Iterator[_Kind]:
    """Yield a type and, of a domain, what it is over, to the last."""
    while oid:
        kind = kinds[oid]
        yield kind
        oid = kind.of


def _domains(oid: int, kinds: Mapping[int, _Kind]) -> Iterator[int]:
    while kinds[oid].of:
        yield oid
        oid = kinds[oid].of


def _type(base: _Kind) -> Type:
    """Return what a column may hold; a time of day or a span of time is a figure and no date."""
    if base.name in _DATES:
        return Type.DATE
    if base.name == "bytea":
        return Type.BYTES
    if base.name == "interval":
        return Type.NUMBER
    return _BY_CATEGORY.get(base.category, Type.OTHER)


def _length(base: _Kind, modifier: int) -> int | None:
    if base.name == "name":
        return 63
    if base.name not in _OF_TEXT or modifier < 0:
        return None
    return modifier - _BEFORE_LENGTH


def _constraints(
    connection: sa.Connection, found: _Relations, domains: Mapping[int, list[int]]
) -> None:
    checked: dict[int, list[str]] = {}
    rows = connection.exec_driver_sql(_CONSTRAINTS)
    for oid, domain, kind, columns, target, onto, rule, words in rows:
        table, other = found.of(oid), found.of(target)
        if domain:
            checked.setdefault(domain, []).append(words)
        elif table is None:
            continue
        elif kind != "f":
            table.checks.extend({words}.difference(table.checks))
        elif other is not None:
            ours, theirs = found.columns(oid, columns), found.columns(target, onto)
            table.references.append(Reference(ours, other.name, theirs, _DELETING[rule]))
    for oid, used in domains.items():
        for domain in dict.fromkeys(used):
            found.tables[oid].checks.extend(checked.get(domain, ()))


def _indexes(connection: sa.Connection, found: _Relations) -> None:
    """Read the columns or expressions of each index that a value is looked up by, in every row."""
    parts: dict[tuple[int, int, bool, bool], list[str]] = {}
    whole: dict[int, bool] = {}
    for oid, index, unique, primary, number, words in connection.exec_driver_sql(_INDEXES):
        if oid not in found.tables:
            continue
        name = found.names[oid, number] if number else words
        parts.setdefault((oid, index, unique, primary), []).append(name)
        whole[index] = whole.get(index, True) and bool(number)
    for (oid, index, unique, primary), names in parts.items():
        table = found.tables[oid]
        if primary:
            table.key = names
        table.indexes.append((tuple(names), unique and whole[index]))
    for oid, number in connection.exec_driver_sql(_PARTLY):
        owner = found.of(oid)
        if owner is not None and (oid, number) in found.names:
            owner.partly.add(found.names[oid, number])
    for oid, name in connection.exec_driver_sql(_UNIQUE_NAMES):
        if (owner := found.of(oid)) is not None:
            owner.unique_names.add(name)


def _triggers(connection: sa.Connection, found: _Relations) -> frozenset[tuple[int, str]]:
    """Read the triggers; return the columns of full text that one of them fills."""
    computed = set()
    for oid, name, fills, arguments in connection.exec_driver_sql(_TRIGGERS):
        table = found.of(oid)
        if table is None:
            continue
        table.triggers.append(name)
        if fills:
            computed.add((oid, bytes(arguments).partition(b"\0")[0].decode()))
    return frozenset(computed)
