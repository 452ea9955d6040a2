"""The rows of the measured subgraphs, and what is asked of each type: 100 keys, six fields or so, one or two of them nested."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

from shared.database.tables import PatientAccess
from shared.encryption import Encrypted
from shared.patient_access import Basis
from subgraphs.appointments.models import Appointment
from subgraphs.directory.models import Practitioner
from subgraphs.laboratory import models as laboratory
from subgraphs.patients.models import Patient
from subgraphs.pharmacy import models as pharmacy
from tests.authorization.clinical import entries
from tests.authorization.laboratory import examination, results
from tests.authorization.prescribing import prescriptions
from tests.authorization.rows import Party

ROWS = 2000
PLAIN = "Practitioner"
"""The type that is neither audited nor encrypted, with which those are compared that are."""

NURSE, ACCOUNT = uuid.uuid4(), uuid.uuid4()
"""The practitioner who asks, and their account."""

_CODED = "id code { code display } status recordedAt version patient { id }"
_RECORDS = {
    "Condition": "id code { code display } clinicalStatus verification onset recordedAt patient { id }",
    "Allergy": "id code { code display } clinicalStatus criticality recordedAt patient { id }",
    "VitalSigns": "id effectiveAt measurements { code { code } value unit } status patient { id }",
    "Immunization": f"{_CODED} occurred",
    "Procedure": f"{_CODED} performed",
    "MedicationStatement": f"{_CODED} dosage",
    "FamilyHistory": "id relationship conditions { code { code display } onsetAge } status recordedAt patient { id }",
    "SocialHistory": f"{_CODED} observed",
    "CarePlan": "id title goals status since recordedAt patient { id }",
    "CareTeam": "id name status members { id } recordedAt patient { id }",
    "Encounter": "id kind reason status startsAt endsAt patient { id } practitioner { id }",
    "Note": "id type title status recordedAt author { id } patient { id }",
    "NoteVersion": "id number writtenAt content",
    "Addendum": "id content",
}


_PHARMACY = {
    "Prescription": "id status quantity dosageText validFrom validUntil version patient { id } prescriber { id }",
    "Dispense": "id status quantity readyAt handedOverAt patient { id } location { id }",
}
_LABORATORY = {
    "LabOrder": "id number status priority reason orderedAt patient { id } practitioner { id }",
    "LabResult": "id display value unit flag enteredAt verifiedAt correction",
    "LabReport": "id status releasedAt correctedAt patient { id }",
}


@dataclass(frozen=True)
class Workload:
    """Types of a subgraph, each with what is asked of it; rows of them and what it takes to see them, stored set by set."""

    subgraph: str
    selections: Mapping[str, str]
    rows: Iterable[Sequence[Any]]


def query(typename: str, selection: str) -> str:
    """`_entities` of one type, as the router writes it."""
    return (
        "query Bench($r: [_Any!]!) { _entities(representations: $r) "
        f"{{ __typename ... on {typename} {{ {selection} }} }} }}"
    )


def workloads() -> list[Workload]:
    """Entities without an audit trail, with one, with one and mostly times and references, and all that are encrypted.

    Each row of those is another patient's, whose record the nurse may open.
    """
    patients = [uuid.uuid4() for _ in range(ROWS)]
    return [
        Workload(
            "directory",
            {PLAIN: "id name { given family prefix } npi email phone languages"},
            [[_practitioner(number) for number in range(ROWS)]],
        ),
        Workload(
            "patients",
            {"Patient": "id medicalRecordNumber name { given family } birthDate gender deceased version"},
            [[_patient(number) for number in range(ROWS)]],
        ),
        Workload(
            "appointments",
            {
                "Appointment": "id status type { code display } reason startsAt endsAt patient { id } practitioner { id }"
            },
            [list(map(_access, patients)), [_appointment(*each) for each in enumerate(patients)]],
        ),
        Workload(
            "records", _RECORDS, chain([list(map(_access, patients))], zip(*map(_entries, patients), strict=True))
        ),
        Workload("pharmacy", _PHARMACY, chain([list(map(_access, patients))], _prescribed(patients))),
        Workload("laboratory", _LABORATORY, chain([list(map(_access, patients))], _examined(patients))),
    ]


def _prescribed(patients: Sequence[uuid.UUID]) -> Iterator[Sequence[Any]]:
    """A prescription of each, with what was dispensed of it, in the place of another one."""
    place = pharmacy.Location(id=uuid.uuid4())
    medication = pharmacy.Medication(name="Diazepam", dose_form="Oral Tablet", unit="TABLET", search_text="diazepam")
    yield [place, medication]
    yield [pharmacy.Patient(id=each) for each in patients]
    yield from zip(*(prescriptions(each, NURSE, ACCOUNT, place.id, medication.id) for each in patients), strict=True)


def _examined(patients: Sequence[uuid.UUID]) -> Iterator[Sequence[Any]]:
    """An order of each, whose result was corrected."""
    place = laboratory.Location(id=uuid.uuid4(), time_zone="Europe/Berlin")
    yield [place]
    parties = [
        Party("", number, None, ACCOUNT, each, practitioner=NURSE, location=place.id)
        for number, each in enumerate(patients)
    ]
    test, analyzer = (
        examination(parties[0]),
        laboratory.Analyzer(name="A", laboratory_id=place.id, application="A", facility="X"),
    )
    yield [test, analyzer]
    yield from zip(*(results(party, analyzer, test) for party in parties), strict=True)


def _entries(patient: uuid.UUID) -> Iterator[Any]:
    """One of each kind, and none of them a mistake."""
    for row in entries(patient, NURSE, ACCOUNT):
        if getattr(row, "retraction", None):
            row.retraction = None
        yield row


def _access(patient: uuid.UUID) -> PatientAccess:
    return PatientAccess(
        id=uuid.uuid4(),
        patient_id=patient,
        practitioner_id=NURSE,
        basis=Basis.CARE_TEAM,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        version=1,
    )


def _practitioner(number: int) -> Practitioner:
    return Practitioner(
        family=f"Lindqvist {number}",
        given=["Maja", "Sofia"],
        prefix="Dr.",
        npi=f"{number:010}",
        email=f"maja.{number}@clinic.example",
        phone=f"+49421{number:07}",
        languages=["sv", "de"],
    )


def _patient(number: int) -> Patient:
    return Patient(
        medical_record_number=f"{number:08}",
        family=f"Okafor {number}",
        given=["Chidi"],
        birth_date=date(1980, 1, 1) + timedelta(days=number),
        gender="male",
        contact_points=[{"system": "phone", "value": f"+49421{number:07}", "use": "home"}],
        addresses=[
            {"use": "home", "line": ["Marktplatz 1"], "city": "Bremen", "postal_code": "28195", "country": "DE"}
        ],
    )


def _appointment(number: int, patient: uuid.UUID) -> Appointment:
    starts = datetime(2026, 5, 4, 8, tzinfo=UTC) + timedelta(minutes=30 * number)
    ends = starts + timedelta(minutes=20)
    return Appointment(
        patient_id=patient,
        practitioner_id=uuid.uuid4(),
        location_id=uuid.uuid4(),
        type_system="http://terminology.hl7.org/CodeSystem/v2-0276",
        type_code="ROUTINE",
        type_display="Routine appointment",
        starts_at=starts,
        ends_at=ends,
        occupied_from=starts,
        occupied_until=ends,
        status="BOOKED",
        reason=Encrypted("A cough that has not gone for three weeks, and a slight fever."),
    )
