"""What the database takes along by ON DELETE CASCADE: counted, within its ceiling, never of others.

Where nothing but the order of deleting them would tell how many rows went, on every database.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.stores.base import ADA, BOB, Base
from upheld.model import Bond, Declined, Done, Step

_PEOPLE = """
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
"""
_ROWS = (
    "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL)",
    f"INSERT INTO people VALUES (1, '{ADA}'), (2, '{BOB}')",
)
_LINKS = {"postgresql": "DEFERRABLE INITIALLY DEFERRED", "mariadb": "", "sqlite": ""}
_TALKS = """
  talks:
    key: id
    people:
      - {follow: a, to: people, is: shared}
      - {follow: b, to: people, is: shared}
  words:
    key: id
    people: [{follow: author, to: people, is: about}]
"""


def _link(url: str, name: str, column: str, to: str, rule: str = "CASCADE") -> str:
    """Return a foreign key of a table, by a name under which it can be put off."""
    late = _LINKS[sa.make_url(url).get_backend_name()]
    return f"CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {to} (id) ON DELETE {rule} {late}"


def _went(base: Base, step: Step) -> dict[tuple[str, Bond], int]:
    """Carry a step out as it was foreseen; return how many rows went."""
    preview = base.store.preview(step)
    assert preview.refusals == ()
    done = base.store.act(step)
    assert isinstance(done, Done), done
    assert done.counted == preview.counted, "the receipt says what was foreseen"
    assert base.store.look_back(step).late == {}
    return {(each.collection, each.bond): each.rows for each in done.counted}


def _none_more(base: Base, step: Step, collection: str) -> None:
    """See that an erasure that may touch one row less than would go is declined."""
    of = {each.collection: each.rows for each in base.store.preview(step).counted}
    erasures = tuple(
        replace(each, ceiling=of[collection] - 1) if each.collection == collection else each
        for each in step.erasures
    )
    outcome = base.store.act(replace(step, erasures=erasures))
    assert isinstance(outcome, Declined)
    assert outcome.why.startswith(f"more rows in `shop.{collection}` than the plan allows")


def _town(url: str, collections: str, *statements: str) -> Base:
    base = Base(url, _PEOPLE + collections)
    off = {"mariadb": ["SET foreign_key_checks = 0"]}.get(sa.make_url(url).get_backend_name(), [])
    base.run(*off, *_ROWS, *statements)
    return base


_POSTS = """
  posts:
    key: id
    people: [{follow: author, to: people, is: about}]
"""


def _posts(url: str) -> Base:
    """Make a question that stands on itself, and answers to it and to one another."""
    return _town(
        url,
        _POSTS,
        "CREATE TABLE posts (id int PRIMARY KEY, author int NOT NULL REFERENCES people (id), "
        f"re int NOT NULL, {_link(url, 'upon', 're', 'posts')})",
        "INSERT INTO posts VALUES (1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 2, 4)",
    )


def test_rows_that_must_stand_on_others_of_their_table_are_counted(database_url: str) -> None:
    base = _posts(database_url)
    step = base.step(email=ADA)
    assert _went(base, step)["posts", Bond.ABOUT] == 3
    assert base.rows("SELECT id FROM posts") == [(4,)]


def test_rows_taken_along_by_others_of_their_table_are_under_its_ceiling(
    database_url: str,
) -> None:
    base = _posts(database_url)
    _none_more(base, base.step(email=ADA), "posts")
    assert len(base.rows("SELECT id FROM posts")) == 4


_CIRCLE = """
  teams:
    key: id
    people: [{follow: owner, to: people, is: about}]
  desks:
    key: id
    people: [{follow: team, to: teams, is: about}]
