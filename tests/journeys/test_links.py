"""Links of a policy asked with `upheld check --links`: only an error of the other side breaks."""

from __future__ import annotations

import http.server
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from upheld.data import authorities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.town import Town

CLAUSE = """
  - {id: right.authority-list, tell: authorities, link: LINK, check: authorities-listed,
     text: Here are the authorities.}
"""
LISTS = f'<p><a href="https://{min(authorities())}/complain">An authority</a>'.encode()


class _Pages(http.server.BaseHTTPRequestHandler):
    status, page = 200, LISTS

    def do_GET(self) -> None:
        self.send_response(type(self).status)
        self.end_headers()
        self.wfile.write(type(self).page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def linked(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A town whose policy links to a page that lists an authority."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    policy = town.folder / "policy.yaml"
    link = f"http://127.0.0.1:{server.server_port}/authorities"
    policy.write_text(policy.read_text("utf-8") + CLAUSE.replace("LINK", link), "utf-8")
    yield town
    server.shutdown()
    thread.join()
    server.server_close()


def asked(town: Town, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return the exit status of asking, the verdict on the clause and why."""
    status, _ = town.run(capsys, "check", "--links")
    return status, *town.verdict("right.authority-list")


def test_a_page_that_leads_to_an_authority_is_upheld_and_no_more_is_said_than_was_seen(
    linked: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    assert linked.verdict("right.authority-list")[0] == "unproven"
    status, verdict, evidence = asked(linked, capsys)
    assert (status, verdict) == (0, "upheld")
    assert "it leads to an authority; whether to that of each person was not looked at" in evidence


def test_a_page_that_answers_and_lists_nobody_is_unproven(
    linked: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Pages, "page", b"<h1>This domain is for sale</h1>")
    status, verdict, evidence = asked(linked, capsys)
    assert (status, verdict) == (0, "unproven")
    assert "no link on it leads to an authority" in evidence


def test_a_machine_without_a_network_breaks_nothing(
    linked: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with monkeypatch.context() as cut:
        cut.setattr(socket, "getaddrinfo", nowhere)
        status, verdict, evidence = asked(linked, capsys)
    assert (status, verdict) == (0, "unproven")
    assert "unreachable: no such host; run `upheld check --links` again" in evidence
    assert asked(linked, capsys)[:2] == (0, "upheld")


def test_a_page_that_is_gone_breaks_the_clause(
    linked: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Pages, "status", 404)
    status, verdict, evidence = asked(linked, capsys)
    assert (status, verdict) == (1, "broken")
    assert "answers 404" in evidence
