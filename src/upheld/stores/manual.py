"""A system nobody can reach by program: a checklist that an officer carries out and attests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from upheld.model import (
    Alike,
    Closure,
    Declined,
    Done,
    Found,
    Guards,
    Left,
    Pending,
    Preview,
    Probe,
    Right,
    Safeguard,
    Schema,
    Traits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from upheld.model import Attestation, Dialect, Identity, Role, Rows, Step, StoreMap
    from upheld.model.searching import Hit, Needle

_UNKNOWN = (Safeguard.IN_TRANSIT, Safeguard.LEAST_PRIVILEGE, Safeguard.INTEGRITY)


class ManualStore:
    """A checklist with a due date behind the port of a store.

    What is done in such a system happens outside; `attested` tells, by token, whether an officer
    has given their word and a file for it.
    """

    def __init__(self, mapped: StoreMap, attested: Callable[[str], Attestation | None]) -> None:
        """Bind a checklist to where attestations are read."""
        self._mapped = mapped
        self._attested = attested

    @property
    def name(self) -> str:
        """The name of its file in `stores/`."""
        return self._mapped.name

    @property
    def gaps(self) -> Mapping[Right, str]:
        """A right without a checklist cannot be answered here."""
        return {
            right: f"`{self.name}` has no checklist for {right}; add one in {self._mapped.file}"
            for right in Right
            if not self._tasks(right)
        }

    @property
    def records(self) -> bool:
        """Nothing but the attestation is written down."""
        return False

    def schema(self) -> Schema:
        """Return no tables; the digest is that of the checklist."""
        return Schema({}, self._mapped.digest)

    def find(self, closure: Closure, *, count: bool = True) -> Found:
        """Return the closure as it came: what is there only a person can look up."""
        del count
        return Found(closure, {})

    def borne(self, closure: Closure) -> frozenset[Identity]:
        """Return none: who else bears what is there only a person can look up."""
        del closure
        return frozenset()

    def look(self, closure: Closure) -> Iterator[Rows]:
        """Return nothing: the officer attaches what they export."""
        del closure
        return iter(())

    def preview(self, step: Step, *, rehearse: bool = True) -> Preview:
        """Refuse a right that has no checklist; else note what will be asked of the officer."""
        del rehearse
        gap = self.gaps.get(step.right)
        notes = tuple(f"by hand in `{self.name}`: {task}" for task in self._tasks(step.right))
        return Preview((), (gap,) if gap else (), notes)

    def statements(self, step: Step) -> tuple[str, ...]:
        """Return nothing: what is done here is said to a person."""
        del step
        return ()

    def act(self, step: Step) -> Done | Pending | Declined:
        """Ask for the checklist to be carried out; done once it is attested."""
        if gap := self.gaps.get(step.right):
            return Declined(gap)
        frozen = hashlib.sha256("\n".join(step.tasks).encode()).hexdigest()
        token = f"{step.id}@{frozen[:16]}"
        if self._attested(token):
            return Done(())
        return Pending(token, step.due, step.tasks)

    def poll(self, token: str) -> Done | Pending | Declined:
        """Say whether an officer attested the step."""
        if self._attested(token):
            return Done(())
        return Declined(f"nobody has attested this step of `{self.name}` yet")

    def look_back(self, step: Step, since: Sequence[str] | None = None) -> Left:
        """Report one unfinished row per task for as long as nobody has attested the step."""
        del since
        done = isinstance(self.act(step), Done)
        return Left({} if done else {"checklist": len(step.tasks)}, {})

    def search(self, needles: Sequence[Needle], step: Callable[[int], Step]) -> Iterator[Hit]:
        """Find nothing: what is there only a person can look up."""
        del needles, step
        return iter(())

    def unsearched(self) -> Mapping[str, int]:
        """Say that all of it is left to a person."""
        return {"what only a person can look up": 1}

    def traits(self, closure: Closure) -> Traits:
        """Return none: nobody reads there."""
        del closure
        return Traits()

    def alike(self, closure: Closure, traits: Traits) -> Iterator[Alike]:
        """Return nobody: what is there only a person can look up."""
        del closure, traits
        return iter(())

    def guards(self) -> Guards:
        """Say that nobody can ask: what guards such a system is attested or not known."""
        words = f"`{self.name}` is a checklist, which cannot be asked"
        return Guards(tuple(Probe(each, None, words) for each in _UNKNOWN))

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def grants(self, roles: Sequence[Role], dialect: Dialect | None = None) -> str:
        """Say that there is nothing to grant: no program of ours goes there."""
        del roles, dialect
        return (
            f"# store `{self.name}` is a checklist, so Upheld has no role in it; "
            "give its officers what the tasks need and no more\n"
        )

    def _tasks(self, right: Right) -> tuple[str, ...]:
        return tuple(task.text for task in self._mapped.tasks if task.right is right)
