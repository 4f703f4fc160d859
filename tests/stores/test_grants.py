"""What Upheld needs of a database: all that a plan can ask, and nothing that no plan asks."""

from __future__ import annotations

import stat
import subprocess
from itertools import product
from typing import TYPE_CHECKING

import pytest
from typer import Typer
from typer.testing import CliRunner

from upheld.cli import grants as command
from upheld.cli.folder import init
from upheld.conformance.world import TODAY, hostile_world, policy
from upheld.datamap.parse import parse_store
from upheld.datamap.plan import answering, erasures
from upheld.errors import BadInput
from upheld.model import (
    Column,
    Dialect,
    Regime,
    Right,
    Role,
    Schema,
    StoreMap,
    Table,
    Type,
)
from upheld.stores.manual import ManualStore
from upheld.stores.sql import SqlStore
from upheld.stores.sql.columns import holder
from upheld.stores.sql.grants import role_name, script, written_in
from upheld.stores.sql.rights import needs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORLD = hostile_world()
TOWN = f"kind: sql\nurl: sqlite:///town.sqlite\n{WORLD.collections}"
CRM = """\
kind: sql
url: sqlite:///crm.sqlite
collections:
  customers:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    erase: fields
    keep: {under: retain.legal-tax, from: since}
    fields: {id: none, email: {category: contact, erase: replace}, name: contact, since: none}
  invoices:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    keep: {under: retain.legal-tax, from: at}
    fields: {at: financial, card: {category: financial, erase: blank}}
  lines:
    key: [invoice, no]
    people: [{follow: invoice, to: invoices, is: about}]
    keep: {under: retain.legal-tax, with: invoices}
    fields: {text: {category: commercial, erase: redact}}
  staff_notes:
    key: id
    people:
      - {match: by, identity: email, is: mentions}
      - {follow: customer, to: customers, is: shared}
    erase: fields
    fields:
      by: contact
      customer: none
      note: {category: contact, erase: redact}
      mood: {category: contact, of: customer}
  visits:
    key: [customer, day]
    people: [{follow: customer, to: customers, is: shared}]
    erase: fields
    fields: {place: {category: location, of: customer}}
  rates: not personal
"""
SPREAD = """\
kind: sql
url: sqlite:///spread.sqlite
collections:
  people:
    key: id
    person: yes
    people: [{match: profile$.mail, identity: email, is: about}]
    erase: fields
    fields:
      id: none
      profile$.mail: {category: contact, identity: email, erase: replace}
      profile$.city: contact
  sales.orders:
    key: id
    people: [{follow: person, to: people, is: about}]
  '"odd.schema"."it''s $$"': not personal
"""
MAPS = {"town": TOWN, "crm": CRM, "spread": SPREAD}
ROLES = (Role.MAPPER, Role.READER, Role.ERASER)


def mapped(name: str) -> StoreMap:
    return parse_store(MAPS[name], f"stores/{name}.yaml")


def schemas(of: StoreMap) -> Iterator[Schema]:
    """Yield catalogues in which every column can be empty, none can, and all are dates."""
    for nullable, kind in product((True, False), (Type.TEXT, Type.DATE)):
        tables = {}
        for each in of.collections:
            names = dict.fromkeys([*each.key, *(place.name for place in each.places)])
            names |= {name: None for way in each.ways for name in way.columns}
            columns = tuple(Column(name, kind, nullable) for name in names)
            tables[each.name] = Table(each.name, columns, each.key, (), (), (), (), ())
        yield Schema(tables, "0" * 64)


def planned(of: StoreMap) -> tuple[set[tuple[str, str]], set[str]]:
    """Return what a plan writes in any of these catalogues: columns, and rows of tables."""
    clauses = answering(policy(), Right.ERASE, Regime.NONE)
    every = [
        each
        for schema in schemas(of)
        for each in erasures(policy(), of, schema, clauses=clauses, today=TODAY)
    ]
    changed = {(each.collection, holder(change.field)) for each in every for change in each.changes}
    return changed, {each.collection for each in every if each.delete}


@pytest.mark.parametrize("name", list(MAPS))
def test_an_eraser_may_do_all_that_a_plan_can_ask_and_nothing_else(name: str) -> None:
    changed, deleted = planned(mapped(name))
    need = needs(mapped(name))
    assert {(each.collection, column) for each in need for column in each.update} == changed
    assert {each.collection for each in need if each.delete} == deleted


