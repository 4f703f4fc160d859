"""Answering a person who uses a right: find, plan, sign, apply, look back, answer."""

from upheld.acts.answer.apply import apply
from upheld.acts.answer.attest import attest
from upheld.acts.answer.close import close
from upheld.acts.answer.open import open_request
from upheld.acts.answer.plan import plan
from upheld.acts.answer.release import release
from upheld.acts.answer.sign import sign

__all__ = ["apply", "attest", "close", "open_request", "plan", "release", "sign"]
