"""Shows plans on a terminal, or as JSON: what goes, what stays, who must sign, in which SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from upheld.model import Bond, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.datamap.document import Plan
    from upheld.model import Counted, Request

Statements = dict[str, tuple[str, ...]]


def plan(made: Plan, said: Mapping[str, tuple[str, ...]] | None, *, as_json: bool) -> None:
    """Show what a plan will do, one line a collection and outcome; `said` is its SQL, if asked."""
    if as_json:
        typer.echo(_json(made, said))
        return
    typer.echo(
        f"{made.request}: {made.right} under {made.regime}, because of {', '.join(made.clauses)}"
    )
    if made.also:
        typer.echo(f"  found also by what they presented elsewhere: {', '.join(made.also)}")
    for part in made.stores:
        for each in part.counted:
            typer.echo(f"  {part.store}.{_line(each)}")
        for note in part.notes:
            typer.echo(f"  note: {note}")
    for reason in made.exceeds:
        words = typer.style("needs a second officer", fg=typer.colors.YELLOW)
        typer.echo(f"  {words}: {reason}")
    if said is not None:
        statements(said)


def statements(said: Mapping[str, tuple[str, ...]]) -> None:
    """Show what would be said to each store, in its order; names stand in the place of values."""
    for store, each in said.items():
        typer.echo(f"-- {store}: {'in one transaction' if each else 'nothing is said to it'}")
        for statement in each:
            typer.echo(f"{statement};")
    if not said:
        typer.echo("-- nothing would be written")


def signed(request: Request) -> None:
    """Say who has signed, and who comes next."""
    officer = list(request.signatures)[-1]
    if len(request.signatures) >= request.needed:
        typer.echo(f"{request.id} is signed by {officer}; next: upheld request apply {request.id}")
        return
    typer.echo(
        f"{request.id} is signed by {officer}, the first of {request.needed} officers; "
        f"next, a second one: upheld request sign {request.id} --key FILE"
    )


def _json(made: Plan, said: Mapping[str, tuple[str, ...]] | None) -> str:
    from pydantic_core import to_json, to_jsonable_python  # noqa: PLC0415 (keeps --help quick)

    more = {} if said is None else {"statements": said}
    return to_json({**to_jsonable_python(made), **more}, indent=1).decode()


def _line(each: Counted) -> str:
    kept = each.outcome is Outcome.RETAINED
    under = f" under {each.clause}" if kept else ""
    until = f" until {each.until}" if each.until else " without an end" if kept else ""
    bond = "" if each.bond is Bond.ABOUT else f" ({each.bond})"
    stays = "" if kept else _what_stays(each)
    return f"{each.collection}{bond}: {each.rows} {each.outcome}{under}{until}{stays}"


def _what_stays(each: Counted) -> str:
    """Say what of rows that are not the person's alone is left as it is."""
    if each.outcome is Outcome.FOUND or each.bond is Bond.ABOUT:
        return ""
    if each.bond is Bond.MENTIONS:
        return "; the rows are others' and stay"
    if each.outcome is Outcome.GONE:
        return "; nobody else has a part in them"
    return "; what is the others' in them stays"
