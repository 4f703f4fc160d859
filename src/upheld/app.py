"""Wires a company's folder to stores and home: the façade of programs and the command line."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from upheld.acts import answer, people, prove
from upheld.acts.company import Company
from upheld.acts.links import probe
from upheld.config import parse_settings
from upheld.data import authorities
from upheld.datamap.document import Plan
from upheld.datamap.draft import draft
from upheld.datamap.drift import Drift, drift, leading
from upheld.datamap.exposed import holds_password, secrets_in
from upheld.datamap.guesses import accepted
from upheld.datamap.parse import parse_store
from upheld.desk.states import VIEW, OfPersonFold, RequestFold, from_state
from upheld.errors import BadFile, BadInput, HomeFailed, NotProven, did_you_mean, quoted
from upheld.evidence import notes
from upheld.evidence.bundle import write_bundle
from upheld.evidence.founding import found, tidy
from upheld.evidence.home import SqlHome
from upheld.evidence.keys import load_keys
from upheld.files import decoded
from upheld.identity import presented
from upheld.model import (
    Attestation,
    Document,
    Dossier,
    Policy,
    Regime,
    Request,
    Right,
    StoreMap,
    Verdict,
    Version,
)
from upheld.policy.documents import parse_documents
from upheld.policy.parse import parse_policy
from upheld.stores.manual import ManualStore
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.evidence.wiping import Unwiped
    from upheld.ports import Clock, Store

FOLDS = (
    RequestFold(),
    OfPersonFold(),
    prove.BoardFold(),
    prove.HistoryFold(),
    prove.VersionFold(),
    prove.LinkFold(),
    prove.DocumentFold(),
    prove.SearchedFold(),
)


def now() -> datetime:
    """Return this instant, in UTC."""
    return datetime.now(UTC)


class Upheld(AbstractContextManager["Upheld"]):
    """One company's folder, opened.

    >>> Upheld.open("/nowhere/at/all")
    Traceback (most recent call last):
    upheld.errors.BadInput: there is no upheld.toml in `/nowhere/at/all`; run `upheld init`
    """

    def __init__(self, company: Company, home: SqlHome) -> None:
        """Stand before an opened company; use `open`."""
        self.company = company
        self._home = home

    @classmethod
    def open(cls, folder: str | Path = ".", *, clock: Clock = now) -> Self:
        """Open a company's folder; home is made when it is not there yet.

        Raises:
            BadInput: a file of the folder is wrong, with its line.
            HomeFailed: home or one of its keys cannot be used.
        """
        place = Path(folder)
        if not (place / "upheld.toml").is_file():
            raise BadInput(f"there is no upheld.toml in `{place}`; run `upheld init`")
        settings = parse_settings(_text(place, "upheld.toml"))
        written = _text(place, "policy.yaml")
        policy = parse_policy(written, "policy.yaml", prove.CHECKS, settings.profile)
        maps = _maps(place)
        keys = load_keys(settings.keys, env=os.environ, base=place)
        url = _home_url(settings.home, place)
        if not SqlHome.is_there(url):
            _require_not_lost(place)
            found(url, keys, origin=settings.origin, clock=clock, folds=FOLDS)
        tidy(url)
        home = SqlHome.open(url, keys, origin=settings.origin, clock=clock, folds=FOLDS)
        stores = {name: _store(mapped, place, home) for name, mapped in maps.items()}
        company = Company(
            folder=place,
            policy=policy,
            maps=maps,
            stores=stores,
            home=home,
            clock=clock,
            zone=settings.zone,
            officers=settings.officers,
            watch=settings.watch,
            limits=settings.limits,
            texts={name: _text(place, mapped.file).encode() for name, mapped in maps.items()},
            bind=lambda mapped: _store(mapped, place, home),
            reference=lambda words: keys.tag("row", words).hex()[:12],
            policy_text=written.encode(),
            documents=_documents(place),
            secrets=_secrets(place),
        )
        return cls(company, home)

    def __exit__(self, *_: object) -> None:
        """Let go of home and of the stores."""
        for store in self.company.stores.values():
            store.close()
        self._home.close()

    def open_request(
        self,
        right: Right,
        identities: Iterable[str],
        *,
        regime: Regime = Regime.NONE,
        received: datetime | None = None,
    ) -> Request:
        """Record that a person uses a right; `identities` as `kind=value`."""
        given = [presented(words) for words in identities]
        return answer.open_request(self.company, right, given, regime=regime, received=received)

    def plan(self, id: str) -> Plan:
        """Find, pre-flight and freeze what will be done, by the policy as it now stands."""
        prove.note_policy(self.company)
        return answer.plan(self.company, id, self.company.limits)

    def sign(self, id: str, key: Path) -> Request:
        """Sign a plan with an officer's key."""
        return answer.sign(self.company, id, key)

    def apply(self, id: str) -> Request:
        """Carry out a signed plan as far as it goes now."""
        return answer.apply(self.company, id)

    def attest(self, id: str, store: str, *, file: Path, key: Path) -> Request:
        """Record an officer's word that a manual step was done."""
        return answer.attest(self.company, id, store, file=file, key=key)

    def close(self, id: str, because: str, key: Path) -> Request:
        """Close a request without doing what was asked, signed by an officer."""
        return answer.close(self.company, id, because, key)

    def release(self, id: str, key: Path) -> Request:
        """End the watch over an erasure, signed by an officer: the person came back."""
        return answer.release(self.company, id, key)

    def find_person(self, identities: Iterable[str]) -> Dossier:
        """Say what is known of a person, and who may be the same; opens and writes nothing."""
        return people.find(self.company, map(presented, identities))

    def merge(self, persons: Iterable[int], identities: Iterable[str], key: Path) -> int:
        """Join two people of home who are one, signed by an officer; return the ordinal kept."""
        return people.merge(self.company, persons, map(presented, identities), key)

    def request(self, id: str) -> Request:
        """Return where a request stands."""
        return self.company.request(id)

    def requests(self) -> tuple[Request, ...]:
        """Return every request, in the order they were opened."""
        return self.company.requests()

    def audit(self) -> None:
        """Fold the whole log again and compare home's views with it.

        Raises:
            NotProven: a view was not what the log says; it is now, and the name of it is told.
        """
        altered = self._home.audit_views()
        if altered:
            self._home.rebuild()
            names = ", ".join(f"`{name}`" for name in altered)
            raise NotProven(
                f"home's view {names} was not what the log says: somebody altered it; "
                "it was folded again from the log, check once more"
            )

    def check(self) -> tuple[Verdict, ...]:
        """Return a verdict for each clause."""
        return prove.check(self.company)

    def board(self, board: tuple[Verdict, ...]) -> str:
        """Return verdicts as a page, with how the board changed and where the log stands."""
        company = self.company
        turns, head = prove.history(company.home), company.home.checkpoint()
        return prove.page(company.policy, board, turns, at=company.now(), checkpoint=head)

    def add_document(
        self, file: Path, kind: str, about: str, *, review: date, dated: date | None = None
    ) -> Document:
        """Register a document in the folder that attests something, until it must be reviewed."""
        return prove.add_document(self.company, file, kind, about, dated=dated, review=review)

    def documents(self) -> tuple[Document, ...]:
        """Return the registered documents, each compared with its file."""
        return prove.looked_at(self.company)

    def versions(self) -> tuple[Version, ...]:
        """Return the versions of the policy that were in force, in the order home saw them."""
        return prove.versions(self.company.home)

    def version(self, revised: date) -> Policy:
        """Return the version of a date, as it was published, read as today.

        Raises:
            BadInput: no version has this date.
        """
        return prove.version(self.company, revised)

    def ask_links(self) -> Mapping[str, str | None]:
        """Ask every link of the policy whether it answers; record it and say what was wrong."""
        links = [each.link for each in self.company.policy.clauses if each.link]
        answers = probe(links, seek=authorities())
        prove.note_links(self.company, answers)
        return answers

    def prove(self, id: str, output: Path) -> Path:
        """Write the proof bundle of a request: all a stranger needs to check it."""
        request = self.company.request(id)
        if request.plan is None:
            raise BadInput(f"{id} has no plan yet, so there is nothing to prove")
        older = [notes.from_line(line, self._home.verifier) for line in self._checkpoints()]
        write_bundle(self._home, request, output, since=[note.size for note in older])
        return output

    def export(self, output: Path) -> Path:
        """Write the whole log into a file that `verify.py` reads: all that proves, nobody's way."""
        self._home.export(output)
        return output

    def checkpoint(self) -> str:
        """Append the signed head of the log to the file `checkpoints`, and return it."""
        note = self.company.home.checkpoint()
        line = notes.as_line(note)
        known = self._checkpoints()
        if line not in known:
            with (self.company.folder / "checkpoints").open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        return note

    def drift(self, name: str | None = None) -> tuple[Drift, ...]:
        """Compare the map with the catalogues of the stores."""
        names = [name] if name else list(self.company.maps)
        for each in names:
            if each not in self.company.maps:
                raise BadInput(
                    f"there is no store{quoted(each)}{did_you_mean(each, self.company.maps)}"
                )
        maps, stores = self.company.maps, self.company.stores
        kinds = frozenset[str]().union(*map(leading, maps.values()))
        found = (drift(maps[each], stores[each].schema(), kinds) for each in names)
        return tuple(finding for findings in found for finding in findings)

    def unwiped(self) -> Unwiped | None:
        """Say what was destroyed and may still be in dead rows of home; None if nothing."""
        return self._home.unwiped()

    def _checkpoints(self) -> list[str]:
        path = self.company.folder / "checkpoints"
        return path.read_text("utf-8").splitlines() if path.is_file() else []


