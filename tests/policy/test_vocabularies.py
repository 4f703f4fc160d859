"""The closed words and dated lists that ship: what every entry of them must hold."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, TypeAlias, cast
from urllib.parse import urlsplit

import pytest

from upheld.data import read, vocabularies
from upheld.model import Regime

if TYPE_CHECKING:
    from collections.abc import Iterator

Value: TypeAlias = "str | bool | date | list[str]"
Row: TypeAlias = "dict[str, Value]"

NAMES = (
    "categories",
    "sources",
    "purposes",
    "recipients",
    "identities",
    "bases",
    "channels",
    "rights",
    "regions",
    "statuses",
    "grounds",
    "safeguards",
    "notices",
    "documents",
)
KEYS = {
    "purposes": {"class", "essential", "disposal", "declare", "means"},
    "regions": {"countries"},
    "grounds": {"law", "regimes", "until", "since"},
    **{name: {"law"} for name in ("bases", "rights", "notices", "documents")},
}
PREFIXES = {"dpv", "dpv-pd", "eu-gdpr", "justifications", "loc", "tech"}
TERM = re.compile(r"[a-z-]+:[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
FIDES = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)*")
OF_LAW = re.compile(r"legal-[a-z]{2}:(DPA|Adequacy)-[A-Z]{2}(-[A-Z]{2})?")


def entries() -> Iterator[tuple[str, str, Row]]:
    for name in NAMES:
        for word, entry in vocabularies().entries[name].items():
            yield name, word, entry


def lists() -> tuple[list[Row], list[Row], list[Row]]:
    """Return the authorities, the retired pages and the adequacy decisions."""
    complain = cast("dict[str, list[Row]]", read("authorities.yaml"))
    adequacy = cast("dict[str, list[Row]]", read("adequacy.yaml"))
    return complain["authorities"], complain["retired"], adequacy["decisions"]


def several(value: Value | None) -> list[str]:
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) else []


def day(value: Value | None) -> date:
    assert isinstance(value, date)
    return value


def test_every_word_says_in_one_line_what_it_means() -> None:
    for name, word, entry in entries():
        says = entry["says"]
        assert isinstance(says, str), (name, word)
        assert says == says.strip() != word, (name, word)
        assert "\n" not in says, (name, word)
        assert not says.endswith("."), (name, word)


def test_two_words_of_a_vocabulary_never_mean_the_same_in_one_line() -> None:
    for name in NAMES:
        said = Counter(entry["says"] for kind, _, entry in entries() if kind == name)
        assert [text for text, times in said.items() if times > 1] == [], name


def test_an_entry_has_only_keys_that_the_head_of_the_file_explains() -> None:
    for name, word, entry in entries():
        strangers = set(entry) - {"says", "dpv", "fides"} - KEYS.get(name, set())
        assert not strangers, (name, word)


def test_a_word_is_text_even_where_yaml_would_read_a_yes_or_a_no() -> None:
    assert all(isinstance(word, str) for _, word, _ in entries())
    assert all(isinstance(each, str) for _, _, e in entries() for each in several(e.get("law")))


def test_no_word_stands_twice_in_another_spelling() -> None:
    for name in NAMES:
        spelt = Counter(re.sub(r"[-_ ]", "", word).lower() for word in vocabularies().words(name))
        assert [word for word, times in spelt.items() if times > 1] == [], name


def test_every_term_of_dpv_has_a_prefix_that_the_file_explains() -> None:
    for name, word, entry in entries():
        if "dpv" in entry:
            assert several(entry["dpv"]), (name, word)
        for term in several(entry.get("dpv")):
            assert TERM.fullmatch(term), (name, word, term)
            assert term.split(":")[0] in PREFIXES, (name, word, term)


def test_every_key_of_fideslang_is_written_as_fideslang_writes_keys() -> None:
    for name, word, entry in entries():
        if "fides" in entry:
            assert several(entry["fides"]), (name, word)
        for key in several(entry.get("fides")):
            assert FIDES.fullmatch(key), (name, word, key)


def test_only_what_fideslang_has_words_for_has_one() -> None:
    assert {name for name, _, entry in entries() if "fides" in entry} <= {
        "categories",
        "purposes",
        "statuses",
        "identities",
    }


def test_no_equivalent_is_given_twice_for_one_word() -> None:
    for name, word, entry in entries():
        for key in ("dpv", "fides", "law"):
            given = several(entry.get(key))
            assert len(given) == len(set(given)), (name, word, key)


def test_a_plain_purpose_stands_for_purposes_a_policy_declares() -> None:
    words = vocabularies()
    declared = words.words("purposes") - words.those("purposes", declare=False)
    for name, word, entry in entries():
        assert set(several(entry.get("means"))) <= declared - {word}, (name, word)


def test_a_purpose_that_stands_for_marketing_is_marketing_itself() -> None:
    words = vocabularies()
    marketing = words.those("purposes", **{"class": "marketing"})
    for _, word, entry in entries():
        if marketing & set(several(entry.get("means"))):
            assert word in marketing


def test_the_marks_of_purposes_are_those_the_conventions_settle() -> None:
    words = vocabularies()
    assert words.those("purposes", **{"class": "marketing"}) == {
        "contact-other-products",
        "info-relevant",
        "event-invite",
        "newsletter",
        "partner-own-marketing",
        "vendor-own-marketing",
        "cross-context-ads",
    }
    assert words.those("purposes", essential=True) == {
        "login-session",
        "security",
        "verify-identity",
        "prevent-fraud",
    }
    assert words.those("purposes", disposal=True) == {
        "retention-job",
        "children-cleanup",
        "re-erasure",
    }


def test_every_ground_names_its_law_and_the_regimes_that_yield_to_it() -> None:
    for word, entry in vocabularies().entries["grounds"].items():
        assert several(entry["law"]), word
        assert set(several(entry["regimes"])) <= set(Regime) - {Regime.NONE}, word
        cited = {each.split()[0] for each in several(entry["law"])}
        assert "ccpa" not in several(entry["regimes"]) or cited & {"CCPA", "CCR"}, word
        assert "gdpr" not in several(entry["regimes"]) or "GDPR" in cited, word


def test_the_european_regimes_yield_to_the_same_grounds() -> None:
    for word, entry in vocabularies().entries["grounds"].items():
        regimes = several(entry["regimes"])
        assert (Regime.GDPR in regimes) == (Regime.UK_GDPR in regimes), word


def test_a_ground_that_ended_says_when_and_what_replaced_it() -> None:
    ended = {word: e for word, e in vocabularies().entries["grounds"].items() if "until" in e}
    assert set(ended) == {"internal-use"}
    assert day(ended["internal-use"]["until"]) == date(2022, 12, 31)
    assert "2023-01-01" in str(ended["internal-use"]["since"])


@pytest.mark.parametrize("name", ["bases", "rights", "notices", "documents", "grounds"])
def test_where_law_matters_every_word_has_a_list_of_it(name: str) -> None:
    known = {"GDPR", "CCPA", "CCR", "DUAA", "ePrivacy", "15"}
    for word, entry in vocabularies().entries[name].items():
        assert isinstance(entry["law"], list), word
        assert {each.split()[0] for each in entry["law"]} <= known, word


def test_the_eea_is_thirty_countries() -> None:
    countries = several(vocabularies().entries["regions"]["EEA"]["countries"])
    assert len(set(countries)) == len(countries) == 30
    assert all(re.fullmatch("[A-Z]{2}", each) for each in countries)
    assert {"IS", "LI", "NO"} < set(countries)
    assert not {"GB", "CH", "EL"} & set(countries)


def test_every_country_of_the_eea_has_an_authority() -> None:
    authorities, _, _ = lists()
    eea = several(vocabularies().entries["regions"]["EEA"]["countries"])
    assert sorted(str(e["country"]) for e in authorities if e["region"] == "EEA") == sorted(eea)


def test_every_region_with_a_right_to_complain_has_an_authority() -> None:
    authorities, _, _ = lists()
    found = Counter(str(each["region"]) for each in authorities)
    assert set(found) == {"EEA", "UK", "CH", "US-CA"} < vocabularies().words("regions")
    assert found["US-CA"] == 2


def test_every_authority_has_a_name_a_safe_link_and_a_date() -> None:
    authorities, _, _ = lists()
    complain = cast("dict[str, Row]", read("authorities.yaml"))
    for each in [*authorities, complain["directory"]]:
        link = urlsplit(str(each["link"]))
        assert str(each["name"]).isascii(), each
        assert (link.scheme, link.query, link.fragment) == ("https", "", ""), each
        assert link.netloc == link.hostname, each
        assert day(each["as_of"]) >= date(2026, 9, 1), each


def test_no_authority_is_given_by_a_retired_link() -> None:
    authorities, retired, _ = lists()
    links = [str(each["link"]) for each in authorities]
    links += [str(each["instead"]) for each in retired]
    for link in map(urlsplit, links):
        for each in retired:
            below = f"{link.path}/".startswith(f"{each['path']}/")
            assert not (link.hostname == each["host"] and below), link


def test_what_is_retired_says_since_when_and_why() -> None:
    _, retired, _ = lists()
    assert {str(each["path"]) for each in retired} > {"/justice/article-29", "/newsroom/article29"}
    for each in retired:
        assert str(each["because"]).strip(), each
        assert day(each["last_day"]) <= date(2018, 5, 24), each
        assert re.fullmatch(r"(/[a-z0-9-]+)+", str(each["path"])), each


def test_every_adequacy_decision_has_a_scope_a_law_and_a_first_day() -> None:
    _, _, decisions = lists()
    for each in decisions:
        assert ("country" in each) != ("organisation" in each), each
        assert str(each["scope"]).strip(), each
        assert "Decision" in str(each["law"]), each
        assert each["tool"] in {"adequacy", "DPF-active"}, each
        assert day(each["from"]) < day(each.get("until", date.max)), each


def test_an_equivalent_of_law_is_written_as_dpv_writes_it() -> None:
    authorities, _, decisions = lists()
    for each in [*authorities, *decisions]:
        assert all(OF_LAW.fullmatch(term) for term in several(each.get("dpv"))), each


def test_what_a_court_struck_down_counted_until_the_day_before() -> None:
    _, _, decisions = lists()
    struck = {each["name"]: each for each in decisions if "ended" in each}
    assert {name: day(each["ended"]) for name, each in struck.items()} == {
        "EU-US Privacy Shield": date(2020, 7, 16),
        "Safe Harbour": date(2015, 10, 6),
    }
    for each in struck.values():
        assert (day(each["ended"]) - day(each["until"])).days == 1
        assert each["by"]


@pytest.mark.parametrize(
    ("on", "country", "counts"),
    [
        (date(2020, 1, 23), "US", ["adequacy"]),
        (date(2020, 7, 16), "US", []),
        (date(2023, 7, 9), "US", []),
        (date(2026, 11, 1), "US", ["DPF-active"]),
        (date(2025, 10, 1), "GB", ["adequacy"]),
        (date(2031, 12, 27), "GB", ["adequacy"]),
        (date(2031, 12, 28), "GB", []),
        (date(2026, 1, 25), "BR", []),
        (date(2026, 1, 28), "BR", ["adequacy"]),
        (date(2026, 11, 1), "IN", []),
    ],
)
def test_whether_a_country_is_adequate_depends_on_the_day(
    on: date, country: str, counts: list[str]
) -> None:
    _, _, decisions = lists()
    found = [
        each["tool"]
        for each in decisions
        if each.get("country") == country
        and day(each["from"]) <= on <= day(each.get("until", date.max))
    ]
    assert found == counts
