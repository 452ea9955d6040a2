"""Lists of many objects at once: one statement for all of their pages, and one for all of their counts."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from shared.database.model import utc_now
from subgraphs.directory.models import Location, Organization, Practitioner
from subgraphs.identity.models import Account, Activity, ActivityKind, Session
from tests.graph.test_paging import ADDRESS, appointment, put
from tests.harness.clinic import Clinic

PARENTS, ITEMS = 4, 3


@dataclass(frozen=True)
class Nested:
    """Rows by service, the list of the parents, and the field that is a list of each, whose service is the last one."""

    rows: dict[str, list[SQLModel]]
    parents: str
    field: str


def locations() -> Nested:
    parents = [Organization(name=f"Clinic {number}", address=ADDRESS) for number in range(PARENTS)]
    rows = [
        Location(name=f"Room {number}", address=ADDRESS, organization_id=one.id)
        for one in parents
        for number in range(ITEMS)
    ]
    return Nested({"directory": [*parents, *rows]}, "organizations", "locations")


def _accounts() -> list[Account]:
    return [Account(email=f"a{number}@example.org", roles=["NURSE"]) for number in range(PARENTS)]


def activity() -> Nested:
    parents = _accounts()
    rows = [Activity(account_id=one.id, kind=ActivityKind.LOGGED_IN) for one in parents for _ in range(ITEMS)]
    return Nested({"identity": [*parents, *rows]}, "accounts", "activity")


def sessions() -> Nested:
    parents, now = _accounts(), utc_now()
    rows = [
        Session(account_id=one.id, last_used_at=now, expires_at=now + timedelta(days=1))
        for one in parents
        for _ in range(ITEMS)
    ]
    return Nested({"identity": [*parents, *rows]}, "accounts", "sessions")


def appointments() -> Nested:
    parents = [Practitioner(family=f"Berg {number}", given=["Ola"]) for number in range(PARENTS)]
    rows = [appointment(one.id, number) for one in parents for number in range(ITEMS)]
    return Nested({"directory": [*parents], "appointments": [*rows]}, "practitioners", "appointments")


@pytest.fixture(params=[locations, activity, sessions, appointments])
def nested(request: pytest.FixtureRequest) -> Nested:
    made: Nested = request.param()
    return made


@pytest.fixture
def services(nested: Nested) -> tuple[str, ...]:
    return tuple(nested.rows)


async def _ask(clinic: Clinic, nested: Nested, selection: str) -> tuple[list[Any], int]:
    """The parents, and how many statements the lists' service has executed."""
    query = f"{{ {nested.parents} {{ nodes {{ {selection} }} }} }}"
    with clinic.statements(list(nested.rows)[-1]) as statements:
        data = await clinic.caller("ADMIN").data(query)
    return data[nested.parents]["nodes"], len(statements)


async def test_statements_do_not_grow_with_the_parents(clinic: Clinic, nested: Nested) -> None:
    await put(clinic, nested.rows)
    _, without = await _ask(clinic, nested, "id") if len(nested.rows) == 1 else ([], 0)
    pages = f"{nested.field}(first: 2) {{ nodes {{ id }} pageInfo {{ hasNextPage }} }}"
    parents, statements = await _ask(clinic, nested, pages)
    assert [len(one[nested.field]["nodes"]) for one in parents] == [2] * PARENTS
    assert all(one[nested.field]["pageInfo"]["hasNextPage"] for one in parents)
    assert statements == without + 1
    parents, statements = await _ask(clinic, nested, f"{nested.field} {{ totalCount nodes {{ id }} }}")
    assert [one[nested.field]["totalCount"] for one in parents] == [ITEMS] * PARENTS
    assert statements <= without + 3  # with the entry of what was counted, where that is audited


async def test_one_cursor_is_one_place_in_each_list(clinic: Clinic, nested: Nested) -> None:
    await put(clinic, nested.rows)
    listed = f"{nested.field} {{ nodes {{ id }} edges {{ cursor }} }}"
    whole, _ = await _ask(clinic, nested, listed)
    cursor = whole[0][nested.field]["edges"][0]["cursor"]
    parents, _ = await _ask(clinic, nested, f'{nested.field}(after: "{cursor}") {{ nodes {{ id }} }}')
    assert parents[0][nested.field]["nodes"] == whole[0][nested.field]["nodes"][1:]
    for part, all_of_it in zip(parents, whole, strict=True):
        kept = part[nested.field]["nodes"]
        assert kept == all_of_it[nested.field]["nodes"][ITEMS - len(kept) :]
