"""An erasure in a home, told entry by entry, for the tests of proofs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.evidence.door import SqlDoor
from upheld.conformance.door import Hand
from upheld.evidence import ssh
from upheld.evidence.bundle import write_bundle
from upheld.evidence.home import SqlHome
from upheld.model import Json, Regime, Request, Right, State

ID = "R-1"
Row = list[str | int | None]
GONE: Row = ["orders", "about", "gone", 10, "right.delete", None]
KEPT: Row = ["invoices", "about", "retained", 2, "retain.legal-tax", "2036-12-31"]


def plan_of(*stores: str, right: Right = Right.ERASE, room: int = 25) -> bytes:
    """Return a plan of these stores; `paper` is done by hand."""
    parts = [_by_hand(store) if store == "paper" else _by_program(store, room) for store in stores]
    return json.dumps({"request": ID, "right": right.value, "stores": parts}).encode()


def _by_hand(store: str) -> Json:
    same: dict[str, Json] = {"map": "ab", "schema": "ab", "erasures": [], "counted": []}
    return {"store": store, "notes": ["by hand: shred it"], "tasks": ["shred it"], **same}


def _by_program(store: str, room: int) -> Json:
    hold: Json = {"clause": "retain.legal-tax"}
    same: dict[str, Json] = {"bond": "about", "clauses": ["right.delete"], "ceiling": room}
    orders: Json = {"collection": "orders", "hold": None, **same}
    invoices: Json = {"collection": "invoices", "hold": hold, **same}
    about: dict[str, Json] = {"map": "ab", "schema": "cd", "counted": [], "notes": [], "tasks": []}
    return {"store": store, "erasures": [orders, invoices], **about}


@dataclass
class Story:
    """A request's entries in a home, and what becomes of them in a bundle."""

    home: SqlHome
    folder: Path
    clock: Hand = field(default_factory=Hand)
    indices: list[int] = field(default_factory=list)
    right: Right = Right.ERASE
    plan: bytes = b""

    @classmethod
    def begin(cls, folder: Path, right: Right = Right.ERASE) -> Story:
        """Open a home, and an officer's key."""
        for name in ("officer", "stranger"):
            key = Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())
            (folder / name).write_bytes(
                key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
            )
        clock = Hand()
        return cls(SqlDoor(folder)(clock, []), folder, clock, right=right)

    @property
    def officer(self) -> str:
        """The officer's public key."""
        return ssh.public_line(self.folder / "officer")

    def append(self, kind: str, **body: Json) -> None:
        """Append an entry of the request, and one of somebody else's."""
        with self.home.writing() as writing:
            self.indices.append(writing.append(kind, {"request": ID, **body}))
            writing.append("request.opened", {"request": "R-2", "right": "erase"})

    def opened(self) -> Story:
        """Open the request."""
        self.append(
            "request.opened",
            person=1,
            right=self.right.value,
            regime="gdpr",
            received="2026-07-01T12:00:00+00:00",
            due="2026-08-03",
            rule="one month",
        )
        return self

    def planned(self, plan: bytes | None = None, *, rows: int = 12) -> Story:
        """Plan, keeping the document."""
        self.plan = plan or plan_of("crm", "paper", right=self.right)
        with self.home.writing() as writing:
            digest = writing.keep(self.plan)
        self.append("request.planned", plan=digest, rows=rows)
        return self

    def signed(self, *, key: str = "officer", over: bytes | None = None, **other: Json) -> Story:
        """Sign the plan."""
        signature = ssh.sign(self.plan if over is None else over, self.folder / key)
        officer = ssh.signer(signature)
        digest = sha256(self.plan).hexdigest()
        self.append(
            "request.signed",
            **{"plan": digest, "officer": officer, "signature": signature, **other},
        )
        return self

    def begun(self, store: str = "crm", attempt: int = 1, **other: Json) -> Story:
        """Begin a step."""
        about: Mapping[str, Json] = {"plan": sha256(self.plan).hexdigest(), **other}
        self.append("step.intended", step=f"{ID}/{store}", attempt=attempt, fence=attempt, **about)
        return self

    def done(self, store: str = "crm", attempt: int = 1, *rows: Row) -> Story:
        """Give a step its receipt."""
        counted: list[Json] = [[*row] for row in rows or ([] if store == "paper" else [GONE, KEPT])]
        self.append(
            "step.receipt", step=f"{ID}/{store}", attempt=attempt, fence=attempt, counted=counted
        )
        return self

    def declined(self, store: str = "crm", attempt: int = 1) -> Story:
        """Let a store decline a step."""
        about: Mapping[str, Json] = {"attempt": attempt, "fence": attempt, "why": "blocked"}
        self.append("step.declined", step=f"{ID}/{store}", **about)
        return self

    def waiting(self, store: str = "paper", attempt: int = 1, *, token: str = "a-token") -> Story:  # noqa: S107
        """Let a step wait for an officer."""
        about: Mapping[str, Json] = {"attempt": attempt, "fence": attempt, "due": "2026-08-01"}
        self.append("step.pending", step=f"{ID}/{store}", token=token, **about)
        return self

    def attested(self, store: str = "paper", *, token: str = "a-token") -> Story:  # noqa: S107
        """Let an officer attest a step."""
        file = sha256(b"a photograph of a shredder").hexdigest()
        words = f"{token}\n{file}".encode()
        signature = ssh.sign(words, self.folder / "officer", namespace="upheld-attest")
        self.append(
            "step.attested",
            step=f"{ID}/{store}",
            file=file,
            officer=ssh.signer(signature, namespace="upheld-attest"),
            signature=signature,
        )
        return self

    def shredded(self) -> Story:
        """Tell a step by hand, from its beginning to its receipt."""
        return self.begun("paper").waiting().attested().begun("paper", 2).done("paper", 2)

    def searched(self, *, clean: bool = True, late: Mapping[str, int] | None = None) -> Story:
        """Look back."""
        found = late if late is not None else {} if clean else {"crm.orders": 1}
        self.append("request.looked-back", clean=clean, late={**found})
        return self

    def answered(self) -> Story:
        """Answer."""
        self.append("request.answered", answer="ab" * 32, rows=12, counted_rows=12)
        return self

    def closed(self, outcome: str = "partial") -> Story:
        """Answer and close."""
        self.answered().append("request.closed", outcome=outcome)
        return self

    def turned_down(self, outcome: str, *, signed: str | None = None) -> Story:
        """Answer and close without doing what was asked, signed by an officer."""
        words = f"{ID}\n{signed or outcome}".encode()
        signature = ssh.sign(words, self.folder / "officer", namespace="upheld-close")
        officer = ssh.signer(signature, namespace="upheld-close")
        self.answered().append(
            "request.closed", outcome=outcome, officer=officer, signature=signature
        )
        return self

    def carried_out(self) -> Story:
        """Tell the whole of it, as it goes when all goes well."""
        self.opened().planned().signed()
        self.begun().done()
        return self.shredded().searched().closed()

    def bundle(self, *, without: int | None = None, since: tuple[int, ...] = ()) -> Path:
        """Write the proof; `without` leaves one of the request's entries out."""
        indices = [n for at, n in enumerate(self.indices) if at != without]
        request = Request(
            id=ID,
            right=self.right,
            regime=Regime.GDPR,
            person=1,
            received=datetime(2026, 7, 1, tzinfo=UTC),
            due=date(2026, 8, 3),
            rule="one month",
            state=State.CLOSED,
            plan=sha256(self.plan).hexdigest() if self.plan else None,
            entries=tuple(indices),
        )
        path = self.folder / "proof.zip"
        write_bundle(self.home, request, path, since=since)
        return path
