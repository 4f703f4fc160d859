"""Shows nouns on a terminal, or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from upheld.model import Judgement, Request, StepState, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SIGNS = {
    Judgement.UPHELD: ("upheld", typer.colors.GREEN),
    Judgement.ATTESTED: ("upheld (attested)", typer.colors.GREEN),
    Judgement.BROKEN: ("broken", typer.colors.RED),
    Judgement.UNPROVEN: ("unproven", typer.colors.YELLOW),
}


def _json(noun: Request | Sequence[Request]) -> str:
    from pydantic_core import to_json  # noqa: PLC0415 (keeps --help quick)

    return to_json(noun, indent=1).decode()


def request(one: Request, *, as_json: bool) -> None:
    """Show where a request stands."""
    if as_json:
        typer.echo(_json(one))
        return
    typer.echo(f"{one.id}  {one.right} under {one.regime}  {one.state}")
    typer.echo(f"  received {one.received:%Y-%m-%d}, due {one.due} ({one.rule})")
    for officer in one.signatures:
        typer.echo(f"  signed by {officer}")
    if 0 < len(one.signatures) < one.needed:
        typer.echo("  needs the signature of a second officer")
    for name, step in one.steps.items():
        typer.echo(f"  {name}: attempt {step.attempt}, {_ended(one, name, step)}")
    if one.late:
        typer.echo("  late rows: " + ", ".join(f"{rows} in {at}" for at, rows in one.late.items()))
    for words in waiting(one):
        typer.echo(f"  {words}")
    if one.outcome:
        typer.echo(f"  outcome: {one.outcome}")


def _ended(one: Request, name: str, step: StepState) -> str:
    """Say what all receipts of a step under its plan come to."""
    rows = sum(each.rows for each in one.receipts.get(step.plan, {}).get(name, ()))
    if step.declined is not None:
        before = f"{rows} rows before, then " if rows else ""
        return f"{before}declined: {step.declined}"
    if step.counted is None:
        return f"waiting, due {step.due}" if step.due else "begun, and not known to have ended"
    sure = name not in one.unsure.get(step.plan, ())
    return f"{rows} rows" if sure else f"at least {rows} rows: an attempt before was not recorded"


def waiting(one: Request) -> Iterator[str]:
    """Say which transactions of others, open when rows were erased, may still bring some."""
    for store, names in one.open.items():
        if names and one.answered is None:
            yield f"waiting in `{store}` for transactions of others: {', '.join(names)}"


def requests(all_: Sequence[Request], *, as_json: bool) -> None:
    """List requests."""
    if as_json:
        typer.echo(_json(all_))
        return
    for each in all_:
        end = each.outcome or f"due {each.due}"
        typer.echo(f"{each.id:<6} {each.right:<7} {each.regime:<8} {each.state:<10} {end}")


def verdicts(board: Sequence[Verdict], *, everything: bool) -> None:
    """Show the board: clauses that bind the company by group, or every clause."""
    group = ""
    binding = {"promise", "condition", "exception"}
    shown = [each for each in board if everything or each.force in binding]
    for each in shown:
        here = _group(each)
        if here != group:
            group = here
            typer.secho(f"{group}  {_counts(each for each in shown if _group(each) == group)}")
        words, colour = _SIGNS.get(Judgement(each.verdict), (each.verdict, None))
        typer.echo("  " + typer.style(f"{words:<13}", fg=colour) + f" {each.id}")
        for line in each.evidence:
            typer.echo(f"                  {line}")
    typer.echo(headline(board))


def _group(verdict: Verdict) -> str:
    return verdict.id.partition(".")[0]


def _counts(verdicts: Iterable[Verdict]) -> str:
    said = [each.verdict for each in verdicts]
    return ", ".join(f"{said.count(word)} {word}" for word in Judgement if word in said)


def headline(board: Sequence[Verdict]) -> str:
    """Return the count of promises by verdict, then of conditions and exceptions."""
    parts = []
    for force in ("promise", "condition", "exception"):
        of = [each for each in board if each.force == force]
        if of:
            parts.append(f"{len(of)} {force}s: {_counts(of)}")
    return "; ".join(parts) or "no promises"
