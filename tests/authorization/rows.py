"""The rows of each domain that the matrix is about: for each party one object of each type at least, with all of its values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from reporting.models import (
    AccessRequestFact,
    AlertFact,
    AnalysisFact,
    AppointmentFact,
    CriticalFact,
    DispensingFact,
    EmergencyFact,
    FillingFact,
    LabReportFact,
    LookFact,
    NoteFact,
    PrescriptionFact,
    ProblemFact,
    QcFailureFact,
    RegistrationFact,
    SpecimenFact,
    StockOutFact,
    WasteFact,
    Way,
)
from reporting.repository import SMALLEST_CELL
from shared.auth.principal import Kind
from shared.database.model import utc_now
from shared.database.tables import PatientAccess
from shared.digests import keyed_digest
from shared.encryption import Encrypted
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.appointments import models as appointments
from subgraphs.directory import models as directory
from subgraphs.identity import models as identity
from subgraphs.notifications import models as notifications
from subgraphs.patients import models as patients
from subgraphs.pharmacy import models as pharmacy
from subgraphs.records import models as records
from subgraphs.records.codes import PurposeOfUse, Relationship, Verdict
from tests.authorization.clinical import entries
from tests.authorization.laboratory import laboratory_rows
from tests.authorization.prescribing import prescriptions
from tests.harness.access import withheld
from tests.pharmacy.storing import stock_rows

PLAUSIBLE_ADDRESS = "jane.dawson@example.com"
_MORNING = datetime(2030, 1, 8, 9, tzinfo=UTC)  # of the day of which `plausible` asks reports
ELSEWHERE = new_id()
"""A location that is nobody's."""
_LOOKED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def _word(letter: str, number: int) -> str:
    return "".join(chr(ord(letter) + number) * 2 + vowel for vowel in "aeiou").capitalize()


@dataclass(frozen=True)
class Party:
    """The people and places of one relation."""

    relation: str
    number: int
    kind: Kind | None = None  # of caller, whose own it is
    account: UUID = field(default_factory=new_id)
    patient: UUID = field(default_factory=new_id)
    twin: UUID = field(default_factory=new_id)  # who may be the same patient, and is not
    practitioner: UUID = field(default_factory=new_id)
    location: UUID = field(default_factory=new_id)

    @property
    def name(self) -> str:
        """A family name that is like no other party's."""
        return _word("b", self.number)

    @property
    def former(self) -> str:
        """A family name that is like no party's present one."""
        return _word("n", self.number)


def patients_rows(party: Party, _: Any) -> Iterator[SQLModel]:
    """Somebody of whom all is known, a duplicate that was merged into them, and one more who may be the same.

    What was ordered for the staff's own names its patient to them, as it does where records has told of the order.
    """
    if party.kind is Kind.STAFF:
        yield PatientAccess(
            id=new_id(),
            patient_id=party.patient,
            location_id=party.location,
            basis=Basis.ORDER,
            sections=[],
            valid_from=_LOOKED_AT,
            version=1,
        )
    around = {"prefix": "Dr.", "suffix": "Jr."}
    known: dict[str, Any] = {"family": party.name, "given": ["Jane", "Ruth"], "gender": "female", **around}
    address: dict[str, Any] = {
        "line": ["Mill Lane"],
        "city": "Boston",
        "state": "MA",
        "postal_code": "02115",
        "country": "US",
    }
    patient = patients.Patient(
        id=party.patient,
        medical_record_number=f"{party.number}-1",
        birth_date=date(1984, 2, party.number),
        marital_status="M",
        deceased=True,
        deceased_at=_MORNING,
        deceased_on="2024-02",
        other_names=[{"use": "maiden", "family": party.former, "given": ["Jane"], **around}],
        contact_points=[{"system": "email", "use": "home", "value": f"{party.name}@example.org"}],
        addresses=[{"use": "home", **address}],
        emergency_contacts=[{"name": "Kin", "relationship": "SIB", "phone": "+1", "email": "kin@example.org"}],
        language="en",
        preferred_channels=["email"],
        **known,
    )
    yield patient
    yield patients.PatientIdentifier(patient_id=party.patient, system="urn:x", value=f"N{party.number}", type="SS")
    merged: dict[str, Any] = {"merged_into_id": party.patient, "active": False, "partial_birth_date": "1984-02"}
    yield patients.Patient(medical_record_number=f"{party.number}-2", **known, **merged)
    yield patients.Patient(
        id=party.twin, medical_record_number=f"{party.number}-3", birth_date=patient.birth_date, **known
    )


