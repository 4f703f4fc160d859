"""What people read of a policy: its page, the notice of a form, the sections of a letter."""

from upheld.policy.render.forms import CollectionForm, parse_form
from upheld.policy.render.letters import letter
from upheld.policy.render.notices import notice
from upheld.policy.render.nouns import Grid, Page, Row, Said, Section, What
from upheld.policy.render.policies import page
from upheld.policy.render.showing import as_html, as_json, as_text

__all__ = [
    "CollectionForm",
    "Grid",
    "Page",
    "Row",
    "Said",
    "Section",
    "What",
    "as_html",
    "as_json",
    "as_text",
    "letter",
    "notice",
    "page",
    "parse_form",
]