def new_map(folder: Path, url: str, name: str) -> Path:
    """Draft `stores/NAME.yaml` from the catalogue of a database, for a person to review.

    Raises:
        BadInput: the name is no plain word, or the file is there already.
        StoreFailed: the database cannot be read.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise BadInput("that is no store name; use letters, digits, `-` and `_`")
    path = folder / "stores" / f"{name}.yaml"
    if path.exists():
        raise BadInput(f"stores/{name}.yaml is there already; remove it to draft it anew")
    if holds_password(url):
        raise BadInput("that url holds a password; put it in a variable and give `env:NAME`")
    mapped = StoreMap(name, "sql", url, None, (), (), _NO_TIME, (), f"stores/{name}.yaml", "")
    schema = SqlStore(mapped, _resolved(url, folder)).schema()
    path.parent.mkdir(exist_ok=True)
    path.write_text(draft(schema, name=name, url=url), encoding="utf-8")
    return path


def accept_map(folder: Path, name: str) -> int:
    """Accept every guess of a map; return how many there were."""
    path = folder / "stores" / f"{name}.yaml"
    if not path.is_file():
        known = [each.stem for each in (folder / "stores").glob("*.yaml")]
        raise BadInput(f"there is no store{quoted(name)}{did_you_mean(name, known)}")
    text = _text(folder, f"stores/{name}.yaml")
    before = len(parse_store(text, f"stores/{name}.yaml").guesses)
    path.write_bytes(accepted(text, f"stores/{name}.yaml").encode())
    return before


def _text(folder: Path, name: str) -> str:
    try:
        return decoded((folder / name).read_bytes(), name)
    except OSError as error:
        raise BadInput(f"`{name}` cannot be read; {(error.strerror or '').lower()}") from error


def _maps(folder: Path) -> dict[str, StoreMap]:
    found = sorted((folder / "stores").glob("*.yaml"))
    return {
        path.stem: parse_store(_text(folder, f"stores/{path.name}"), f"stores/{path.name}")
        for path in found
    }


def _store(mapped: StoreMap, folder: Path, home: SqlHome) -> Store:
    if mapped.kind == "manual":
        return ManualStore(mapped, lambda token: _attestation(home, token))
    return SqlStore(mapped, _resolved(mapped.url, folder))


def _attestation(home: SqlHome, token: str) -> Attestation | None:
    """Return the attestation of a step's token, which begins with the id of its request."""
    state = home.state(VIEW, token.partition("/")[0])
    steps = from_state(state).steps.values() if state else ()
    return next((step.attested for step in steps if step.token == token), None)


