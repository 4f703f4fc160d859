"""Notes in the log what was published and registered: versions, documents, links that answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.prove.folds import versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.model import Document, Json


def note_policy(company: Company) -> None:
    """Keep the version in force, text and all, when home has not seen it as the latest yet."""
    seen = versions(company.home)
    if not seen or seen[-1].digest != company.policy.digest:
        with company.home.writing() as home:
            home.keep(company.policy_text)
            body: dict[str, Json] = {
                "policy": company.policy.digest,
                "revised": company.policy.revised.isoformat(),
                "purposes": sorted(company.policy.purposes),
            }
            home.append("policy.in-force", body)


def note_documents(company: Company, documents: tuple[Document, ...]) -> None:
    """Witness what was registered: kind, what it is about, hash and dates of each document."""
    with company.home.writing() as home:
        for each in documents:
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


def note_links(company: Company, answers: Mapping[str, str | None]) -> None:
    """Record which links answered, and what was wrong with the others."""
    with company.home.writing() as home:
        home.append("links.asked", {"answers": dict(answers)})
