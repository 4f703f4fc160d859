"""What `upheld.toml` says of who may sign alone."""

from __future__ import annotations

import pytest

from upheld.config import parse_settings
from upheld.errors import BadFile
from upheld.model.erasing import Limits

HEAD = 'home = "sqlite:///home.sqlite"\norigin = "acme.example/log"\n'
KEYS = "[keys]\n"


def _limits(said: str) -> Limits:
    return parse_settings(f"{HEAD}{said}\n{KEYS}").limits


def test_limits_that_are_not_said_are_what_a_customer_of_a_small_company_never_meets() -> None:
    assert _limits("") == Limits(rows=10_000, share=10, small=1_000)


def test_each_limit_can_be_said() -> None:
    said = '[limits]\nrows = 500\nshare = "25%"\nsmall_table = 200'
    assert _limits(said) == Limits(rows=500, share=25, small=200)
    assert _limits('[limits]\nshare = "100 %"').share == 100


@pytest.mark.parametrize("share", ["0%", "4%", "101%", "10", "ten", "-10%", "1e1%", "07%", ""])
def test_a_share_that_is_none_is_refused_with_its_line(share: str) -> None:
    with pytest.raises(BadFile, match=r"upheld.toml:4: `share` must be a percentage"):
        _limits(f'[limits]\nshare = "{share}"')


@pytest.mark.parametrize("said", ["rows = 0", "rows = -1", "small_table = 0", 'rows = "many"'])
def test_a_limit_below_one_row_is_refused_with_its_line(said: str) -> None:
    with pytest.raises(BadFile, match=r"upheld.toml:4: `limits\."):
        _limits(f"[limits]\n{said}")


def test_a_limit_of_another_name_is_refused_with_what_was_meant() -> None:
    with pytest.raises(BadFile, match=r"upheld.toml:4: `shares` is not a key .* `share`"):
        _limits('[limits]\nshares = "10%"')