def directory_rows(party: Party, _: Any) -> Iterator[SQLModel]:
    """A practice and who works there."""
    address: dict[str, Any] = {
        "line": ["Mill Lane"],
        "city": "Boston",
        "state": "MA",
        "postal_code": "02115",
        "country": "US",
    }
    organization = directory.Organization(name=f"Clinic {party.name}", phone="+1", address=address)
    yield organization
    yield directory.Location(
        id=party.location,
        name=f"Room {party.name}",
        phone="+1",
        address=address,
        organization_id=organization.id,
        latitude=1,
        longitude=2,
    )
    yield directory.Practitioner(
        id=party.practitioner,
        family=f"Doc{party.name}",
        given=["Ola"],
        prefix="Dr.",
        suffix="MD",
        npi=f"123456789{party.number}",
        licence_number="L1",
        licence_jurisdiction="US-MA",
        licence_valid_until=date(2099, 1, 1),
        email="ola@example.org",
        phone="+1",
        languages=["de"],
    )
    yield directory.PractitionerRole(
        practitioner_id=party.practitioner,
        organization_id=organization.id,
        location_id=party.location,
        specialty_system="urn:x",
        specialty_code="1",
        specialty_display="Care",
    )


def identity_rows(party: Party, settings: Any) -> Iterator[SQLModel]:
    """An account with all that is told of it."""
    roles = {Kind.PATIENT: "PATIENT", Kind.PARTNER: "INSURANCE_PROVIDER"}.get(party.kind or Kind.STAFF, "NURSE")
    now = utc_now()
    yield identity.Account(
        id=party.account,
        email=f"{party.name.lower()}@example.org",
        roles=[roles],
        name=None if party.kind is Kind.PATIENT else f"{party.name} Staff",
        patient_id=party.patient if party.kind is Kind.PATIENT else None,
        practitioner_id=party.practitioner,
        location_ids=[] if party.kind is Kind.PATIENT else [party.location],
        last_log_in_at=now,
        totp_confirmed_at=now,
    )
    digest = keyed_digest(settings.contact_digest_key, PLAUSIBLE_ADDRESS)
    yield identity.KnownPatient(patient_id=party.patient, email_digests=[digest])
    if party.kind is Kind.STAFF:
        yield identity.Role(name="SOME_ROLE", description="For some.", scopes=[])
    agent: dict[str, Any] = {"address": "127.0.0.1", "user_agent": "agent"}
    session = identity.Session(account_id=party.account, last_used_at=now, expires_at=now + timedelta(hours=1), **agent)
    yield session
    yield identity.Activity(
        account_id=party.account, kind="LOGGED_IN", session_id=session.id, actor_id=party.account, **agent
    )


