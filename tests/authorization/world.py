"""Whom the matrix is about: callers of every role, and objects of every type in each relation to them.

What is new in the graph comes in here: a relation as a line of RELATIONS, a domain's rows as a function of ROWS, what is asked
besides by a value of FILTERS. An object that has no owner is made for each relation as well, so that one line tells of all.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from uuid import UUID

import httpx
from sqlmodel import SQLModel

from reporting.models import AccessRequestFact, AppointmentFact, EmergencyFact, NoteFact, RegistrationFact, Way
from shared.auth.principal import Kind
from shared.database.model import utc_now
from shared.digests import keyed_digest
from shared.ids import global_id, new_id
from subgraphs.appointments import models as appointments
from subgraphs.directory import models as directory
from subgraphs.identity import models as identity
from subgraphs.identity.roles import KINDS, BuiltInRole
from subgraphs.notifications import models as notifications
from subgraphs.patients import models as patients
from tests.graph.test_bounds import entities
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored

NOBODY = "no one"
CALLERS = (NOBODY, *BuiltInRole)
OWN = "own"
RELATIONS = {
    OWN: "o",
    "foreign": "f",
}
"""How an object is related to who asks, each with its letter: their own, or nothing to them."""

REPORTED = date(2030, 1, 8)  # as `plausible` asks reports
PLAUSIBLE_ADDRESS = "jane.dawson@example.com"
_MORNING = datetime(2030, 1, 8, 9, tzinfo=UTC)
_numbers = count(1)


@dataclass(frozen=True)
class Party:
    """The people and places of one relation."""

    relation: str
    kind: Kind | None = None  # of caller, whose own it is
    account: UUID = field(default_factory=new_id)
    patient: UUID = field(default_factory=new_id)
    practitioner: UUID = field(default_factory=new_id)
    location: UUID = field(default_factory=new_id)
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def name(self) -> str:
        """A family name that is like no other party's."""
        return "".join(chr(ord("b") + self.number) * 2 + vowel for vowel in "aeiou").capitalize()


def parties() -> list[Party]:
    """The own ones of each kind of caller, and those of the other relations."""
    own = [Party(OWN, kind) for kind in (Kind.PATIENT, Kind.STAFF, Kind.PARTNER)]
    return own + [Party(relation) for relation in RELATIONS if relation != OWN]


def patients_rows(party: Party, _: Any) -> Iterator[SQLModel]:
    """Somebody of whom all is known, a duplicate that was merged into them, and one more who may be the same."""
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
        other_names=[{"use": "maiden", "family": f"{party.name[::-1]}", "given": ["Jane"], **around}],
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
    yield patients.Patient(medical_record_number=f"{party.number}-3", birth_date=patient.birth_date, **known)


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
        patient_id=party.patient if party.kind is Kind.PATIENT else None,
        practitioner_id=party.practitioner,
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
    yield appointments.Location(id=party.location, time_zone="Europe/Berlin")
    kind = appointments.AppointmentType(system="urn:x", code=party.name, display="Visit", minutes=30)
    yield kind
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
    partial = {"partial_start": "2025-03-04", "partial_end": "2025-03-04"}
    states: list[dict[str, Any]] = [
        {"status": "BOOKED", "reason": "My knee hurts."},
        {"status": "CANCELLED", "cancelled_by": "patient", "cancellation_reason": "OTHER", **partial},
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
            type_code="visit",
            type_display="Visit",
            starts_at=begin,
            ends_at=end,
            occupied_from=begin,
            occupied_until=end,
            **state,
        )
        yield appointment
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
    signed = {"written_at": _MORNING, "signed_at": _MORNING}
    yield NoteFact(note_id=new_id(), practitioner_id=party.practitioner, **signed)
    yield EmergencyFact(emergency_access_id=new_id(), practitioner_id=party.practitioner, **reviewed)


ROWS: dict[str, Callable[[Party, Any], Iterator[SQLModel]]] = {
    "identity": identity_rows,
    "directory": directory_rows,
    "patients": patients_rows,
    "appointments": appointments_rows,
    "notifications": notifications_rows,
    "reporting": reporting_rows,
}

TARGETS = {"endSession": "Session"}
"""Of mutations whose success does not tell it, the type that their `id` is of."""

NOT_OWN = {Kind.STAFF: {"Patient"}, Kind.PARTNER: {"Patient"}}
"""Types of which nothing is the own of a kind of caller."""

