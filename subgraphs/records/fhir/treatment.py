"""FHIR R4 Immunization, Procedure, and what is told of medication."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from shared import fhir
from shared.fhir import CodeableConcept, LeftOut, Period, Reference, Retracted, Tell
from shared.known import References
from shared.readings import DATA_ABSENT, UNKNOWN
from subgraphs.records.codes import ImmunizationStatus, MedicationSource, MedicationStatus, ProcedureStatus
from subgraphs.records.commands.received import ReceivedEntry, ReceivedMedication
from subgraphs.records.facts import Coded, ImmunizationFacts, MedicationStatementFacts, ProcedureFacts
from subgraphs.records.fhir import reading
from subgraphs.records.fhir.reading import Annotation, Displayed, Quantity, Range, coded, labelled, when

T = TypeVar("T", bound=str)

IN_ERROR = "entered-in-error"

_IMMUNIZED = {"completed": ImmunizationStatus.COMPLETED, "not-done": ImmunizationStatus.NOT_DONE}
_PROCEDURES = {
    "in-progress": ProcedureStatus.IN_PROGRESS,
    "on-hold": ProcedureStatus.IN_PROGRESS,
    "stopped": ProcedureStatus.STOPPED,
    "completed": ProcedureStatus.COMPLETED,
    "not-done": ProcedureStatus.NOT_DONE,
}
_STATED = {
    "active": MedicationStatus.ACTIVE,
    "intended": MedicationStatus.ACTIVE,
    "on-hold": MedicationStatus.ON_HOLD,
    "stopped": MedicationStatus.STOPPED,
    "completed": MedicationStatus.COMPLETED,
    "not-taken": MedicationStatus.NOT_TAKEN,
}
# What was cancelled was never taken: https://hl7.org/fhir/R4/valueset-medicationrequest-status.html
_PRESCRIBED = {
    "active": MedicationStatus.ACTIVE,
    "on-hold": MedicationStatus.ON_HOLD,
    "stopped": MedicationStatus.STOPPED,
    "completed": MedicationStatus.COMPLETED,
    "cancelled": MedicationStatus.NOT_TAKEN,
}
_GIVEN = {
    "in-progress": MedicationStatus.ACTIVE,
    "on-hold": MedicationStatus.ON_HOLD,
    "not-done": MedicationStatus.NOT_TAKEN,
    "completed": MedicationStatus.COMPLETED,
    "stopped": MedicationStatus.STOPPED,
}
_DISPENSED = {
    "on-hold": MedicationStatus.ON_HOLD,
    "completed": MedicationStatus.COMPLETED,
    "cancelled": MedicationStatus.NOT_TAKEN,
    "declined": MedicationStatus.NOT_TAKEN,
    "stopped": MedicationStatus.STOPPED,
}
_INTENDED = ("proposal", "plan", "option")


class Dose(fhir.Element, frozen=True):
    """Immunization.protocolApplied."""

    dose_number_positive_int: int | None = None
    dose_number_string: str | None = None


class Immunization(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/immunization.html."""

    status: str = ""
    status_reason: CodeableConcept | None = None
    vaccine_code: CodeableConcept | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_string: str | None = None
    recorded: str | None = None
    lot_number: str | None = None
    expiration_date: str | None = None
    site: CodeableConcept | None = None
    note: list[Annotation] = []
    protocol_applied: list[Dose] = []


def read_immunization(resource: Immunization, references: References) -> ReceivedEntry:
    """What is told of a vaccination."""
    tell = references.tell
    if resource.status == IN_ERROR:
        raise Retracted
    status = _IMMUNIZED.get(resource.status)
    if status is None:
        raise LeftOut("status: left out, since it is none of an immunization's")
    occurred = when("occurrenceDateTime", resource.occurrence_date_time, tell)
    numbers = [dose.dose_number_positive_int for dose in resource.protocol_applied if dose.dose_number_positive_int]
    said = [dose.dose_number_string for dose in resource.protocol_applied if dose.dose_number_string]
    reason = reading.named("statusReason", [resource.status_reason], tell)
    is_given = status is ImmunizationStatus.COMPLETED
    return ReceivedEntry(
        patient_id=reading.patient(references, "patient", resource.patient),
        encounter_id=reading.encounter(references, resource.encounter),
        recorded_at=reading.recorded("recorded", resource.recorded, tell, resource.occurrence_date_time),
        status=status,
        facts=ImmunizationFacts(
            code=coded("vaccineCode", resource.vaccine_code, tell),
            occurred=occurred,
            lot_number=reading.text("lotNumber", resource.lot_number, tell),
            expires=_day("expirationDate", resource.expiration_date, tell),
            site=reading.named("site", [resource.site], tell),
            dose=next(iter(numbers), None),
            reason_not_done=None if is_given else reason,
            note=reading.notes(
                "note",
                resource.note,
                tell,
                labelled("Occurrence", resource.occurrence_string),
                labelled("Dose", next(iter(said), None)),
                labelled("Reason", reason if is_given else None),
            ),
        ),
    )