def appointments_rows(party: Party, _: Any) -> Iterator[SQLModel]:
    """A calendar, with an appointment in each state that tells something of its own, and an offer from the waitlist."""
    yield appointments.Patient(id=party.patient)
    yield appointments.Practitioner(id=party.practitioner)
    yield appointments.Practice(practitioner_id=party.practitioner, specialty_system="urn:x", specialty_code="1")
    yield appointments.Location(id=party.location, time_zone="Europe/Berlin", latitude=1, longitude=2)
    named: dict[str, Any] = {"system": "urn:x", "display": "Visit", "minutes": 30}
    kind = appointments.AppointmentType(code=party.name, **named)
    yield kind
    limits: dict[str, Any] = {"horizon_days": 365, "maximum_per_patient": 50, "maximum_per_day": 50}
    yield appointments.AppointmentType(code=f"{party.name}-limited", **named, **limits)
    schedule = appointments.Schedule(practitioner_id=party.practitioner, location_id=party.location)
    yield schedule
    for weekday in range(1, 8):
        yield appointments.WeeklyHours(
            schedule_id=schedule.id,
            weekday=weekday,
            starts=time(8),
            ends=time(16),
            valid_from=date(2020, 1, 1),
            valid_until=date(2099, 1, 1),
        )
    yield appointments.ScheduleException(
        practitioner_id=party.practitioner,
        location_id=party.location,
        kind="EXTRA",
        from_day=date(2098, 1, 1),
        until_day=date(2098, 1, 1),
        starts=time(9),
        ends=time(10),
    )
    tomorrow = utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    states: list[dict[str, Any]] = [
        {"status": "BOOKED", "reason": Encrypted("My knee hurts."), "overbooking": "AGREED"},
        {"status": "CANCELLED", "cancelled_by": "patient", "cancellation_reason": "OTHER"},
        {"status": "HELD", "held_until": tomorrow},
    ]
    for hours, state in enumerate(states):
        begin = tomorrow + timedelta(hours=hours)
        end = begin + timedelta(minutes=30)
        appointment = appointments.Appointment(
            patient_id=party.patient,
            practitioner_id=party.practitioner,
            location_id=party.location,
            type_system="urn:x",
            type_code=party.name,
            type_display="Visit",
            starts_at=begin,
            ends_at=end,
            occupied_from=begin,
            occupied_until=end,
            **state,
        )
        yield appointment
    yield appointments.Appointment(
        patient_id=party.patient,
        starts_at=tomorrow,
        occupied_from=tomorrow,
        status="COMPLETED",
        partial_start="2020",
        partial_end="2020-02",
    )
    yield appointments.WaitlistEntry(
        patient_id=party.patient,
        practitioner_id=party.practitioner,
        location_id=party.location,
        type_id=kind.id,
        from_day=begin.date(),
        until_day=begin.date(),
        status="OFFERED",
        appointment_id=appointment.id,
    )
    yield appointments.CalendarFeed(
        account_id=party.account,
        roles=["NURSE"],
        practitioner_id=party.practitioner,
        secret_hash=party.account.bytes,
        revoked_at=utc_now(),
    )


def notifications_rows(party: Party, _: Any) -> Iterator[SQLModel]:
    """A notification that was delivered and read."""
    now = utc_now()
    yield notifications.Notification(
        recipient=party.account,
        kind="APPOINTMENT_BOOKED",
        appointment_id=new_id(),
        read_at=now,
        position=party.number,
        pushed_at=now,
    )


def reporting_rows(party: Party, _: Any) -> Iterator[SQLModel]:
    """Appointments that figures are made of, as many at a place as such are made of, and a registration."""
    now = utc_now()
    who: dict[str, Any] = {"practitioner_id": party.practitioner, "location_id": party.location}
    for starts_at in (_MORNING, *(now + timedelta(hours=hour) for hour in range(12))):
        yield AppointmentFact(appointment_id=new_id(), status="NO_SHOW", booked_at=now, starts_at=starts_at, **who)
    yield RegistrationFact(patient_id=new_id(), way=Way.STAFF, registered_at=_MORNING)
    times = {"requested_at": _MORNING, "decided_at": _MORNING}
    yield AccessRequestFact(access_request_id=new_id(), purpose="TREAT", outcome="GRANTED", **times)
    reviewed: dict[str, Any] = {"verdict": "JUSTIFIED", "opened_at": _MORNING, "reviewed_at": _MORNING}
    problem: dict[str, Any] = {"system": "http://snomed.info/sct", "code": "195967001", "month": date(2030, 1, 1)}
    for _ in range(SMALLEST_CELL):
        yield ProblemFact(problem_id=new_id(), patient=new_id(), **problem)
    yield LookFact(count_id=new_id(), day=date(2030, 1, 8), role="NURSE", looks=3, records=2)
    signed = {"written_at": _MORNING, "signed_at": _MORNING}
    yield NoteFact(note_id=new_id(), practitioner_id=party.practitioner, **signed)
    place: dict[str, Any] = {"location_id": party.location, "medication_id": new_id()}
    yield StockOutFact(stock_item_id=new_id(), began_at=_MORNING, ended_at=_MORNING + timedelta(days=1), **place)
    wasted: dict[str, Any] = {"quantity": Decimal(2), "reason": "DAMAGED", "wasted_at": _MORNING}
    yield WasteFact(stock_movement_id=new_id(), **place, **wasted)
    yield from _laboratory_figures(party)
    yield from _pharmacy_figures(party)
    yield EmergencyFact(emergency_access_id=new_id(), practitioner_id=party.practitioner, **reviewed)


