"""A statement is written once for all callers of a kind; each sees what is theirs."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from shared.database.engine import Database
from shared.graph.context import Context
from shared.ids import new_id
from shared.runtime import Runtime
from subgraphs.patients import policy
from subgraphs.patients.app import service
from subgraphs.patients.models import Patient
from tests.harness.databases import cloned, stored


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[Database]:
    async with cloned(postgres_server, [service]) as urls:
        database = Database(urls[service.name], pool_size=2)
        yield database
        await database.close()


def context(database: Database, kind: Kind, patient: UUID | None = None) -> Context:
    principal = Principal(
        new_id(), new_id(), frozenset(), frozenset({policy.READ, policy.ADMINISTER}), patient, kind=kind
    )
    return Context(cast(Runtime, SimpleNamespace(service="test", database=database)), principal)


async def test_callers_of_a_kind_share_a_statement_and_see_their_own(database: Database) -> None:
    people = [Patient(medical_record_number=f"{n:08}", family="Berg", given=["Ö"], gender="male") for n in range(3)]
    async with stored(database) as session:
        session.add_all(people)
    written = []

    def named(principal: Principal) -> Select[Patient]:
        written.append(principal.kind)
        wanted = bindparam("wanted", type_=ARRAY(Uuid))
        return policy.patients(principal).where(col(Patient.id) == any_(wanted)).order_by(col(Patient.id))

    everybody = [each.id for each in people]

    async def seen(by: Context) -> list[UUID]:
        return [row.id for row in await by.fetch(by.written(named), wanted=everybody)]

    for each in people:
        assert await seen(context(database, Kind.PATIENT, each.id)) == [each.id]
    assert await seen(context(database, Kind.PATIENT)) == []
    assert await seen(context(database, Kind.STAFF)) == everybody
    assert await seen(context(database, Kind.STAFF, everybody[0])) == everybody
    assert written == [Kind.PATIENT, Kind.PATIENT, Kind.STAFF, Kind.STAFF]


def test_a_statement_cannot_depend_on_which_key_a_caller_has(database: Database) -> None:
    def by_key(principal: Principal) -> Select[Patient]:
        return policy.patients(principal) if principal.patient else policy.own(principal)

    with pytest.raises(TypeError, match="Boolean value"):
        context(database, Kind.PATIENT, new_id()).written(by_key)
