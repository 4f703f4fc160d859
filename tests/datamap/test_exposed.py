"""The finder of secrets that are written out in files, over lines written out."""

from __future__ import annotations

from time import monotonic

import pytest

from upheld.datamap.exposed import secrets_in


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("home: postgresql://crm:hunter2@db.example/crm", "a password in a URL"),
        ("  - {hook: amqp://u:hunter2@hooks.example/x}", "a password in a URL"),
        ("redis://:hunter2@cache.example", "a password in a URL"),
        ("url = jdbc:mariadb://db.example/crm?user=a&password=hunter2", "a password in a URL"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        ("  key: -----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("id: AKIAIOSFODNN7EXAMPLE", "an access key of AWS"),
        ("password: hunter2", "a secret beside its name"),
        ('smtp_password = "hunter2"', "a secret beside its name"),
        ("  - {secret: 'hunter2', a: b}", "a secret beside its name"),
        ("{a: b, client-secret: hunter2}", "a secret beside its name"),
        ('"API_KEY": "hunter2"', "a secret beside its name"),
        ("aws_secret_access_key: hunter2", "a secret beside its name"),
        ("token: 12345", "a secret beside its name"),
        ("# password: hunter2", "a secret beside its name"),
        ("a: b  # password: hunter2", "a secret beside its name"),
        ("secret_key: hunter2", "a secret beside its name"),
        ('signing_key = "hunter2"', "a secret beside its name"),
        ("client_key: hunter2", "a secret beside its name"),
        ("pwd: hunter2", "a secret beside its name"),
        ("smtp_pass: hunter2", "a secret beside its name"),
        ("password: correct horse battery", "a secret beside its name"),
        ("smtp.password: hunter2", "a secret beside its name"),
        ("dsn: 'host=db user=crm password=hunter2'", "a secret beside its name"),
        ("dsn: Server=db;Pwd=hunter2;", "a secret beside its name"),
        ("authorization: Bearer hunter2", "a token"),
        ('"Authorization": "Basic dXNlcjpodW50ZXIy"', "a token"),
        ("pat: ghp_0123456789abcdefABCDEF", "a token"),
        ("slack: xoxb-123456-abcdef", "a token"),
        ("id: eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "a token"),
        ("hook: https://x.example/?token=hunter2", "a secret in a URL"),
        ("hook: https://x.example/a?b=c&api_key=hunter2", "a secret in a URL"),
        ("u: postgresql://crm:hunt/er#2@db.example/crm", "a password in a URL"),
        ("u: postgresql://crm:/hunter2@db.example/crm", "a password in a URL"),
    ],
)
def test_a_secret_is_found_by_line_and_kind_and_is_not_repeated(line: str, kind: str) -> None:
    found = secrets_in(f"# words\n{line}\nmore: words\n", "upheld.toml")
    assert found == (f"upheld.toml:2 ({kind})",)
    assert "hunter2" not in found[0]


@pytest.mark.parametrize(
    "lines",
    [
        "password:\n  hunter2",
        "- password: >-\n    hunter2",
        "smtp_password: |  # ours\n  # of June\n  hunter2",
        '{token:\n"hunter2"}',
        "text: |\n  password: hunter2",
    ],
)
def test_a_secret_on_the_line_after_its_name_is_found_where_it_stands(lines: str) -> None:
    last = lines.count("\n") + 1
    assert secrets_in(lines, "a.yaml") == (f"a.yaml:{last} (a secret beside its name)",)


@pytest.mark.parametrize(
    "line",
    [
        "text: |\n  password: we store only a hash",
        "- text: >-\n    A word.\n\n    token: it lasts for a day",
        "text: |\n  Our token:\n  we keep it for a day",
        "# password: we store only a hash",
        'text: "Keep it, password: we never ask."',
        "retain.token: 3 years",
        "retain.token: until the session ends",
        "password: leave",
        "secret: yes",
        "secret: blank",
        "password: '***'",
        "password: <PASSWORD>",
        "password: *theirs",
        "password:\n  category: account",
        "password:\nother: words",
        "token:\n  # words\n  erase: blank",
        "authorization: Bearer ${TOKEN}",
        "authorization: basic rights of people",
        "link: https://acme.example:8443/@me",
        "link: https://acme.example:8443/privacy?mail=a@b",
        "link: https://acme.example/?token={token}",
        "url: sqlite:///C:/x@y.sqlite",
        "- {match: token, identity: token, is: about}",
        "password: env:SMTP_PASSWORD",
        'home = "file:keys/home.key"',
        "token: file:keys/token",
        "password_hash: {category: account, secret: yes}",
        "token: {category: tracking, erase: blank}",
        "password: account",
        "token: none",
        "card_token: {category: financial?, erase: blank}",
        "token: tracking?",
        "password: ${SMTP_PASSWORD}",
        "url: postgresql://crm:${CRM_PASSWORD}@db.example/crm",
        "password:",
        "  secrets: [a, b]",
        "text: Never tell anybody your password: we do not ask for it.",
        "text: Write to privacy@acme.example or see https://acme.example:8443/privacy",
        "at: 2026-11-01T12:00:00",
        "key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_what_only_looks_like_a_secret_is_left_alone(line: str) -> None:
    assert secrets_in(line, "x.yaml") == ()


@pytest.mark.parametrize(
    "line", [" " * 50_000, "- " * 30_000, "//a:" * 20_000, "," * 50_000, ": " * 30_000 + "|x"]
)
def test_a_line_of_any_length_is_soon_read(line: str) -> None:
    began = monotonic()
    assert secrets_in(f"{line}\n# {line}", "x.yaml") == ()
    assert monotonic() - began < 5