def _laboratory_figures(party: Party) -> Iterator[SQLModel]:
    """Of each that a laboratory's figures are made of, one; of analyses and specimens as many as figures are told of."""
    of: dict[str, Any] = {"laboratory_id": party.location}
    names = ("ordered_at", "collected_at", "received_at", "resulted_at", "verified_at", "released_at")
    test: dict[str, Any] = {"lab_test_id": new_id(), "priority": "STAT", "target_minutes": 60}
    test |= dict.fromkeys(names, _MORNING)
    specimen: dict[str, Any] = {"collector_id": party.account, "collected_at": _MORNING, "rejected_at": _MORNING}
    for _ in range(SMALLEST_CELL):
        yield AnalysisFact(analysis_id=new_id(), **of, **test)
        yield SpecimenFact(specimen_id=new_id(), reason="CLOTTED", **of, **specimen)
    yield LabReportFact(order_id=new_id(), released_at=_MORNING, **of)
    yield CriticalFact(notice_id=new_id(), raised_at=_MORNING, acknowledged_at=_MORNING, **of)
    run: dict[str, Any] = {"analyzer_id": new_id(), "lab_test_id": new_id(), "rules": ["1-3S"], "failed_at": _MORNING}
    yield QcFailureFact(qc_run_id=new_id(), **of, **run)


def _pharmacy_figures(party: Party) -> Iterator[SQLModel]:
    """Of each that a pharmacy's figures are made of, as many as figures are told of."""
    of: dict[str, Any] = {"medication_id": new_id()}
    handed: dict[str, Any] = {"lot_id": new_id(), "quantity": Decimal(2), "dispensed_at": _MORNING}
    for _ in range(SMALLEST_CELL):
        yield PrescriptionFact(prescribing_id=new_id(), month=date(2030, 1, 1), **of)
        yield DispensingFact(dispense_id=new_id(), **of, **handed)
        yield AlertFact(alert_id=new_id(), rule="INTERACTION", raised_at=_MORNING, overridden_at=_MORNING)
    yield FillingFact(filling_id=new_id(), location_id=party.location, signed_at=_MORNING, ready_at=_MORNING)


def _looked_at(party: Party, grant: UUID) -> Iterator[SQLModel]:
    """That somebody looked at a record long ago, by a grant that has ended."""
    account: dict[str, Any] = {"patient_id": None, "practitioner_id": party.practitioner}
    yield records.Account(id=party.account, enabled=True, scopes=[], **account)
    yield PatientAccess(
        id=grant,
        patient_id=party.patient,
        account_id=party.account,
        basis=Basis.GRANT,
        valid_from=_LOOKED_AT,
        valid_until=_LOOKED_AT + timedelta(days=1),
        version=1,
    )
    who: dict[str, Any] = {"actor": party.account, "roles": ["NURSE"], "patients": [party.patient]}
    yield records.Disclosure(at=_LOOKED_AT, service="records", resource="Note", **who)