"""


def _circle(url: str) -> Base:
    """Make two tables of which each takes rows of the other along, and none can be cut loose."""
    return _town(
        url,
        _CIRCLE,
        "CREATE TABLE teams (id int PRIMARY KEY, owner int NOT NULL REFERENCES people (id), "
        "desk int NOT NULL)",
        "CREATE TABLE desks (id int PRIMARY KEY, team int NOT NULL, "
        f"{_link(url, 'of_team', 'team', 'teams')})",
        *_circle_closed(url),
        "INSERT INTO teams VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3)",
        "INSERT INTO desks VALUES (1, 1), (2, 2), (3, 3)",
    )


def _circle_closed(url: str) -> list[str]:
    link = _link(url, "has_desk", "desk", "desks")
    if not url.startswith("sqlite"):
        return [f"ALTER TABLE teams ADD {link}"]
    columns = "id int PRIMARY KEY, owner int NOT NULL REFERENCES people (id), desk int NOT NULL"
    return ["DROP TABLE teams", f"CREATE TABLE teams ({columns}, {link})"]


def test_rows_taken_along_in_a_circle_of_tables_are_counted(database_url: str) -> None:
    base = _circle(database_url)
    went = _went(base, base.step(email=ADA))
    assert (went["teams", Bond.ABOUT], went["desks", Bond.ABOUT]) == (2, 2)
    assert base.rows("SELECT id FROM teams") == base.rows("SELECT id FROM desks") == [(3,)]


@pytest.mark.parametrize("collection", ["teams", "desks"])
def test_rows_taken_along_in_a_circle_are_under_their_ceiling(
    database_url: str, collection: str
) -> None:
    base = _circle(database_url)
    _none_more(base, base.step(email=ADA), collection)
    assert len(base.rows("SELECT id FROM teams")) == len(base.rows("SELECT id FROM desks")) == 3


def _talks(url: str, more: str = "", *statements: str) -> Base:
    """Make talks of two, which go before all else, and words in them that go with their author."""
    return _town(
        url,
        _TALKS + more,
        "CREATE TABLE talks (id int PRIMARY KEY, a int NOT NULL REFERENCES people (id), "
        "b int REFERENCES people (id))",
        "CREATE TABLE words (id int PRIMARY KEY, author int NOT NULL REFERENCES people (id), "
        f"talk int NOT NULL, {_link(url, 'in_talk', 'talk', 'talks')})",
        *statements,
        "INSERT INTO talks VALUES (1, 1, NULL), (2, 1, 2)",
        "INSERT INTO words VALUES (1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 2, 2)",
    )


def test_rows_taken_along_by_a_row_of_two_people_are_counted(database_url: str) -> None:
    base = _talks(database_url)
    base.run("UPDATE talks SET a = 2 WHERE id = 2")  # of the other alone
    step = base.step(email=ADA)
    went = _went(base, step)
    assert (went["talks", Bond.SHARED], went["words", Bond.ABOUT]) == (1, 3)
    assert base.rows("SELECT id FROM words") == [(4,)]


def test_rows_taken_along_by_a_row_of_two_people_are_under_their_ceiling(
    database_url: str,
) -> None:
    base = _talks(database_url)
    base.run("UPDATE talks SET a = 2 WHERE id = 2")
    _none_more(base, base.step(email=ADA), "words")
    assert len(base.rows("SELECT id FROM words")) == 4


@pytest.mark.parametrize("rule", ["CASCADE", "SET NULL"])
def test_rows_that_stay_hold_up_what_would_take_them_along_two_tables_on(
    database_url: str, rule: str
) -> None:
    """Nobody mapped them; what takes them along goes before its own turn comes."""
    base = _talks(
        database_url,
        "",
        f"CREATE TABLE marks (id int PRIMARY KEY, word int, "
        f"{_link(database_url, 'on_word', 'word', 'words', rule)})",
    )
    base.run("UPDATE talks SET a = 2 WHERE id = 2", "INSERT INTO marks VALUES (1, 1), (2, 4)")
    step = base.step(email=ADA)
    [refusal] = base.store.preview(step).refusals
    assert "`shop.marks` that stay point at rows that would go" in refusal
    outcome = base.store.act(step)
    assert isinstance(outcome, Declined)
    assert "`shop.marks`" in outcome.why
    assert base.rows("SELECT id, word FROM marks ORDER BY id") == [(1, 1), (2, 4)]
    base.run("DELETE FROM marks WHERE id = 1")
    _went(base, step)
    assert base.rows("SELECT id, word FROM marks") == [(2, 4)]


def test_a_cascade_onto_what_went_before_costs_no_count(database_url: str) -> None:
    """Only a lock, and another look, so that no row comes to hang on one that goes."""
    said: list[int] = []
    for rule in ("NO ACTION", "CASCADE"):
        base = _town(
            database_url,
            _POSTS,
            "DROP TABLE IF EXISTS posts",
            "CREATE TABLE posts (id int PRIMARY KEY, author int NOT NULL, "
            f"{_link(database_url, 'of_author', 'author', 'people', rule)})",
            "INSERT INTO posts VALUES (1, 1), (2, 1), (3, 2)",
        )
        step, store, seen = base.step(email=ADA), base.store, list[str]()
        sa.event.listen(
            store.engine,
            "before_cursor_execute",
            lambda *said, seen=seen: seen.append(said[2]) if "count(*)" in said[2] else None,
        )
        assert isinstance(store.act(step), Done)
        said.append(len(seen))
        base.run("DROP TABLE posts", "DROP TABLE people")
    assert said[0] == said[1]


_TEAMS = """
  teams:
    key: id
    people: [{follow: owner, to: people, is: about}]
  desks:
    key: id
    people: [{follow: owner, to: people, is: about}]
