"""Writes remarks for machines: SARIF 2.1.0, which code review shows in place, and plain JSON."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

from upheld.policy.linting.registry import CONCERNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upheld.policy.linting.concerns import Concern
    from upheld.policy.linting.remarks import Remark

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FINGERPRINT = "upheldRuleAndClauses/v1"


def sarif(remarks: Iterable[Remark], name: str, version: str) -> dict[str, Json]:
    """Return remarks about the file `name` as a SARIF log with one run of this version.

    A result keeps its fingerprint while its rule and clauses stay the same, wherever the lines go.
    """
    numbers = {each.id: index for index, each in enumerate(CONCERNS)}
    driver: dict[str, Json] = {
        "name": "Upheld",
        "version": version,
        "rules": [_rule(each) for each in CONCERNS],
    }
    results: list[Json] = [_result(each, numbers[each.rule], name) for each in remarks]
    run: Json = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(concern: Concern) -> dict[str, Json]:
    first = concern.says.partition(". ")[0].rstrip(".") + "."
    words = f"{concern.says} Until somebody decides: {concern.default}."
    words += f" Law: {concern.law}." if concern.law else ""
    return {
        "id": concern.id,
        "shortDescription": {"text": first},
        "fullDescription": {"text": concern.says},
        "help": {"text": words, "markdown": words},
        "defaultConfiguration": {"level": concern.severity.value},
    }


def _result(remark: Remark, number: int, name: str) -> dict[str, Json]:
    text = f"{remark.message}. Until somebody decides: {remark.default}."
    text += f" Law: {remark.law}." if remark.law else ""
    found: dict[str, Json] = {
        "ruleId": remark.rule,
        "ruleIndex": number,
        "level": remark.severity.value,
        "message": {"text": text[:1].upper() + text[1:]},
        "locations": [_location(name, remark.line)],
        "partialFingerprints": {_FINGERPRINT: _fingerprint(remark)},
        "properties": {"clauses": [*remark.clauses]},
    }
    if remark.lines[1:]:
        related: list[Json] = [
            {"id": index, **_location(name, line)}
            for index, line in enumerate(remark.lines[1:], start=1)
        ]
        found["relatedLocations"] = related
    return found


def _location(name: str, line: int) -> dict[str, Json]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": name},
            "region": {"startLine": line},
        }
    }


def _fingerprint(remark: Remark) -> str:
    return hashlib.sha256(f"{remark.rule}\n{remark.about}".encode()).hexdigest()[:32]


def as_json(remarks: Iterable[Remark], name: str) -> list[Json]:
    """Return remarks about the file `name` as a list of plain objects."""
    return [
        {
            "rule": each.rule,
            "severity": each.severity.value,
            "place": f"{name}:{each.line}",
            "lines": [*each.lines],
            "clauses": [*each.clauses],
            "message": each.message,
            "default": each.default,
            "law": each.law,
        }
        for each in remarks
    ]
