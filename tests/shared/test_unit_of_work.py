"""A use case's row: narrowed by policy, locked, at a version; a miss is a denial that outlives its transaction."""

import asyncio
from collections.abc import AsyncIterator
from importlib import import_module
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from shared.audit.recorder import AuditRecorder
from shared.auth.principal import Kind, Principal
from shared.commands import Repeatable
from shared.database.engine import Database
from shared.errors import IdempotencyKeyReused, NotFound, VersionConflict
from shared.ids import new_id
from shared.unit_of_work import Repeated, unit_of_work
from subgraphs.patients import policy
from subgraphs.patients.models import Patient
from tests.harness.clinic import Clinic
from tests.harness.databases import cloned, stored

_BLOCKED = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[Database]:
    service = import_module("subgraphs.patients.app").service
    async with cloned(postgres_server, [service]) as urls:
        opened = Database(urls["patients"])
        yield opened
        await opened.close()


@pytest.fixture
async def patient(database: Database) -> UUID:
    row = Patient(medical_record_number="1", family="Dawson", given=["Jane"], gender="female")
    async with stored(database) as session:
        session.add(row)
    return row.id


def caller(kind: Kind, *scopes: str, patient: UUID | None = None) -> AuditRecorder:
    return AuditRecorder(
        Principal(new_id(), new_id(), frozenset(), frozenset((*scopes, policy.ADMINISTER)), patient, kind=kind)
    )


async def test_what_policy_hides_is_not_there_and_the_trail_has_the_denial(database: Database, patient: UUID) -> None:
    for recorder in (
        caller(Kind.PATIENT, policy.READ, policy.WRITE, patient=new_id()),
        caller(Kind.STAFF, policy.READ),
        caller(Kind.NONE, policy.READ, policy.WRITE),
    ):
        with pytest.raises(NotFound):
            async with unit_of_work(database, recorder) as work:
                await work.find(policy.patients, patient, scope=policy.WRITE)
        (entry,) = recorder.take()
        assert (entry["outcome"], entry["resource"], entry["resource_ids"]) == ("denied", "Patient", [patient])
    recorder = caller(Kind.STAFF, policy.READ)
    async with unit_of_work(database, recorder) as work:
        assert (await work.find(policy.patients, patient)).id == patient
        with pytest.raises(NotFound):
            await work.find(policy.patients, None)
    assert [(entry["outcome"], entry["patients"]) for entry in recorder.take()] == [("success", [patient])]


async def test_a_version_is_compared_where_one_is_given_and_counted_where_something_changed(
    database: Database, patient: UUID
) -> None:
    staff = caller(Kind.STAFF, policy.READ, policy.WRITE)
    for version in (None, 0, 2):
        with pytest.raises(VersionConflict) as refused:
            async with unit_of_work(database, staff) as work:
                await work.find(policy.patients, patient, version=version)
        assert refused.value.current_version == 1
    async with unit_of_work(database, staff) as work:
        row = await work.find(policy.patients, patient, version=1)
        row.family, row.given = "Dawson", ["Jane", "Ruth"]
    assert row.version == 2
    async with unit_of_work(database, staff) as work:
        row = await work.find(policy.patients, patient, version=2)
        row.given = ["Jane", "Ruth"]
    assert row.version == 2
    async with unit_of_work(database, staff) as work:
        (await work.find(policy.patients, patient)).touch()
    async with stored(database) as session:
        assert (await session.scalars(select(Patient))).one().version == 3


async def test_who_comes_second_waits_and_sees_what_the_first_has_made(database: Database, patient: UUID) -> None:
    staff = caller(Kind.STAFF, policy.READ, policy.WRITE)

    async def second() -> tuple[str, int]:
        async with unit_of_work(database, staff) as work:
            unlocked = await work.find(policy.patients, patient, lock=False)
            assert unlocked.family == "Dawson"
            row = await work.find(policy.patients, patient)
            assert row is unlocked
            return row.family, row.version

    async with unit_of_work(database, staff) as work:
        row = await work.find(policy.patients, patient)
        other = asyncio.create_task(second())
        async with database.read() as session:
            await Clinic.until(lambda: session.scalar(_BLOCKED))
        row.family = "Reed"
    assert await other == ("Reed", 2)


class Order(Repeatable):
    """What is asked for."""

    number: int


async def _ordered(database: Database, recorder: AuditRecorder, order: Order) -> UUID | None:
    """The key of what was ordered, now or before."""
    try:
        async with unit_of_work(database, recorder) as work:
            await work.once(order)
            made = new_id()
            await work.session.execute(select(func.pg_sleep(0.05)))
            work.done(made)
        return made
    except Repeated as repeated:
        return repeated.resource_id


async def test_what_is_asked_for_again_is_done_once(database: Database) -> None:
    staff = caller(Kind.STAFF)
    order = Order(number=1, idempotency_key="key")
    first, *others = await asyncio.gather(*(_ordered(database, staff, order) for _ in range(5)))
    assert set(others) == {first} != {None}
    with pytest.raises(IdempotencyKeyReused):
        await _ordered(database, staff, Order(number=2, idempotency_key="key"))
    different = [
        await _ordered(database, staff, Order(number=2, idempotency_key="another")),
        await _ordered(database, caller(Kind.STAFF), order),
        await _ordered(database, staff, Order(number=1)),
        await _ordered(database, staff, Order(number=1)),
    ]
    assert len({first, *different}) == 5
    with pytest.raises(ZeroDivisionError):
        async with unit_of_work(database, staff) as work:
            await work.once(Order(number=3, idempotency_key="failed"))
            raise ZeroDivisionError
    assert await _ordered(database, staff, Order(number=4, idempotency_key="failed")), (
        "what failed can be asked for again"
    )
