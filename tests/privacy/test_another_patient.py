"""Another patient's data, by every route that there is: nothing, and the trail says who tried."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.audit.recorder import AuditOutcome
from shared.ids import new_id
from tests.appointments.conftest import BOOK, Practice, at
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.patients.conftest import register

INBOX = "{ notifications { nodes { id appointment { id } } } unreadNotificationCount }"
FEED = "mutation { createCalendarFeed { ... on CreateCalendarFeedSuccess { url } } }"


async def booked_for(practice: Practice, owner: Caller, patient: UUID) -> dict[str, Any]:
    """An appointment of a patient whom registration's events have made known."""

    async def book() -> dict[str, Any] | None:
        data = await owner.data(BOOK, input=practice.wish(patient, at(3, 10), reason="My knee hurts."))
        outcome: dict[str, Any] = data["bookAppointment"]
        return outcome if outcome["__typename"] == "BookAppointmentSuccess" else None

    appointment: dict[str, Any] = (await Clinic.until(book))["appointment"]
    return appointment


def routes(patient: str, appointment: str) -> dict[str, str]:
    """Queries that ask for another patient's data."""
    return {
        "a field": f'{{ patient(id: "{patient}") {{ name {{ text }} birthDate }} }}',
        "an id": f'{{ node(id: "{patient}") {{ id ... on Patient {{ name {{ text }} birthDate }} }} }}',
        "ids": f'{{ nodes(ids: ["{patient}", "{appointment}"]) {{ __typename id }} }}',
        "an alias": f'{{ myPatient: patient(id: "{patient}") {{ me: id name {{ text }} }} }}',
        "a fragment": f"""
            query {{ ...Other }}
            fragment Other on Query {{ patient(id: "{patient}") {{ ... on Patient {{ ...Who }} }} }}
            fragment Who on Patient {{ name {{ text }} contactPoints {{ value }} }}
        """,
        "an appointment's patient": f'{{ appointment(id: "{appointment}") {{ reason patient {{ name {{ text }} }} }} }}',
        "a list": f'{{ appointments(patientId: "{patient}") {{ nodes {{ id reason }} }} }}',
        "the whole list": "{ appointments { nodes { id reason patient { name { text } } } } }",
        "a search": '{ patients(search: "Dawson") { nodes { id name { text } } } }',
        "the inbox": "{ notifications { nodes { id appointment { id } } } }",
        "a booking": f"""
            mutation {{ bookAppointment(input: {{ patientId: "{patient}", practitionerId: "{new_id()}",
                locationId: "{new_id()}", typeId: "{new_id()}", startsAt: "2030-01-01T10:00:00Z" }})
                {{ __typename ... on BookAppointmentSuccess {{ appointment {{ id }} }} }} }}
        """,
        "a cancellation": f"""
            mutation {{ cancelAppointment(input: {{ id: "{appointment}", version: 1, reason: PATIENT_REQUEST }})
                {{ __typename ... on CancelAppointmentSuccess {{ appointment {{ id }} }} }} }}
        """,
    }


def values(node: Any) -> list[Any]:
    """All leaves of an answer."""
    if isinstance(node, dict):
        return [leaf for child in node.values() for leaf in values(child)]
    if isinstance(node, list):
        return [leaf for child in node for leaf in values(child)]
    return [node]


async def test_nothing_by_any_route_and_the_trail_says_so(practice: Practice) -> None:
    clinic = practice.clinic
    patient = (await register(practice.reception))["patient"]["id"]
    patient_key = key_of(patient)
    owner = clinic.caller("PATIENT", patient=patient_key, subject=new_id())
    stranger_id, stranger_account = new_id(), new_id()
    stranger = clinic.caller("PATIENT", patient=stranger_id, subject=stranger_account)

    async with stranger.subscribe("subscription { notificationReceived { id appointment { id } } }") as heard:
        overheard = asyncio.ensure_future(anext(heard))
        appointment = (await booked_for(practice, owner, patient_key))["id"]

        async def told() -> bool:
            return bool((await owner.data(INBOX))["notifications"]["nodes"])

        await Clinic.until(told)
        await asyncio.sleep(0.5)
        assert not overheard.done()
        overheard.cancel()
        await asyncio.gather(overheard, return_exceptions=True)

    key = key_of(appointment)
    secrets = {"Jane Ruth Dawson", "1984-02-29", "My knee hurts.", appointment, str(key), patient, str(patient_key)}
    for name, query in routes(patient, appointment).items():
        answer = await stranger.execute(query)
        assert not secrets & set(map(str, values(answer))), name

    for service, kind, id, selection in (
        ("patients", "Patient", patient, "name { text }"),
        ("appointments", "Appointment", appointment, "reason"),
        ("appointments", "Patient", patient, "appointments { nodes { reason } }"),
        ("appointments", "Patient", patient, "upcomingAppointments { nodes { reason } }"),
    ):
        answer = await clinic.entities(service, stranger, kind, [id], selection)
        assert not secrets & set(map(str, values(answer))), (service, kind)

    url = (await stranger.data(FEED))["createCalendarFeed"]["url"]
    async with httpx.AsyncClient() as http:
        assert str(key) not in (await http.get(url)).text
        guessed = await http.get(url.rsplit("/", 1)[0] + f"/{'A' * 43}.ics")
    assert guessed.status_code == 404

    for service, resource, denied in (("patients", "Patient", patient_key), ("appointments", "Appointment", key)):
        denials = [
            entry
            for entry in await clinic.audit(service)
            if entry.actor == stranger_account and entry.outcome == AuditOutcome.DENIED and denied in entry.resource_ids
        ]
        assert denials, service
        assert {entry.resource for entry in denials} == {resource}


@pytest.mark.parametrize("events", [False])
async def test_a_token_alone_opens_no_subgraph(practice: Practice) -> None:
    """Only the router's calls are answered, whoever the caller is."""
    clinic = practice.clinic
    admin = clinic.caller("ADMIN")
    for service in ("identity", "directory", "patients", "appointments", "notifications"):
        async with httpx.AsyncClient() as http:
            response = await http.post(
                f"{clinic.service(service).url}/graphql",
                json={"query": "{ _service { sdl } }"},
                headers={"authorization": f"Bearer {admin.token}"},
            )
        assert response.status_code == 401, service
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