def _day(path: str, value: str | None, tell: Tell) -> date | None:
    """A whole day; what is less precise is none."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        tell(path, "left out, since it is no whole day")
        return None


class Procedure(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/procedure.html."""

    status: str = ""
    status_reason: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    performed_string: str | None = None
    performed_age: Quantity | None = None
    performed_range: Range | None = None
    reason_code: list[CodeableConcept] = []
    reason_reference: list[Displayed] = []
    body_site: list[CodeableConcept] = []
    outcome: CodeableConcept | None = None
    complication: list[CodeableConcept] = []
    note: list[Annotation] = []


def read_procedure(resource: Procedure, references: References) -> ReceivedEntry:
    """What is told of a procedure."""
    tell = references.tell
    if resource.status == IN_ERROR:
        raise Retracted
    if resource.status == "preparation":
        raise LeftOut("status: left out, since it has not begun")
    period = resource.performed_period
    performed = when("performed", resource.performed_date_time or (period.start if period else None), tell)
    said = resource.performed_string or resource.performed_age or resource.performed_range
    return ReceivedEntry(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, resource.encounter),
        recorded_at=reading.moment(resource.performed_date_time or (period.start if period else None)),
        status=_status(resource.status, _PROCEDURES, ProcedureStatus.COMPLETED, tell),
        facts=ProcedureFacts(
            code=coded("code", resource.code, tell),
            performed=performed,
            performed_until=when("performedPeriod.end", period.end if period else None, tell),
            body_site=reading.coded_or_none("bodySite", resource.body_site, tell),
            outcome=reading.named("outcome", [resource.outcome], tell),
            note=reading.notes(
                "note",
                resource.note,
                tell,
                labelled("Performed", said),
                labelled("Reason", _reason(resource.reason_code, resource.reason_reference, tell)),
                labelled("Status", reading.named("statusReason", [resource.status_reason], tell)),
                labelled("Complication", reading.named("complication", resource.complication, tell)),
            ),
        ),
    )


class DoseAndRate(fhir.Element, frozen=True):
    """Dosage.doseAndRate."""

    dose_quantity: Quantity | None = None
    dose_range: Range | None = None
    rate_quantity: Quantity | None = None
    rate_range: Range | None = None


class Repeat(fhir.Element, frozen=True):
    """Timing.repeat."""

    frequency: int | None = None
    period: float | None = None
    period_unit: str | None = None
    when: list[str | None] = []


class Ratio(fhir.Element, frozen=True):
    """https://hl7.org/fhir/R4/datatypes.html#Ratio."""

    numerator: Quantity = Quantity()
    denominator: Quantity = Quantity()

    def __str__(self) -> str:
        return f"{self.numerator} / {self.denominator}"


class Timing(fhir.Element, frozen=True):
    """When something is done."""

    repeat: Repeat = Repeat()
    code: CodeableConcept | None = None


class Dosage(fhir.Element, frozen=True):
    """How medication is taken: https://hl7.org/fhir/R4/dosage.html."""

    text: str | None = None
    patient_instruction: str | None = None
    additional_instruction: list[CodeableConcept] = []
    timing: Timing = Timing()
    as_needed_boolean: bool = False
    as_needed_codeable_concept: CodeableConcept | None = None
    site: CodeableConcept | None = None
    route: CodeableConcept | None = None
    dose_and_rate: list[DoseAndRate] = []

    @property
    def concepts(self) -> list[CodeableConcept]:
        """All that is said by concepts."""
        given = (self.timing.code, self.route, self.site, self.as_needed_codeable_concept)
        return [*filter(None, given), *self.additional_instruction]

    @property
    def doses(self) -> list[str]:
        """How much is taken, and how fast."""
        amounts = (each.dose_quantity or each.dose_range for each in self.dose_and_rate)
        rates = (each.rate_quantity or each.rate_range for each in self.dose_and_rate)
        return [*filter(None, map(str, filter(None, (*amounts, *rates))))]

    @property
    def rhythm(self) -> list[str]:
        """How often it is taken, and when."""
        repeat = self.timing.repeat
        times = (
            f"{repeat.frequency or 1} / {repeat.period:g} {repeat.period_unit or ''}".strip() if repeat.period else ""
        )
        return [*filter(None, (times, ", ".join(filter(None, repeat.when))))]


class Contained(fhir.Element, frozen=True):
    """A contained resource, of any type: the code of a Medication is a concept."""

    id: str | None = None
    code: Any = None


