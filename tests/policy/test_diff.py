"""What a small edit of a policy newly permits, forbids, promises, shortens or lengthens."""

from __future__ import annotations

import pytest

from tests.policy.versions import POLICY, edited, policy
from upheld.model import Profile
from upheld.policy.diff import Change, Diff, Duty, Fault, Turn, changes

KEEP = "    for: 10 years\n    from: end of year\n"
ACCESS = "  - id: right.access\n    answer: access\n    with: [copy, categories]\n    check: one\n"
ACCESS += "    text: You can ask what we hold.\n"
NEVER = "  - id: limit.x\n    never: use\n    when: not def.adult\n    check: one\n"
NEVER += "    text: No child.\n"

EDITS = [
    (
        "categories: financial\n",
        "categories: [financial, contact]\n",
        ["permits"],
        "to collect `contact` data",
    ),
    ("channels: [web-form, e-mail]", "channels: web-form", ["no-longer-permits"], "`e-mail`"),
    (
        "channels: [web-form, e-mail]",
        "channels: [web-form, post]",
        ["permits", "no-longer-permits"],
        "through `post`",
    ),
    ("    channels: [web-form, e-mail]\n", "", ["permits"], "anything but `web-form` or `e-mail`"),
    ("    purposes: support\n", "", ["permits"], "for anything but `support`"),
    ("when: vendor_registered", "when: vendor_registered or case", ["permits"], "`case` is yes"),
    (
        "when: vendor_registered",
        "when: vendor_registered and case",
        ["no-longer-permits"],
        "`case`",
    ),
    ("    when: vendor_registered\n", "", ["permits"], "`vendor_registered` is no or unknown"),
    ("    unknown: forbids\n", "", ["no-longer-forbids"], "`consideration` is unknown"),
    ("    when: consideration\n", "", ["forbids"], "`consideration` is no"),
    ("never: share", "never: [share, use]", ["forbids"], "to use any data"),
    ("for: 10 years", "for: 6 years", ["shortens"], "4 years shorter"),
    ("for: 10 years", "for: 11 years", ["lengthens"], "1 year longer"),
    ("for: 10 years", "for: 3650 days", ["shortens"], "2 to 3 days shorter"),
    ("from: end of year", "from: date", ["shortens"], "364 days shorter"),
    (KEEP, "", ["lengthens"], "endlessly longer"),
    ("keep: [financial, contact]", "keep: financial", ["no-longer-permits"], "`contact` data"),
    ("keep: [financial, contact]", "keep: all", ["permits"], "but `financial` and `contact`"),
    ("ground: legal-tax", "ground: claims", ["reclassifies"], "ground `claims` instead of"),
    ("with: [copy, categories]", "with: copy", ["no-longer-promises"], "`categories`: The kinds"),
    ("with: [copy, categories]", "with: [copy, categories, purposes]", ["promises"], "`purposes`"),
    ("    then: log\n", "    then: [log, minimise]\n", ["promises"], "`minimise`: Send no field"),
    ("    then: log\n", "", ["no-longer-promises"], "`log`: Record"),
    ("    regimes: ccpa\n", "", ["promises"], "under any law but `ccpa`"),
    ("regimes: [gdpr, uk-gdpr]", "regimes: gdpr", ["no-longer-promises"], "under `uk-gdpr`"),
    (ACCESS, "", ["no-longer-promises"], "to answer `access`"),
    ("tell: [authorities, complaint]", "tell: authorities", ["no-longer-tells"], "`complaint`"),
    ("guard: all", "guard: integrity", ["no-longer-guards"], "every safeguard but `integrity`"),
    ("    limits: scope.commitment\n", "", ["no-longer-disclaims"], "part of `scope.commitment`"),
    ("disclaimer: sites\n", "disclaimer: sites\n    bases: consent\n", ["tells"], "`consent`"),
    ("text: We do not sell", "text: Never do we sell", ["rewords"], "the same rule in other words"),
    ("text: You can complain", "text: Complain", ["rewords"], "the same rule in other words"),
    (
        "our-members_en",
        "members",
        ["rewords"],
        "links to `https://www.edpb.europa.eu/about-edpb/members`",
    ),
    (
        "    text: Invoices stay.",
        "    text: Invoices stay.\n    force: exception",
        ["reclassifies"],
        "binds",
    ),
    (
        "guard: all\n    check: one",
        "guard: all\n    check: two",
        ["reclassifies"],
        "`two` instead of",
    ),
    ("title: Privacy notice", "title: Privacy policy", ["rewords"], "the title is now"),
    ("company: Acme Calibration Ltd.", "company: Acme Inc.", ["rewords"], "the company is now"),
    (
        "To help you, basis: contract",
        "To help you, basis: consent",
        ["reclassifies"],
        "rests on `consent`",
    ),
    ("says: To help you,", "says: To be of help,", ["rewords"], "said in other words"),
    ("basis: contract}", "basis: contract, automated: yes}", ["declares"], "alone now decides"),
    (
        "sources: [direct-service]",
        "sources: [auto-web]",
        ["declares", "no-longer-declares"],
        "auto-web",
    ),
    ("  telephone: +1 555 0100\n", "", ["no-longer-declares"], "`telephone` is no longer declared"),
    ("Ltd., country: US}", "Ltd., country: DE}", ["declares", "no-longer-declares"], "(DE)"),
    ("right: Your rights", "right: What you can ask", ["rewords"], "the section `right`"),
    ("clauses:\n", "external: forum.example\nclauses:\n", ["declares"], "a site that others run"),
    (
        "age >= 18",
        "age >= 16",
        ["permits", "defines"],
        "because the definition `def.adult` changed",
    ),
    ("age >= 18", "age >= 21", ["no-longer-permits", "no-longer-defines"], "`age` is 18 to 20"),
    ("clauses:\n", "clauses:\n" + NEVER, ["forbids"], "to use any data, where `not def.adult`"),
]


