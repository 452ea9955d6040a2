"""What the tests of the laboratory share: a laboratory, who works there, patients, and who treats them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import SQLModel

from shared.database.model import utc_now
from shared.database.tables import PatientAccess
from shared.events.event import CloudEvent, Event
from shared.ids import global_id, new_id
from shared.patient_access import Basis
from shared.unit_of_work import system_work
from subgraphs.directory.models import Practitioner
from subgraphs.laboratory.check_digits import check_digit
from subgraphs.laboratory.consumers import CONSUMERS
from subgraphs.laboratory.models import Location
from tests.harness.caller import Caller
from tests.harness.clinic import Addresses, Clinic, open_clinic
from tests.harness.databases import keep_all, stored
from tests.records.conftest import person

SERVICES = ("directory", "identity", "laboratory", "patients")
ORDER = """id number version status priority reason pregnant born sex orderedAt endedAt endReason
  specimens { nodes { id version barcode type status } }
  analyses { nodes { id version status labTest { id } } }"""
_numbers = count(10_000)


@dataclass(frozen=True)
class Member:
    """Somebody who works here, by the graph."""

    caller: Caller
    account: UUID
    practitioner: UUID | None = None

    async def does(self, name: str, asked: str = "__typename", /, **fields: Any) -> dict[str, Any]:
        """The payload of a mutation, such as `orderLabTests`."""
        return await does(self.caller, name, asked, **fields)

    async def did(self, name: str, asked: str = "__typename", /, **fields: Any) -> dict[str, Any]:
        """What a mutation gave that has to succeed."""
        payload = await self.does(name, asked, **fields)
        assert payload["__typename"] == f"{name[0].upper()}{name[1:]}Success", payload
        return dict(next((value for key, value in payload.items() if key != "__typename"), {}))


async def does(caller: Caller, name: str, asked: str = "__typename", /, **fields: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    kind = f"{name[0].upper()}{name[1:]}"
    conflict = "... on VersionConflict { currentVersion }" if "version" in fields else ""
    query = f"""mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename
        ... on {kind}Success {{ {asked} }} {conflict}
        ... on UserError {{ code }} ... on InvalidInput {{ fields {{ path code }} }} }} }}"""
    return dict((await caller.data(query, input=fields))[name])


def loinc() -> str:
    """A code that no other test has."""
    digits = str(next(_numbers))
    return f"{digits}-{check_digit(digits)}"


@dataclass(frozen=True)
class Lab:
    """A clinic with a laboratory at a location."""

    clinic: Clinic
    location: UUID
    admin: Member
    technician: Member
    second: Member
    """Another technician, since nobody verifies what they have entered."""

    @property
    def database(self) -> Any:
        """That of the laboratory."""
        return self.clinic.service("laboratory").runtime.database

    @property
    def place(self) -> str:
        """The id of the location."""
        return global_id("Location", self.location)

    async def know(self, *rows: SQLModel) -> None:
        """What is there already, of one's own or by other domains' events."""
        await keep_all(self.database, rows)

    async def patient(self, **born: Any) -> tuple[UUID, Caller]:
        """A registered patient and their account; `birth_date` or `partial_birth_date`, if not on a day of 1940."""
        identifier = new_id()
        async with stored(self.clinic.service("patients").runtime.database) as session:
            session.add(person(identifier, **born))
        return identifier, self.clinic.caller("PATIENT", patient=identifier)

    async def practitioner(self) -> str:
        """The id of one whom the directory knows."""
        identifier = new_id()
        async with stored(self.clinic.service("directory").runtime.database) as session:
            session.add(Practitioner(id=identifier, family="Okon", given=["Ada"]))
        return global_id("Practitioner", identifier)

    async def let(self, patient: UUID, basis: Basis = Basis.APPOINTMENT, **fields: Any) -> PatientAccess:
        """Somebody may open a patient's data from an hour ago on."""
        given: dict[str, Any] = {"id": new_id(), "version": 1, "valid_from": utc_now() - timedelta(hours=1)}
        row = PatientAccess(patient_id=patient, basis=basis, **given | fields)
        await self.know(row)
        return row

    async def doctor(
        self, patient: UUID | None = None, role: str = "DOCTOR", basis: Basis = Basis.APPOINTMENT
    ) -> Member:
        """Somebody who treats a patient."""
        practitioner, account = new_id(), new_id()
        if patient is not None:
            await self.let(patient, basis, practitioner_id=practitioner)
        return Member(self.clinic.caller(role, practitioner=practitioner, subject=account), account, practitioner)

    async def test(self, **fields: Any) -> str:
        """The id of a new test, of potassium if nothing else is said."""
        given = {
            "name": "Potassium",
            "loinc": loinc(),
            "loincName": "Potassium [Moles/volume] in Serum or Plasma",
            "specimenType": "SERUM",
            "valueType": "NUMERIC",
            "unit": "mmol/L",
            "decimals": 1,
            "turnaround": 60,
        }
        return str((await self.admin.did("saveLabTest", "labTest { id }", **given | fields))["id"])

    async def range(self, test: str, **fields: Any) -> dict[str, Any]:
        """A range of a test."""
        asked = "referenceRange { id version revision }"
        given = {"labTestId": test, "source": "Demonstration"}
        return await self.admin.did("saveReferenceRange", asked, **given | fields)

    async def ordered(self, doctor: Member, patient: UUID, *tests: str, **fields: Any) -> dict[str, Any]:
        """An order of tests."""
        given = {"patientId": global_id("Patient", patient), "laboratoryId": self.place, "testIds": list(tests)}
        return await doctor.did("orderLabTests", f"labOrder {{ {ORDER} }}", **given | fields)

    async def received(self, doctor: Member, patient: UUID, *tests: str, **fields: Any) -> dict[str, Any]:
        """An order of tests whose specimens have arrived."""
        order = await self.ordered(doctor, patient, *tests, **fields)
        for specimen in order["specimens"]["nodes"]:
            await doctor.did("collectSpecimen", id=specimen["id"], version=specimen["version"])
            await self.technician.did("receiveSpecimen", id=specimen["id"], version=specimen["version"] + 1)
        return await self.order(order["id"])

    async def order(self, key: str, caller: Caller | None = None) -> dict[str, Any]:
        """An order as the technician, or another one, sees it."""
        found = await (caller or self.technician.caller).data(
            f"query($id: ID!) {{ labOrder(id: $id) {{ {ORDER} }} }}", id=key
        )
        return dict(found["labOrder"] or {})

    async def hear(self, *events: Event) -> None:
        """Other domains' events."""
        for event in events:
            async with system_work(self.database, "test") as work:
                for consumer in CONSUMERS:
                    if handler := consumer.handlers.get(type(event)):
                        await handler(work, event, CloudEvent.of(event))

    async def told(self, name: str) -> list[dict[str, Any]]:
        """The data of what the laboratory has published by a name, such as `lab-ordered`."""
        events = await self.clinic.published("laboratory")
        return [event.data for event in events if event.type == f"caregraph.laboratory.{name}.v1"]


