"""The door for laboratories' work in FHIR R4 of other systems: Specimen, ServiceRequest, Observation, DiagnosticReport.

Of Observations, the medical record keeps vital signs, creatinine and social history (`subgraphs/records/fhir/observations.py`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from shared import fhir
from shared.fhir import At, CodeableConcept, Coding, Elsewhere, LeftOut, Period, Reference, Retracted, Tell
from shared.known import References, ResourceType
from shared.readings import (
    AS_TEXT,
    DATA_ABSENT,
    SHORT,
    UNKNOWN,
    bounded,
    called,
    is_open,
    named,
    notes,
    patient,
    text,
    when,
)
from subgraphs.laboratory import models
from subgraphs.laboratory.codes import STANDING, Comparator, ReceivedStatus
from subgraphs.laboratory.commands.received import ReceivedHistory
from subgraphs.laboratory.facts import (
    Coded,
    ReceivedInterval,
    ReceivedReportFacts,
    ReceivedRequestFacts,
    ReceivedResultFacts,
    ReceivedSpecimenFacts,
    ReceivedValue,
)
from subgraphs.laboratory.fhir.resources import (
    UCUM,
    Amount,
    Between,
    DiagnosticReport,
    Observation,
    ReferenceRange,
    ServiceRequest,
    Specimen,
    Valued,
)
from subgraphs.laboratory.service import received

LOINC = "http://loinc.org"
_SNOMED_CT = "http://snomed.info/sct"
_SECTIONS = "http://terminology.hl7.org/CodeSystem/v2-0074"
_STANDARD = (LOINC, UCUM, _SNOMED_CT)

KEPT_BY_RECORDS = frozenset(
    {
        *(
            "8867-4",
            "9279-1",
            "8310-5",
            "8480-6",
            "8462-4",
            "59408-5",
            "2708-6",
            "29463-7",
            "8302-2",
            "9843-4",
            "3151-8",
        ),
        *("2160-0", "38483-4"),  # creatinine, by which the record tells how the kidneys work
    }
)
"""The LOINC codes of what the medical record keeps, whatever its category says; a test holds both domains to them."""
_SOCIAL_HISTORY = "social-history"

# Of HL7 table 0074, those that are laboratories.
_LABORATORIES = frozenset(
    {
        *("LAB", "BG", "BLB", "CG", "CH", "CP", "GE", "HM", "IMM", "MB"),
        *("MCB", "MYC", "OSL", "PAR", "SP", "SR", "TX", "URN", "VR"),
    }
)

IN_ERROR = "entered-in-error"
_MOST = 1000  # results of a report, or of a panel
_LARGEST = Decimal(10) ** 15
_DIGITS = 30
_NOT_KNOWN = datetime(1900, 1, 1, tzinfo=UTC)
_SHOWN = (*STANDING, ReceivedStatus.PARTIAL, ReceivedStatus.CANCELLED)

_STATUSES = {each.lower().replace("_", "-"): each for each in ReceivedStatus} | {
    "available": ReceivedStatus.ACTIVE,
    "unavailable": ReceivedStatus.CANCELLED,
    "unsatisfactory": ReceivedStatus.CANCELLED,
    "completed": ReceivedStatus.FINAL,
    "revoked": ReceivedStatus.CANCELLED,
}
_INTENDED = ("proposal", "plan", "option")


def read_observation(resource: Observation, references: References) -> ReceivedHistory:
    """What a laboratory has found; raises Elsewhere of what the medical record keeps."""
    _check_laboratory(resource, references)
    if resource.status == IN_ERROR:
        raise Retracted
    if resource.focus:
        raise LeftOut("focus: left out, since it is about somebody or something else than the patient")
    tell, status = references.tell, _status(resource.status, references.tell)
    period = resource.effective_period or Period()
    at = resource.effective_date_time or resource.effective_instant or period.start
    effective, issued = when("effective", at, tell), when("issued", resource.issued, tell)
    if len(resource.based_on) > 1:
        tell("basedOn", "left out, but for the first")
    return ReceivedHistory(
        patient_id=patient(references, "subject", resource.subject),
        status=status,
        at=_listed(effective, issued, tell),
        shared=status in _SHOWN and is_open(resource.meta.security),
        analytes=sorted({code for each in (resource, *resource.component) for code in _loincs(each.code)}),
        specimen_id=_led(references, "Specimen", "specimen", [resource.specimen]),
        request_id=_led(references, "ServiceRequest", "basedOn", resource.based_on[:1]),
        member_ids=_each_led(references, "hasMember", resource.has_member),
        facts=ReceivedResultFacts(
            **_value("", resource, tell),
            effective=effective,
            effective_until=when("effectivePeriod.end", period.end, tell),
            issued=issued,
            method=named("method", [resource.method], tell),
            body_site=named("bodySite", [resource.body_site], tell),
            performers=tuple(called("performer", resource.performer, tell)),
            note=notes("note", resource.note, tell),
            components=tuple(ReceivedValue(**_value("component.", each, tell)) for each in resource.component),
        ),
    )


def _check_laboratory(resource: Observation, references: References) -> None:
    """Raise Elsewhere unless an observation is a laboratory's; LeftOut where nothing says whose it is."""
    signs = {code for each in (resource, *resource.component) for code in _loincs(each.code)} & KEPT_BY_RECORDS
    codings = [*_codings(resource.category)]
    if signs or any(each.code == _SOCIAL_HISTORY for each in codings):
        raise Elsewhere
    if not codings:
        if resource.specimen is None and not references.is_named(resource):
            raise LeftOut("category: left out, since neither it nor a laboratory's report says what kind it is")
    elif not _is_laboratory(codings):
        raise Elsewhere


