"""What a process of the company does: it takes a request to its answer, and tells how it ended."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tests.crash.world import SHOP, TABLES
from tests.journeys.town import ADA, CANARIES
from upheld.acts.answer.apply import became
from upheld.app import Upheld
from upheld.cli import show
from upheld.evidence import verify
from upheld.model import Regime, Right, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.model import Json

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
REPLACED = "@erased.invalid"


@dataclass
class Story:
    """One process: the folder it works in, and the time it begins."""

    folder: Path
    environment: Mapping[str, str]
    instant: datetime

    def answer(self, right: str = "erase") -> Json:
        """Take the request from wherever it stands to its answer, as an officer would."""
        with self._open() as upheld:
            requests = [each for each in upheld.requests() if each.right == right]
            if not requests:
                upheld.open_request(Right(right), [f"email={ADA}"], regime=Regime.GDPR)
            id = next(each.id for each in upheld.requests() if each.right == right)
            if upheld.request(id).state is State.OPEN:
                upheld.plan(id)
            if upheld.request(id).state is State.PLANNED:
                upheld.sign(id, self.folder / "keys" / "officer")
            upheld.apply(id)
            return upheld.request(id).state

    def ask(self, email: str) -> Json:
        """Record that somebody asked for a copy; return the request's id."""
        with self._open() as upheld:
            return upheld.open_request(Right.ACCESS, [f"email={email}"], regime=Regime.GDPR).id

    def known(self) -> Json:
        """Return the requests that home knows."""
        with self._open() as upheld:
            upheld.audit()
            return [each.id for each in upheld.requests()]

    def prepare(self) -> Json:
        """Take the request to where it is signed."""
        with self._open() as upheld:
            upheld.open_request(Right.ERASE, [f"email={ADA}"], regime=Regime.GDPR)
            upheld.plan("R-1")
            return upheld.sign("R-1", self.folder / "keys" / "officer").state

    def plan_again(self) -> Json:
        """Plan anew, and sign that."""
        with self._open() as upheld:
            upheld.plan("R-1")
            return upheld.sign("R-1", self.folder / "keys" / "officer").state

    def apply(self) -> Json:
        """Apply, and nothing else."""
        with self._open() as upheld:
            return upheld.apply("R-1").state

    def resume(self) -> Json:
        """Answer, and say how it ended; a replacement that stood there already must stay."""
        before = self._email()
        self.answer()
        ending = self.ending()
        if before.endswith(REPLACED) and before != self._email():
            ending["replacement"] = "another one than before"
        return ending

    def ending(self) -> dict[str, Json]:
        """Return what must not depend on where it died.

        The replacement of an e-mail is derived from a secret of this very request.
        """
        with self._open() as upheld:
            request = upheld.request("R-1")
            counted = sorted(
                f"{name}: {each}" for name, steps in _told(upheld).items() for each in steps
            )
            upheld.audit()
            ended: dict[str, Json] = {
                "state": [request.state, request.outcome, request.rows, request.clean],
                "requests": len(upheld.requests()),
                "verdicts": {each.id: each.verdict for each in upheld.check()},
                "known": upheld.company.home.person("email", ADA),
                "letter": self._letter(),
                "told": [*counted],
            }
            proven = self._proven(upheld)
        return {**ended, **self._rows(), "proven": proven, "files": self._files()}

    def steps(self) -> Json:
        """Return how often each step was intended and has a receipt, by the log."""
        with self._open() as upheld:
            kinds = {"step.intended", "step.receipt"}
            entries = (entry for _, entry in upheld.company.home.entries())
            told = Counter(f"{e.kind} {e.body['step']}" for e in entries if e.kind in kinds)
        return dict(sorted(told.items()))

    def shown(self) -> Json:
        """Return what the command shows of the request, and what the auditor's file tells of it."""
        said = StringIO()
        with self._open() as upheld, tempfile.TemporaryDirectory() as outside:
            with redirect_stdout(said):
                show.request(upheld.request("R-1"), as_json=False)
            proof = upheld.prove("R-1", Path(outside) / "proof.zip")
            return [said.getvalue(), *verify.check(proof).lines]

    def copy(self) -> Json:
        """Answer a request for a copy; say whether it is whole, and what lies beside it."""
        state = self.answer("access")
        with self._open() as upheld:
            answer = upheld.request("R-1").answer
        return {"state": state, "answered": answer == self._digest(), **self.handed()}

    def handed(self) -> dict[str, Json]:
        """Return what is in the folder of answers, and in the copy, once it has its name."""
        answers = self.folder / "answers"
        files = sorted(each.name for each in answers.iterdir()) if answers.is_dir() else []
        if "R-1.zip" not in files:
            return {"files": [*files], "copy": None}
        with zipfile.ZipFile(answers / "R-1.zip") as archive:
            assert archive.testzip() is None
            whole = {name: archive.read(name).decode() for name in archive.namelist()}
        del whole["checkpoint.txt"]
        return {"files": [*files], "copy": dict(whole)}

    def erase_after_copy(self) -> Json:
        """Answer both requests of the person, and return the files that are left."""
        self.answer("access")
        self.answer()
        return self._files()

    def _open(self) -> Upheld:
        return Upheld.open(self.folder, clock=self._now)

    def _now(self) -> datetime:
        self.instant += timedelta(milliseconds=1)
        return self.instant

    def _digest(self) -> str:
        return hashlib.sha256((self.folder / "answers" / "R-1.zip").read_bytes()).hexdigest()

    def _letter(self) -> str:
        letter = (self.folder / "answers" / "R-1.html").read_text("utf-8")
        return letter[letter.index("<h2>") : letter.index("<pre>")]

    def _proven(self, upheld: Upheld) -> list[Json]:
        """Let the auditor's file look at the proof, and at home where home is a file."""
        with tempfile.TemporaryDirectory() as outside:
            proof = upheld.prove("R-1", Path(outside) / "proof.zip")
            said = [verify.check(proof).lines[-1]]
        home = self.folder / "home.sqlite"
        return [*said, *(verify.check(home).lines[-1] for _ in range(home.exists()))]

    def _rows(self) -> dict[str, Json]:
        return {
            table: [[_plain(value) for value in row] for row in self._select(store, table)]
            for store, tables in TABLES.items()
            for table in tables
        }

    def _select(self, store: str, table: str) -> list[tuple[object, ...]]:
        url = self.environment.get(SHOP) if store == "shop" else None
        engine = sa.create_engine(
            url or f"sqlite:///{self.folder / store}.sqlite", poolclass=sa.NullPool
        )
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")
            return [tuple(row) for row in rows]

    def _email(self) -> str:
        return str(self._select("shop", "customers")[0][1])

    def _files(self) -> list[Json]:
        """Return the names of all files, marked where one still tells of the person."""
        files = sorted(each for each in self.folder.rglob("*") if each.is_file())
        return [f"{each.relative_to(self.folder)}{_tells(each)}" for each in files]


def _plain(value: object) -> str:
    return REPLACED if str(value).endswith(REPLACED) else str(value)


def _tells(file: Path) -> str:
    held = file.read_bytes()
    found = [canary for canary in CANARIES if canary.encode() in held]
    return f" holds {found}" if found else ""


def _told(upheld: Upheld) -> dict[str, list[str]]:
    """Return what the letter is made of: what became of rows, by store."""
    return {
        store: [str(each) for each in counts]
        for store, counts in became(upheld.company, upheld.request("R-1")).items()
    }