ARGUMENTS: dict[str, dict[str, Any]] = {
    "Query.appointmentReport": {"groupBy": ["DAY", "PRACTITIONER", "LOCATION", "STATUS"], "filter": None},
    "Query.registrationReport": {"groupBy": ["DAY", "WAY"]},
    "Query.recordAccessReport": {"groupBy": ["DAY", "PURPOSE", "OUTCOME"]},
    "Query.noteReport": {"groupBy": ["DAY", "PRACTITIONER"]},
    "Query.emergencyAccessReport": {"groupBy": ["DAY", "PRACTITIONER", "VERDICT"]},
    "Mutation.updatePatient": {"deceased": None, "identifiers": None},
    "Mutation.saveRole": {"name": "SOME_ROLE"},
    "Mutation.removeRole": {"name": "SOME_ROLE"},
    "Mutation.addScheduleException": {"kind": "CLOSED", "starts": None, "ends": None},
    "Mutation.saveAppointmentType": {"minutes": 30},
    "Mutation.saveSchedule": {"hours": []},
    "Mutation.inviteAccount": {"roles": ["PATIENT"], "practitionerId": None},
    "Subscription.notificationReceived": {"after": "0"},
}
"""Of fields and of mutations' inputs, where they are other than `plausible` ones."""

FILTERS: dict[str, dict[str, Callable[[Party], dict[str, Any]]]] = {
    "Query.accounts": {"search": lambda party: {"search": party.name}},
    "Query.patients": {
        "family name": lambda party: {"search": party.name},
        "former name": lambda party: {"search": party.name[::-1]},
        "medical record number": lambda party: {"search": f"{party.number}-1"},
        "identifier": lambda party: {"search": f"N{party.number}"},
        "birth date": lambda party: {"birthDate": f"1984-02-{party.number:02}"},
    },
}
"""What lists are searched by, where a party's object would be found."""


async def _calendar(caller: Caller) -> str:
    """What the caller's own calendar feed tells."""
    query = "mutation { createCalendarFeed { ... on CreateCalendarFeedSuccess { url } } }"
    made = ((await caller.execute(query)).get("data") or {}).get("createCalendarFeed")
    if not made or "url" not in made:
        return ""
    async with httpx.AsyncClient() as http:
        return (await http.get(made["url"])).raise_for_status().text


DOWNLOADS: dict[str, dict[str, tuple[str, Callable[[Caller], Awaitable[str]]]]] = {
    "appointments": {"Download./calendar/{secret}.ics": ("Appointment", _calendar)},
}
"""By domain, the addresses that give objects outside of GraphQL: of which type, and what the caller gets."""


class World:
    """The objects of all parties, stored."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self.parties = parties()
        self._rows: dict[tuple[int, str], list[UUID]] = {}

    async def store(self) -> None:
        """Put all rows there."""
        for service, rows_of in ROWS.items():
            running, own = self._clinic.service(service), entities(service)
            async with stored(running.runtime.database) as session:
                for party in self.parties:
                    for row in rows_of(party, running.settings):
                        session.add(row)
                        await session.flush()
                        if (kind := type(row).__name__) in own:
                            self._rows.setdefault((party.number, kind), []).append(row.id)  # type: ignore[attr-defined]

    def caller(self, role: str) -> Caller:
        """Somebody of a role, by a new token."""
        if role == NOBODY:
            return self._clinic.anonymous
        party, kind = self._own(role), KINDS[BuiltInRole(role)]
        claims = {"patient": party.patient} if kind is Kind.PATIENT else {}
        claims |= {"practitioner": party.practitioner} if kind is Kind.STAFF else {}
        return self._clinic.caller(role, subject=party.account, **claims)

    def objects(self, role: str, kind: str) -> Mapping[str, list[str]]:
        """The ids of a type's objects by their relation to a caller, where there are some."""
        found = {}
        for party in self.related(role):
            keys = self._rows.get((party.number, kind), [])
            if keys and not (party.kind and kind in NOT_OWN.get(party.kind, ())):
                found[party.relation] = [global_id(kind, key) for key in keys]
        return found

    @property
    def types(self) -> set[str]:
        """The types of which there are objects."""
        return {kind for _, kind in self._rows}

    def related(self, role: str) -> list[Party]:
        """The parties as a caller of a role has them; nobody has anything of their own."""
        own = None if role == NOBODY else self._own(role)
        return [party for party in self.parties if party.kind is None or party is own]

    @cached_property
    def _by_kind(self) -> dict[Kind | None, Party]:
        return {party.kind: party for party in self.parties}

    def _own(self, role: str) -> Party:
        return self._by_kind[KINDS[BuiltInRole(role)]]