def _documents(folder: Path) -> tuple[Document, ...]:
    there = (folder / "documents.yaml").is_file()
    return parse_documents(_text(folder, "documents.yaml"), "documents.yaml") if there else ()


def _secrets(folder: Path) -> tuple[str, ...]:
    """Return where a file that people write here, and that git keeps, holds a secret."""
    found = [folder / "upheld.toml", folder / "policy.yaml", folder / "documents.yaml"]
    found += sorted((folder / "stores").glob("*.yaml"))
    found += sorted((folder / "tests").glob("*.yaml"))
    names = [each.relative_to(folder).as_posix() for each in found if each.is_file()]
    return tuple(place for name in names for place in secrets_in(_text(folder, name), name))


def _resolved(url: str, folder: Path) -> str:
    """Return a URL with its reference read and its path, if relative, taken from the folder."""
    if url.startswith("env:"):
        name = url.removeprefix("env:")
        if name not in os.environ:
            raise BadInput(f"the variable `{name}` is not set; a store or home is reached by it")
        url = os.environ[name]
    if url.startswith(_SQLITE) and not url.removeprefix(_SQLITE).startswith(("/", ":")):
        return f"{_SQLITE}{(folder / url.removeprefix(_SQLITE)).resolve()}"
    return url


def _home_url(written: str, folder: Path) -> str:
    if holds_password(written):
        raise BadFile(
            _home_line(folder),
            "`home` holds a password; put it in a variable and write `env:NAME` here",
        )
    return _resolved(written, folder)


def _home_line(folder: Path) -> str:
    lines = _text(folder, "upheld.toml").splitlines()
    words = [line.partition("=")[0].strip().strip("\"'") for line in lines]
    return f"upheld.toml:{next((n for n, word in enumerate(words, 1) if word == 'home'), 1)}"


def _require_not_lost(folder: Path) -> None:
    """Refuse to begin a new log where checkpoints show that there was one."""
    checkpoints = folder / "checkpoints"
    if checkpoints.is_file() and checkpoints.stat().st_size:
        raise HomeFailed(
            "home is gone, but `checkpoints` shows that there was one; restore it from a backup"
        )


_NO_TIME = timedelta()
_SQLITE = "sqlite:///"