"""


@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_a_link_that_was_cut_takes_nothing_along_and_costs_no_count(
    request: pytest.FixtureRequest, server: str
) -> None:
    """Where a circle is cut loose first, its cascades have nothing left to follow."""
    url = request.getfixturevalue(server)
    said: list[int] = []
    for rule in ("NO ACTION", "CASCADE"):
        base = _town(
            url,
            _TEAMS,
            "CREATE TABLE teams (id int PRIMARY KEY, owner int NOT NULL, desk int, "
            f"{_link(url, 'team_of', 'owner', 'people', 'NO ACTION')})",
            "CREATE TABLE desks (id int PRIMARY KEY, owner int NOT NULL, team int, "
            f"{_link(url, 'desk_of', 'owner', 'people', 'NO ACTION')}, "
            f"{_link(url, 'of_team', 'team', 'teams', rule)})",
            f"ALTER TABLE teams ADD {_link(url, 'has_desk', 'desk', 'desks', rule)}",
            "INSERT INTO teams VALUES (1, 1, 1), (2, 2, 2)",
            "INSERT INTO desks VALUES (1, 1, 1), (2, 2, 2)",
        )
        step, store, seen = base.step(email=ADA), base.store, list[str]()
        sa.event.listen(
            store.engine,
            "before_cursor_execute",
            lambda *said, seen=seen: seen.append(said[2]) if "count(*)" in said[2] else None,
        )
        done = store.act(step)
        assert isinstance(done, Done), done
        said.append(len(seen))
        assert base.rows("SELECT id FROM teams") == base.rows("SELECT id FROM desks") == [(2,)]
        base.run("ALTER TABLE teams DROP CONSTRAINT has_desk")
        base.run("DROP TABLE desks", "DROP TABLE teams", "DROP TABLE people")
    assert said[0] == said[1]


_THREADS = """
  posts:
    key: id
    people:
      - {follow: author, to: people, is: about}
      - {follow: guest, to: people, is: shared}
"""


def test_a_row_of_theirs_that_must_not_outlive_a_row_of_two_is_cut_loose(
    postgres_url: str,
) -> None:
    """Rows of two people go first, while rows of the same table still point at them."""
    base = _town(
        postgres_url,
        _THREADS,
        "CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES people (id), "
        "guest int REFERENCES people (id), re int REFERENCES posts (id) ON DELETE RESTRICT)",
        "INSERT INTO posts VALUES (1, NULL, 1, NULL), (2, 1, NULL, 1), (3, 2, NULL, NULL)",
    )
    step = base.step(email=ADA)
    assert _went(base, step)["posts", Bond.SHARED] == 1
    assert base.rows("SELECT id FROM posts") == [(3,)]


_REPLIES = """
  posts:
    key: id
    people:
      - {follow: author, to: people, is: about}
      - {follow: re, to: posts, is: about}
"""


def test_rows_that_can_neither_go_at_once_nor_be_cut_loose_are_refused_by_the_plan(
    mariadb_url: str,
) -> None:
    """All of them go, and InnoDB minds each by itself: only trying it tells."""
    base = _town(
        mariadb_url,
        _REPLIES,
        "CREATE TABLE posts (id int PRIMARY KEY, author int, re int NOT NULL, "
        "FOREIGN KEY (re) REFERENCES posts (id))",
        "INSERT INTO posts VALUES (1, 1, 1), (2, 1, 1)",
    )
    step = base.step(email=ADA)
    [refusal] = base.store.preview(step).refusals
    assert "a foreign key would be broken" in refusal
    assert isinstance(base.store.act(step), Declined)
