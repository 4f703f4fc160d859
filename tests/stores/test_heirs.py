"""What is of a table that inherits, and that nobody mapped, is of the table it inherits from."""

from __future__ import annotations

import pytest

from tests.stores.base import ADA, BOB, Base
from upheld.datamap.parse import parse_store
from upheld.model import Declined
from upheld.stores.sql.rights import needs

_PEOPLE = """
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: {category: contact, identity: email}}
  notes:
    key: id
    people: [{match: owner, identity: email, is: about}]
    fields: {id: none, owner: {category: contact, identity: email}, t: contact}
"""
_MAPS = (_PEOPLE, _PEOPLE + "  vips: not personal\n")
_REPLACED = _PEOPLE.replace(
    "    fields: {id: none, email: {category: contact, identity: email}}\n",
    "    erase: fields\n"
    "    fields: {id: none, email: {category: contact, identity: email, erase: replace}}\n",
)


def _town(url: str, notes: str, text: str = _PEOPLE, vips: str = "PRIMARY KEY (id)") -> Base:
    """Make Ada a row of the heir, at which a note of Bob's points."""
    base = Base(url, text)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80))",
        f"CREATE TABLE vips ({vips}) INHERITS (people)",
        f"INSERT INTO people VALUES (2, '{BOB}'), (3, 'cy@example.com')",
        f"INSERT INTO vips VALUES (1, '{ADA}'), (4, 'dee@example.com')",
        f"CREATE TABLE notes (id int PRIMARY KEY, owner text, t text, {notes})",
    )
    return base


def _refused(base: Base, *words: str) -> None:
    """See that Ada's erasure is refused by the plan and when it is carried out."""
    step = base.step(email=ADA)
    before = [base.rows(f"SELECT * FROM {each} ORDER BY id") for each in ("people", "notes")]
    refusals = base.store.preview(step).refusals
    said = base.store.act(step)
    assert isinstance(said, Declined), said
    for each in words:
        assert each in " ".join(refusals), refusals
        assert each in said.why
    after = [base.rows(f"SELECT * FROM {each} ORDER BY id") for each in ("people", "notes")]
    assert after == before


@pytest.mark.parametrize("rule", ["CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION"])
@pytest.mark.parametrize("text", _MAPS)
def test_a_row_that_points_at_an_heir_holds_up_what_would_take_it_along(
    postgres_url: str, text: str, rule: str
) -> None:
    base = _town(postgres_url, f"pid int REFERENCES vips ON DELETE {rule}", text)
    base.run(f"INSERT INTO notes VALUES (1, '{BOB}', 'of Bob', 1), (2, '{ADA}', 'hers', 1)")
    _refused(base, "rows of `shop.notes` that stay point at rows that would go")
    base.run("UPDATE notes SET pid = 4 WHERE id = 1")
    base.erase(email=ADA)
    assert base.rows("SELECT id, owner, pid FROM notes") == [(1, BOB, 4)]
    assert base.rows("SELECT id FROM people ORDER BY id") == [(2,), (3,), (4,)]


def test_what_points_at_a_column_that_only_the_heir_has_is_not_taken_along(
    postgres_url: str,
) -> None:
    base = Base(postgres_url, _PEOPLE)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80))",
        "CREATE TABLE vips (card int UNIQUE) INHERITS (people)",
        f"INSERT INTO vips VALUES (1, '{ADA}', 7), (2, '{BOB}', 8)",
        "CREATE TABLE notes (id int PRIMARY KEY, owner text, t text, "
        "card int REFERENCES vips (card) ON DELETE CASCADE)",
        f"INSERT INTO notes VALUES (1, '{BOB}', 'of Bob', 7)",
    )
    _refused(base, "`shop.notes` point at `vips`", "map `vips`, too")


def test_an_heirs_heir_is_as_much_a_row_of_the_table(postgres_url: str) -> None:
    base = _town(postgres_url, "pid int")
    base.run(
        "CREATE TABLE kings (PRIMARY KEY (id)) INHERITS (vips)",
        f"INSERT INTO kings VALUES (9, '{ADA}')",
        "DELETE FROM vips WHERE id = 1",
        "ALTER TABLE notes ADD FOREIGN KEY (pid) REFERENCES kings ON DELETE CASCADE",
        f"INSERT INTO notes VALUES (1, '{BOB}', 'of Bob', 9)",
    )
    _refused(base, "rows of `shop.notes` that stay point at rows that would go")


def test_a_column_of_the_heir_that_others_point_at_is_not_replaced(postgres_url: str) -> None:
    base = _town(
        postgres_url,
        "mail varchar(80) REFERENCES vips (email) ON UPDATE SET NULL",
        _REPLACED,
        "PRIMARY KEY (id), UNIQUE (email)",
    )
    base.run(f"INSERT INTO notes VALUES (1, '{BOB}', 'of Bob', '{ADA}')")
    _refused(base, "`shop.people.email` is what other rows point at")


def _trigger(base: Base, at: str, body: str) -> None:
    base.run(
        f"CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
        f"CREATE TRIGGER tidy {at} FOR EACH ROW EXECUTE FUNCTION tidy()",
    )


def test_what_a_trigger_of_the_heir_deletes_of_others_is_refused(postgres_url: str) -> None:
    base = _town(postgres_url, "n int")
    base.run(f"INSERT INTO notes VALUES (1, '{BOB}', 'of Bob', 1), (2, '{BOB}', 'too', 1)")
    _trigger(base, "AFTER DELETE ON vips", f"DELETE FROM notes WHERE owner = '{BOB}'; RETURN NULL;")
    _refused(base, "a trigger would delete 2 rows of `shop.notes` that are not in the plan")


def test_what_a_trigger_deletes_of_the_heir_is_refused(postgres_url: str) -> None:
    base = _town(postgres_url, "n int")
    _trigger(base, "AFTER DELETE ON vips", "DELETE FROM vips WHERE id = 4; RETURN NULL;")
    _refused(base, "a trigger would delete 1 rows of `shop.people` that are not in the plan")


def test_a_row_that_a_trigger_of_the_heir_does_not_let_go_is_seen_by_the_plan(
    postgres_url: str,
) -> None:
    base = _town(postgres_url, "n int")
    _trigger(base, "BEFORE DELETE ON vips", "RETURN NULL;")
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert refusal.startswith("rows of `shop.people` stay as they are whatever is said")


@pytest.mark.parametrize("rule", ["CHECK (email LIKE '%@example.com')", "NOT NULL"])
def test_a_rule_of_the_heir_is_found_by_the_plan(postgres_url: str, rule: str) -> None:
    blanked = _REPLACED.replace("erase: replace", "erase: blank")
    text = blanked if rule == "NOT NULL" else _REPLACED
    base = _town(postgres_url, "n int", text, "PRIMARY KEY (id)" if rule == "NOT NULL" else rule)
    if rule == "NOT NULL":
        base.run("ALTER TABLE vips ALTER email SET NOT NULL")
    step = base.step(email=ADA)
    [refusal] = base.store.preview(step).refusals
    assert isinstance(base.store.act(step), Declined)
    assert "vips" in refusal


def test_whoever_erases_may_lock_what_others_point_at_in_the_heir(postgres_url: str) -> None:
    base = _town(postgres_url, "pid int REFERENCES vips ON DELETE CASCADE")
    mapped = parse_store(f"kind: sql\nurl: env:SHOP\n{_PEOPLE}", "stores/shop.yaml")
    needed = {each.collection: each for each in needs(mapped, base.store.schema())}
    assert needed["people"].update == ("id",)
