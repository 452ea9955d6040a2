"""What is read by the driver is what the ORM reads."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import asyncpg
import pytest
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlmodel import col

from shared.audit.recorder import Action, AuditRecorder
from shared.auth.principal import Kind, Principal, system
from shared.database.engine import Database
from shared.database.tables import AuditEntry
from shared.ids import new_id
from subgraphs.directory.models import Location
from subgraphs.patients import policy
from subgraphs.patients.models import Patient
from tests.harness.databases import cloned, stored


@pytest.fixture
async def databases(postgres_server: str) -> AsyncIterator[dict[str, Database]]:
    services = [import_module(f"subgraphs.{name}.app").service for name in ("directory", "patients")]
    async with cloned(postgres_server, services) as urls:
        opened = {name: Database(url, pool_size=2) for name, url in urls.items()}
        yield opened
        for database in opened.values():
            await database.close()


def patient(number: int, **values: Any) -> Patient:
    return Patient(medical_record_number=f"{number:08}", family="Berg", given=["Ola", "Ö"], gender="male", **values)


async def test_rows_have_the_values_of_the_model(databases: dict[str, Database]) -> None:
    rows: dict[str, list[Any]] = {
        "directory": [
            Location(name="Ward", address={"city": "Bremen"}, latitude=53.1, longitude=-8.8),
            Location(address={}),
        ],
        "patients": [
            patient(1),
            patient(
                2,
                birth_date=date(1980, 2, 29),
                deceased=True,
                deceased_at=datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
                source_digest=b"\x00\xff",
                contact_points=[{"system": "phone", "value": "+49", "use": None}],
            ),
        ],
    }
    for name, written in rows.items():
        model, database = type(written[0]), databases[name]
        async with stored(database) as session:
            session.add_all(written)
        statement = select(model).order_by(col(model.id))
        async with stored(database) as session:
            expected = (await session.scalars(statement)).all()
        found = await database.driver.fetch(statement)
        names = model.__table__.columns.keys()
        assert [{key: getattr(row, key) for key in names} for row in found] == [
            {key: getattr(row, key) for key in names} for row in expected
        ]


async def test_a_statement_is_compiled_once_and_each_caller_gets_their_own_rows(databases: dict[str, Database]) -> None:
    database = databases["patients"]
    people = [patient(number) for number in range(3)]
    async with stored(database) as session:
        session.add_all(people)

    def caller(own: Patient | None, kind: Kind) -> Principal:
        scopes = frozenset({policy.READ, policy.ADMINISTER})
        return Principal(new_id(), new_id(), frozenset(), scopes, own.id if own else None, kind=kind)

    for own in people:
        assert [row.id for row in await database.driver.fetch(policy.patients(caller(own, Kind.PATIENT)))] == [own.id]
    assert await database.driver.fetch(policy.patients(caller(None, Kind.PATIENT))) == []
    assert len(await database.driver.fetch(policy.patients(caller(None, Kind.STAFF)))) == 3
    for count in range(4):
        named = select(Patient).where(col(Patient.id).in_([each.id for each in people[:count]]))
        assert len(await database.driver.fetch(named)) == count
        given = named.where(col(Patient.id) == any_(bindparam("keys", type_=ARRAY(Uuid))))
        for each in people:
            found = await database.driver.fetch(given, keys=[each.id, new_id()])
            assert [row.id for row in found] == ([each.id] if each in people[:count] else [])


async def test_rows_are_added_all_or_none(databases: dict[str, Database]) -> None:
    driver = databases["patients"].driver
    recorder = AuditRecorder(system())
    entries = [recorder.entry(Action.READ, "Thing", [new_id()], detail={"reason": "test"}) for _ in range(3)]
    with pytest.raises(asyncpg.PostgresError):
        await driver.insert(AuditEntry, [*entries[:2], entries[2] | {"actor": None}])
    assert await driver.fetch(select(AuditEntry)) == []
    await driver.insert(AuditEntry, entries)
    stored = await driver.fetch(select(AuditEntry).order_by(col(AuditEntry.position)))
    assert [(row.id, row.at, row.detail) for row in stored] == [
        (entry["id"], entry["at"], entry["detail"]) for entry in entries
    ]


async def test_a_lost_connection_is_replaced(databases: dict[str, Database]) -> None:
    database = databases["patients"]
    await database.driver.fetch(select(Patient))
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await Database.ping(database)
    assert await database.driver.fetch(select(Patient)) == []