class _Medicated(fhir.Resource, frozen=True):
    status: str = ""
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Displayed | None = None
    contained: list[Contained] = []
    subject: Reference | None = None
    reason_code: list[CodeableConcept] = []
    reason_reference: list[Displayed] = []
    note: list[Annotation] = []


class MedicationRequest(_Medicated, frozen=True):
    """https://hl7.org/fhir/R4/medicationrequest.html."""

    intent: str = ""
    do_not_perform: bool = False
    encounter: Reference | None = None
    authored_on: str | None = None
    dosage_instruction: list[Dosage] = []


class MedicationStatement(_Medicated, frozen=True):
    """https://hl7.org/fhir/R4/medicationstatement.html."""

    context: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None
    information_source: Reference | None = None
    dosage: list[Dosage] = []


class GivenDosage(fhir.Element, frozen=True):
    """MedicationAdministration.dosage."""

    text: str | None = None
    site: CodeableConcept | None = None
    route: CodeableConcept | None = None
    method: CodeableConcept | None = None
    dose: Quantity | None = None
    rate_ratio: Ratio | None = None
    rate_quantity: Quantity | None = None

    def __str__(self) -> str:
        concepts = map(reading.words, (self.route, self.site, self.method))
        amounts = (str(each) for each in (self.dose, self.rate_ratio, self.rate_quantity) if each)
        return ", ".join(filter(None, [self.text, *amounts, *concepts]))


class MedicationAdministration(_Medicated, frozen=True):
    """https://hl7.org/fhir/R4/medicationadministration.html."""

    context: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    status_reason: list[CodeableConcept] = []
    dosage: GivenDosage | None = None


class MedicationDispense(_Medicated, frozen=True):
    """https://hl7.org/fhir/R4/medicationdispense.html."""

    context: Reference | None = None
    quantity: Quantity | None = None
    days_supply: Quantity | None = None
    when_prepared: str | None = None
    when_handed_over: str | None = None
    dosage_instruction: list[Dosage] = []


def read_prescription(resource: MedicationRequest, references: References) -> ReceivedEntry:
    """What is told of a prescription: medication that was taken or is, which nobody dispenses here."""
    tell = references.tell
    if resource.status == IN_ERROR:
        raise Retracted
    if resource.status == "draft" or resource.intent in _INTENDED or resource.do_not_perform:
        raise LeftOut("intent: left out, since nothing was ordered")
    known = _known(resource, references)
    return ReceivedEntry(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, resource.encounter),
        recorded_at=reading.moment(resource.authored_on),
        status=_status(resource.status, _PRESCRIBED, MedicationStatus.ACTIVE, tell),
        medication_id=known,
        facts=MedicationStatementFacts(
            code=_medication(resource, references, known),
            source=MedicationSource.PRESCRIPTION,
            dosage=_dosage("dosageInstruction", resource.dosage_instruction, tell),
            since=when("authoredOn", resource.authored_on, tell),
            reason=_reason(resource.reason_code, resource.reason_reference, tell),
            note=reading.notes("note", resource.note, tell),
        ),
    )


def read_medication_statement(resource: MedicationStatement, references: References) -> ReceivedEntry:
    """What is told of medication that somebody takes."""
    tell = references.tell
    if resource.status == IN_ERROR:
        raise Retracted
    period, known = resource.effective_period or Period(), _known(resource, references)
    return ReceivedEntry(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, resource.context, "context"),
        recorded_at=reading.recorded(
            "dateAsserted", resource.date_asserted, tell, resource.effective_date_time, period.start
        ),
        status=_status(resource.status, _STATED, MedicationStatus.ACTIVE, tell),
        medication_id=known,
        facts=MedicationStatementFacts(
            code=_medication(resource, references, known),
            source=_source(resource.information_source),
            dosage=_dosage("dosage", resource.dosage, tell),
            since=when("effective", resource.effective_date_time or period.start, tell, ahead=True),
            until=when("effectivePeriod.end", period.end, tell, ahead=True),
            reason=_reason(resource.reason_code, resource.reason_reference, tell),
            note=reading.notes("note", resource.note, tell),
        ),
    )


def read_administration(resource: MedicationAdministration, references: References) -> ReceivedEntry:
    """What is told of medication that somebody was given."""
    tell, period = references.tell, resource.effective_period or Period()
    began = resource.effective_date_time or period.start
    reason = reading.named("statusReason", resource.status_reason, tell)
    return _received(
        resource,
        references,
        status=_status(resource.status, _GIVEN, MedicationStatus.COMPLETED, tell),
        at=began,
        source=MedicationSource.ADMINISTRATION,
        dosage=reading.text("dosage", str(resource.dosage or ""), tell),
        since=when("effective", began, tell),
        until=when("effectivePeriod.end", period.end, tell, ahead=True),
        note=reading.notes("note", resource.note, tell, labelled("Status", reason)),
    )


