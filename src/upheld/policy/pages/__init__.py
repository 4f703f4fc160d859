"""The pages that policies are shown on, as templates, and how one is filled in."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2 import Template

_CODE = re.compile(r"`([^`]*)`")
_SAFE = re.compile(r"(?:https?://|mailto:|[A-Za-z0-9._/-]+(?:#|$))[^\s]*")


def page(name: str, **said: object) -> str:
    """Return a page filled in; everything said is escaped."""
    return _template(name).render(**said)


@cache
def _template(name: str) -> Template:
    pages = Environment(
        loader=PackageLoader("upheld.policy", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["coded"] = coded
    pages.filters["day"] = lambda day: f"{day.day} {day:%B %Y}"
    return pages.get_template(name)


def coded(words: str) -> Markup:
    """Return words escaped, with what stands in backticks as code.

    >>> coded("`a<b` is new")
    Markup('<code>a&lt;b</code> is new')
    """
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(words))))  # noqa: S704 (escaped first)


def safe_link(link: str) -> bool:
    """Say whether a link leads to a web page, an address or a file, and runs nothing.

    >>> safe_link("https://acme.example/a"), safe_link("javascript:alert(1)")
    (True, False)
    """
    return _SAFE.fullmatch(link) is not None