def records_rows(party: Party, _: Any) -> Iterator[SQLModel]:
    """What somebody withholds of their record, who asked for it, opened it in an emergency, and acts for them."""
    yield records.Patient(id=party.patient)
    yield records.Patient(id=party.twin)
    yield records.WithheldSection(patient_id=party.patient, section="CARE_PLANS")
    yield withheld(party.patient, "CARE_PLANS")
    yield from entries(party.patient, party.practitioner, party.account)
    now = utc_now()
    request = records.RecordAccessRequest(
        patient_id=party.patient,
        account_id=party.account,
        practitioner_id=party.practitioner,
        purpose=next(iter(PurposeOfUse)),
        reason=Encrypted("A second opinion."),
        sections=["NOTES"],
        days=3,
        answer_by=now + timedelta(days=1),
        decided_at=now,
        refusal=Encrypted("Rather not."),
        granted_until=now + timedelta(days=3),
        withdrawn_by="PATIENT",
    )
    yield request
    yield from _looked_at(party, request.id)
    yield records.EmergencyAccess(
        patient_id=party.patient,
        account_id=party.account,
        practitioner_id=party.practitioner,
        reason=Encrypted("Found unconscious."),
        opened_at=now - timedelta(hours=2),
        expires_at=now - timedelta(hours=1),
        verdict=next(iter(Verdict)),
        reviewed_at=now,
        reviewer_id=new_id(),
        comment=Encrypted("As it should be."),
    )
    yield records.Proxy(
        patient_id=party.patient,
        proxy_id=new_id(),
        relationship=next(iter(Relationship)),
        whole_until=date(2099, 1, 1),
        ends_on=date(2099, 1, 1),
        ended_at=now,
    )


def pharmacy_rows(party: Party, _: Any) -> Iterator[SQLModel]:
    """A medication of the catalogue, the stock of it at a location, and what is prescribed of it."""
    medication = pharmacy.Medication(
        rxcui=f"{party.number}",
        name=f"Medication {party.name}",
        dose_form="Oral Tablet",
        unit="TABLET",
        schedule="IV",
        search_text=party.name.lower(),
    )
    yield medication
    yield pharmacy.MedicationIngredient(
        medication_id=medication.id, rxcui="3322", name="Diazepam", strength=Decimal(5), strength_unit="mg"
    )
    yield pharmacy.MedicationPack(medication_id=medication.id, name="Box", units=Decimal(30))
    yield pharmacy.Patient(id=party.patient)
    yield pharmacy.Location(id=party.location)
    if party.number == 1:
        yield pharmacy.Location(id=ELSEWHERE)
    yield from prescriptions(party.patient, party.practitioner, party.account, party.location, medication.id)
    listed = pharmacy.InteractionList(version=party.number, account_id=party.account)
    yield listed
    pair: dict[str, Any] = {
        "first": "metformin",
        "second": "cimetidine",
        "severity": "WARNS",
        "effect": "HARM",
        "reason": "Ours",
    }
    yield pharmacy.Interaction(list_id=listed.id, line=2, **pair)
    yield pharmacy.ClinicIngredient(list_id=listed.id, line=2, name="elixirin", rxcui="4242", classes=["ssris"])
    free = pharmacy.Medication(name="Uncontrolled", dose_form="Oral Tablet", unit="TABLET", search_text="")
    yield free
    for each in (free, medication):  # of the first no change takes a witness
        yield from stock_rows(party.location, each.id, party.patient)


ROWS: dict[str, Callable[[Party, Any], Iterator[SQLModel]]] = {
    "identity": identity_rows,
    "directory": directory_rows,
    "patients": patients_rows,
    "appointments": appointments_rows,
    "notifications": notifications_rows,
    "records": records_rows,
    "pharmacy": pharmacy_rows,
    "laboratory": laboratory_rows,
    "reporting": reporting_rows,
}
