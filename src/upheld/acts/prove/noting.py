"""Notes in the log what was published and registered: versions, documents, links that answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.prove.folds import DOCUMENTS, unwitnessed, versions
from upheld.policy.links import fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.model import Document, Json


def note_policy(company: Company) -> None:
    """Keep the version in force, text and all, when home has not seen it as the latest yet.

    From then on it is published: the board and a plan say so, reading the folder does not.
    """
    seen = versions(company.home)
    if not seen or seen[-1].digest != company.policy.digest:
        with company.home.writing() as home:
            home.keep(company.policy_text)
            body: dict[str, Json] = {
                "policy": company.policy.digest,
                "revised": company.policy.revised.isoformat(),
                "purposes": sorted(company.policy.purposes),
                "said": company.policy.said,
            }
            home.append("policy.in-force", body)


def note_documents(company: Company, documents: tuple[Document, ...]) -> tuple[Document, ...]:
    """Witness what was registered: kind, what it is about, hash and dates of each document.

    One that the log has seen so is not witnessed again; those that were are returned.
    """
    known = company.home
    if not any(unwitnessed(known.state(DOCUMENTS, each.sha256), each) for each in documents):
        return ()
    fresh: list[Document] = []
    with company.home.writing() as home:
        for each in documents:
            if not unwitnessed(home.state(DOCUMENTS, each.sha256), each):
                continue
            fresh.append(each)
            home.append(
                "document.registered",
                {
                    "document": each.kind,
                    "about": each.about,
                    "sha256": each.sha256,
                    "dated": each.dated.isoformat(),
                    "review": each.review.isoformat(),
                },
            )
    return tuple(fresh)


def note_links(company: Company, answers: Mapping[str, str | None]) -> None:
    """Record which links answered, and what was wrong with the others.

    A link that could hold a secret or the address of a person does not go into the log.
    """
    known: dict[str, Json] = {link: wrong for link, wrong in answers.items() if not fault(link)}
    with company.home.writing() as home:
        home.append("links.asked", {"answers": known})
