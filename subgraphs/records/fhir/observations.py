"""FHIR R4 Observation: vital signs, creatinine and social history; results of laboratories are the laboratory's domain's."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from shared import fhir
from shared.fhir import CodeableConcept, Elsewhere, LeftOut, Period, Reference, Retracted, Tell
from shared.known import References
from subgraphs.records.codes import EntryStatus
from subgraphs.records.coding import LOINC
from subgraphs.records.commands.received import ReceivedEntry
from subgraphs.records.facts import Measurement, SocialHistoryFacts, VitalSignsFacts
from subgraphs.records.fhir import reading
from subgraphs.records.fhir.reading import Annotation, Quantity, Range, coded, labelled, when
from subgraphs.records.vital_signs import SIGNS, canonical, is_possible

IN_ERROR = "entered-in-error"
_NOT_DONE = ("cancelled", "registered")

VITAL_SIGNS = "vital-signs"
SOCIAL_HISTORY = "social-history"
_LABORATORY = "laboratory"
# Of FHIR's own categories, those that no domain keeps.
_OTHERS = ("imaging", "procedure", "survey", "exam", "therapy", "activity")


class _Valued(fhir.Resource, frozen=True, kw_only=True):
    resource_type: str = ""
    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_range: Range | None = None
    value_date_time: str | None = None
    data_absent_reason: CodeableConcept | None = None

    @property
    def said(self) -> str | None:
        """Its value in words, if it is no code."""
        given = [self.value_string, self.value_quantity, self.value_integer, self.value_range, self.value_date_time]
        words = next((str(each) for each in given if each is not None), None)
        return str(self.value_boolean).lower() if words is None and self.value_boolean is not None else words


class Component(_Valued, frozen=True, kw_only=True):
    """Observation.component."""


class Observation(_Valued, frozen=True, kw_only=True):
    """https://hl7.org/fhir/R4/observation.html."""

    status: str = ""
    category: list[CodeableConcept] = []
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    issued: str | None = None
    note: list[Annotation] = []
    component: list[Component] = []


def read_observation(resource: Observation, references: References) -> ReceivedEntry:
    """What is told of vital signs or of how a patient lives; raises Elsewhere of what is a laboratory's, or may be."""
    categories = {coding.code for concept in resource.category for coding in concept.coding} - {None}
    is_sign = any(_sign(each) for each in (resource, *resource.component))
    is_history = SOCIAL_HISTORY in categories
    if not (is_sign or is_history) and (_LABORATORY in categories or not categories):
        raise Elsewhere
    if resource.status == IN_ERROR:
        raise Retracted
    if resource.status in _NOT_DONE:
        raise LeftOut("status: left out, since nothing was observed")
    if is_sign:
        return _vital_signs(resource, references)
    if is_history:
        return _social_history(resource, references)
    if VITAL_SIGNS in categories:
        raise LeftOut("code: left out, since it is no vital sign that is recorded here")
    kind = next((each for each in _OTHERS if each in categories), "no category that is known")
    raise LeftOut(f"category: left out, since it is kept nowhere, {kind}")


def _sign(valued: _Valued) -> str | None:
    """The code of the vital sign that something is."""
    codings = valued.code.coding if valued.code else []
    return next((each.code for each in codings if each.system == LOINC and each.code in SIGNS), None)


def _vital_signs(resource: Observation, references: References) -> ReceivedEntry:
    tell = references.tell
    _tell_rest(resource, tell)
    if resource.code and _sign(resource) is None:
        tell("code", "left out, but for those of its components")
    period = resource.effective_period or Period()
    at = resource.effective_date_time or resource.effective_instant or period.start
    effective_at = reading.moment(at)
    if effective_at is None:
        raise LeftOut("effective: left out, since it does not say when it was measured")
    if at and fhir.instant(at) is None:
        tell("effective", "taken as noon of its first day, since its time is not known")
    if at and (fhir.instant(at) or effective_at) > effective_at:
        tell("effective", "taken as now, since it is to come")
    measured = {each.code: each for each in _measurements(resource, tell)}
    if not measured:
        raise LeftOut("value: left out, since it is no value in a unit of the vital sign that can be")
    return ReceivedEntry(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, resource.encounter),
        recorded_at=reading.recorded("issued", resource.issued, tell, at),
        status=EntryStatus.RECORDED,
        effective_at=effective_at,
        facts=VitalSignsFacts(measurements=tuple(measured.values()), note=reading.notes("note", resource.note, tell)),
    )


def _measurements(resource: Observation, tell: Tell) -> Iterator[Measurement]:
    for path, valued in (("value", resource), *(("component", each) for each in resource.component)):
        code, quantity = _sign(valued), valued.value_quantity
        if code is None:
            if valued is not resource:
                tell(path, "left out where it is no vital sign that is recorded here")
            continue
        found = _measurement(code, quantity) if quantity else None
        if found is None:
            tell(path, "left out, since it is no value in a unit of the vital sign that can be")
        else:
            yield found


def _measurement(code: str, quantity: Quantity) -> Measurement | None:
    """A value in a unit of UCUM; one that is more or less than something is none."""
    unit = next((each for each in (quantity.code, quantity.unit) if each in SIGNS[code].units), None)
    if quantity.value is None or quantity.comparator or unit is None:
        return None
    try:
        value = Decimal(repr(quantity.value))
        compared = canonical(code, value, unit)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return (
        Measurement(code=code, value=value, unit=unit) if compared is not None and is_possible(code, compared) else None
    )


def _tell_rest(resource: Observation, tell: Tell) -> None:
    if resource.status != "final":
        tell("status", "left out, though it is not final, or no longer")
    if resource.effective_period and resource.effective_period.end:
        tell("effectivePeriod.end", "left out")
    if any(each.data_absent_reason for each in (resource, *resource.component)):
        tell("dataAbsentReason", "left out")


def _social_history(resource: Observation, references: References) -> ReceivedEntry:
    tell = references.tell
    _tell_rest(resource, tell)
    parts = [labelled(reading.words(each.code) or "", each.said or _coded_value(each)) for each in resource.component]
    said = [resource.said, *parts, *(note.text for note in resource.note)]
    text = reading.text("value", "\n".join(filter(None, said)), tell)
    concept, period = resource.value_codeable_concept, resource.effective_period or Period()
    if concept is None and text is None:
        raise LeftOut("value: left out, since it says nothing")
    return ReceivedEntry(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, resource.encounter),
        recorded_at=reading.recorded("issued", resource.issued, tell, resource.effective_date_time),
        status=EntryStatus.RECORDED,
        facts=SocialHistoryFacts(
            code=coded("code", resource.code, tell),
            value=coded("value", concept, tell) if concept else None,
            text=text,
            observed=when("effective", resource.effective_date_time or period.start, tell),
        ),
    )


def _coded_value(component: Component) -> str | None:
    return reading.words(component.value_codeable_concept)