def lying(*edits: tuple[str, str]) -> Diff:
    return changes(policy(), edited(*edits))


def kinds(diff: Diff) -> set[str]:
    return {each.kind.value for each in diff.changes}


def one(diff: Diff) -> Change:
    (found,) = diff.changes
    return found


@pytest.mark.parametrize(("old", "new", "expected", "words"), EDITS)
def test_an_edit_is_said_as_what_it_does(
    old: str, new: str, expected: list[str], words: str
) -> None:
    diff = lying((old, new))
    assert kinds(diff) == {*expected}, [each.sentence for each in diff.changes]
    assert any(words in each.sentence for each in diff.changes), diff.changes
    assert not diff.problems


def test_a_change_says_where_it_stands() -> None:
    diff = lying(("for: 10 years", "for: 6 years"))
    assert one(diff).at == "retain.legal-tax"
    assert POLICY.splitlines()[one(diff).line - 1] == "  - id: retain.legal-tax"


def test_a_clause_that_is_gone_says_where_it_stood_and_what_it_said() -> None:
    change = one(lying((ACCESS, "")))
    assert POLICY.splitlines()[change.line - 1] == "  - id: right.access"
    assert (change.was, change.now) == ("You can ask what we hold.", None)


def test_a_change_of_one_profile_is_said_of_that_one_alone() -> None:
    diff = lying(("region in [EEA, UK]", "region is EEA"))
    change = one(diff)
    assert change.profiles == (Profile.STRICT,)
    assert change.kind is Turn.NO_LONGER_PERMITS
    assert change.regions == {"UK"}


def test_a_clause_that_the_strict_profile_drops_is_still_there_in_the_other() -> None:
    diff = lying(("    text: Invoices stay.", "    text: Invoices stay.\n    strict: off"))
    change = one(diff)
    assert (change.kind, change.profiles) == (Turn.NO_LONGER_PERMITS, (Profile.STRICT,))


@pytest.mark.parametrize(
    "rewritten",
    [
        "def.adult and consented",
        "not not (consented and def.adult)",
        "not (not consented or not def.adult)",
        "consented and (def.adult and (consented or def.adult))",
        "consented and not age < 18 and age is known",
    ],
)
def test_the_same_condition_in_other_words_changes_no_rule(rewritten: str) -> None:
    old = "    when: consented and def.adult\n"
    change = one(lying((old, f"    when: {rewritten}\n")))
    assert change.kind is Turn.REWORDS
    assert "the cases are the same" in change.sentence


def test_a_definition_is_not_blamed_for_what_the_clause_itself_changed() -> None:
    diff = lying(("age >= 18", "age >= 16"), ("unless: objected", "unless: objected or opted_out"))
    lost = [each for each in diff.of(Turn.NO_LONGER_PERMITS) if Profile.SEED in each.profiles]
    gained = [each for each in diff.of(Turn.PERMITS) if Profile.SEED in each.profiles]
    assert [each.through for each in lost] == [()]
    assert [each.through for each in gained] == [("def.adult",)]


def test_a_definition_reaches_through_another() -> None:
    deeper = "  - id: def.grown\n    definition: grown\n    when: def.adult\n    check: one\n"
    deeper += "    text: Grown.\nclauses_end: x\n"
    text = POLICY.replace("when: consented and def.adult\n", "when: consented and def.grown\n")
    text += deeper.replace("clauses_end: x\n", "")
    diff = changes(policy(text), policy(text.replace("age >= 18", "age >= 16")))
    found = [each for each in diff.of(Turn.PERMITS) if each.at == "use.event-invite"]
    assert found
    assert found[0].through == ("def.adult",)


