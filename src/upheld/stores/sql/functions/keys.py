"""Sets of keys as one parameter each, in the form that each kind of database takes them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from upheld.stores.sql.functions.misfits import as_held, counts, fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.sql.compiler import SQLCompiler

    from upheld.model import Column, Key, Scalar


class Stored(sa.types.UserDefinedType[object]):
    """What a column holds, as the catalogue describes it; a value goes to the driver as it is."""

    cache_ok = True

    def __init__(self, column: Column | None) -> None:
        """Remember the column; None where the catalogue has none of that name."""
        self.column = column


def described(element: sa.ColumnElement[object]) -> Column | None:
    """Return the column that an element is, as the catalogue describes it."""
    column: Column | None = getattr(element.type, "column", None)
    return column


class AsStored(FunctionElement[object]):
    """A text as a value of a column's type, where the database asks to be told. Argument: it."""

    inherit_cache = True

    def __init__(self, text: sa.ColumnElement[str], known: Column) -> None:
        """Bear the type of the column."""
        super().__init__(text)
        self.type = Stored(known)


@compiles(AsStored)
def _as_stored(element: AsStored, compiler: SQLCompiler, **options: object) -> str:
    return compiler.process(element.clauses, **options)


@compiles(AsStored, "postgresql")
def _as_stored_postgres(element: AsStored, compiler: SQLCompiler, **options: object) -> str:
    known, said = described(element), compiler.process(element.clauses, **options)
    return f"CAST({said} AS {known.declared if known else 'text'})"


class Keys(sa.types.UserDefinedType[object]):
    """A set of keys as a parameter, to be held by these columns."""

    cache_ok = True

    def __init__(self, columns: tuple[Column | None, ...]) -> None:
        """Remember the columns that are to hold the keys."""
        self.columns = columns

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[object], object]:
        """Return what turns keys into the parameter of this kind of database."""
        form: Callable[[list[Key]], object] = _sequence
        if dialect.name == "postgresql":
            form = _array if self._single else _records

        def said(keys: object) -> object:
            listed_ = cast("Listed", keys)
            return listed_.words if dialect.name == "sqlite" else listed_.typed(self.columns, form)

        return said

    @property
    def _single(self) -> bool:
        return len(self.columns) == 1


class Among(FunctionElement[bool]):
    """Whether columns hold one of a list of keys. Arguments: the keys, the columns."""

    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: object = None) -> Among:
        """Return it as it is: `… = 1` around it would hide the column from its index."""
        del against
        return self


class AmongWrapped(Among):
    """The same of keys that JSON cannot say, and that are wrapped in it; SQLite's alone."""

    inherit_cache = True


@dataclass(frozen=True, slots=True)
class Listed:
    """Keys as one parameter, whatever their number; what it looks like is made once."""

    keys: tuple[Key, ...] = field(repr=False)
    _made: dict[object, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def wrapped(self) -> bool:
        """Say whether any of them is not as JSON has it."""
        if "wrapped" not in self._made:
            kept = self._plain or all(_keeps(part) for key in self.keys for part in key)
            self._made["wrapped"] = not kept
        return bool(self._made["wrapped"])

    @property
    def words(self) -> str:
        """Return the keys in JSON; those of one part as a flat list."""
        if "words" not in self._made:
            rows: Iterable[tuple[object, ...]] = self.keys
            if self.wrapped:
                rows = (tuple(map(_wrapped, key)) for key in self.keys)
            single = len(self.keys[0]) == 1
            self._made["words"] = json.dumps([row[0] if single else row for row in rows])
        return str(self._made["words"])

    def typed(
        self, columns: tuple[Column | None, ...], form: Callable[[list[Key]], object]
    ) -> object:
        """Return those keys that such columns can hold at all, in a form."""
        if self._plain and all(each is None or counts(each) for each in columns):
            if form not in self._made:
                self._made[form] = form(list(self.keys))
            return self._made[form]
        if (columns, form) not in self._made:
            kept = [
                tuple(as_held(p, c) for p, c in zip(key, columns, strict=True))
                for key in self.keys
                if all(fits(p, c) for p, c in zip(key, columns, strict=True))
            ]
            self._made[columns, form] = form(kept)
        return self._made[columns, form]

    @property
    def _plain(self) -> bool:
        """Say whether all are whole numbers, which are the same in whatever column holds them."""
        if "plain" not in self._made:
            self._made["plain"] = {type(part) for key in self.keys for part in key} == {int}
        return bool(self._made["plain"])

    def parameter(self, columns: tuple[Column | None, ...]) -> sa.BindParameter[object]:
        """Return the parameter for such columns: the same wherever it stands in a statement."""
        if ("parameter", columns) not in self._made:
            made = sa.bindparam(None, self, type_=Keys(columns), unique=True)
            self._made["parameter", columns] = made
        return cast("sa.BindParameter[object]", self._made["parameter", columns])


def listed(keys: Iterable[Key]) -> Listed:
    """Return keys as a parameter."""
    return Listed(tuple(keys))


def in_keys(columns: Iterable[sa.ColumnElement[object]], keys: Listed) -> sa.ColumnElement[bool]:
    """Say that columns hold one of these keys."""
    if not keys.keys:
        return sa.false()
    columns = tuple(columns)
    held = tuple(map(described, columns))
    among = AmongWrapped if keys.wrapped else Among
    return among(keys.parameter(held), *columns)


def _array(keys: list[Key]) -> str:
    """Return keys of one part as PostgreSQL writes an array."""
    if {type(part) for (part,) in keys} == {int}:
        return "{" + ",".join([str(part) for (part,) in keys]) + "}"
    return "{" + ",".join(_element(key[0]) for key in keys) + "}"


def _element(part: Scalar) -> str:
    text = f"\\x{part.hex()}" if isinstance(part, bytes) else str(part)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _records(keys: list[Key]) -> str:
    """Return keys of several parts as JSON, every part in words."""
    return json.dumps(
        [[f"\\x{p.hex()}" if isinstance(p, bytes) else str(p) for p in key] for key in keys]
    )


def _sequence(keys: list[Key]) -> tuple[object, ...]:
    """Return keys as the driver writes them into the statement, one after the other."""
    if not keys:
        return (None,)
    return tuple(key[0] for key in keys) if len(keys[0]) == 1 else tuple(keys)


def _keeps(value: Scalar) -> bool:
    """Say whether a value comes out of SQLite's JSON as it went in: a NUL would cut it short."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, bytes) and not (isinstance(value, str) and "\0" in value)


def _wrapped(value: Scalar) -> str | None:
    match value:
        case None:
            return None
        case str():
            return "t" + value.encode().hex()
        case bytes():
            return "b" + value.hex()
        case _:
            return f"{'f' if isinstance(value, float) else 'i'}{value!r}"


def unwrapped(word: str | None) -> Scalar:
    """Return the value that was wrapped."""
    if word is None:
        return None
    kind, value = word[0], word[1:]
    match kind:
        case "t":
            return bytes.fromhex(value).decode()
        case "b":
            return bytes.fromhex(value)
        case "f":
            return float(value)
        case _:
            return int(value)
