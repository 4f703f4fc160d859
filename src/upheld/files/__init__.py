"""Files that people write: YAML to a form, with the line of everything that is wrong."""

from upheld.files.forms import Form, OneOf, Parsed, Words, YesNo, filled, parsed, unknown
from upheld.files.reading import Path, Plain, Trouble, Written, decoded, shown, written

__all__ = [
    "Form",
    "OneOf",
    "Parsed",
    "Path",
    "Plain",
    "Trouble",
    "Words",
    "Written",
    "YesNo",
    "decoded",
    "filled",
    "parsed",
    "shown",
    "unknown",
    "written",
]