def test_a_clause_of_another_kind_is_told_by_what_it_did_and_does() -> None:
    diff = lying(("    may: use\n    purposes: support", "    never: use\n    purposes: support"))
    assert kinds(diff) == {"reclassifies", "no-longer-permits", "forbids"}


def test_what_stops_binding_us_is_no_longer_promised() -> None:
    strict = "    text: We do not sell your data."
    diff = lying((strict, f"{strict}\n    force: permission"))
    assert kinds(diff) == {"reclassifies", "no-longer-promises"}


def test_nothing_lies_between_a_policy_and_itself() -> None:
    diff = changes(policy(), policy())
    assert not diff.changes
    assert not diff.audiences
    assert not diff.problems


def faults(diff: Diff) -> list[Fault]:
    return [each.fault for each in diff.problems]


def test_text_that_moves_without_its_date_is_a_finding() -> None:
    diff = changes(policy(), edited(("for: 10 years", "for: 6 years"), dated=False))
    assert faults(diff) == [Fault.TEXT_WITHOUT_DATE]


def test_a_comment_is_no_change() -> None:
    assert faults(changes(policy(), policy(POLICY + "# a comment\n"))) == []
    assert faults(changes(policy(), policy(POLICY.replace("\n", "\r\n")))) == []


def test_clauses_that_change_places_without_the_date_are_a_finding_too() -> None:
    head, _, listed = POLICY.partition("clauses:\n")
    clauses = listed.split("  - ")[:0:-1]
    diff = changes(policy(), policy("  - ".join([f"{head}clauses:\n", *clauses])))
    assert faults(diff) == [Fault.TEXT_WITHOUT_DATE]
    assert "nothing that people read changed" in diff.problems[0].words


def test_a_date_that_moves_without_the_text_is_a_finding() -> None:
    diff = changes(policy(), edited())
    assert faults(diff) == [Fault.DATE_WITHOUT_TEXT]


def test_a_date_that_moves_back_is_a_finding() -> None:
    earlier = POLICY.replace("2026-11-01", "2026-10-01").replace("10 years", "6 years")
    assert faults(changes(policy(), policy(earlier))) == [Fault.DATE_BACKWARDS]


def test_an_id_that_is_renamed_is_a_finding_and_changes_nothing_else() -> None:
    diff = lying(("id: ccpa.delete", "id: ccpa.erase"))
    assert faults(diff) == [Fault.ID_RENAMED]
    assert kinds(diff) == {"renames"}
    assert "`ccpa.delete` is now called `ccpa.erase`" in one(diff).sentence
    assert not diff.audiences


def test_a_definition_that_is_renamed_changes_no_clause_that_points_at_it() -> None:
    text = POLICY.replace("def.adult", "def.grown-up")
    text = text.replace("2026-11-01", "2026-12-01")
    diff = changes(policy(), policy(text))
    assert faults(diff) == [Fault.ID_RENAMED]
    assert kinds(diff) == {"renames", "rewords"}


def test_a_clause_that_moves_within_the_file_is_no_change() -> None:
    text = POLICY.replace(ACCESS, "") + ACCESS
    diff = changes(policy(), policy(text.replace("2026-11-01", "2026-12-01")))
    assert not diff.changes


def test_terms_that_no_calendar_holds_are_compared_all_the_same() -> None:
    diff = lying(("for: 10 years", "for: 9999 years"))
    assert one(diff).kind is Turn.LENGTHENS
    assert one(diff).sentence.endswith("9989 years longer")


def owed(diff: Diff) -> set[tuple[Duty, str, str]]:
    return {(each.duty, each.law, each.who) for each in diff.audiences}


def test_nobody_is_told_of_other_words_alone() -> None:
    assert not lying(("text: We do not sell", "text: Never do we sell")).audiences


def test_a_new_kind_of_data_is_told_at_or_before_collection() -> None:
    diff = lying(
        ("  financial: {", "  location: {}\n  financial: {"),
        ("categories: financial\n", "categories: [financial, location]\n"),
    )
    assert owed(diff) == {
        (Duty.TOLD, "CCPA 1798.100(a)", "people in California whose `location` data is held"),
        (
            Duty.TOLD,
            "GDPR 13(1)-(2), 14(1)-(3)",
            "people in the EEA and the UK whose `location` data is held",
        ),
    }
    assert diff.audiences[0].because == ("categories.location", "collect.financial")


