"""What an HTML page holds, as a browser would read it, for the tests of what people see."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "input", "hr"}
FETCHES = {"src", "srcset", "action", "formaction", "data", "poster", "background"}


@dataclass
class Seen:
    """Tags, ids, headings, links and words of a page, and what it would fetch or run."""

    tags: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    scopes: list[str | None] = field(default_factory=list)
    words: str = ""
    open: list[str] = field(default_factory=list)
    lang: str | None = None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        seen, said = self.seen, dict(attrs)
        seen.tags.append(tag)
        seen.open += [] if tag in VOID else [tag]
        seen.ids += [said["id"] or ""] if "id" in said else []
        seen.links += [said["href"] or ""] if tag == "a" else []
        seen.headings += [int(tag[1])] if tag in {"h1", "h2", "h3", "h4"} else []
        seen.scopes += [said.get("scope")] if tag == "th" else []
        seen.lang = said.get("lang", seen.lang) if tag == "html" else seen.lang
        seen.unsafe += [
            f"{tag} {name}" for name in said if name.startswith("on") or name in FETCHES
        ]
        seen.unsafe += [tag] if tag in {"script", "iframe", "object", "embed", "link"} else []

    def handle_endtag(self, tag: str) -> None:
        assert self.seen.open, f"</{tag}> closes nothing"
        assert self.seen.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if "style" not in self.seen.open:
            self.seen.words += data


def seen(html: str) -> Seen:
    """Return what a page holds; every tag must be closed, in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.seen.open == []
    return reader.seen
