"""The rows of the measured subgraphs, and what is asked of each: 100 keys, six fields or so, one or two of them nested."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from subgraphs.appointments.models import Appointment
from subgraphs.directory.models import Practitioner
from subgraphs.patients.models import Patient

ROWS = 2000


@dataclass(frozen=True)
class Workload:
    """`_entities` of one type of one subgraph."""

    subgraph: str
    typename: str
    selection: str
    rows: Sequence[Any]

    @property
    def query(self) -> str:
        """As the router writes it."""
        return (
            "query Bench($r: [_Any!]!) { _entities(representations: $r) "
            f"{{ __typename ... on {self.typename} {{ {self.selection} }} }} }}"
        )


def workloads() -> list[Workload]:
    """An entity without an audit trail, one with it, and one with it whose fields are mostly times and references."""
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
    ]


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
