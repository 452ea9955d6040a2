"""What is encrypted is so in the database alone, under the patient's key, in its place, whoever writes and reads it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import ClassVar
from unittest.mock import AsyncMock, patch
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Select, insert, literal, select, text, update
from sqlmodel import col

from shared.database.engine import Database
from shared.database.model import Audited, Record, Versioned, new_registry
from shared.database.tables import StoredDataKey
from shared.encryption import Encrypted, encrypted
from shared.encryption.providers import open_provider
from shared.encryption.value import Erased, Unreadable
from shared.ids import new_id
from shared.unit_of_work import system_work
from tests.harness.databases import cloned, key_provider


class Reading(msgspec.Struct, frozen=True):
    code: str
    value: Decimal
    day: date


class Model(Record, registry=new_registry()): ...


class Finding(Model, Versioned, Audited, table=True):
    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "finding"

    patient_id: UUID
    reading: Encrypted[Reading] = encrypted(Reading)
    note: Encrypted[str] = encrypted(str)
    remark: Encrypted[str] | None = encrypted(str, nullable=True)


READING = Reading("8867-4", Decimal("71.50"), date(2024, 2, 29))


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[Database]:
    async with cloned(postgres_server, [import_module("subgraphs.directory.app").service]) as urls:
        opened = Database(urls["directory"], domain="ward", key_provider=open_provider(key_provider()))
        async with opened.engine.begin() as connection:
            await connection.run_sync(Model.metadata.create_all)
        yield opened
        await opened.close()


async def write(database: Database, patient: UUID, note: str = "") -> UUID:
    async with system_work(database, "test") as work:
        row = Finding(patient_id=patient, reading=Encrypted(READING), note=Encrypted(note))
        work.session.add(row)
    return row.id


def find(_: object) -> Select[Finding]:
    return select(Finding)


async def test_a_value_is_read_as_it_was_written_by_driver_and_session(database: Database) -> None:
    patient = new_id()
    key = await write(database, patient, "Slept well, né?")
    (row,) = await database.driver.fetch(select(Finding))
    assert (row.reading.value, row.note.value, row.remark) == (READING, "Slept well, né?", None)
    assert "Slept" not in repr(row.note) + repr(row.reading)
    rows = await database.driver.fetch(select(Finding, literal("a").label("a"), col(Finding.patient_id)))
    assert [(each[0].note.value, each[1], each[2]) for each in rows] == [("Slept well, né?", "a", patient)]
    async with system_work(database, "test") as work:
        found = await work.find(find, key)
        assert found.reading.value == READING
        found.note = Encrypted("Woke at 3.")
    assert (found.note.value, found.version) == ("Woke at 3.", 2)
    assert await stored(database, "Slept") == await stored(database, "8867-4") == await stored(database, "Woke") == 0


async def stored(database: Database, marker: str) -> int:
    """In how many rows of the table a text stands as it is."""
    async with database.engine.connect() as connection:
        found = text("SELECT count(*) FROM finding WHERE position(convert_to(:marker, 'UTF8') IN reading || note) > 0")
        return int((await connection.execute(found, {"marker": marker})).scalar_one())


async def test_what_does_not_change_is_not_written_anew(database: Database) -> None:
    key = await write(database, new_id(), "The same.")
    async with system_work(database, "test") as work:
        row = await work.find(find, key)
        row.note, row.reading = Encrypted("The same."), Encrypted(READING)
    assert row.version == 1


async def test_nothing_but_a_unit_of_work_can_store_a_value(database: Database) -> None:
    values = {"patient_id": new_id(), "note": Encrypted("plain")}
    for statement in (insert(Finding).values(reading=Encrypted(READING), **values), update(Finding).values(**values)):
        with pytest.raises(Exception, match="written by a unit of work"):
            async with system_work(database, "test") as work:
                await work.session.execute(statement)
    with pytest.raises(TypeError, match="select the whole row"):
        await database.driver.fetch(select(col(Finding.note)))


@pytest.mark.parametrize("column", ["note", "reading"])
async def test_bytes_that_were_moved_or_changed_are_refused(database: Database, column: str) -> None:
    patient = new_id()
    mine, other = await write(database, patient, "Mine."), await write(database, patient, "Another's.")
    async with database.engine.begin() as connection:
        move = f"UPDATE finding SET {column} = (SELECT {column} FROM finding WHERE id = :other) WHERE id = :mine"  # noqa: S608
        await connection.execute(text(move), {"mine": mine, "other": other})
    rows = {row.id: row for row in await database.driver.fetch(select(Finding))}
    assert getattr(rows[other], column).value
    with pytest.raises(Unreadable, match=str(mine)):
        _ = getattr(rows[mine], column).value


async def test_many_patients_rows_take_one_statement_and_their_keys_another_once(database: Database) -> None:
    for _ in range(20):
        await write(database, new_id())
    database.keyring.forget()
    for statements in (2, 1):
        with patch.object(database.driver, "fetch", AsyncMock(wraps=database.driver.fetch)) as fetch:
            rows = await database.driver.fetch(select(Finding))
        assert {row.reading.value for row in rows} == {READING}
        assert fetch.await_count == statements


async def test_each_patient_has_one_key_that_encrypts_however_many_write_at_once(database: Database) -> None:
    patients = [new_id() for _ in range(3)]
    await asyncio.gather(*(write(database, patient, "At once.") for patient in patients for _ in range(10)))
    keys = await database.driver.fetch(select(StoredDataKey))
    assert sorted(key.patient_id for key in keys) == patients
    assert len({bytes(key.wrapped or b"") for key in keys}) == 3
    assert {row.note.value for row in await database.driver.fetch(select(Finding))} == {"At once."}


async def test_a_row_that_was_given_to_a_survivor_is_read_under_its_old_key(database: Database) -> None:
    merged, survivor = new_id(), new_id()
    key = await write(database, merged, "Before.")
    async with system_work(database, "test") as work:
        await work.session.execute(update(Finding).values(patient_id=survivor))
        row = await work.find(find, key)
        assert row.note.value == "Before."
        row.note = Encrypted("After.")
    (read,) = await database.driver.fetch(select(Finding))
    assert (read.note.value, read.reading.value) == ("After.", READING)


async def test_a_destroyed_key_opens_nothing_and_encrypts_nothing(database: Database) -> None:
    erased, other = new_id(), new_id()
    for patient in (erased, other):
        await write(database, patient, "Gone.")
    async with database.write() as session:
        await session.execute(update(StoredDataKey).values(wrapped=None).where(col(StoredDataKey.patient_id) == erased))
    database.keyring.forget()
    rows = {row.patient_id: row for row in await database.driver.fetch(select(Finding))}
    assert rows[other].note.value == "Gone."
    with pytest.raises(Erased):
        _ = rows[erased].note.value
    with pytest.raises(Erased):
        await write(database, erased, "Again.")


async def test_equal_values_have_equal_blind_indexes_that_only_the_service_can_make(database: Database) -> None:
    patient = new_id()

    async def index(*parts: object) -> bytes:
        async with system_work(database, "test") as work:
            return await work.blind_index(*parts)

    assert await index(patient, "a", "bc") == await index(patient, "a", "bc")
    assert (
        len({await index(patient, "a", "bc"), await index(patient, "ab", "c"), await index(new_id(), "a", "bc")}) == 3
    )
