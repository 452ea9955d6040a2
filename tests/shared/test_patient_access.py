"""Who may open a patient's data, as the events tell in whatever order, and as a statement asks."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from importlib import import_module
from itertools import permutations
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from shared.database.engine import Database
from shared.database.model import utc_now
from shared.database.tables import PatientAccess, Withholding
from shared.events.event import CloudEvent
from shared.events.mergers import Mergers
from shared.graph.context import Context
from shared.ids import new_id
from shared.patient_access import CONSUMER, AccessChanged, Basis, WithholdingChanged, has_access
from shared.runtime import Runtime
from shared.unit_of_work import system_work
from subgraphs.notifications.models import Patient
from tests.harness.access import withheld
from tests.harness.databases import cloned, stored

HOUR = timedelta(hours=1)


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[Database]:
    service = import_module("subgraphs.notifications.app").service
    async with cloned(postgres_server, [service]) as urls:
        opened = Database(urls["notifications"])
        yield opened
        await opened.close()


def access(patient: UUID, **fields: Any) -> PatientAccess:
    """A row that holds, of nobody."""
    holder = {"practitioner_id": None, "account_id": None, "proxy_id": None, "location_id": None}
    period: dict[str, Any] = {"valid_from": utc_now() - HOUR, "valid_until": None}
    given = {"id": new_id(), "basis": Basis.GRANT, "sections": None, "version": 1}
    return PatientAccess(patient_id=patient, **(holder | period | given | fields))


def told(row: PatientAccess) -> AccessChanged:
    """The event of a row."""
    return AccessChanged(access_id=row.id, **row.model_dump(exclude={"id"}))


async def test_the_later_version_holds_in_whatever_order_the_events_come(database: Database) -> None:
    patient, practitioner, now = new_id(), new_id(), utc_now()

    def version(number: int, until: datetime | None) -> dict[str, Any]:
        return {"practitioner_id": practitioner, "version": number, "valid_until": until}

    history = [version(1, None), version(2, now + HOUR), version(3, now + 2 * HOUR), version(3, now), version(2, None)]
    for order in permutations(history):
        key = new_id()
        async with system_work(database, "test") as work:
            for fields in (*order, order[0]):
                event = told(access(patient, id=key, **fields))
                await CONSUMER.handlers[AccessChanged](work, event, CloudEvent.of(event))
            row = await work.session.get_one(PatientAccess, key)
        assert (row.version, row.valid_until) == (3, now), order


async def test_what_is_withheld_is_known_in_whatever_order_the_events_come_and_of_merged_patients(
    database: Database,
) -> None:
    patient, survivor, now = new_id(), new_id(), utc_now()
    said: dict[str, Any] = {"patient_id": patient, "section": "NOTES"}
    history = [said | {"version": 1, "valid_until": None}, said | {"version": 2, "valid_until": now}]
    for order in (history, history[::-1]):
        key = new_id()
        async with system_work(database, "test") as work:
            for fields in (*order, order[0]):
                event = WithholdingChanged(withholding_id=key, **fields)
                await CONSUMER.handlers[WithholdingChanged](work, event, CloudEvent.of(event))
            assert (await work.session.get_one(Withholding, key)).valid_until == now
    before, after = new_id(), new_id()
    async with system_work(database, "test") as work:
        for key in (before, after):
            event = WithholdingChanged(withholding_id=key, **history[0])
            await CONSUMER.handlers[WithholdingChanged](work, event, CloudEvent.of(event))
            await Mergers().follow(work, patient, survivor)
        rows = [await work.session.get_one(Withholding, key, populate_existing=True) for key in (before, after)]
    assert {row.patient_id for row in rows} == {survivor}


async def test_who_has_a_row_that_holds_now_has_access(database: Database) -> None:
    doctor, nurse, parent, pharmacy, aide, rescuer = [new_id() for _ in range(6)]
    patients = [new_id() for _ in range(12)]
    now = utc_now()
    periods = [{"valid_until": now}, {"valid_until": now - HOUR}, {"valid_from": now + HOUR}]
    async with stored(database) as session:
        session.add_all(Patient(id=key) for key in patients)
        session.add_all(
            [
                access(patients[0], practitioner_id=doctor, basis=Basis.APPOINTMENT),
                access(patients[1], practitioner_id=doctor, basis=Basis.ORDER, valid_until=now + HOUR),
                access(patients[2], account_id=nurse, sections=["ALLERGIES", "NOTES"]),
                access(patients[3], proxy_id=parent, basis=Basis.PROXY),
                access(patients[4], practitioner_id=nurse),
                access(patients[5], account_id=doctor),
                *(access(patients[6 + place], practitioner_id=doctor, **each) for place, each in enumerate(periods)),
                access(patients[9], location_id=pharmacy, basis=Basis.ORDER, sections=["ALLERGIES"]),
                *(access(each, account_id=aide) for each in patients[10:]),
                access(patients[10], account_id=rescuer, basis=Basis.EMERGENCY),
                withheld(patients[10], "NOTES"),
                Withholding(id=new_id(), patient_id=patients[11], section="NOTES", valid_until=now, version=2),
            ]
        )

    async def seen(kind: Kind, subject: UUID, own: dict[str, Any], **options: Any) -> list[int]:
        """The places of the patients whom a caller has access to: the same by either way of writing the statement."""
        principal = Principal(subject, new_id(), frozenset(), frozenset(), kind=kind, **own)
        context = Context(cast(Runtime, SimpleNamespace(service="test", database=database)), principal)

        def narrowed(caller: Principal) -> Select[Patient]:
            mine = has_access(caller, col(Patient.id), **options)
            return select(Patient).where(mine, col(Patient.id) == any_(bindparam("asked", type_=ARRAY(Uuid))))

        rows = await context.fetch(context.written(narrowed), asked=patients)
        plain = await context.fetch(narrowed(principal), asked=patients)
        assert {row.id for row in rows} == {row.id for row in plain}
        return sorted(patients.index(row.id) for row in rows)

    by = {"practitioner": doctor}
    assert await seen(Kind.STAFF, new_id(), by) == [0, 1]
    assert await seen(Kind.STAFF, new_id(), by, bases=[Basis.ORDER, Basis.GRANT]) == [1]
    assert await seen(Kind.STAFF, new_id(), by, bases=[]) == []
    assert await seen(Kind.STAFF, nurse, {}) == await seen(Kind.STAFF, nurse, {}, section="NOTES") == [2]
    assert await seen(Kind.STAFF, nurse, {}, section="CONDITIONS") == []
    assert await seen(Kind.STAFF, aide, {}) == await seen(Kind.STAFF, aide, {}, section="ALLERGIES") == [10, 11]
    assert await seen(Kind.STAFF, aide, {}, section="NOTES") == [11]
    assert await seen(Kind.STAFF, aide, {}, section="NOTES", though_withheld=True) == [10, 11]
    assert await seen(Kind.STAFF, rescuer, {}, section="NOTES") == [10]
    there = {"locations": frozenset({new_id(), pharmacy})}
    assert await seen(Kind.STAFF, new_id(), there, section="ALLERGIES") == [9]
    assert await seen(Kind.STAFF, new_id(), there, section="NOTES") == []
    assert await seen(Kind.PARTNER, new_id(), there) == await seen(Kind.PATIENT, new_id(), there) == []
    assert await seen(Kind.PATIENT, new_id(), {"patient": parent}, section="CONDITIONS") == [3]
    assert await seen(Kind.PATIENT, new_id(), {"patient": parent}, bases=[Basis.EMERGENCY]) == []
    for kind in (Kind.PATIENT, Kind.PARTNER, Kind.SERVICE, Kind.NONE):
        assert await seen(kind, nurse, by | {"patient": doctor}) == []