def test_every_mapped_collection_is_read_and_no_other() -> None:
    for name in MAPS:
        assert [each.collection for each in needs(mapped(name))] == [
            each.name for each in mapped(name).collections
        ]


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("name", list(MAPS))
def test_each_role_is_given_what_its_name_says(name: str, dialect: Dialect) -> None:
    of = mapped(name)
    mapper, reader, eraser = (script(of, (role,), dialect) for role in ROLES)
    assert "GRANT SELECT" not in mapper
    assert reader.count("GRANT SELECT ON ") == len(of.collections)
    assert not [word for word in ("UPDATE", "DELETE") if f"{word} " in reader + mapper]
    assert eraser.count("GRANT SELECT") == len(of.collections)
    assert eraser.count("DELETE ON ") == sum(each.delete for each in needs(of))
    never = ("INSERT", "TRUNCATE", "CREATE", "TRIGGER", "PASSWORD", "IDENTIFIED")
    everything = script(of, ROLES, dialect)
    grants = [line for line in everything.splitlines() if line.startswith("GRANT ")]
    assert not [word for word in never for line in grants if f"{word} " in line]
    assert all(role_name(name, role) in everything for role in ROLES)


def test_a_role_of_a_store_with_a_long_name_still_has_a_name_of_its_own() -> None:
    long = ["s" * 62 + end for end in "ab"]
    names = [role_name(each, role) for each in long for role in ROLES]
    assert len(set(names)) == 6
    assert all(len(name) <= 63 for name in names)


def test_sqlite_has_no_roles_so_the_mode_of_the_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "o'brien $HOME.sqlite"
    for each in (path, path.with_name(f"{path.name}-wal")):
        each.touch()
        each.chmod(0o664)
    printed = SqlStore(mapped("town"), f"sqlite:///{path}").grants(tuple(Role))
    assert "SQLite has no roles" in printed
    assert [line[:6] for line in printed.splitlines() if line[0] != "#"] == ["chmod "]
    subprocess.run(["/bin/sh", "-c", printed], check=True)
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}


def test_a_sqlite_store_can_print_what_another_database_would_need(tmp_path: Path) -> None:
    nowhere = SqlStore(mapped("town"), f"sqlite:///{tmp_path / 'nowhere.sqlite'}")
    assert "CREATE ROLE" in nowhere.grants((Role.READER,), Dialect.POSTGRESQL)


def test_roles_of_a_database_we_do_not_know_are_refused_with_what_there_is() -> None:
    with pytest.raises(BadInput, match="`--as postgresql` or `--as mariadb`"):
        written_in("oracle")
    assert written_in("mysql") is written_in("mariadb") is Dialect.MARIADB


def test_a_checklist_has_nothing_to_grant() -> None:
    text = "kind: manual\nwithin: 10 days\ntasks: {erase: [Shred]}\n"
    paper = ManualStore(parse_store(text, "stores/paper.yaml"), lambda _: None)
    assert paper.grants(tuple(Role)).startswith("# store `paper` is a checklist")


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> CliRunner:
    """Give a terminal in a company's folder that maps one store."""
    folder = tmp_path_factory.mktemp("company") / "acme"
    init(folder)
    (folder / "stores" / "crm.yaml").write_text(CRM, encoding="utf-8")
    (folder / "crm.sqlite").touch()
    return CliRunner(env={"FOLDER": str(folder)})


def say(typed: CliRunner, *words: str) -> str:
    app = Typer()
    app.command()(command.grants)
    done = typed.invoke(app, [*words, "--dir", str(typed.env["FOLDER"])])
    if done.exception:
        raise done.exception
    return done.stdout


def test_the_command_prints_three_roles_or_the_one_that_is_asked_for(typed: CliRunner) -> None:
    three = say(typed, "crm", "--as", "postgresql")
    assert three == script(mapped("crm"), ROLES, Dialect.POSTGRESQL)
    one = say(typed, "crm", "--as", "mariadb", "--role", "reader")
    assert one == script(mapped("crm"), (Role.READER,), Dialect.MARIADB)
    assert "chmod go-rwx" in say(typed, "crm")


def test_the_command_knows_the_stores_that_there_are(typed: CliRunner) -> None:
    with pytest.raises(BadInput, match="there is no store `cmr`; did you mean `crm`"):
        say(typed, "cmr")
