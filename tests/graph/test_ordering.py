"""Lists in the orders that clients can ask for: every one both ways, page by page, beside a plain sorted list."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.ids import global_id
from subgraphs.directory.models import Practitioner
from subgraphs.identity.models import Account
from subgraphs.patients.models import Patient
from tests.graph.test_paging import BEGIN, appointment, put
from tests.harness.clinic import Clinic
from tests.harness.paging import walk

NAMES = [("Berg", "Ola"), ("Abel", "Ola"), ("Berg", "Anna"), ("Chu", "Li"), ("Berg", "Ola")]


@dataclass(frozen=True)
class Sorted:
    """A list: rows by service, a query of it with the `orderBy` that ORDER is, and what its first rows are sorted by."""

    rows: Mapping[str, Sequence[Any]]
    query: str
    by: Mapping[str, Callable[[Any], Any]]

    @property
    def listed(self) -> Sequence[Any]:
        return next(iter(self.rows.values()))


def patients() -> Sorted:
    born = [date(1980, 2, 29), None, date(1979, 1, 1), None, date(1980, 2, 29)]
    rows = [
        Patient(medical_record_number=f"{number:08}", family=family, given=[given], gender="other", birth_date=day)
        for number, ((family, given), day) in enumerate(zip(NAMES, born, strict=True))
    ]
    return Sorted(
        {"patients": rows},
        "{ patients(ORDER, ARGUMENTS) { nodes { id } INFO } }",
        {
            "NAME": lambda row: (row.family.lower(), row.given),
            "BIRTH_DATE": lambda row: row.birth_date or date.max,
            "REGISTERED_AT": lambda row: row.created_at,
        },
    )


def practitioners() -> Sorted:
    return Sorted(
        {"directory": [Practitioner(family=family, given=[given]) for family, given in NAMES]},
        "{ practitioners(ORDER, ARGUMENTS) { nodes { id } INFO } }",
        {"NAME": lambda row: (row.family.lower(), row.given), "ENTERED_AT": lambda row: row.created_at},
    )


def accounts() -> Sorted:
    seen = [BEGIN, None, BEGIN - timedelta(days=1), None, BEGIN]
    rows = [
        Account(email=f"{name}@example.org", roles=["NURSE"], last_log_in_at=at)
        for name, at in zip("dbeac", seen, strict=True)
    ]
    return Sorted(
        {"identity": rows},
        "{ accounts(ORDER, ARGUMENTS) { nodes { id } INFO } }",
        {
            "EMAIL": lambda row: row.email,
            "LAST_LOG_IN_AT": lambda row: row.last_log_in_at or datetime.min.replace(tzinfo=UTC),
            "CREATED_AT": lambda row: row.created_at,
        },
    )


def _appointments(practitioner: Practitioner, query: str) -> Sorted:
    times = ((3, 1), (1, 2), (2, 1), (4, 1), (0, 3))
    rows = [appointment(practitioner.id, hours, booked_days=days) for hours, days in times]
    return Sorted(
        {"appointments": rows, "directory": [practitioner]},
        query,
        {"STARTS_AT": lambda row: row.starts_at, "BOOKED_AT": lambda row: row.booked_at},
    )


def appointments() -> Sorted:
    return _appointments(
        Practitioner(family="Berg", given=["Ola"]), "{ appointments(ORDER, ARGUMENTS) { nodes { id } INFO } }"
    )


def appointments_of_a_practitioner() -> Sorted:
    return _appointments(
        Practitioner(family="Berg", given=["Ola"]),
        "{ practitioners { nodes { appointments(ORDER, ARGUMENTS) { nodes { id } INFO } } } }",
    )


@pytest.fixture(params=[patients, practitioners, accounts, appointments, appointments_of_a_practitioner])
def made(request: pytest.FixtureRequest) -> Sorted:
    found: Sorted = request.param()
    return found


@pytest.fixture
def services(made: Sorted) -> tuple[str, ...]:
    return tuple(made.rows)


async def test_lists_are_ordered_as_asked(clinic: Clinic, made: Sorted) -> None:
    await put(clinic, made.rows)
    admin = clinic.caller("ADMIN")
    for field, key in made.by.items():
        for direction in ("ASC", "DESC"):
            rows = sorted(made.listed, key=lambda row: (key(row), row.id), reverse=direction == "DESC")
            query = made.query.replace("ORDER", f"orderBy: {{ field: {field}, direction: {direction} }}")
            for backward in (False, True):
                found = await walk(admin, query, size=2, backward=backward)
                assert found == [{"id": global_id(type(row).__name__, row.id)} for row in rows], (
                    field,
                    direction,
                    backward,
                )


async def test_the_order_is_that_of_the_first_field_if_none_is_asked_for(clinic: Clinic, made: Sorted) -> None:
    await put(clinic, made.rows)
    admin = clinic.caller("ADMIN")
    first = next(iter(made.by))
    default = await walk(admin, made.query.replace("ORDER, ", ""), size=2)
    assert default == await walk(admin, made.query.replace("ORDER", f"orderBy: {{ field: {first} }}"), size=9)


async def test_a_cursor_of_one_order_is_refused_in_another(clinic: Clinic, made: Sorted) -> None:
    await put(clinic, made.rows)
    admin = clinic.caller("ADMIN")
    orders = [f"orderBy: {{ field: {field}, direction: {way} }}" for field in made.by for way in ("ASC", "DESC")]
    for order in orders:
        query = made.query.replace("ORDER", order)
        page = await admin.data(query.replace("ARGUMENTS", "first: 1").replace("INFO", "pageInfo { endCursor }"))
        (cursor,) = re.findall(r'"endCursor": "([^"]+)"', json.dumps(page))
        for other in orders:
            text = made.query.replace("ORDER", other).replace("ARGUMENTS", f'after: "{cursor}"').replace("INFO", "")
            codes = [error["extensions"]["code"] for error in (await admin.execute(text)).get("errors", ())]
            assert codes == ([] if other == order else ["BAD_USER_INPUT"]), (order, other)
