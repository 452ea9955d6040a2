"""FHIR R4 Encounter, CarePlan and CareTeam."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shared import fhir
from shared.fhir import At, CodeableConcept, Coding, LeftOut, Period, Reference, Retracted
from shared.known import References
from subgraphs.records.codes import CarePlanStatus, CareTeamStatus, EncounterClass, EncounterStatus
from subgraphs.records.commands.received import ReceivedEncounter, ReceivedEntry
from subgraphs.records.facts import CarePlanFacts, CareTeamFacts, EncounterFacts
from subgraphs.records.fhir import reading
from subgraphs.records.fhir.reading import Annotation, Displayed, labelled, when

IN_ERROR = "entered-in-error"
_UNTITLED_PLAN, _UNTITLED_TEAM = "Care plan", "Care team"

_OVER = {"finished": EncounterStatus.FINISHED, "cancelled": EncounterStatus.CANCELLED}
# What US Core says of every care plan: https://hl7.org/fhir/us/core/StructureDefinition-us-core-careplan.html
_EVERY_PLAN = "assess-plan"
# Codes of HL7's v3 ActCode, by what is kept apart here.
_CLASSES = {
    **dict.fromkeys(("AMB", "OBSENC", "PRENC", "SS", "OUTPATIENT"), EncounterClass.AMBULATORY),
    **dict.fromkeys(("IMP", "ACUTE", "NONAC", "INPATIENT"), EncounterClass.INPATIENT),
    **dict.fromkeys(("EMER", "EMERGENCY"), EncounterClass.EMERGENCY),
    **dict.fromkeys(("HH", "FLD", "HOME"), EncounterClass.HOME),
    **dict.fromkeys(("VR", "VIRTUAL"), EncounterClass.VIRTUAL),
}
_PLANS = {
    "active": CarePlanStatus.ACTIVE,
    "on-hold": CarePlanStatus.ON_HOLD,
    "revoked": CarePlanStatus.REVOKED,
    "completed": CarePlanStatus.COMPLETED,
}
_TEAMS = {
    "active": CareTeamStatus.ACTIVE,
    "suspended": CareTeamStatus.INACTIVE,
    "inactive": CareTeamStatus.INACTIVE,
}


class Encounter(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/encounter.html."""

    status: str = ""
    class_: Coding | None = msgspec.field(default=None, name="class")
    subject: Reference | None = None
    participant: list[fhir.Participant] = []
    period: Period = Period()
    reason_code: list[CodeableConcept] = []
    reason_reference: list[Displayed] = []


def read_encounter(resource: Encounter, references: References) -> ReceivedEncounter:
    """What is told of an encounter, of which the visit was taken over before."""
    if resource.status == IN_ERROR:
        raise Retracted
    tell, period = references.tell, resource.period
    visit, starts_at = references.earlier(resource), reading.moment(period.start)
    if visit is None or resource.status not in _OVER or starts_at is None:
        raise LeftOut("left out, since its visit was not taken over")
    reason = [
        reading.named("reasonCode", resource.reason_code, tell),
        *reading.called("reasonReference", resource.reason_reference, tell),
    ]
    partial_start, ends_at = reading.partial(period.start), reading.moment(period.end)
    if partial_start and ends_at:
        starts_at = min(starts_at, ends_at)
    return ReceivedEncounter(
        patient_id=reading.patient(references, "subject", resource.subject),
        practitioner_id=_practitioner(references, fhir.performers(resource.participant)),
        appointment_id=visit,
        status=_OVER[resource.status],
        starts_at=starts_at,
        ends_at=max(ends_at, starts_at) if ends_at else None,
        partial_start=partial_start,
        partial_end=reading.partial(period.end) if ends_at else None,
        facts=EncounterFacts(kind=_class(resource, references), reason="; ".join(filter(None, reason)) or None),
    )


def _class(resource: Encounter, references: References) -> EncounterClass:
    found = _CLASSES.get(((resource.class_ and resource.class_.code) or "").upper())
    if found is None:
        references.tell("class", "taken as ambulatory, since it is none that is known")
    return found or EncounterClass.AMBULATORY


def _practitioner(references: References, given: list[Reference]) -> UUID | None:
    """Who performed it, as the visit says, which has told what became of it."""
    before = len(references.told)
    found = references.known_or_none("Practitioner", At("participant.individual", given))
    del references.told[before:]
    return found