def technician(clinic: Clinic, *locations: UUID) -> Member:
    """Somebody who works in laboratories."""
    account = new_id()
    return Member(clinic.caller("LAB_TECHNICIAN", subject=account, locations=list(locations)), account)


@asynccontextmanager
async def open_laboratory(postgres: str, redis: str) -> AsyncIterator[Clinic]:
    """A clinic with what the laboratory asks others for."""
    addresses = Addresses(postgres, redis, kafka="127.0.0.1:9")
    async with open_clinic(addresses, SERVICES, events=False) as opened:
        yield opened


@pytest.fixture(scope="package")
async def shared_clinic(postgres_server: str, redis_url: str) -> AsyncIterator[Clinic]:
    """One for these tests, of which each has a laboratory and patients of its own."""
    async with open_laboratory(postgres_server, redis_url) as opened:
        yield opened


@pytest.fixture
async def clinic(shared_clinic: Clinic) -> Clinic:
    await shared_clinic.begin()
    return shared_clinic


@pytest.fixture
async def lab(clinic: Clinic) -> Lab:
    """A laboratory in Berlin."""
    location = Location(time_zone="Europe/Berlin")
    admin = new_id()
    made = Lab(
        clinic,
        location.id,
        Member(clinic.caller("ADMIN", subject=admin), admin),
        technician(clinic, location.id),
        technician(clinic, location.id),
    )
    await made.know(location)
    return made