def read_dispense(resource: MedicationDispense, references: References) -> ReceivedEntry:
    """What is told of medication that was handed over."""
    if resource.status in ("preparation", "in-progress"):
        raise LeftOut("status: left out, since it was not handed over")
    tell, at = references.tell, resource.when_handed_over or resource.when_prepared
    if resource.when_handed_over and resource.when_prepared:
        tell("whenPrepared", "left out")
    amounts = (labelled("Quantity", resource.quantity), labelled("Supply", resource.days_supply))
    return _received(
        resource,
        references,
        status=_status(resource.status, _DISPENSED, MedicationStatus.COMPLETED, tell),
        at=at,
        source=MedicationSource.DISPENSE,
        dosage=_dosage("dosageInstruction", resource.dosage_instruction, tell),
        since=when("whenHandedOver", at, tell),
        note=reading.notes("note", resource.note, tell, *amounts),
    )


def _received(
    resource: MedicationAdministration | MedicationDispense,
    references: References,
    *,
    status: MedicationStatus,
    at: str | None,
    **facts: Any,
) -> ReceivedEntry:
    """What was given or handed over, which is no entry of the pharmacy here."""
    if resource.status == IN_ERROR:
        raise Retracted
    known = _known(resource, references)
    return ReceivedEntry(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, resource.context, "context"),
        recorded_at=reading.moment(at),
        status=status,
        medication_id=known,
        facts=MedicationStatementFacts(
            code=_medication(resource, references, known),
            reason=_reason(resource.reason_code, resource.reason_reference, references.tell),
            **facts,
        ),
    )


def _status(given: str, codes: Mapping[str, T], otherwise: T, tell: Tell) -> T:
    found = codes.get(given)
    if found is None:
        tell("status", f"taken as {otherwise}, since it is not known")
    return found or otherwise


class Medication(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/medication.html."""

    code: CodeableConcept | None = None


def read_medication(resource: Medication, references: References) -> ReceivedMedication:
    """What is told of a medication: what it is called."""
    code = coded("code", resource.code, references.tell)
    return ReceivedMedication(system=code.system, code=code.code, display=code.display)


def _known(resource: _Medicated, references: References) -> UUID | None:
    """The medication that was taken over before, by which it is said what is taken."""
    return (
        None if resource.medication_codeable_concept else references.find(resource.medication_reference, "Medication")
    )


def _medication(resource: _Medicated, references: References, known: UUID | None) -> Coded:
    """What is taken: a concept, a Medication that came before or is in the resource, or else what that is called."""
    tell, reference = references.tell, resource.medication_reference
    if known:
        return Coded(system=DATA_ABSENT, code=UNKNOWN)  # until the use case knows it
    concept = resource.medication_codeable_concept
    if concept is None and reference:
        inner = (each.code for each in resource.contained if f"#{each.id}" == reference.reference)
        code = next(filter(None, inner), {"text": reference.display})
        concept = msgspec.convert(code, CodeableConcept)
    return coded("medication", concept, tell)


def _source(reference: Reference | None) -> MedicationSource:
    """Who says so; where that is not said, somebody who treats the patient."""
    kind = (reference.reference or "").rpartition("/")[0].rpartition("/")[2] if reference else ""
    named = {"Patient": MedicationSource.PATIENT, "RelatedPerson": MedicationSource.RELATIVE}
    return named.get(kind, MedicationSource.CLINICIAN)


def _reason(codes: Sequence[CodeableConcept], references: Sequence[Displayed], tell: Tell) -> str | None:
    said = [reading.named("reasonCode", codes, tell), *reading.called("reasonReference", references, tell)]
    return "; ".join(filter(None, said)) or None


def _dosage(path: str, dosages: Sequence[Dosage], tell: Tell) -> str | None:
    """How medication is taken, in words of the source or else in numbers and units."""
    if any(concept.coding for dosage in dosages for concept in dosage.concepts):
        tell(path, "taken in words, without its codes")
    if any(dosage.text and (dosage.doses or dosage.rhythm or dosage.as_needed_boolean) for dosage in dosages):
        tell(path, "taken by its text, without its numbers")
    return reading.text(path, "\n".join(filter(None, map(_instruction, dosages))), tell)


def _instruction(dosage: Dosage) -> str:
    numbers = [] if dosage.text else [*dosage.doses, *dosage.rhythm]
    said = [dosage.text, *numbers, *map(reading.words, dosage.concepts), dosage.patient_instruction]
    if dosage.as_needed_boolean and not dosage.text:
        said.append("as needed")
    return ", ".join(filter(None, said))
