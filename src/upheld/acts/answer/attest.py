"""An officer's word that a checklist was carried out, with a file as evidence."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from upheld.acts.officers import officer_key
from upheld.errors import BadInput, Refused, quoted
from upheld.evidence import ssh

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.acts.company import Company
    from upheld.model import Request

NAMESPACE = "upheld-attest"
_LARGEST = 50 * 1024 * 1024


def attest(company: Company, id: str, store: str, *, file: Path, key: Path) -> Request:
    """Record that a manual step was done; the file is sealed under the request's key.

    Raises:
        Refused: that step waits for nobody.
        NotSigned: the key is no officer's.
        BadInput: the file cannot be read, is empty or is over 50 MiB.
    """
    request = company.request(id)
    name = f"{id}/{store}"
    waiting = request.steps.get(name)
    if waiting is None or waiting.token is None or waiting.attested:
        raise Refused(f"no store{quoted(store)} has anything of {id} that waits to be attested")
    evidence = _read(file)
    digest = hashlib.sha256(evidence).hexdigest()
    signature = ssh.sign(f"{waiting.token}\n{digest}".encode(), key, namespace=NAMESPACE)
    officer = ssh.signer(signature, namespace=NAMESPACE)
    officer_key(company, officer)
    with company.home.writing() as home:
        home.seal(id, f"evidence/{store}", evidence)
        home.append(
            "step.attested",
            {
                "request": id,
                "step": name,
                "file": digest,
                "officer": officer,
                "signature": signature,
            },
        )
    return company.request(id)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST:
            raise BadInput("the evidence file is over 50 MiB; attach an extract")
        evidence = file.read_bytes()
    except OSError as error:
        raise BadInput("the evidence file cannot be read; check its path") from error
    if not evidence:
        raise BadInput("the evidence file is empty; attach what shows that it was done")
    return evidence