def read_report(resource: DiagnosticReport, references: References) -> ReceivedHistory:
    """What a laboratory has reported."""
    tell = references.tell
    codings = [*_codings(resource.category)]
    of_laboratory = _is_laboratory(codings) or (not codings and _has_results(resource, references))
    if resource.status == IN_ERROR:
        raise Retracted
    if not of_laboratory:
        raise LeftOut("category: left out, since it is no laboratory's report")
    period, status = resource.effective_period or Period(), _status(resource.status, tell)
    effective = when("effective", resource.effective_date_time or period.start, tell)
    issued = when("issued", resource.issued, tell)
    kept = [references.elsewhere(each, "Observation") for each in resource.result]
    own = [each for each, key in zip(resource.result, kept, strict=True) if key is None]
    return ReceivedHistory(
        patient_id=patient(references, "subject", resource.subject),
        status=status,
        at=_listed(issued, effective, tell),
        shared=status in _SHOWN and is_open(resource.meta.security),
        result_ids=_each_led(references, "result", own),
        vital_signs_ids=[*dict.fromkeys(filter(None, kept))],
        specimen_ids=_each_led(references, "specimen", resource.specimen, "Specimen"),
        request_ids=_each_led(references, "basedOn", resource.based_on, "ServiceRequest"),
        facts=ReceivedReportFacts(
            code=_coded("code", resource.code, tell),
            effective=effective,
            effective_until=when("effectivePeriod.end", period.end, tell),
            issued=issued,
            performers=tuple(
                dict.fromkeys(
                    [
                        *called("performer", resource.performer, tell),
                        *called("resultsInterpreter", resource.results_interpreter, tell),
                    ]
                )
            ),
            conclusion=text("conclusion", resource.conclusion, tell),
            conclusion_codes=tuple(_coded("conclusionCode", each, tell) for each in resource.conclusion_code),
        ),
    )


def _has_results(resource: DiagnosticReport, references: References) -> bool:
    results = (references.find(each, "Observation") for each in resource.result)
    return bool(resource.specimen) or any(results)


def read_specimen(resource: Specimen, references: References) -> ReceivedHistory:
    """What was collected."""
    if resource.status == IN_ERROR:
        raise Retracted
    tell, collection = references.tell, resource.collection
    period = collection.collected_period or Period()
    collected = when("collection.collected", collection.collected_date_time or period.start, tell)
    arrived = when("receivedTime", resource.received_time, tell)
    number = resource.accession_identifier.value if resource.accession_identifier else None
    return ReceivedHistory(
        patient_id=patient(references, "subject", resource.subject),
        status=_status(resource.status or "unknown", tell),
        at=_listed(collected, arrived, tell),
        shared=is_open(resource.meta.security),
        facts=ReceivedSpecimenFacts(
            code=_coded("type", resource.type, tell),
            number=text("accessionIdentifier", number, tell, SHORT),
            collected=collected,
            collected_until=when("collection.collectedPeriod.end", period.end, tell),
            received=arrived,
            body_site=named("collection.bodySite", [collection.body_site], tell),
            note=notes("note", resource.note, tell),
        ),
    )


