"""A patient's record as a document of FHIR: the International Patient Summary (https://hl7.org/fhir/uv/ips)."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID

from subgraphs.records.coding import LOINC
from subgraphs.records.summary.resources import TERMINOLOGY
from subgraphs.records.summary.sections import Content

_DEVICE = {
    "resourceType": "Device",
    "id": "caregraph",
    "deviceName": [{"name": "CareGraph", "type": "user-friendly-name"}],
}
_TITLE = "International Patient Summary"


def bundle(key: UUID, person: dict[str, Any], contents: Sequence[Content], made_at: datetime) -> dict[str, Any]:
    """The Bundle with the key: a Composition, and each resource that its sections name."""
    subject, author = _url(person), _url(_DEVICE)
    sections, resources = [], []
    for content in contents:
        entries = [resource for row in content.rows for resource in content.of.resources(row, subject)]
        sections.append(_section(content, entries))
        resources += entries
    composition = {
        "resourceType": "Composition",
        "id": str(key),
        "status": "final",
        "type": {"coding": [{"system": LOINC, "code": "60591-5", "display": "Patient summary Document"}]},
        "subject": {"reference": subject},
        "date": made_at.isoformat(),
        "author": [{"reference": author}],
        "title": _TITLE,
        "section": sections,
    }
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{key}"},
        "type": "document",
        "timestamp": made_at.isoformat(),
        "entry": [{"fullUrl": _url(each), "resource": each} for each in (composition, person, _DEVICE, *resources)],
    }


def _section(content: Content, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    of = content.of
    section = {
        "title": of.title,
        "code": {"coding": [{"system": LOINC, "code": of.loinc, "display": of.display}]},
        "text": {"status": "generated", "div": _narrative(content)},
    }
    if entries:
        return section | {"entry": [{"reference": _url(each)} for each in entries]}
    reason = "withheld" if content.withheld else "unavailable"
    return section | {"emptyReason": {"coding": [{"system": f"{TERMINOLOGY}/list-empty-reason", "code": reason}]}}


def _narrative(content: Content) -> str:
    lines = "".join(f"<li>{escape(content.of.line(row))}</li>" for row in content.rows)
    said = f"<ul>{lines}</ul>" if lines else f"<p>{content.nothing}</p>"
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'


def _url(resource: dict[str, Any]) -> str:
    """By what a Bundle's entries refer to each other; it need not lead anywhere."""
    return f"https://caregraph.example/fhir/{resource['resourceType']}/{resource['id']}"
