"""The conventions of the case format: each shown by the reference policy's own cases, both ways."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.spec.cases import ask_of
from tests.spec.meaning import decide
from tests.spec.test_reference_policy import CASES, OWN, POLICIES
from upheld.model import Profile

CONVENTIONS = {
    "1 the first step that bites decides, and an allowed act passes all": """
        child-order order-covers-all object-order restrict-order backup-of-the-living
        restored-living optout-binds-sharing business-partner""",
    "2 what grants must be there, what blocks must be said": """
        vendor-unregistered transfer-us-provider regulator-no-audit regulator-audit harm
        harm-unsigned claims-no-case deal-potential deal-over integration-active
        integration-unknown representative-proof representative-no-proof platform-stranger
        police-investigation badges-no-event badges-absent vendor-own-use purpose-not-in-policy
        partner-data customer-data balancing-missing balancing-done partner-not-joint kb-own
        sale-provider sale-consideration sale-business-partner deal-with-money
        police-out-of-scope partner-product harm-other-purpose retain-active-no-need
        retain-tax-no-need retain-prospect
        transfer-vendor-own-use transfer-vendor-declared transfer-vendor-own-marketing
        transfer-affiliate-own-use transfer-local-own-use balancing-of-another
        balancing-missing-collect balancing-missing-inherited partner-data-kept
        kb-published-with-names kb-shared-with-names kb-drafted-with-names""",
    "3 a purpose is taken as stated": "on-request-as-stated person-asks purpose-unknown",
    "4 plain purposes stand for declared ones, and joining inherits": """
        service-delivery claims-self safety-self newsletter-optout combine-declared
        combine-category combine-objected combine-optout combine-new dispose""",
    "5 the marketing class, and the trackers nobody can do without": """
        marketing-optout marketing-optout-event event-register-optout dnt-session dnt-preferences
        refused-session refused-security vendor-own-marketing
        optout-collect newsletter-collect""",
    "6 objections": """
        object-uk object-other-purpose object-ca object-contract object-support-not-in-contract
        object-quote object-marketing-in-contract object-claims object-duty object-order
        object-storage""",
    "7 restrictions": """
        restrict-support restrict-storage restrict-delete restrict-anonymise restrict-us
        restrict-consent-after restrict-consent-before restrict-security restrict-order
        restrict-contract restrict-claims-shared restrict-other-category
        restrict-transfer-storage restrict-transfer-support""",
    "8 consent": """
        consent-recipient consent-own-use-no-share consent-other-recipient consent-withdrawn-own
        consent-then-optout optout-then-consent deemed-never-counts
        purpose-unknown-with-consent
        consent-withdrawn-collect""",
    "9 new purposes": """
        new-consented new-not-in-version new-version-to-come new-law-silent new-compatible
        new-incompatible incompatible-declared
        new-not-in-version-collect new-not-in-version-transfer
        new-not-in-version-aggregate new-not-in-version-retain new-not-in-version-share
        new-collect new-collect-unasked new-kept""",
    "10 categories, and notice": """
        purpose-declared purpose-names-category share-binds-categories collect-unlisted
        collect-other-than-use notice-missing-ca notice-late-ca notice-lacks-category
        notice-elsewhere notice-elsewhere-not-shown badges-fields platform-category
        use-unlisted source-open source-shut
        affiliate-declared affiliate-undeclared vendor-hosting third-party-marketing
        third-party-unasked third-party-collect
        retain-unlisted undeclared-transfer-partner-own-marketing
        undeclared-transfer-cross-context-ads undeclared-collect-partner-own-marketing
        undeclared-collect-cross-context-ads undeclared-aggregate-cross-context-ads
        undeclared-aggregate-partner-own-marketing undeclared-collect
        transfer-storage-self third-party-shared third-party-improve
        third-party-security""",
    "11 aggregates": """
        aggregate-small aggregate-one-org aggregate-unknown aggregate-edge aggregate-rows
        aggregate-hashed aggregate-make aggregate-use aggregate-vendor-unknown""",
    "12 transfers": """
        transfer-eea-adequate transfer-eea-dpf transfer-uk-none transfer-eea-safeguards-unknown
        transfer-us-provider transfer-us-unregistered transfer-local transfer-nowhere
        transfer-category""",
    "13 after an erasure": """
        erased-live erased-live-ca erased-live-delete erased-backup-use backup-past-schedule
        restored-use restored-keep restored-living partial-legal-comply partial-legal-tax
        partial-legal-spent partial-transaction partial-transaction-support partial-contract
        partial-security partial-claims partial-internal partial-internal-else
        partial-internal-share partial-keep partial-unexcepted erased-collect
        retain-backup-no-need""",
    "14 what strict adds": """
        marketing-customer-eea marketing-prospect-uk marketing-prospect-consent
        marketing-prospect-us marketing-partner-product partner-eea-consent undecided
        retain-history retain-history-recent retain-history-unknown retain-active retain-employer
        retain-no-need-history retain-employer-old retain-tax client-audit
        client-audit-masked order-eea-no-treaty
        badges-eea-unasked badges-eea-consent retain-history-needed retain-contact-needed
        marketing-prospect-provider marketing-customer-provider""",
    "15 signals and children": """
        dnt-analytics dnt-activity gpc-ads gpc-support child-collect child-keep age-16
        age-unknown
        dnt-transfer refused-transfer dnt-transfer-session""",
}
BY_ID = {str(case["id"]): case for case in OWN}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_is_shown_in_both_directions(convention: str) -> None:
    cases = [BY_ID[id] for id in CONVENTIONS[convention].split()]
    assert {case["expected"] for case in cases} == {"allow", "deny"}


def test_every_case_of_the_policy_shows_a_convention() -> None:
    shown = {id for ids in CONVENTIONS.values() for id in ids.split()}
    plain = {str(case["id"]) for case in OWN if not case["judgement"]}
    assert plain - shown == set()
    assert len(plain) >= 60
    assert max(Counter(str(case["id"]) for case in OWN).values()) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_what_an_allowed_act_must_still_do_is_said_by_its_clauses(case: dict[str, object]) -> None:
    policy = POLICIES[Profile.SEED]
    answer = decide(policy, ask_of(case))  # type: ignore[arg-type]
    said = {
        word
        for id in answer.because
        if (clause := policy.clause(id)) is not None
        for word in clause.then
    }
    assert {*case["obligations"]} <= said  # type: ignore[misc]


def test_strict_permits_more_only_where_the_law_of_today_does() -> None:
    found = {
        str(case["id"])
        for case in (*CASES, *OWN)
        if decide(POLICIES[Profile.STRICT], ask_of(case)).allowed
        and not decide(POLICIES[Profile.SEED], ask_of(case)).allowed
    }
    assert found == {"new-compatible", "transfer-scc"}
