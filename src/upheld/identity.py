"""What a person is known by: kinds of identity, and the one form each is compared in; pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, assert_never

from upheld.errors import BadIdentity, did_you_mean, quoted
from upheld.model import How

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from upheld.model import Match, Spelling

LONGEST = 320
"""Characters in the longest identity that can be looked for: an address of RFC 5321."""

NORMALISER = "1"
"""Version of `normalise`; part of every tag, so that a new form never collides with an old one."""

KINDS = frozenset({"email", "phone", "account", "cookie", "name"})
"""Kinds; all but `name` find a person. A kind can be qualified by a system: `account:crm`."""

_SHORTEST_PHONE = 5


def base(kind: str) -> str:
    """Return a kind without its qualifier.

    >>> base("account:crm")
    'account'
    """
    return kind.partition(":")[0]


def comparable(kind: str) -> str:
    """Return the kind within which values mean the same; only numbers are each system's own.

    >>> comparable("account:crm"), comparable("phone:work")
    ('account:crm', 'phone')
    """
    return kind if base(kind) in {"account", "cookie"} else base(kind)


def of_a_household(kind: str) -> bool:
    """Say whether two people may well have the same, so that it makes nobody somebody else."""
    return base(kind) == "phone"


def of_several(kind: str) -> bool:
    """Say whether people who are not one may bear the same: a household, a browser, a company."""
    return base(kind) in {"phone", "cookie", "account"}


def without(
    known: Mapping[str, frozenset[str]], some: frozenset[tuple[str, str]]
) -> Mapping[str, frozenset[str]]:
    """Return identities by kind without some, which are named by their comparable kind.

    >>> without({"phone:work": frozenset({"1", "2"})}, frozenset({("phone", "1")}))
    {'phone:work': frozenset({'2'})}
    """
    return {
        kind: frozenset(value for value in values if (comparable(kind), value) not in some)
        for kind, values in known.items()
    }


def undecided(store: str, collection: str, way: Match) -> str:
    """Say that rows are somebody's by nothing but what somebody else bears, too."""
    at, kind = f"`{store}.{collection}`", base(way.identity)
    if of_a_household(kind):
        return (
            f"rows of {at} are theirs by nothing but a telephone that somebody else has, too, or "
            f"bear another's identity; nobody can tell whose they are: in stores/{store}.yaml say "
            f"`is: mentions` for `{way.column}`"
        )
    return (
        f"rows of {at} are theirs by nothing but the {kind} in `{way.column}`, which somebody else "
        f"has, too; nobody can tell whose they are: in stores/{store}.yaml let a way that tells "
        f"take the place of that `match`, or say `is: mentions` for it; or, if such a {kind} is no "
        "single person's, take `identity` from the field of people that holds it"
    )


def normalise(kind: str, value: str) -> str:
    """Return the form in which identities of this kind are compared.

    E-mail addresses are compared without regard to case (mailbox providers treat them so), phone
    numbers by their digits, names without case and repeated spaces, all else to the letter.

    Raises:
        BadIdentity: the kind is unknown, or the value cannot be one of that kind.

    >>> normalise("email", " ADA@Example.com ")
    'ada@example.com'
    >>> normalise("phone", "+44 (0)20 7946-0000")
    '4402079460000'
    """
    if base(kind) not in KINDS:
        raise BadIdentity(f"no kind of identity{quoted(kind)}{did_you_mean(base(kind), KINDS)}")
    value = unicodedata.normalize("NFC", value).strip()
    _require_usable(kind, value)
    match base(kind):
        case "email":
            return _email(value)
        case "phone":
            return _phone(value)
        case "name":
            return " ".join(value.split()).casefold()
        case _:
            return value


def presented(words: str) -> tuple[str, str]:
    """Read `kind=value` as a person typed it, normalised.

    >>> presented("email=Ada@Example.com")
    ('email', 'ada@example.com')
    """
    kind, equals, value = words.partition("=")
    if not equals:
        raise BadIdentity("an identity is written `kind=value`, as in `email=customer@example.com`")
    if base(kind) == "name":
        raise BadIdentity("a name does not tell people apart; give an e-mail, phone or account")
    return kind, normalise(kind, value)


def spellings(kind: str, values: Iterable[str], stored: Spelling | None) -> frozenset[str]:
    """Return what to look for in a column that holds identities in a declared form.

    `values` are in normal form. Telephone numbers of a country are given by their digits, in which
    the column must be compared too; of any other form a column holds just what is returned.

    >>> from upheld.model import Spelling
    >>> sorted(spellings("phone", ["442079460000"], Spelling(How.NATIONAL, "GB")))
    ['00442079460000', '02079460000', '2079460000', '4402079460000', '442079460000']
    >>> spellings("phone", ["442079460000"], Spelling(How.E164))
    frozenset({'+442079460000'})
    """
    if stored is None:
        return frozenset(values)
    return frozenset(word for value in values for word in _spelled(kind, value, stored))


def learned(kind: str, text: str, stored: Spelling | None) -> str | None:
    """Return in normal form the identity that a column holds; None of one that cannot be read.

    A hash stays what it is: it never becomes an identity that is looked for elsewhere.

    Raises:
        BadIdentity: what it holds cannot be an identity of that kind.

    >>> from upheld.model import Spelling
    >>> learned("phone", "020 7946 0000", Spelling(How.NATIONAL, "GB"))
    '442079460000'
    """
    how = stored.how if stored else None
    match how:
        case None | How.NORMALISED | How.E164:
            return normalise(kind, text)
        case How.NATIONAL:
            return _international(text, stored.country if stored else None) or normalise(kind, text)
        case How.UUID:
            return _uuid(normalise(kind, text))
        case How.SHA256:
            return None
        case _:
            assert_never(how)