def read_request(resource: ServiceRequest, references: References) -> ReceivedHistory:
    """What was ordered of a laboratory."""
    if resource.status == IN_ERROR:
        raise Retracted
    codings = [*_codings(resource.category)]
    if not _is_laboratory(codings) and (codings or not (resource.specimen or _loincs(resource.code))):
        raise LeftOut("category: left out, since it is nothing for a laboratory")
    if resource.status == "draft" or resource.intent in _INTENDED or resource.do_not_perform:
        raise LeftOut("intent: left out, since nothing was ordered")
    tell = references.tell
    if resource.specimen:
        tell("specimen", "left out")
    authored = when("authoredOn", resource.authored_on, tell)
    reasons = [
        named("reasonCode", resource.reason_code, tell),
        *called("reasonReference", resource.reason_reference, tell),
    ]
    requester = resource.requester
    return ReceivedHistory(
        patient_id=patient(references, "subject", resource.subject),
        status=_status(resource.status, tell),
        at=_listed(authored, None, tell),
        shared=is_open(resource.meta.security),
        requester_id=references.find(requester, "Practitioner"),
        facts=ReceivedRequestFacts(
            code=_coded("code", resource.code, tell),
            authored=authored,
            priority=text("priority", resource.priority, tell, SHORT),
            requester=next(iter(called("requester", [requester], tell)), None) if requester else None,
            reason="; ".join(filter(None, reasons)) or None,
            note=notes("note", resource.note, tell),
        ),
    )


def _status(given: str, tell: Tell) -> ReceivedStatus:
    found = _STATUSES.get(given)
    if found is None:
        tell("status", f"taken as {ReceivedStatus.UNKNOWN}, since it is not known")
    return found or ReceivedStatus.UNKNOWN


def _listed(first: str | None, second: str | None, tell: Tell) -> datetime:
    """The time by which something is listed: of a day, month or year, noon of its first day."""
    known = first or second
    if known is None:
        tell("effective", "is not known, so that it is listed as the oldest")
        return _NOT_KNOWN
    return fhir.instant(known) or fhir.instant(f"{f'{known}-01-01'[:10]}T12:00:00Z") or _NOT_KNOWN


def _led(references: References, kind: str, path: str, given: Sequence[Reference | None]) -> UUID | None:
    """The key of what a reference leads to, come or to come."""
    return references.known_or_none(kind, At(path, [each for each in given if each]))


def _each_led(references: References, path: str, given: Sequence[Reference], kind: str = "Observation") -> list[UUID]:
    if len(given) > _MOST:
        references.tell(path, f"left out beyond {_MOST}")
    found = (_led(references, kind, path, [each]) for each in given[:_MOST])
    return [*dict.fromkeys(filter(None, found))]


def _value(path: str, given: Valued, tell: Tell) -> dict[str, Any]:
    """What was found, as it came."""
    number, unit = given.value_quantity, None
    value, comparator, said = _number(given), None, given.said
    if number is not None:
        unit, comparator = number.measure, _comparator(number.comparator)
        if value is None or (number.comparator and comparator is None):
            value, comparator, said = None, None, str(number) or None
            tell(f"{path}valueQuantity", "taken in words, since it is no number with a comparator that is known")
    concept = given.value_codeable_concept
    codes = tuple(_coded_each(f"{path}valueCodeableConcept", concept, tell))
    return {
        "code": _coded(f"{path}code", given.code, tell),
        "value": value,
        "comparator": comparator,
        "unit": unit if value is not None else None,
        "codes": codes,
        "text": text(f"{path}value", said if not codes else concept.text if concept else None, tell),
        "absent": _coded(f"{path}dataAbsentReason", given.data_absent_reason, tell)
        if given.data_absent_reason
        else None,
        "interpretations": tuple(_coded(f"{path}interpretation", each, tell) for each in given.interpretation),
        "intervals": tuple(_interval(f"{path}referenceRange", each, unit, tell) for each in given.reference_range),
    }


def _number(given: Valued) -> Decimal | None:
    value = given.value_quantity.value if given.value_quantity else None
    if given.value_integer is not None:
        value = Decimal(given.value_integer)
    if value is None or not value.is_finite() or abs(value) >= _LARGEST or len(value.as_tuple().digits) > _DIGITS:
        return None
    return value


def _comparator(given: str | None) -> Comparator | None:
    return next((each for each in Comparator if each.value == given), None)


