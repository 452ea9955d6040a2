"""The shapes of the resources that laboratories' work comes in, with what is read of each (FHIR R4)."""

from decimal import Decimal

from shared import fhir
from shared.fhir import CodeableConcept, Identifier, Period, Reference
from shared.readings import Annotation, Displayed, Labelled, bounded
from subgraphs.laboratory.units import written

UCUM = "http://unitsofmeasure.org"


class Amount(fhir.Element, frozen=True):
    """A Quantity, whose digits are kept."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None

    @property
    def measure(self) -> str | None:
        """The unit, as UCUM writes it if it is one of UCUM's."""
        if self.system == UCUM and self.code:
            return bounded(written(self.code))
        return bounded(self.unit or self.code or "") or None

    def __str__(self) -> str:
        number = "" if self.value is None else f"{self.comparator or ''}{self.value}"
        return " ".join(filter(None, [number, self.measure]))


class Between(fhir.Element, frozen=True):
    """A Range."""

    low: Amount = Amount()
    high: Amount = Amount()

    def __str__(self) -> str:
        return " - ".join(filter(None, map(str, (self.low, self.high))))


class Ratio(fhir.Element, frozen=True):
    """https://hl7.org/fhir/R4/datatypes.html#Ratio."""

    numerator: Amount = Amount()
    denominator: Amount = Amount()

    def __str__(self) -> str:
        return f"{self.numerator}:{self.denominator}"


class ReferenceRange(fhir.Element, frozen=True):
    """Observation.referenceRange."""

    low: Amount | None = None
    high: Amount | None = None
    type: CodeableConcept | None = None
    applies_to: list[CodeableConcept] = []
    text: str | None = None


class Valued(fhir.Resource, frozen=True, kw_only=True):
    """What an Observation and its components have in common."""

    resource_type: str = ""
    code: CodeableConcept | None = None
    value_quantity: Amount | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_range: Between | None = None
    value_ratio: Ratio | None = None
    value_time: str | None = None
    value_date_time: str | None = None
    value_period: Period | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: list[CodeableConcept] = []
    reference_range: list[ReferenceRange] = []

    @property
    def said(self) -> str | None:
        """Its value in words, if it is no number and no code."""
        if self.value_boolean is not None:
            return str(self.value_boolean).lower()
        period = self.value_period
        times = f"{period.start or ''} - {period.end or ''}" if period else None
        given = (self.value_string, self.value_range, self.value_ratio, self.value_time, self.value_date_time, times)
        return next((str(each) for each in given if each is not None), None)


class Component(Valued, frozen=True, kw_only=True):
    """Observation.component."""


class Observation(Valued, frozen=True, kw_only=True):
    """https://hl7.org/fhir/R4/observation.html."""

    meta: Labelled = Labelled()
    status: str = ""
    category: list[CodeableConcept] = []
    subject: Reference | None = None
    focus: list[Reference] = []
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    issued: str | None = None
    performer: list[Displayed] = []
    specimen: Reference | None = None
    based_on: list[Reference] = []
    body_site: CodeableConcept | None = None
    method: CodeableConcept | None = None
    note: list[Annotation] = []
    has_member: list[Reference] = []
    component: list[Component] = []


class DiagnosticReport(fhir.Resource, frozen=True, kw_only=True):
    """https://hl7.org/fhir/R4/diagnosticreport.html."""

    meta: Labelled = Labelled()
    status: str = ""
    category: list[CodeableConcept] = []
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    performer: list[Displayed] = []
    results_interpreter: list[Displayed] = []
    specimen: list[Reference] = []
    based_on: list[Reference] = []
    result: list[Reference] = []
    conclusion: str | None = None
    conclusion_code: list[CodeableConcept] = []


class Collection(fhir.Element, frozen=True):
    """Specimen.collection."""

    collected_date_time: str | None = None
    collected_period: Period | None = None
    body_site: CodeableConcept | None = None


class Specimen(fhir.Resource, frozen=True, kw_only=True):
    """https://hl7.org/fhir/R4/specimen.html."""

    meta: Labelled = Labelled()
    status: str | None = None
    accession_identifier: Identifier | None = None
    type: CodeableConcept | None = None
    subject: Reference | None = None
    received_time: str | None = None
    collection: Collection = Collection()
    note: list[Annotation] = []


class ServiceRequest(fhir.Resource, frozen=True, kw_only=True):
    """https://hl7.org/fhir/R4/servicerequest.html."""

    meta: Labelled = Labelled()
    status: str = ""
    intent: str = ""
    do_not_perform: bool = False
    category: list[CodeableConcept] = []
    priority: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    authored_on: str | None = None
    requester: Displayed | None = None
    reason_code: list[CodeableConcept] = []
    reason_reference: list[Displayed] = []
    specimen: list[Reference] = []
    note: list[Annotation] = []
