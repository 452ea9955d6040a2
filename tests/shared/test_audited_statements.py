"""Every form of statement on an audited table is in the trail, or is refused."""

from collections.abc import AsyncIterator, Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, literal_column, select, text, union_all, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased
from sqlmodel import col

from shared.audit.recorder import Action
from shared.audit.statements import Unaudited
from shared.auth.principal import system
from shared.database.engine import Database
from shared.database.model import Audited
from shared.database.tables import AuditEntry, Outbox
from shared.graph.context import Context
from shared.ids import new_id
from shared.runtime import Runtime
from shared.unit_of_work import system_work
from subgraphs.patients.models import Patient, PatientIdentifier
from tests.harness.databases import cloned, stored

_Other = aliased(Patient)


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[Database]:
    service = import_module("subgraphs.patients.app").service
    async with cloned(postgres_server, [service]) as urls:
        opened = Database(urls["patients"])
        yield opened
        await opened.close()


@pytest.fixture
async def patients(database: Database) -> list[UUID]:
    rows = [
        Patient(medical_record_number=name, family=name, given=[], gender="female") for name in ("Berg", "Dahl", "Lund")
    ]
    async with stored(database) as session:
        session.add_all(rows)
        await session.flush()
        session.add_all(PatientIdentifier(patient_id=row.id, system="urn:x", value=row.family) for row in rows)
    return [row.id for row in rows]


async def trail(database: Database) -> list[tuple[str, str, set[UUID], set[UUID], list[str]]]:
    """Action, resource, keys, patients and columns of each entry."""
    async with database.read() as session:
        rows = (await session.scalars(select(AuditEntry).order_by(col(AuditEntry.position)))).all()
    columns = [(row.detail or {}).get("columns", []) for row in rows]
    return [
        (row.action, row.resource, set(row.resource_ids), set(row.patients), names)
        for row, names in zip(rows, columns, strict=True)
    ]


def _identifiers(*columns: Any) -> Any:
    return select(*columns).order_by(col(PatientIdentifier.value))


_PAIRS: Any = select(col(Patient.id).label("of"), col(_Other.family).label("like")).where(
    col(_Other.id) == col(Patient.id)
)
COLUMNS: dict[str, tuple[Callable[[], Any], str, str, list[str]]] = {
    "a key": (lambda: select(col(Patient.id)), "Patient", "all", ["id"]),
    "a column": (lambda: select(col(Patient.family)), "Patient", "none", ["family"]),
    "a core column": (lambda: select(Patient.__table__.c.family), "Patient", "none", ["family"]),  # type: ignore[attr-defined]
    "a core table": (lambda: select(PatientIdentifier.__table__), "PatientIdentifier", "others", []),  # type: ignore[attr-defined]
    "a patient's column": (
        lambda: _identifiers(col(PatientIdentifier.id), col(PatientIdentifier.patient_id)),
        "PatientIdentifier",
        "others",
        ["id", "patient_id"],
    ),
    "an expression": (lambda: select(func.lower(col(Patient.family))), "Patient", "none", ["family"]),
    "an alias": (lambda: select(col(_Other.family)), "Patient", "none", ["family"]),
    "a count": (lambda: select(func.count()).select_from(Patient), "Patient", "none", ["count"]),
    "a count of a sub-query": (
        lambda: select(func.count()).select_from(select(Patient).subquery()),
        "Patient",
        "none",
        ["count"],
    ),
    "a sub-query's column": (lambda: select(_PAIRS.subquery().c.like), "Patient", "none", ["family"]),
    "a CTE's column": (lambda: select(_PAIRS.cte().c.of), "Patient", "all", ["id"]),
    "a scalar sub-query": (
        lambda: select(select(func.max(col(Patient.birth_date))).scalar_subquery()),
        "Patient",
        "none",
        ["birth_date"],
    ),
    "whether there is one": (lambda: select(select(Patient).exists()), "Patient", "none", ["?"]),
    "a union": (lambda: union_all(select(col(Patient.id)), select(col(Patient.id))), "Patient", "all", ["id"]),
}