def _interval(path: str, given: ReferenceRange, unit: str | None, tell: Tell) -> ReceivedInterval:
    """What is usual; limits in another unit than the result's are words."""
    ends = [each for each in (given.low, given.high) if each]
    alike = all(each.value is not None and each.measure in (None, unit) for each in ends)
    said = [str(Between(given.low or Amount(), given.high or Amount())) if not alike else None, given.text]
    return ReceivedInterval(
        low=given.low.value if given.low and alike else None,
        high=given.high.value if given.high and alike else None,
        text=text(f"{path}.text", "; ".join(filter(None, said)), tell, SHORT),
        meaning=named(f"{path}.type", [given.type], tell),
        applies_to=named(f"{path}.appliesTo", given.applies_to, tell),
    )


def _coded_each(path: str, concept: CodeableConcept | None, tell: Tell) -> Iterator[Coded]:
    """All codes of a concept; of what has none but says something, that."""
    sound = (
        [(each.system, each.code, each.display) for each in concept.coding if each.system and each.code]
        if concept
        else []
    )
    if concept and not sound:
        yield _coded(path, concept, tell)
    if sound and concept and len(sound) < len(concept.coding):
        tell(f"{path}.coding", "left out where it has no code with its system")
    for system, code, display in sound:
        yield Coded(system=bounded(system or ""), code=bounded(code or ""), display=text(path, display, tell, SHORT))


def _coded(path: str, concept: CodeableConcept | None, tell: Tell) -> Coded:
    """A concept by one of its codes, of LOINC, UCUM or SNOMED CT if it has one; in words if it has none."""
    concept = concept or CodeableConcept()
    codings = [each for each in concept.coding if each.system and each.code]
    if len(codings) > 1:
        tell(f"{path}.coding", "left out, but for one of several")
    standard = sorted(codings, key=lambda each: each.system not in _STANDARD)
    found = next(iter(standard), Coding())
    name = concept.text or found.display or next((each.display for each in concept.coding if each.display), None)
    if found.display and name and found.display not in name:
        tell(f"{path}.coding.display", "left out, since its text is another")
    if len(codings) < len(concept.coding):
        tell(f"{path}.coding", "left out where it has no code with its system")
    name = text(f"{path}.text", name, tell, SHORT)
    if found.system and found.code:
        return Coded(system=bounded(found.system), code=bounded(found.code), display=name)
    tell(path, "taken in words, since it has no code" if name else "is unknown, since it says nothing")
    return Coded(system=DATA_ABSENT, code=AS_TEXT if name else UNKNOWN, display=name)


def _codings(concepts: Iterable[CodeableConcept]) -> Iterator[Coding]:
    yield from (coding for concept in concepts for coding in concept.coding if coding.code)


def _loincs(concept: CodeableConcept | None) -> list[str]:
    codings = concept.coding if concept else []
    return [bounded(each.code) for each in codings if each.system == LOINC and each.code]


def _is_laboratory(categories: Sequence[Coding]) -> bool:
    """Whether one of some categories is that of laboratories."""
    return any(
        each.code == "laboratory"
        or (each.system == _SECTIONS and each.code in _LABORATORIES)
        or (each.system == _SNOMED_CT and each.code == "108252007")  # laboratory procedure
        for each in categories
    )


class _Naming(fhir.Element, frozen=True):
    category: list[CodeableConcept] = []
    result: list[Reference] = []


_naming = msgspec.json.Decoder(_Naming).decode


def _named_results(content: bytes) -> Sequence[Reference]:
    """The results that a laboratory's report names."""
    report = _naming(content)
    return report.result if _is_laboratory([*_codings(report.category)]) else ()


def _history(resource: Any, read: Any, model: type[models.Received], releases: Mapping[str, str], **more: Any) -> Any:
    return ResourceType[Any, Any](
        resource,
        read,
        partial(received.take_over, model),
        alike=partial(received.may_be, model),
        releases=releases,
        retract=partial(received.retract, model),
        **more,
    )


RESOURCES: tuple[ResourceType[Any, Any], ...] = (
    _history(Specimen, read_specimen, models.ReceivedSpecimen, {"feature": "R5", "role": "R5"}),
    _history(ServiceRequest, read_request, models.ReceivedLabRequest, {"context": "STU3", "reason": "R5"}),
    _history(
        Observation,
        read_observation,
        models.ReceivedLabResult,
        {"context": "STU3", "triggeredBy": "R5"},
        named_in=("DiagnosticReport", _named_results),
    ),
    _history(
        DiagnosticReport,
        read_report,
        models.ReceivedLabReport,
        {"context": "STU3", "codedDiagnosis": "STU3", "composition": "R5", "supportingInfo": "R5"},
    ),
)
