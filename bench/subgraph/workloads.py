"""The rows of the measured subgraphs, and what is asked of each: 100 keys, six fields or so, one or two of them nested."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.database.tables import PatientAccess
from shared.encryption import Encrypted
from shared.patient_access import Basis
from subgraphs.appointments.models import Appointment
from subgraphs.directory.models import Practitioner
from subgraphs.patients.models import Patient
from subgraphs.records.codes import ConditionCategory
from subgraphs.records.facts import Coded, ConditionFacts
from subgraphs.records.models import Condition

ROWS = 2000
NURSE = uuid.uuid4()
"""The practitioner who asks."""


@dataclass(frozen=True)
class Workload:
    """`_entities` of one type of one subgraph; `beside` are rows that it takes to see them."""

    subgraph: str
    typename: str
    selection: str
    rows: Sequence[Any]
    beside: Sequence[Any] = ()

    @property
    def query(self) -> str:
        """As the router writes it."""
        return (
            "query Bench($r: [_Any!]!) { _entities(representations: $r) "
            f"{{ __typename ... on {self.typename} {{ {self.selection} }} }} }}"
        )


def workloads() -> list[Workload]:
    """An entity without an audit trail, one with it, one with it whose fields are mostly times and references, and one that is
    encrypted, each of another patient, whose record the nurse may open.
    """
    patients = [uuid.uuid4() for _ in range(ROWS)]
    return [
        Workload(
            "directory",
            "Practitioner",
            "id name { given family prefix } npi email phone languages",
            [_practitioner(number) for number in range(ROWS)],
        ),
        Workload(
            "patients",
            "Patient",
            "id medicalRecordNumber name { given family } birthDate gender deceased version",
            [_patient(number) for number in range(ROWS)],
        ),
        Workload(
            "appointments",
            "Appointment",
            "id status type { code display } startsAt endsAt patient { id } practitioner { id }",
            [_appointment(number) for number in range(ROWS)],
        ),
        Workload(
            "records",
            "Condition",
            "id code { code display } clinicalStatus verification onset recordedAt patient { id }",
            [_condition(patient) for patient in patients],
            [_access(patient) for patient in patients],
        ),
    ]


def _condition(patient: uuid.UUID) -> Condition:
    code = Coded(system="http://hl7.org/fhir/sid/icd-10-cm", code="J20.9", display="Acute bronchitis, unspecified")
    return Condition(
        patient_id=patient,
        status="CONFIRMED",
        clinical_status="ACTIVE",
        facts=Encrypted(ConditionFacts(code=code, category=ConditionCategory.PROBLEM, onset="2026-05-04")),
    )


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


def _appointment(number: int) -> Appointment:
    starts = datetime(2026, 5, 4, 8, tzinfo=UTC) + timedelta(minutes=30 * number)
    ends = starts + timedelta(minutes=20)
    return Appointment(
        patient_id=uuid.uuid4(),
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
    )
