"""Links asked on a server of our own; nothing leaves the machine."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from upheld.acts.links import probe

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON = timedelta(milliseconds=300)


class Pages(BaseHTTPRequestHandler):
    asked: tuple[str, ...] = ()
    heads_refused = "/no-head"
    pages: ClassVar[dict[str, str]] = {
        "/lists": '<a class="x"\n href="https://www.dpa.example/complaint">Austria</a>',
        "/below": "<AREA HREF=http://en.dpa.test:80>",
        "/late": " " * 199_000 + "<a href='//dpa.example'>",
        "/too-late": " " * 200_000 + "<a href='//dpa.example'>",
        "/talks": "Write to dpa.example, <b title='https://dpa.example/'>Austria</b>",
        "/comment": "<!-- <a href='https://dpa.example'>--> <a href='/a'>a</a> <!-- <!--",
        "/hidden": "<a href='https://dpa.example.test/'> <a href='https://notdpa.example/'>",
        "/spoilt": "<a href='http://[x'> <a href='https://[::1'> <a href='https://dpa.example'>",
        "/binary": "\udcff<a href=https://dpa.example>",
    }
    done = threading.Event()

    def do_HEAD(self) -> None:
        self.answer(405 if self.path == self.heads_refused else self.code())

    def do_GET(self) -> None:
        self.answer(self.code())

    def code(self) -> int:
        return {"/gone": 404, "/broken": 500, "/moved": 302, "/to-file": 302}.get(self.path, 200)

    def answer(self, code: int) -> None:
        Pages.asked += (f"{self.command} {self.path}",)
        if self.path.startswith("/hangs"):
            Pages.done.wait(5)
        self.send_response(code)
        if code == 302:
            target = "file:///etc/passwd" if self.path == "/to-file" else "/there"
            self.send_header("Location", target)
        page = self.pages.get(self.path, "").encode("utf-8", "surrogateescape")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(page if self.command == "GET" else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    Pages.asked = ()
    Pages.done.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Pages.done.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/there", None),
        ("/gone", "answers 404"),
        ("/broken", "answers 500"),
        ("/moved", None),
        ("/no-head", None),
        ("/hangs", "unreachable: no answer within 0.3 seconds"),
        ("/to-file", "answers 302"),
    ],
)
def test_a_link_answers_or_what_is_wrong_is_said(site: str, path: str, wrong: str | None) -> None:
    assert probe([f"{site}{path}"], timeout=SOON) == {f"{site}{path}": wrong}


def test_a_page_that_answers_a_head_is_asked_no_more(site: str) -> None:
    probe([f"{site}/there"] * 3)
    assert Pages.asked == ("HEAD /there",)


def test_a_head_that_is_refused_is_asked_again_in_full(site: str) -> None:
    probe([f"{site}/no-head"])
    assert Pages.asked == ("HEAD /no-head", "GET /no-head")


@pytest.mark.parametrize(
    ("link", "wrong"),
    [
        ("file:///etc/passwd", "is no http or https address"),
        ("ftp://acme.example/x", "is no http or https address"),
        ("mailto:privacy@acme.example", "is no http or https address"),
        ("", "is no http or https address"),
        ("http://[acme", "is no web address"),
        ("http://127.0.0.1:port/", "is no web address"),
        ("http://127.0.0.1:1/a b", "is no web address"),
    ],
)
def test_what_is_no_web_address_is_not_asked(link: str, wrong: str) -> None:
    assert probe([link]) == {link: wrong}


def test_nobody_at_the_door_is_said(site: str) -> None:
    del site
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        link = f"http://127.0.0.1:{held.getsockname()[1]}/"
        assert probe([link], timeout=SOON) == {link: "unreachable: refuses to be connected"}


def test_links_that_hang_do_not_hold_up_the_others_for_ever(site: str) -> None:
    links = [f"{site}/there", *(f"{site}/hangs?{number}" for number in range(20))]
    first, *others = probe(links, timeout=timedelta(seconds=4), in_all=SOON).values()
    assert first is None
    assert others == ["unreachable: no answer within 0.3 seconds"] * 8


def test_a_link_whose_turn_never_came_is_left_out(site: str) -> None:
    links = [*(f"{site}/hangs?{number}" for number in range(60)), f"{site}/there"]
    found = probe(links, timeout=timedelta(seconds=4), in_all=SOON)
    assert list(found) == links[:8]


def test_without_a_network_nothing_is_said_to_be_wrong_with_a_link(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert set(probe([f"{site}/there", f"{site}/gone"]).values()) == {"unreachable: no such host"}


LEADS = {
    "/lists": True,
    "/below": True,
    "/late": True,
    "/spoilt": True,
    "/binary": True,
    "/there": False,
    "/too-late": False,
    "/talks": False,
    "/comment": False,
    "/hidden": False,
}


@pytest.mark.parametrize("path", LEADS)
def test_a_page_leads_to_a_site_only_by_a_link_that_is_one(site: str, path: str) -> None:
    wrong = None if LEADS[path] else "links to no authority"
    assert probe([f"{site}{path}"], seek={"dpa.example", "dpa.test"}) == {f"{site}{path}": wrong}
    assert Pages.asked == (f"GET {path}",)


def test_a_page_on_the_site_itself_leads_there_and_an_error_never_does(site: str) -> None:
    pages = {f"{site}/there": None, f"{site}/moved": None, f"{site}/gone": "answers 404"}
    assert probe(pages, seek={"127.0.0.1"}) == pages


def test_no_link_is_no_question() -> None:
    assert probe([]) == {}
