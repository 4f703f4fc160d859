"""Checks of the clauses about safeguards: what stores show when asked, and what papers attest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from upheld.model import Finding, Judgement, Safeguard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from upheld.model import Clause, Document, Seen, StoreMap

KIND = "safeguard"
"""The kind of document that attests a safeguard, about `store/NAME SAFEGUARD`."""

_SHOWN = 10
_WORST_FIRST = (Judgement.BROKEN, Judgement.UNPROVEN, Judgement.ATTESTED, Judgement.UPHELD)
_PROBED = (Safeguard.IN_TRANSIT, Safeguard.LEAST_PRIVILEGE)

Line: TypeAlias = tuple[Judgement, str]
"""One thing that speaks for a clause or against it, and what it says."""


def safeguards_recorded(clause: Clause, seen: Seen) -> Finding:
    """Each store of personal data has a safeguard on record, and none that was probed is absent.

    A record is a probe that holds, or a safeguard that the map says a document attests. A secret
    that is written out in a file of the company's folder undoes what guards the store it opens.
    """
    del clause
    lines = (line for each in _personal(seen) for line in _recorded(each, seen))
    return _judged(seen, [*_written_out(seen), *lines])


def confidentiality_guarded(clause: Clause, seen: Seen) -> Finding:
    """Nobody reads on the way or at rest, or by a right too many; no secret is in a file.

    On the way, and of rights, the store is asked; a document does where it cannot be. At rest only
    a document can say it, for which this is at most attested.
    """
    del clause
    lines = (line for each in _personal(seen) for line in _confidential(each, seen))
    return _judged(seen, [*_written_out(seen), *lines])


def integrity_guarded(clause: Clause, seen: Seen) -> Finding:
    """Nothing is changed or lost by accident: the store is whole, and its backup was restored.

    The store is asked whether it is whole. A store that is whole may still be lost: without a drill
    it is unproven. Of a drill only a document can tell, for which this is at most attested.
    """
    del clause
    return _judged(seen, (line for each in _personal(seen) for line in _whole(each, seen)))


CHECKS = {
    "safeguards-recorded": safeguards_recorded,
    "confidentiality-guarded": confidentiality_guarded,
    "integrity-guarded": integrity_guarded,
}


def _judged(seen: Seen, lines: Iterable[Line]) -> Finding:
    """Return the worst that any line says, and the lines, worst first."""
    unmapped = (Judgement.UNPROVEN, "no store is mapped; run `upheld map new URL --name NAME`")
    every = [*lines, *([] if seen.maps else [unmapped])]
    found = sorted(every, key=lambda line: _WORST_FIRST.index(line[0]))
    if not found:
        return Finding(Judgement.NOT_EXERCISED, ("no store of the map holds personal data",))
    worst = found[0][0]
    good = worst in {Judgement.UPHELD, Judgement.ATTESTED}
    said = [words for judged, words in found if good or judged is not Judgement.UPHELD]
    more = (f"and {len(said) - _SHOWN} more",) if len(said) > _SHOWN else ()
    return Finding(worst, (*said[:_SHOWN], *more))


def _personal(seen: Seen) -> Iterator[StoreMap]:
    """Yield the stores that hold personal data; what a checklist is for always does."""
    for mapped in seen.maps.values():
        places = (place for each in mapped.collections for place in each.places)
        if mapped.kind == "manual" or any(place.category is not None for place in places):
            yield mapped


def _written_out(seen: Seen) -> Iterator[Line]:
    """Yield each place of a secret in the files of the company; a map is not needed for that."""
    for place in seen.secrets:
        words = "a secret stands in this file; change it, and write `env:NAME` in its place"
        yield Judgement.BROKEN, f"{place}: {words}"


def _recorded(mapped: StoreMap, seen: Seen) -> list[Line]:
    guards = seen.guards.get(mapped.name)
    lines = [_attested(mapped, each, seen) for each in sorted(mapped.attested)]
    if guards is None:
        return [*lines, _unasked(mapped, seen)]
    for probe in guards.probes:
        if probe.held is not None:
            judged = Judgement.UPHELD if probe.held else Judgement.BROKEN
            lines.append((judged, f"{mapped.name} {probe.safeguard}: {probe.words}"))
    if not lines:
        return [(Judgement.BROKEN, f"{mapped.name}: no safeguard is on record; {_declare(mapped)}")]
    return lines


def _confidential(mapped: StoreMap, seen: Seen) -> list[Line]:
    asked = [_asked(mapped, each, seen) for each in _PROBED]
    return [*asked, _attested(mapped, Safeguard.AT_REST, seen)]


def _whole(mapped: StoreMap, seen: Seen) -> list[Line]:
    whole = _asked(mapped, Safeguard.INTEGRITY, seen)
    drill = _attested(mapped, Safeguard.RESTORE_TESTED, seen)
    unasked = whole[0] is Judgement.UNPROVEN and mapped.name in seen.guards
    if unasked and Safeguard.INTEGRITY not in mapped.attested:
        return [drill]
    return [whole, drill]


def _asked(mapped: StoreMap, safeguard: Safeguard, seen: Seen) -> Line:
    """Return what a store shows of a safeguard; where it cannot be asked, what a document says."""
    guards = seen.guards.get(mapped.name)
    if guards is None:
        return _unasked(mapped, seen)
    probe = guards.probe(safeguard)
    if probe is None or probe.held is None:
        judged, words = _attested(mapped, safeguard, seen)
        return judged, f"{words} ({probe.words})" if probe and probe.words else words
    judged = Judgement.UPHELD if probe.held else Judgement.BROKEN
    return judged, f"{mapped.name} {safeguard}: {probe.words}"


def _unasked(mapped: StoreMap, seen: Seen) -> Line:
    words = seen.unreachable.get(mapped.name) or f"store `{mapped.name}` was not asked"
    return Judgement.UNPROVEN, words


def _attested(mapped: StoreMap, safeguard: Safeguard, seen: Seen) -> Line:
    """Return what the latest document about a safeguard of a store is worth today."""
    about = f"store/{mapped.name} {safeguard}"
    if safeguard not in mapped.attested:
        return Judgement.UNPROVEN, f"{about}: nothing attests it; {_declare(mapped, safeguard)}"
    register = _register(about)
    known = [each for each in seen.documents if (each.kind, each.about) == (KIND, about)]
    if not known:
        return Judgement.UNPROVEN, f"{about}: no document attests it; {register}"
    latest = max(known, key=lambda each: (each.dated, each.line))
    judged, words = _worth(latest, seen.today, register)
    return judged, f"{about}: `{latest.file}` (documents.yaml:{latest.line}) {words}"


def _worth(document: Document, today: date, register: str) -> Line:
    if document.intact is False:
        return Judgement.BROKEN, f"is gone or changed; put it back, or {register}"
    if document.intact is None:
        return Judgement.UNPROVEN, "has not been looked at; upheld check"
    if document.dated > today:
        return Judgement.UNPROVEN, f"bears a date to come, {document.dated}; correct it"
    if document.review < today:
        words = f"was to be reviewed by {document.review}; review it, then {register}"
        return Judgement.UNPROVEN, words
    return Judgement.ATTESTED, f"attests it, to be reviewed by {document.review}"


def _declare(mapped: StoreMap, safeguard: Safeguard = Safeguard.AT_REST) -> str:
    declared = f"write `guards: {{{safeguard}: attested}}` in {mapped.file}"
    return f"{declared}, then {_register(f'store/{mapped.name} {safeguard}')}"


def _register(about: str) -> str:
    return f'upheld document add FILE --kind {KIND} --about "{about}" --review DATE'