async def test_columns_that_are_read_are_entered(database: Database, patients: list[UUID]) -> None:
    for form, (statement, resource, keys, columns) in COLUMNS.items():
        before = len(await trail(database))
        async with system_work(database, "test") as work:
            assert (await work.session.execute(statement())).all(), form
        entries = (await trail(database))[before:]
        assert {entry[:2] for entry in entries} == {("read", resource)}, form
        _, _, found, about, names = entries[0]
        if keys == "all":
            assert found == about == set(patients), form
        elif keys == "others":
            assert (len(found), about) == (3, set(patients)), form
        else:
            assert found == set(), form
        assert names, form
        assert columns in ([], ["?"], names), form


NOT_FETCHED = {"a union", "an expression"}  # for which the driver has no types
FETCHED: dict[str, Callable[[], Any]] = {
    "rows": lambda: select(Patient),
    "rows in an order": lambda: select(Patient).order_by(func.lower(col(Patient.family)).desc()).limit(2),
    "rows under an alias": lambda: select(_Other).order_by(col(_Other.family)),
    "rows in another table's order": lambda: (
        select(Patient)
        .join(PatientIdentifier, col(PatientIdentifier.patient_id) == col(Patient.id))
        .order_by(col(PatientIdentifier.value).desc())
    ),
    "rows of two tables": lambda: select(Patient, PatientIdentifier).where(
        col(PatientIdentifier.patient_id) == col(Patient.id)
    ),
    "no rows": lambda: select(Patient).where(col(Patient.family) == "?"),
    "no columns": lambda: select(col(Patient.id), col(Patient.family)).where(col(Patient.family) == "?"),
    "columns in an order": lambda: _identifiers(col(PatientIdentifier.patient_id), col(PatientIdentifier.value)).limit(
        2
    ),
    "columns in the order of others": lambda: _identifiers(
        col(PatientIdentifier.id), col(PatientIdentifier.patient_id)
    ),
    **{form: statement for form, (statement, *_) in COLUMNS.items() if form not in NOT_FETCHED},
}


@pytest.mark.parametrize("form", FETCHED)
async def test_what_is_read_for_an_answer_is_entered_as_in_a_session(
    database: Database, patients: list[UUID], form: str
) -> None:
    statement = FETCHED[form]()
    async with system_work(database, "test") as work:
        expected = (await work.session.execute(statement)).all()
    in_session = await trail(database)
    context = Context(cast(Runtime, SimpleNamespace(service="test", database=database)), system())
    found = await context.fetch(statement)
    await context.flush_audit()
    by_form = (await trail(database))[len(in_session) :]
    assert len(by_form) == len(in_session)
    assert all(entry in in_session for entry in by_form)
    rows = [tuple(_plain(part) for part in (row if isinstance(row, tuple) else (row,))) for row in found]
    given = [tuple(_plain(part) for part in row) for row in expected]
    assert rows == given if statement._order_by_clauses else sorted(rows, key=str) == sorted(given, key=str)


def _plain(part: Any) -> Any:
    """A value, or of a row its key."""
    return cast(Any, part).id if isinstance(part, Audited) else part


async def test_what_only_narrows_is_no_reading(database: Database, patients: list[UUID]) -> None:
    narrowed = col(PatientIdentifier.patient_id).in_(select(col(Patient.id)).where(col(Patient.family) == "Berg"))
    async with system_work(database, "test") as work:
        (row,) = (await work.session.scalars(select(PatientIdentifier).where(narrowed))).all()
        assert not (await work.session.execute(select(col(Patient.id)).where(col(Patient.family) == "?"))).all()
    assert await trail(database) == [("read", "PatientIdentifier", {row.id}, {patients[0]}, [])]


WRITES: dict[str, tuple[Callable[[], Any], Action]] = {
    "update": (lambda: update(Patient).values(prefix="Dr."), Action.UPDATE),
    "core update": (lambda: update(Patient.__table__).values(prefix="Dr."), Action.UPDATE),  # type: ignore[attr-defined]
    "update from": (
        lambda: update(Patient).where(col(Patient.id) == col(PatientIdentifier.patient_id)).values(prefix="Dr."),
        Action.UPDATE,
    ),
    "update returning": (
        lambda: update(Patient).values(prefix="Dr.").returning(col(Patient.family), col(Patient.id)),
        Action.UPDATE,
    ),
    "update returning rows": (lambda: update(Patient).values(prefix="Dr.").returning(Patient), Action.UPDATE),
    "delete": (lambda: delete(Patient), Action.DELETE),
}