def spoken(
    identities: Mapping[str, frozenset[str]], forms: Iterable[Spelling]
) -> Mapping[str, frozenset[str]]:
    """Return identities as texts may say them: telephones also as a country's people dial them.

    One that was given with the zero that is dialled within the country alone is said without it.

    >>> sorted(spoken({"phone": frozenset({"4402079460000"})}, ())["phone"])
    ['4402079460000', '442079460000']
    """
    national = [each for each in forms if each.how is How.NATIONAL]
    return {
        kind: values.union(
            *(spellings(kind, values, each) for each in national), *map(_from_abroad, values)
        )
        if base(kind) == "phone"
        else values
        for kind, values in identities.items()
    }


def near(email: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return addresses that may be the same person's: but for dots or a tag, with letters swapped.

    >>> tagged, swapped = near("ada.l+news@example.com")
    >>> sorted(tagged)
    ['a.dal@example.com', 'ad.al@example.com', 'ada.l@example.com', 'adal@example.com']
    >>> "ada.l+news@exmaple.com" in swapped
    True
    """
    local, _, domain = email.rpartition("@")
    tagless = local.partition("+")[0]
    bare = tagless.replace(".", "")
    dotted = {f"{bare[:at]}.{bare[at:]}" for at in range(1, len(bare))}
    tagged = {f"{each}@{domain}" for each in {tagless, bare, *dotted} if each}
    swapped = {
        email[:at] + email[at + 1] + email[at] + email[at + 2 :]
        for at in range(len(email) - 1)
        if "@" not in email[at : at + 2]
    }
    return frozenset(tagged - {email}), frozenset(swapped - {email})


def telephones(digits: str) -> frozenset[str]:
    """Return the ways in which a telephone number from its calling code on is mostly written.

    >>> sorted(telephones("442079460000"))[1:4]
    ['+44 (0)20 7946 0000', '+44 20 7946 0000', '+442079460000']
    """
    import phonenumbers  # noqa: PLC0415 (a large table)

    plain = {digits, f"+{digits}", f"00{digits}"}
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return frozenset(plain)
    forms = phonenumbers.PhoneNumberFormat
    abroad, within = (
        phonenumbers.format_number(number, form) for form in (forms.INTERNATIONAL, forms.NATIONAL)
    )
    code, _, rest = abroad.partition(" ")
    both = {f"{code} (0){rest}", f"{code} (0) {rest}"} if within == f"0{rest}" else set()
    return frozenset(plain | {abroad, within} | both)


def known_country(code: str) -> bool:
    """Say whether a country has telephone numbers of its own.

    >>> known_country("GB"), known_country("UK")
    (True, False)
    """
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 (a large table)

    return code in SUPPORTED_REGIONS


def _spelled(kind: str, value: str, stored: Spelling) -> Iterator[str]:
    match stored.how:
        case How.NORMALISED:
            yield value
        case How.E164:
            yield f"+{value}"
        case How.NATIONAL:
            yield from _dialled(value, stored.country)
        case How.UUID:
            known = _uuid(value)
            yield from {known, known.upper()}
            yield from {known.replace("-", ""), known.replace("-", "").upper()}
        case How.SHA256:
            said = (value, f"+{value}") if base(kind) == "phone" else (value,)
            for each in said:
                digest = hashlib.sha256(each.encode()).hexdigest()
                yield from {digest, digest.upper()}
        case _:
            assert_never(stored.how)


def _uuid(value: str) -> str:
    """Return a UUID as RFC 9562 writes it; what is none, as it is."""
    bare = value.replace("-", "").lower()
    if not re.fullmatch("[0-9a-f]{32}", bare):
        return value
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))


def _dialled(digits: str, country: str | None) -> Iterator[str]:
    """Yield the digits by which a telephone number may stand among those of a country.

    With its calling code or without, also where a leading zero was lost, as in a spreadsheet.
    """
    import phonenumbers  # noqa: PLC0415 (a large table)

    yield digits
    whole = _international(f"+{digits}", None) or _international(digits, country)
    if whole is None:
        return
    yield from (whole, f"00{whole}")
    code = str(phonenumbers.country_code_for_region(country or ""))
    if not whole.startswith(code):
        return
    bare = whole.removeprefix(code)
    trunk = phonenumbers.ndd_prefix_for_region(country or "", strip_non_digits=True) or ""
    yield from (bare, f"{trunk}{bare}", f"{code}{trunk}{bare}")


def _from_abroad(digits: str) -> Iterator[str]:
    """Yield a telephone number as it is dialled from abroad, if it is one."""
    import phonenumbers  # noqa: PLC0415 (a large table)

    whole = _international(f"+{digits}", None)
    if whole and phonenumbers.is_valid_number(phonenumbers.parse(f"+{whole}")):
        yield whole


def _international(text: str, country: str | None) -> str | None:
    """Return the digits of a telephone number from its calling code on, read in a country."""
    import phonenumbers  # noqa: PLC0415 (a large table)

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    whole = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    return whole if len(whole) >= _SHORTEST_PHONE else None


def _require_usable(kind: str, value: str) -> None:
    if not value:
        raise BadIdentity(f"the {kind} identity is empty; write `{kind}=value`")
    if len(value) > LONGEST:
        raise BadIdentity(f"the {kind} identity is longer than {LONGEST} characters; check it")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value):
        raise BadIdentity(f"the {kind} identity holds a control character; type it again by hand")


def _email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not (at and local and domain):
        raise BadIdentity("the email identity has no `@` with text on both sides; check it")
    return value.lower()


def _phone(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    if len(digits) < _SHORTEST_PHONE:
        raise BadIdentity(f"the phone identity has fewer than {_SHORTEST_PHONE} digits; check it")
    return digits
