"""Says in SQL which rows a ground still keeps, and until when; pure.

A term is counted in days of the company's calendar: a date is one of its days, and of an instant
its zone tells which.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from upheld.model import Bond, Dialect, Follow, Type
from upheld.stores.sql.columns import Truth, chosen
from upheld.stores.sql.functions import Dated, Spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Collection, Column, Hold
    from upheld.stores.sql.finding.rows import Selector

_GREENWICH = "+00"
"""How an instant ends in words where a session is in UTC, as ours are."""


def held(selector: Selector, collection: Collection, hold: Hold) -> Truth:
    """Rows that the ground still keeps; parts of a whole with any of those they belong to."""
    if hold.within is None:
        return _dated(selector, collection, hold)
    return sa.or_(sa.false(), *_hanging(selector, collection, hold))


def _hanging(selector: Selector, collection: Collection, hold: Hold) -> Iterator[Truth]:
    """Yield rows whose link leads to a row that is kept, whosever it is."""
    one = sa.select(sa.literal_column("1", sa.Integer()))
    for way, parent in _wholes(selector, collection, hold):
        links = selector.fields(collection, way.columns)
        onto = selector.fields(parent, way.onto)
        joined = (a == b for a, b in zip(onto, links, strict=True))
        kept = one.select_from(selector.table(parent)).where(
            *joined, _dated(selector, parent, hold)
        )
        yield kept.correlate(selector.table(collection)).exists()


def latest(
    selector: Selector, collection: Collection, hold: Hold, rows: Truth
) -> sa.ColumnElement[object]:
    """Return the latest date, in words, of what keeps these rows: their own, or of their wholes."""
    if hold.within is None:
        return _last(selector, collection, hold, rows)
    of_these = selector.table(collection)
    onto: list[Truth] = []
    for way, parent in _wholes(selector, collection, hold):
        links = chosen(selector.fields(collection, way.columns)).select_from(of_these).where(rows)
        pointed = selector.fields(parent, way.onto)
        one = pointed[0] if len(pointed) == 1 else sa.tuple_(*pointed)
        onto.append(one.in_(links.correlate(None)))
    whole = selector.mapped.collection(hold.within)
    if whole is None or not onto:
        return cast("sa.ColumnElement[object]", sa.null())
    kept = sa.and_(_dated(selector, whole, hold), sa.or_(*onto))
    return _last(selector, whole, hold, kept)


def _last(
    selector: Selector, collection: Collection, hold: Hold, rows: Truth
) -> sa.ColumnElement[object]:
    last = sa.func.max(selector.field(collection, hold.since or ""))
    return sa.select(sa.cast(last, sa.String)).where(rows).correlate(None).scalar_subquery()


def until(selector: Selector, collection: Collection, hold: Hold, last: object) -> date | None:
    """Return the last day a row so dated is kept; None where no calendar has such a day."""
    words = str(last)
    dated = selector.mapped.collection(hold.within) if hold.within else collection
    known = selector.column(dated, hold.since or "") if dated else None
    instant = _instant(known, selector.schema.dialect)
    try:
        if instant or (instant is None and words.endswith(_GREENWICH)):
            moment = datetime.fromisoformat(words).replace(tzinfo=UTC)
            return hold.schedule.until(moment.astimezone(ZoneInfo(hold.zone)).date())
        return hold.schedule.until(date.fromisoformat(words[:10]))
    except (ValueError, OverflowError):
        return None


def _wholes(
    selector: Selector, collection: Collection, hold: Hold
) -> Iterator[tuple[Follow, Collection]]:
    """Yield the links by which a row is a part of what keeps it: naming it makes it none."""
    parent = selector.mapped.collection(hold.within or "")
    for way in collection.ways if parent else ():
        if isinstance(way, Follow) and way.to == hold.within and way.bond is not Bond.MENTIONS:
            yield way, cast("Collection", parent)


def _dated(selector: Selector, collection: Collection, hold: Hold) -> Truth:
    name = hold.since or ""
    since, day = selector.field(collection, name), hold.oldest.isoformat()
    instant = _instant(selector.column(collection, name), selector.schema.dialect)
    late = since >= (_midnight(hold) if instant else day)
    if instant is None:
        exact = Spelled(since).endswith(_GREENWICH)
        late = sa.case((exact, since >= _midnight(hold)), else_=since >= day)
    return sa.and_(Dated(since), late)


def _midnight(hold: Hold) -> str:
    """Return when the first day that is kept begins, in UTC."""
    begins = datetime.combine(hold.oldest, time(), ZoneInfo(hold.zone)).astimezone(UTC)
    return begins.isoformat(" ").removesuffix("+00:00")


def _instant(known: Column | None, dialect: Dialect | None) -> bool | None:
    """Say whether a column holds instants; None where only what stands in it tells.

    A type of PostgreSQL that somebody made over another has a name of its own.
    """
    if known is None or known.type is not Type.DATE:
        return False
    if dialect is Dialect.MARIADB:
        return known.declared.startswith("timestamp")
    if dialect is not Dialect.POSTGRESQL:
        return False
    if known.declared.endswith(" with time zone"):
        return True
    return False if known.declared.startswith(("date", "timestamp")) else None