async def test_rows_that_a_statement_writes_are_entered(database: Database, patients: list[UUID]) -> None:
    for form, (statement, action) in WRITES.items():
        before = len(await trail(database))
        async with system_work(database, "test") as work:
            await work.session.execute(statement())
        entries = [entry[:4] for entry in (await trail(database))[before:] if entry[0] != "read"]
        assert entries == [(action, "Patient", set(patients), set(patients))], form


async def test_rows_that_a_statement_adds_are_entered(database: Database, patients: list[UUID]) -> None:
    values = [{"id": new_id(), "patient_id": patient, "system": "urn:y", "value": "1"} for patient in patients]
    now = {"created_at": func.now(), "updated_at": func.now()}
    async with system_work(database, "test") as work:
        await work.session.execute(insert(PatientIdentifier).values([value | now for value in values]))
        again = upsert(PatientIdentifier).values([value | now for value in values]).on_conflict_do_nothing()
        await work.session.execute(again)
    keys = {value["id"] for value in values}
    assert await trail(database) == [("create", "PatientIdentifier", keys, set(patients), [])]


async def test_what_was_rolled_back_was_not_written_but_was_read(database: Database, patients: list[UUID]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with system_work(database, "test") as work:
            await work.session.execute(update(Patient).values(prefix="Dr."))
            await work.session.execute(select(col(Patient.id)))
            raise ZeroDivisionError
    assert [entry[:2] for entry in await trail(database)] == [("read", "Patient")]


_written = update(Patient).values(prefix="Dr.").returning(Patient).cte("written")
REFUSED: dict[str, Callable[[], Any]] = {
    "text": lambda: text("SELECT family FROM patient"),
    "text that writes": lambda: text('UPDATE "patient" SET prefix = NULL'),
    "text of rows": lambda: select(Patient).from_statement(text("SELECT * FROM patient")),
    "text's columns": lambda: text("SELECT id FROM patient").columns(Patient.__table__.c.id),  # type: ignore[attr-defined]
    "literal SQL": lambda: select(literal_column("(SELECT family FROM patient LIMIT 1)")),
    "an upsert": lambda: (
        upsert(PatientIdentifier)
        .values(id=new_id(), system="s", value="v")
        .on_conflict_do_update(index_elements=["id"], set_={"value": "w"})
    ),
    "a part that writes": lambda: select(col(PatientIdentifier.value)).add_cte(_written),
    "what a part has written": lambda: select(_written.c.family),
    "rows that a part has written": lambda: select(aliased(Patient, _written)),
    "a copy": lambda: insert(Outbox).from_select(["key"], select(col(Patient.family))),
    "a column returned without its key": lambda: update(Patient).values(prefix="Dr.").returning(col(Patient.family)),
}


async def test_what_cannot_be_told_is_refused(database: Database, patients: list[UUID]) -> None:
    for form, statement in REFUSED.items():
        with pytest.raises(Unaudited):
            async with system_work(database, "test") as work:
                await work.session.execute(statement())
                pytest.fail(form)


UNRECORDED: dict[str, Callable[[], Any]] = {
    "rows": lambda: select(Patient),
    "a column": lambda: select(col(Patient.family)),
    "a count": lambda: select(func.count()).select_from(Patient),
    "an update": lambda: update(Patient).values(prefix="Dr."),
    "a deletion": lambda: delete(Patient),
    "text": lambda: text("SELECT 1 FROM patient"),
}


async def test_a_session_that_enters_nothing_reaches_nothing_audited(database: Database, patients: list[UUID]) -> None:
    for opened in (database.read, database.write):
        for form, statement in UNRECORDED.items():
            with pytest.raises(Unaudited):
                async with opened() as session:
                    await session.execute(statement())
                    pytest.fail(form)
    with pytest.raises(Unaudited):
        async with database.write() as session:
            session.add(PatientIdentifier(patient_id=patients[0], system="urn:y", value="1"))
    with pytest.raises(Unaudited):
        async with database.read() as session:
            await session.get(Patient, patients[0])