def test_a_new_purpose_is_told_before_and_asked_where_it_rests_on_consent() -> None:
    new = "  security: {says: To keep it safe, basis: consent}\n  support:"
    diff = lying(
        ("  support: {", new + " {"),
        ("financial: {purposes: support,", "financial: {purposes: [support, security],"),
    )
    assert owed(diff) == {
        (Duty.ASKED, "GDPR 6(1)(a), 7", "everybody whose `financial` data is held"),
        (
            Duty.TOLD,
            "GDPR 13(3), 14(4)",
            "people in the EEA and the UK whose `financial` data is held",
        ),
        (
            Duty.TOLD,
            "CCPA 1798.100(a)(1)",
            "people in California whose `financial` data is held",
        ),
    }


def test_a_new_purpose_is_asked_for_where_the_policy_says_so() -> None:
    clause = "  - id: use.new\n    never: use\n    when: purpose.new and not consented\n"
    clause += "    check: one\n    text: We ask first.\n"
    before = policy(POLICY + clause)
    text = POLICY.replace("purposes: support,", "purposes: [support, security],")
    text = text.replace("purposes:\n", "purposes:\n  security: To keep it safe\n") + clause
    diff = changes(before, policy(text.replace("2026-11-01", "2026-12-01")))
    assert ("asked", "our own policy") in {(e.duty.value, e.law) for e in diff.audiences}
    (asked,) = [each for each in diff.audiences if each.duty is Duty.ASKED]
    assert "use.new" in asked.because


def test_a_new_recipient_is_told() -> None:
    diff = lying(
        ("recipients:\n", "recipients:\n  regulator: Tax offices\n"),
        ("sources: [direct-service]", "sources: [direct-service], recipients: [regulator]"),
    )
    laws = {each.law for each in diff.audiences}
    assert laws == {"GDPR 13(1)(e), 14(1)(e), 14(3)(c)", "CCPA 1798.130(a)(5)"}


def test_data_that_stays_longer_is_told() -> None:
    diff = lying(("for: 10 years", "for: 11 years"))
    assert {each.law for each in diff.audiences} == {
        "GDPR 13(2)(a), 14(2)(a)",
        "CCPA 1798.100(a)(3)",
    }
    assert diff.audiences[0].categories == ("financial", "contact")


def test_a_new_country_is_told() -> None:
    diff = lying(("dest in [CH, JP]", "dest in [CH, JP, BR]"))
    assert [each.law for each in diff.audiences] == ["GDPR 13(1)(f), 14(1)(f)"]
    assert diff.audiences[0].about == ("BR",)


def test_a_promise_that_is_narrowed_is_told_before_to_those_it_was_made_to() -> None:
    diff = lying(("regimes: [gdpr, uk-gdpr]", "regimes: gdpr"))
    (audience,) = diff.audiences
    assert audience.when == "before it takes effect"
    assert audience.who == "people in the EEA and the UK whose data is held"


def test_what_is_permitted_in_more_cases_is_told_where_those_cases_are() -> None:
    text = "when: consented and def.adult\n"
    diff = lying((text, "when: consented and (def.adult or region is UK)\n"))
    found = {each.who for each in diff.audiences}
    assert found == {"people in the UK whose `contact` data is held"}


def test_consent_is_asked_again_when_its_words_change() -> None:
    diff = lying(("says: To invite you to events", "says: To invite you to parties"))
    (audience,) = diff.audiences
    assert (audience.duty, audience.law) == (Duty.ASKED, "GDPR 4(11), 7(1)")
    assert audience.who == "everybody whose `contact` data is held"


def test_consent_is_asked_again_when_the_clause_it_was_given_to_changes() -> None:
    diff = lying(("text: If you agreed, we invite", "text: Where you said yes, we invite"))
    assert [each.duty for each in diff.audiences] == [Duty.ASKED]


def test_somebody_else_who_answers_for_the_data_is_told() -> None:
    diff = lying(("company: Acme Calibration Ltd.", "company: Acme Inc."))
    assert [each.law for each in diff.audiences] == ["GDPR 13(1)(a), 14(1)(a)"]


def test_a_basis_that_becomes_consent_is_asked_for() -> None:
    diff = lying(("To help you, basis: contract", "To help you, basis: consent"))
    assert {each.duty for each in diff.audiences} == {Duty.ASKED, Duty.TOLD}


def test_a_program_that_decides_alone_is_told() -> None:
    diff = lying(("basis: contract}", "basis: contract, automated: yes}"))
    assert [each.law for each in diff.audiences] == ["GDPR 13(2)(f), 22"]
