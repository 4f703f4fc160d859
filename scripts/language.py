"""The reference of the policy language, made from the forms, the vocabularies and the grammar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.prove import AWAITED, BUILT
from upheld.data import capabilities, facts, vocabularies
from upheld.model import Kind
from upheld.policy.conditions import grammar
from upheld.policy.documents import DocumentForm
from upheld.policy.forms import (
    ClauseForm,
    DeclaredForm,
    EntityForm,
    PolicyForm,
    PurposeForm,
    RuleForm,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic.fields import FieldInfo

    from upheld.files import Form
    from upheld.model import Fact

HEAD = """\
# The policy language

Generated from the code by `make reference`; not written by hand.

`policy.yaml` holds a policy: what it declares, and its clauses. Each clause has the words people
read and the rule that Upheld carries out. The first eight keys of a clause are its kind; it has
exactly one of them.

A *may* permits when its `when` is true and its `unless` is not; a *keep* permits keeping on the
same terms. A *never* forbids when its `when` is true, or, with `unknown: forbids`, when nobody
knows, unless its `unless` is true. An act is allowed when a clause permits it and none forbids it;
the order of clauses decides nothing.

A *may* that names only `sources` or `channels` permits nothing by itself: it opens them. As soon as
one clause opens a source for an action, what comes from another source is refused; another clause
must still permit the act, such as `may: collect` with its `categories`.

A *definition* or a *disclaimer* decides only where the
condition of another clause names its id.

A condition has three values. A fact that nobody said is unknown; a choice that nobody made is no.
`and` is false when one side is, `or` is true when one side is, and `not` of unknown is unknown.
What is unknown never permits.

`strict:` says what the strict profile has instead, key by key; `strict: off` leaves the clause out.
There, `when: always` and `unless: never` do without the condition.
"""


def page() -> str:
    """Return the reference of the policy language."""
    parts = [HEAD, "## The file\n", _keys(PolicyForm), *_forms(), _conditions(), _vocabularies()]
    return "\n".join(parts)


def checks_page() -> str:
    """Return the list of checks: what each one sees, and what is still awaited."""
    lines = [
        "# Checks",
        "",
        "Generated from the code by `make reference`; not written by hand.",
        "",
        "A clause names one check. What a check sees decides its verdict; see",
        "[verdicts](verdicts.md).",
        "",
        "| check | sees that |",
        "|---|---|",
        *(f"| `{name}` | {_first(check.__doc__)} |" for name, check in sorted(BUILT.items())),
        "",
        "## Awaited",
        "",
        "This version cannot see these. Their clauses are *unproven*, and say what is missing.",
        "",
    ]
    for capability in capabilities():
        names = {name: says for name, says in capability.checks.items() if name in AWAITED}
        waiting = {name: says for name, says in names.items() if name not in BUILT}
        if waiting:
            lines += [f"### {capability.name}", "", f"{capability.says}; {capability.brings}.", ""]
            lines += ["| check | would see that |", "|---|---|"]
            lines += [f"| `{name}` | {_cell(says)} |" for name, says in sorted(waiting.items())]
            lines += [""]
    return "\n".join(lines)


def _forms() -> Iterator[str]:
    yield "\n## A clause\n"
    yield _keys(ClauseForm, first=tuple(Kind))
    yield "\n## What `strict` may say anew\n"
    yield _keys(RuleForm)
    yield "\n## A category, a purpose, an entity\n"
    for form in (DeclaredForm, PurposeForm, EntityForm):
        yield _keys(form)
    yield "\n## A document, in `documents.yaml`\n"
    yield _keys(DocumentForm)


def _keys(form: type[Form], first: Iterable[str] = ()) -> str:
    fields = form.model_fields
    order = [*first, *(name for name in fields if name not in set(first))]
    rows = [_key(name, fields[name]) for name in order]
    return "\n".join(["| key | | |", "|---|---|---|", *rows, ""])


def _key(name: str, field: FieldInfo) -> str:
    wanted = "required" if field.is_required() else ""
    return f"| `{field.alias or name}` | {wanted} | {_cell(field.description or '')} |"


def _conditions() -> str:
    rows = [
        f"| `{fact.name}` | {fact.type}{', absent: no' if fact.closed else ''} "
        f"| {_cell(fact.says)} | {_values(fact)} |"
        for fact in facts().values()
    ]
    return "\n".join(
        [
            "\n## Conditions\n",
            "```ebnf",
            grammar(),
            "```",
            "",
            "A clause can ask about these facts; under `facts` a policy can declare its own.",
            "",
            "| fact | is | says | words |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _vocabularies() -> str:
    lines = [
        "\n## Vocabularies\n",
        "Closed lists; with W3C DPV and fideslang words where there are any.",
    ]
    for name, entries in sorted(vocabularies().entries.items()):
        lines += ["", f"### {name}", "", "| word | means | DPV | fideslang |", "|---|---|---|---|"]
        lines += [
            f"| `{word}` | {_cell(str(entry['says']))} | {_ids(entry.get('dpv'))} "
            f"| {_ids(entry.get('fides'))} |"
            for word, entry in entries.items()
        ]
    return "\n".join([*lines, ""])


def _values(fact: Fact) -> str:
    """Return the words a fact can say, where they are no vocabulary of this page."""
    return ", ".join(f"`{word}`" for word in sorted(fact.words or ())) if fact.of != "ask" else ""


def _ids(found: object) -> str:
    every = found if isinstance(found, list) else [found] if found else []
    return ", ".join(f"`{each}`" for each in every)


def _first(words: str | None) -> str:
    return _cell((words or "").strip().splitlines()[0].rstrip(".")) if words else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
