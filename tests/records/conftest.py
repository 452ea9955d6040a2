"""What the tests of the medical record share: patients, staff, and what lets these open a record."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from shared.auth.principal import Kind, Principal
from shared.database.model import utc_now
from shared.database.tables import PatientAccess
from shared.disclosures import PatientDataRead, publish_reads
from shared.events.event import CloudEvent, Event, read_data
from shared.ids import new_id
from shared.patient_access import Basis
from shared.unit_of_work import system_work
from subgraphs.directory.models import Practitioner
from subgraphs.identity.roles import SCOPES, BuiltInRole
from subgraphs.patients.models import Patient as PatientEntry
from subgraphs.records import policy
from subgraphs.records.codes import Section
from subgraphs.records.consumers import CONSUMERS
from subgraphs.records.models import Patient
from tests.harness.caller import Caller
from tests.harness.clinic import Addresses, Clinic, open_clinic
from tests.harness.databases import stored

COLLEAGUE = new_id()
"""A practitioner of the directory, in each ward."""


@dataclass(frozen=True)
class Ward:
    """A clinic with what records need."""

    clinic: Clinic

    @property
    def database(self) -> Any:
        """That of records."""
        return self.clinic.service("records").runtime.database

    async def know(self, *rows: SQLModel) -> None:
        """What is there already, of one's own or by other domains' events."""
        async with stored(self.database) as session:
            session.add_all(rows)

    async def patient(self, **born: Any) -> tuple[UUID, Caller]:
        """A registered patient and their account; `birth_date` or `partial_birth_date`, if not on a day of 1940."""
        identifier = new_id()
        await self.know(Patient(id=identifier))
        async with stored(self.clinic.service("patients").runtime.database) as session:
            session.add(person(identifier, **born))
        return identifier, self.clinic.caller("PATIENT", patient=identifier)

    async def practitioner(self, identifier: UUID | None = None) -> UUID:
        """A practitioner of the directory."""
        row = Practitioner(id=identifier or new_id(), family="Nakamura", given=["Emi"])
        async with stored(self.clinic.service("directory").runtime.database) as session:
            session.add(row)
        return row.id

    async def let(self, patient: UUID, basis: Basis = Basis.APPOINTMENT, **fields: Any) -> PatientAccess:
        """Somebody may open a patient's record from an hour ago on: `practitioner_id`, `account_id` or `proxy_id`."""
        given: dict[str, Any] = {"id": new_id(), "version": 1, "valid_from": utc_now() - timedelta(hours=1)}
        row = PatientAccess(patient_id=patient, basis=basis, **given | fields)
        await self.know(row)
        return row

    async def access(self, patient: UUID) -> Sequence[PatientAccess]:
        """All rows of a patient, by their age."""
        async with stored(self.database) as session:
            rows = select(PatientAccess).where(col(PatientAccess.patient_id) == patient)
            return (await session.scalars(rows.order_by(col(PatientAccess.valid_from)))).all()

    async def hear(self, *events: Event) -> None:
        """Other domains' events."""
        for event in events:
            async with system_work(self.database, "test") as work:
                for consumer in CONSUMERS:
                    if handler := consumer.handlers.get(type(event)):
                        await handler(work, event, CloudEvent.of(event))

    async def account(self, *services: str) -> None:
        """What services tell of their audit trails, once all that they have is sealed."""
        for name in services or ("records",):
            await self.clinic.until(partial(self._sealed, name))
            await publish_reads(self.clinic.service(name).runtime)
            told = [each for each in await self.clinic.published(name) if each.type == PatientDataRead.type]
            await self.hear(*(read_data(each, PatientDataRead) for each in told))

    async def _sealed(self, name: str) -> bool:
        return all(entry.seal for entry in await self.clinic.audit(name))

    async def opens(self, principal: Principal, patient: UUID, **options: Any) -> set[Section]:
        """The sections of a patient's record that somebody may read."""
        async with stored(self.database) as session:
            found = set()
            for section in Section:
                readable = policy.record(principal, col(Patient.id), section, **options)
                if await session.scalar(select(Patient).where(col(Patient.id) == patient, readable)):
                    found.add(section)
        return found


def person(identifier: UUID, **born: Any) -> PatientEntry:
    """The demographics of a patient."""
    given = born or {"birth_date": date(1940, 2, 1)}
    number = f"{identifier.int % 10**9}"
    return PatientEntry(
        id=identifier, medical_record_number=number, family="Dawson", given=["Jo"], gender="other", **given
    )


def principal(role: str, **own: Any) -> Principal:
    """Somebody with a role; `subject`, `patient`, `practitioner`."""
    kind = Kind.PATIENT if role == "PATIENT" else Kind.STAFF
    given: dict[str, Any] = {"subject": new_id(), "session": new_id(), "kind": kind} | own
    return Principal(roles=frozenset({role}), scopes=SCOPES[BuiltInRole(role)], **given)


async def answer(caller: Caller, mutation: str, /, **fields: Any) -> dict[str, Any]:
    """The payload of a mutation that takes one input."""
    (result,) = (await caller.data(mutation, input=fields)).values()
    payload: dict[str, Any] = result
    return payload


@asynccontextmanager
async def open_ward_clinic(postgres: str, redis: str) -> AsyncIterator[Clinic]:
    """A clinic of which the directory knows a colleague."""
    addresses = Addresses(postgres, redis, kafka="127.0.0.1:9")
    async with open_clinic(addresses, ("appointments", "directory", "patients", "records"), events=False) as opened:
        await Ward(opened).practitioner(COLLEAGUE)
        yield opened


@pytest.fixture(scope="package")
async def shared_clinic(postgres_server: str, redis_url: str) -> AsyncIterator[Clinic]:
    """One for most of these tests, of which each has patients of its own: services take longer to start than a test does."""
    async with open_ward_clinic(postgres_server, redis_url) as opened:
        yield opened


@pytest.fixture
async def clinic(
    shared_clinic: Clinic, request: pytest.FixtureRequest, postgres_server: str, redis_url: str
) -> AsyncIterator[Clinic]:
    """The shared one, or one of the test's own if it is marked `own_clinic`, because it asks for all that there is."""
    if request.node.get_closest_marker("own_clinic"):
        async with open_ward_clinic(postgres_server, redis_url) as opened:
            yield opened
    else:
        await shared_clinic.begin()
        yield shared_clinic


@pytest.fixture
def ward(clinic: Clinic) -> Ward:
    return Ward(clinic)
