"""Each kind of list, page by page from either end: a root field, an entity's, one read for many entities, a report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import SQLModel

from reporting.models import RegistrationFact, Way
from shared.ids import global_id, new_id
from subgraphs.appointments.models import Appointment, Status
from subgraphs.directory.models import Location, Organization, Practitioner
from subgraphs.identity.models import Account, Activity, ActivityKind
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.paging import walk

BEGIN = datetime(2026, 5, 4, 9, tzinfo=UTC)
ADDRESS = {"line": [], "city": "Bremen", "country": "DE"}
COUNT = 7


@dataclass(frozen=True)
class Kind:
    """A list: rows by service, a query, and the nodes that come of it."""

    rows: dict[str, Sequence[SQLModel]]
    query: str
    nodes: Sequence[Any]


def appointment(practitioner: UUID, hours: int, *, booked_days: int = 1) -> Appointment:
    """So long after `BEGIN`, booked so long before."""
    begin, end = BEGIN + timedelta(hours=hours), BEGIN + timedelta(hours=hours, minutes=30)
    return Appointment(
        patient_id=new_id(),
        practitioner_id=practitioner,
        location_id=new_id(),
        type_system="http://example.org",
        type_code="visit",
        starts_at=begin,
        ends_at=end,
        occupied_from=begin,
        occupied_until=end,
        booked_at=BEGIN - timedelta(days=booked_days),
        status=Status.BOOKED,
    )


def root() -> Kind:
    names = [f"Ward {number}" for number in range(COUNT)]
    rows = [Organization(name=name, address=ADDRESS) for name in names]
    query = "{ organizations(ARGUMENTS) { nodes { name } INFO } }"
    return Kind({"directory": rows}, query, [{"name": name} for name in names])


def of_an_entity() -> Kind:
    organization = Organization(name="Clinic", address=ADDRESS)
    names = [f"Room {number}" for number in range(COUNT)]
    rows = [Location(name=name, address=ADDRESS, organization_id=organization.id) for name in names]
    query = "{ organizations { nodes { locations(ARGUMENTS) { nodes { name } INFO } } } }"
    return Kind({"directory": [organization, *rows]}, query, [{"name": name} for name in names])


def the_newest_first() -> Kind:
    account = Account(email="ann@example.org", roles=["NURSE"])
    rows = [Activity(account_id=account.id, kind=ActivityKind.LOGGED_IN) for _ in range(COUNT)]
    query = "{ accounts { nodes { activity(ARGUMENTS) { nodes { id } INFO } } } }"
    return Kind(
        {"identity": [account, *rows]}, query, [{"id": global_id(type(row).__name__, row.id)} for row in reversed(rows)]
    )


def for_many_entities() -> Kind:
    practitioner = Practitioner(family="Berg", given=["Ola"])
    rows = [appointment(practitioner.id, number) for number in range(COUNT)]
    query = "{ practitioners { nodes { appointments(ARGUMENTS) { nodes { id } INFO } } } }"
    nodes = [{"id": global_id(type(row).__name__, row.id)} for row in rows]
    return Kind({"directory": [practitioner], "appointments": rows}, query, nodes)


def report() -> Kind:
    days = [BEGIN + timedelta(days=number) for number in range(COUNT)]
    rows = [RegistrationFact(patient_id=new_id(), way=Way.STAFF, registered_at=day) for day in days]
    period = '{ first: "2026-05-01", last: "2026-05-31" }'
    query = f"{{ registrationReport(period: {period}, groupBy: [DAY], ARGUMENTS) {{ nodes {{ day }} INFO }} }}"
    return Kind({"reporting": rows}, query, [{"day": day.date().isoformat()} for day in days])


@pytest.fixture(params=[root, of_an_entity, the_newest_first, for_many_entities, report])
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param()
    return made


@pytest.fixture
def services(kind: Kind) -> tuple[str, ...]:
    return tuple(kind.rows)


async def put(clinic: Clinic, rows: Mapping[str, Sequence[SQLModel]]) -> None:
    """Rows by service into its database, in their order."""
    for service, each in rows.items():
        async with stored(clinic.service(service).runtime.database) as session:
            for row in each:
                session.add(row)
                await session.flush()


@pytest.fixture
async def seen(clinic: Clinic, kind: Kind) -> Clinic:
    """The clinic with the rows."""
    await put(clinic, kind.rows)
    return clinic


async def test_pages_cover_the_list_from_either_end(seen: Clinic, kind: Kind) -> None:
    admin = seen.caller("ADMIN", "ANALYST")
    for size in (2, COUNT, COUNT + 1):
        for backward in (False, True):
            assert await walk(admin, kind.query, size=size, backward=backward) == kind.nodes


async def test_what_is_no_page_is_refused(seen: Clinic, kind: Kind) -> None:
    for arguments in (
        "first: 0",
        "first: 101",
        "last: 0",
        "last: 101",
        "first: 1, last: 1",
        'first: 1, after: "nonsense"',
        'last: 1, before: "nonsense"',
    ):
        query = kind.query.replace("ARGUMENTS", arguments).replace("INFO", "")
        (error,) = (await seen.caller("ADMIN", "ANALYST").execute(query))["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", arguments
        assert f"`{arguments.split(', ')[-1].split(':')[0]}`" in error["message"], arguments
