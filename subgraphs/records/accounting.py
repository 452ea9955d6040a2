"""An accounting of disclosures, for people and as a file: who has looked at what of whom, when, and for what.

45 CFR 164.528 says what it tells of each: the date, who received what, and the purpose. Files name people by their keys alone:
names are other domains'.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any
from uuid import UUID

import orjson

from shared.files import File
from shared.ids import global_id
from shared.patient_access import Basis
from subgraphs.records.codes import DisclosuresExportFormat, FieldGroup, PurposeOfUse, Section
from subgraphs.records.models import SECTION_OF, Disclosure

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
# For what a basis lets somebody look, where the patient's grant does not say it.
_PURPOSES = {
    Basis.OWNER: PurposeOfUse.PATRQT,
    Basis.PROXY: PurposeOfUse.FAMRQT,
    Basis.EMERGENCY: PurposeOfUse.ETREAT,
}
_OWN, _PATIENT = "records", "PATIENT"
FIELD_GROUPS = {
    "patients": FieldGroup.DEMOGRAPHICS,
    "appointments": FieldGroup.APPOINTMENTS,
    "laboratory": FieldGroup.LABORATORY,
    "notifications": FieldGroup.MESSAGES,
    "identity": FieldGroup.ACCOUNT,
    "pharmacy": FieldGroup.PRESCRIPTIONS,
}
"""What is looked at in other services."""


@dataclass(frozen=True, slots=True)
class Ground:
    """On what basis, and for what purpose if the patient granted it, somebody could look at a patient's data."""

    patient_id: UUID
    basis: Basis
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """Who looked, and why they could: all bases that held at that moment, for any of the patients looked at."""

    practitioner_id: UUID | None
    grounds: Sequence[Ground]


@dataclass(frozen=True, slots=True)
class Look:
    """A look, for who asks about a patient, `of`, and learns of no other one; or about all."""

    entry: Disclosure
    of: UUID | None

    @property
    def patients(self) -> Sequence[UUID]:
        """At whose data."""
        return self.entry.patients if self.of is None else [self.of]

    @property
    def section(self) -> Section | None:
        """At which section of the medical record."""
        return SECTION_OF.get(self.entry.resource) if self.entry.service == _OWN else None

    @property
    def field_group(self) -> FieldGroup | None:
        """At what."""
        if self.entry.service == _OWN:
            return FieldGroup.RECORD if self.section else FieldGroup.ACCESS
        return FIELD_GROUPS.get(self.entry.service)

    @property
    def by_patient(self) -> bool:
        """Whether a patient looked: themself, or a minor's proxy."""
        return _PATIENT in self.entry.roles

    def bases(self, grounds: Grounds) -> list[Basis]:
        """What let somebody look."""
        return list(dict.fromkeys(each.basis for each in self._relevant(grounds)))

    def purposes(self, grounds: Grounds) -> list[PurposeOfUse]:
        """For what."""
        return list(dict.fromkeys(_purpose(each) for each in self._relevant(grounds)))

    def _relevant(self, grounds: Grounds) -> Iterator[Ground]:
        return (each for each in grounds.grounds if self.of is None or each.patient_id == self.of)


def _purpose(ground: Ground) -> PurposeOfUse:
    return PurposeOfUse(ground.purpose) if ground.purpose else _PURPOSES.get(ground.basis, PurposeOfUse.TREAT)


Told = Sequence[tuple[Look, Grounds]]


def file_of(told: Told, form: DisclosuresExportFormat) -> File:
    """Looks in a format."""
    if form is DisclosuresExportFormat.CSV:
        return File("disclosures.csv", "text/csv; charset=utf-8", _csv(told))
    entries = [{"fullUrl": f"urn:uuid:{look.entry.id}", "resource": _event(look, grounds)} for look, grounds in told]
    bundle = {"resourceType": "Bundle", "type": "collection"} | ({"entry": entries} if entries else {})
    return File("disclosures.json", "application/fhir+json", orjson.dumps(bundle))


_COLUMNS = (
    "id",
    "at",
    "account",
    "practitioner",
    "roles",
    "patients",
    "fieldGroup",
    "section",
    "resource",
    "bases",
    "purposes",
)


def _csv(told: Told) -> bytes:
    """As RFC 4180 has it: a header, then a line a look; several values of a field are separated by spaces."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for look, grounds in told:
        entry = look.entry
        writer.writerow(
            [
                entry.id,
                entry.at.isoformat(),
                global_id("Account", entry.actor),
                global_id("Practitioner", grounds.practitioner_id) if grounds.practitioner_id else "",
                " ".join(entry.roles),
                " ".join(global_id("Patient", each) for each in look.patients),
                look.field_group or "",
                look.section or "",
                entry.resource,
                " ".join(look.bases(grounds)),
                " ".join(look.purposes(grounds)),
            ]
        )
    return text.getvalue().encode()


def _event(look: Look, grounds: Grounds) -> dict[str, Any]:
    """An AuditEvent of FHIR R4 (https://hl7.org/fhir/R4/auditevent.html)."""
    entry, purposes = look.entry, look.purposes(grounds)
    event = {
        "resourceType": "AuditEvent",
        "id": str(entry.id),
        "type": {"system": f"{_TERMINOLOGY}/audit-event-type", "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": "read", "display": "read"}],
        "action": "R",
        "recorded": entry.at.isoformat(),
        "outcome": "0",
        "agent": [_agent(look, grounds)],
        "source": {"observer": {"display": f"CareGraph {entry.service}"}},
        "entity": [*map(_patient, look.patients), _looked_at(look)],
    }
    if purposes:
        coded = [{"coding": [{"system": f"{_TERMINOLOGY}/v3-ActReason", "code": each}]} for each in purposes]
        event["purposeOfEvent"] = coded
    return event


def _agent(look: Look, grounds: Grounds) -> dict[str, Any]:
    practitioner = grounds.practitioner_id
    agent: dict[str, Any] = {
        "altId": str(look.entry.actor),
        "requestor": True,
        "role": [{"text": role} for role in look.entry.roles],
    }
    if practitioner is not None:
        agent["who"] = {"reference": f"Practitioner/{practitioner}", "type": "Practitioner"}
    if bases := look.bases(grounds):
        agent["policy"] = [f"urn:caregraph:access-basis:{basis}" for basis in bases]
    return agent


def _patient(key: UUID) -> dict[str, Any]:
    return {
        "what": {"reference": f"Patient/{key}", "type": "Patient"},
        "type": {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": "1", "display": "Person"},
        "role": {"system": f"{_TERMINOLOGY}/object-role", "code": "1", "display": "Patient"},
    }


def _looked_at(look: Look) -> dict[str, Any]:
    return {
        "type": {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": "2", "display": "System Object"},
        "name": look.entry.resource,
        "description": " ".join(each for each in (look.field_group, look.section) if each) or look.entry.service,
    }
