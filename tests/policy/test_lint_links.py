"""Links asked on a server of our own; nothing leaves the machine."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from upheld.acts.links import probe

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON = timedelta(milliseconds=300)


class Pages(BaseHTTPRequestHandler):
    asked: tuple[str, ...] = ()
    heads_refused = "/no-head"
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
        self.send_header("Content-Length", "0")
        self.end_headers()

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
        ("/hangs", "no answer within 0.3 seconds"),
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
        assert probe([link], timeout=SOON) == {link: "refuses to be connected"}


def test_links_that_hang_do_not_hold_up_the_others_for_ever(site: str) -> None:
    links = [f"{site}/there", *(f"{site}/hangs?{number}" for number in range(20))]
    first, *others = probe(links, timeout=timedelta(seconds=4), in_all=SOON).values()
    assert first is None
    assert others == ["no answer within 0.3 seconds"] * 20


def test_no_link_is_no_question() -> None:
    assert probe([]) == {}
