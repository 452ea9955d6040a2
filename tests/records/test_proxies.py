"""Proxies: who appoints them, what they see of a minor's record, and when that ends by itself."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from shared.database.model import utc_now
from shared.database.tables import PatientAccess
from shared.ids import new_id
from subgraphs.records.codes import Section
from subgraphs.records.consumers import PatientMerged
from subgraphs.records.service.proxies import birthday
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.harness.repeating import check_repeating
from tests.records.conftest import Ward, answer, principal

ALL = set(Section)
CONFIDENTIAL = {Section.NOTES, Section.DOCUMENTS, Section.HISTORY, Section.RESULTS}
PROXY = "id relationship wholeUntil endsOn endedAt patient { id } proxy { id }"
APPOINT = f"""mutation($input: AppointProxyInput!) {{ appointProxy(input: $input) {{
  __typename ... on AppointProxySuccess {{ proxy {{ {PROXY} }} }} ... on UserError {{ code }}
  ... on InvalidInput {{ fields {{ path code }} }}
}} }}"""
END = f"""mutation($input: EndProxyInput!) {{ endProxy(input: $input) {{
  __typename ... on EndProxySuccess {{ proxy {{ {PROXY} }} }} ... on UserError {{ code }}
}} }}"""
LIST = f"query($id: ID) {{ proxies(patientId: $id) {{ totalCount nodes {{ {PROXY} }} }} }}"


def born(years: int, days: int = 0) -> date:
    """The birth date of who becomes so old in some days."""
    day = utc_now().date() + timedelta(days=days)
    return (
        day.replace(year=day.year - years)
        if (day.month, day.day) != (2, 29)
        else day.replace(year=day.year - years, day=28)
    )


async def appointed(caller: Caller, child: UUID, parent: UUID) -> dict[str, Any]:
    """The answer of `appointProxy`."""
    fields = {"patientId": str(child), "proxyId": str(parent), "relationship": "PARENT"}
    return await answer(caller, APPOINT, **fields)


@pytest.mark.parametrize(
    ("birth_date", "age", "expected"),
    [
        (date(2008, 2, 29), 12, date(2020, 2, 29)),
        (date(2008, 2, 29), 18, date(2026, 3, 1)),
        (date(2008, 2, 28), 18, date(2026, 2, 28)),
        (date(2009, 3, 1), 18, date(2027, 3, 1)),
        (date(1899, 12, 31), 1, date(1900, 12, 31)),
    ],
)
def test_a_birthday_is_of_the_calendar(birth_date: date, age: int, expected: date) -> None:
    assert birthday(birth_date, age) == expected


async def test_a_proxy_sees_a_minors_record_until_the_birthdays(ward: Ward) -> None:
    reception, admin = ward.clinic.caller("RECEPTIONIST"), ward.clinic.caller("ADMIN")
    (parent, proxy), by = await ward.patient(), None
    for years, days, expected in ((11, 0, ALL), (12, 1, ALL), (12, 0, ALL - CONFIDENTIAL), (18, 1, ALL - CONFIDENTIAL)):
        child, _ = await ward.patient(birth_date=born(years, days))
        by = principal("PATIENT", patient=parent)
        made = await appointed(reception, child, parent)
        assert made["__typename"] == "AppointProxySuccess", made
        assert await ward.opens(by, child) == expected, (years, days)
        assert {row.proxy_id for row in await ward.access(child)} == {parent}
    grown, _ = await ward.patient(birth_date=born(18))
    assert (await appointed(admin, grown, parent))["code"] == "PATIENT_OF_AGE"
    (vague, _), strange = await ward.patient(partial_birth_date="2020-05"), new_id()
    assert (await appointed(admin, vague, parent))["code"] == "BIRTH_DATE_UNKNOWN"
    assert (await appointed(admin, strange, parent))["code"] == "NOT_FOUND"
    assert (await proxy.data(LIST))["proxies"]["totalCount"] == 4

    # Once the birthday has begun, the proxy sees nothing, though nobody has done anything.
    assert by is not None
    async with stored(ward.database) as session:
        over = update(PatientAccess).where(col(PatientAccess.patient_id) == child)
        await session.execute(over.values(valid_until=datetime.now(UTC)))
    assert await ward.opens(by, child) == set()


async def test_what_two_birthdays_make_of_an_access(ward: Ward) -> None:
    birth_date = born(11)
    (child, _), (parent, _) = await ward.patient(birth_date=birth_date), await ward.patient()
    await appointed(ward.clinic.caller("ADMIN"), child, parent)
    whole, part = await ward.access(child)
    confidence, majority = (birthday(birth_date, age) for age in (12, 18))
    assert whole.sections is None
    assert (whole.valid_until, part.valid_from) == (part.valid_from, datetime(*confidence.timetuple()[:3], tzinfo=UTC))
    assert part.valid_until == datetime(*majority.timetuple()[:3], tzinfo=UTC)
    assert set(part.sections or ()) == ALL - CONFIDENTIAL


async def test_who_appoints_and_ends_and_who_sees_that(ward: Ward) -> None:
    (child, me), (parent, proxy) = await ward.patient(birth_date=born(5)), await ward.patient()
    reception, stranger = ward.clinic.caller("RECEPTIONIST"), ward.clinic.caller("PATIENT", patient=new_id())
    for role in ("DOCTOR", "NURSE", "PATIENT", "AUDITOR"):
        made = await ward.clinic.caller(role).execute(
            APPOINT,
            input={"patientId": str(child), "proxyId": str(parent), "relationship": "PARENT"},
        )
        assert made["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE", role
    wrong = await appointed(reception, child, child)
    assert [(each["path"][0], each["code"]) for each in wrong["fields"]] == [("proxyId", "OWN_PROXY")]
    made = (await appointed(reception, child, parent))["proxy"]
    assert (made["patient"]["id"], made["proxy"]["id"]) == (f"Patient:{child}", f"Patient:{parent}")
    assert (await appointed(reception, child, parent))["code"] == "PROXY_APPOINTED"
    for caller in (me, proxy, reception):
        assert (await caller.data(LIST, id=str(child)))["proxies"]["nodes"] == [made]
    assert (await stranger.data(LIST))["proxies"]["totalCount"] == 0

    for caller in (me, stranger):
        assert (await answer(caller, END, id=made["id"]))["code"] == "NOT_FOUND"
    ended = (await answer(proxy, END, id=made["id"]))["proxy"]
    assert ended["endedAt"] is not None
    assert await ward.opens(principal("PATIENT", patient=parent), child) == set()
    assert (await answer(reception, END, id=made["id"]))["code"] == "PROXY_ENDED"
    types = [event.type.split(".")[2] for event in await ward.clinic.published("records")]
    assert types == [*["access-changed"] * 2, "proxy-appointed", *["access-changed"] * 2, "proxy-ended"]
    again = (await appointed(reception, child, parent))["proxy"]
    assert (await answer(reception, END, id=again["id"]))["__typename"] == "EndProxySuccess"


@pytest.mark.own_clinic
async def test_a_proxy_who_is_the_minor_in_the_end_is_none(ward: Ward) -> None:
    (child, _), (parent, _), (double, _) = [await ward.patient(birth_date=born(5)) for _ in range(3)]
    reception = ward.clinic.caller("RECEPTIONIST")
    await appointed(reception, child, parent)
    await appointed(reception, child, double)
    await ward.hear(PatientMerged(patient_id=parent, merged_patient_id=double))
    assert [row.proxy_id for row in await ward.access(child)] == [parent] * 4
    await ward.hear(PatientMerged(patient_id=parent, merged_patient_id=child))
    assert await ward.opens(principal("PATIENT", patient=parent), parent) == ALL  # their own
    nodes = (await reception.data(LIST))["proxies"]["nodes"]
    assert all(node["endedAt"] for node in nodes)


async def test_an_appointment_is_repeated_under_its_key(ward: Ward) -> None:
    (child, _), (parent, _), (other, _) = [await ward.patient(birth_date=born(5)) for _ in range(3)]
    wish = {"patientId": str(child), "proxyId": str(parent), "relationship": "GUARDIAN"}

    async def told() -> int:
        return len(await ward.clinic.published("records"))

    asks, other_wish = "proxy { id endsOn }", wish | {"patientId": str(other)}
    await check_repeating(ward.clinic.caller("ADMIN"), "appointProxy", asks, wish, other_wish, told)