class ActivityDetail(fhir.Element, frozen=True):
    """CarePlan.activity.detail."""

    code: CodeableConcept | None = None
    description: str | None = None


class Activity(fhir.Element, frozen=True):
    """CarePlan.activity."""

    reference: Displayed | None = None
    detail: ActivityDetail | None = None
    progress: list[Annotation] = []


class CarePlan(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/careplan.html."""

    status: str = ""
    category: list[CodeableConcept] = []
    title: str | None = None
    description: str | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    period: Period = Period()
    created: str | None = None
    addresses: list[Displayed] = []
    goal: list[Displayed] = []
    activity: list[Activity] = []
    note: list[Annotation] = []


def read_care_plan(resource: CarePlan, references: References) -> ReceivedEntry:
    """What is told of a care plan."""
    tell = references.tell
    if resource.status == IN_ERROR:
        raise Retracted
    status = _PLANS.get(resource.status)
    if status is None:
        raise LeftOut("status: left out, since it is a draft, or none that is known")
    categories = [
        concept for concept in resource.category if all(coding.code != _EVERY_PLAN for coding in concept.coding)
    ]
    title = reading.text("title", resource.title, tell)
    if title and categories:
        tell("category", "left out, since it has a title")
    title = title or reading.named("category", categories, tell)
    details = [activity.detail for activity in resource.activity if activity.detail]
    activities = [reading.text("activity.detail.description", each.description, tell) for each in details]
    activities += [reading.named("activity.detail.code", [each.code], tell) for each in details]
    activities += reading.called(
        "activity.reference", [each.reference for each in resource.activity if each.reference], tell
    )
    progress = (note for activity in resource.activity for note in activity.progress)
    return ReceivedEntry(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, resource.encounter),
        recorded_at=reading.recorded("created", resource.created, tell, resource.period.start),
        status=status,
        facts=CarePlanFacts(
            title=title or _UNTITLED_PLAN,
            goals=tuple(reading.called("goal", resource.goal, tell)),
            activities=tuple(filter(None, activities)),
            since=when("period.start", resource.period.start, tell, ahead=True),
            until=when("period.end", resource.period.end, tell, ahead=True),
            note=reading.notes(
                "note",
                [*resource.note, *progress],
                tell,
                reading.text("description", resource.description, tell),
                labelled("Addresses", "; ".join(reading.called("addresses", resource.addresses, tell))),
            ),
        ),
    )


class Member(fhir.Element, frozen=True):
    """CareTeam.participant."""

    member: Displayed | None = None


class CareTeam(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/careteam.html."""

    status: str = ""
    category: list[CodeableConcept] = []
    name: str | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    period: Period = Period()
    participant: list[Member] = []
    reason_code: list[CodeableConcept] = []
    reason_reference: list[Displayed] = []


def read_care_team(resource: CareTeam, references: References) -> ReceivedEntry:
    """What is told of a care team: its practitioners, who may open nothing by it until somebody here says so."""
    tell = references.tell
    if resource.status == IN_ERROR:
        raise Retracted
    status = _TEAMS.get(resource.status)
    if status is None:
        raise LeftOut("status: left out, since it is proposed, or none that is known")
    if resource.period.end and resource.period.end < datetime.now(UTC).date().isoformat():
        status = CareTeamStatus.INACTIVE
    members = [references.find(each.member, "Practitioner") for each in resource.participant]
    if None in members:
        tell("participant", "left out where it leads to no Practitioner that is known here")
    if resource.period.start or resource.period.end:
        tell("period", "left out, but for whether it is over")
    name = reading.text("name", resource.name, tell)
    if name and resource.category:
        tell("category", "left out, since it has a name")
    name = name or reading.named("category", resource.category, tell)
    reasons = [
        reading.named("reasonCode", resource.reason_code, tell),
        *reading.called("reasonReference", resource.reason_reference, tell),
    ]
    return ReceivedEntry(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, resource.encounter),
        recorded_at=reading.moment(resource.period.start),
        status=status,
        member_ids=[*dict.fromkeys(filter(None, members))],
        facts=CareTeamFacts(name=name or _UNTITLED_TEAM, reason="; ".join(filter(None, reasons)) or None),
    )
