"""A policy with a clause of each kind, for the tests of what changes it and how it is shown."""

from __future__ import annotations

from upheld.model import Policy, Profile
from upheld.policy.parse import parse_policy

CHECKS = ("one", "two")

POLICY = """\
title: Privacy notice
company: Acme Calibration Ltd.
contact: privacy@acme.example
revised: 2026-11-01
categories:
  contact:
    purposes: [support, event-invite]
    sources: [direct-forms]
    recipients: [service_provider]
  financial: {purposes: support, sources: [direct-service]}
purposes:
  support: {says: To help you, basis: contract}
  event-invite: {says: To invite you to events, basis: consent}
recipients:
  service_provider: Companies that work for us
entities:
  - {name: Acme Calibration Ltd., country: US}
reach:
  e-mail: privacy@acme.example
  telephone: +1 555 0100
sections:
  collect: What we collect
  right: Your rights
clauses:
  - id: scope.commitment
    guard: all
    check: one
    text: We answer for every sentence of this notice.
  - id: def.adult
    definition: adult
    when: age >= 18
    check: one
    text: An adult is somebody of 18 years.
  - id: collect.contact
    may: collect
    categories: contact
    channels: [web-form, e-mail]
    check: one
    text: We collect how to reach you.
  - id: collect.financial
    may: collect
    categories: financial
    check: one
    text: We collect how you pay.
  - id: use.support
    may: use
    purposes: support
    check: one
    text: We use your data to help you.
  - id: use.event-invite
    may: use
    categories: contact
    purposes: event-invite
    when: consented and def.adult
    unless: objected
    check: one
    text: If you agreed, we invite you to events.
    strict: {when: "consented and def.adult and region in [EEA, UK]"}
  - id: share.providers
    may: share
    categories: contact
    recipients: service_provider
    when: vendor_registered
    then: log
    check: one
    text: Companies that work for us receive how to reach you.
  - id: share.no-sale
    never: share
    when: consideration
    unknown: forbids
    check: one
    text: We do not sell your data.
  - id: transfer.adequate
    may: transfer
    when: dest in [CH, JP]
    check: one
    text: Your data goes only to countries that protect it.
  - id: retain.legal-tax
    keep: [financial, contact]
    ground: legal-tax
    for: 10 years
    from: end of year
    check: one
    text: Invoices stay.
  - id: right.access
    answer: access
    with: [copy, categories]
    check: one
    text: You can ask what we hold.
  - id: gdpr.erase
    answer: erase
    regimes: [gdpr, uk-gdpr]
    check: one
    text: In Europe we erase it.
  - id: ccpa.delete
    answer: erase
    regimes: ccpa
    check: one
    text: In California we delete it.
  - id: right.authority-list
    tell: [authorities, complaint]
    link: https://www.edpb.europa.eu/about-edpb/our-members_en
    check: one
    text: You can complain to an authority.
  - id: limit.sites
    disclaimer: sites
    limits: scope.commitment
    check: one
    text: Others run the sites that we link to.
"""


def policy(text: str = POLICY, profile: Profile = Profile.SEED) -> Policy:
    """Return a policy read from text."""
    return parse_policy(text, "policy.yaml", CHECKS, profile)


def edited(*edits: tuple[str, str], dated: bool = True) -> Policy:
    """Return the policy with words put in place of others, each once, and a later date."""
    text = POLICY
    for old, new in (*edits, *([("revised: 2026-11-01", "revised: 2026-12-01")] if dated else [])):
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return policy(text)
