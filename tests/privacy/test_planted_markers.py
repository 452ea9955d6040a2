"""Words that are planted where people write: what is stored, told to others and logged shows none of them."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from redis.asyncio import Redis

from shared.ids import new_id
from tests.appointments.conftest import BOOK, Practice, at
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.patients.conftest import register
from tests.privacy.test_another_patient import booked_for
from tests.records.asking import does

# Nowhere but in answers to who may read them.
MEDICAL = {"My knee hurts.", "bronchitis", "Coughs at night", "Penicillin", "a second opinion", "unconscious", "sputum"}
PERSONAL = {"Dawson", "1984-02-29"}  # in databases too
# Of a diagnosis its code alone is told to reporting, by a topic of its own and under a pseudonym.
CODES, TOLD = {"J20.9"}, ("records.outbox", ".problems")

_IDLE_MILLISECONDS = 1000


def forbidden(place: str, markers: set[str]) -> set[str]:
    """What must not be found at a place."""
    return markers if place.endswith(TOLD) else markers | CODES


async def databases(clinic: Clinic, services: tuple[str, ...]) -> AsyncIterator[tuple[str, bytes]]:
    """All that each table holds, as it is stored."""
    for service in services:
        connection = await asyncpg.connect(clinic.service(service).settings.database_url.get_secret_value())
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            rows = await connection.fetch(f'SELECT * FROM "{table}"')  # noqa: S608 - a name of the database's own
            values = (value for row in rows for value in row.values())
            yield f"{service}.{table}", b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in values)
        await connection.close()


async def topics(clinic: Clinic, service: str) -> AsyncIterator[tuple[str, bytes]]:
    """All records of the clinic's topics."""
    settings = clinic.service(service).settings
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        prefix = f"{settings.kafka_topic_prefix}."
        consumer.subscribe([name for name in await consumer.topics() if name.startswith(prefix)])
        while records := await consumer.getmany(timeout_ms=_IDLE_MILLISECONDS):
            for partition, each in records.items():
                yield partition.topic, b"\n".join((record.key or b"") + (record.value or b"") for record in each)
    finally:
        await consumer.stop()


async def keys(clinic: Clinic, service: str) -> AsyncIterator[tuple[str, bytes]]:
    """All that Redis holds, in the form that it would be copied in."""
    async with Redis.from_url(clinic.service(service).settings.redis_url.get_secret_value()) as redis:
        async for key in redis.scan_iter():
            yield f"redis {key!r}", key + repr(await _value(redis, key)).encode()


async def _value(redis: Redis, key: bytes) -> object:
    kind = await redis.type(key)
    if kind == b"stream":
        return await redis.xrange(key)
    if kind == b"zset":
        return await redis.zrange(key, 0, -1)
    if kind == b"set":
        return await redis.smembers(key)
    return await (redis.hgetall(key) if kind == b"hash" else redis.get(key))


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity", "directory", "patients", "appointments", "notifications", "records")


async def documented(clinic: Clinic, practitioner: UUID, patient: str) -> None:
    """What the one who has the appointment records, and others ask for."""
    doctor, nurse = clinic.caller("DOCTOR", practitioner=practitioner), clinic.caller("NURSE", subject=new_id())
    diagnosis = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J20.9", "display": "Acute bronchitis"}

    async def recorded() -> bool:
        payload = await does(doctor, "recordCondition", patientId=patient, code=diagnosis, note="Coughs at night.")
        return bool(payload["__typename"] == "RecordConditionSuccess")

    await clinic.until(recorded)
    penicillin = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7980", "display": "Penicillin G"}
    note = {"type": "PROGRESS", "title": "Coughs at night", "content": "Coughs at night, and has bronchitis."}
    asked = {"purpose": "TREAT", "reason": "For a second opinion.", "days": 3}
    for caller, name, fields in (
        (doctor, "recordAllergy", {"code": penicillin, "idempotencyKey": "Penicillin"}),
        (doctor, "writeNote", note),
        (nurse, "requestRecordAccess", asked),
        (nurse, "openEmergencyAccess", {"reason": "Found unconscious."}),
    ):
        payload = await does(caller, name, patientId=patient, **fields)
        assert payload["__typename"].endswith("Success"), payload


async def uploaded(owner: Caller, patient: str) -> None:
    """A document of the patient's own, which says a marker wherever it says something, and is read again."""
    said = {"title": "My sputum", "fileName": "sputum.txt", "contentType": "TEXT", "description": "Of sputum."}
    made = await does(owner, "uploadDocument", "document { id uploadUrl }", patientId=patient, **said)
    async with httpx.AsyncClient() as http:
        sent = await http.put(made["document"]["uploadUrl"], content=b"Much sputum at night.")
        asked = "query($id: ID!) { document(id: $id) { downloadUrl } }"
        there = (await owner.data(asked, id=made["document"]["id"]))["document"]
        fetched = await http.get(there["downloadUrl"])
    assert (sent.status_code, fetched.text) == (201, "Much sputum at night.")


async def test_no_marker_is_stored_published_or_logged(
    practice: Practice, services: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    clinic = practice.clinic
    patient = (await register(practice.reception))["patient"]["id"]
    owner = clinic.caller("PATIENT", patient=key_of(patient), subject=new_id())
    appointment = await booked_for(practice, owner, key_of(patient))
    read = await owner.data("query($id: ID!) { appointment(id: $id) { reason } }", id=appointment["id"])
    assert read == {"appointment": {"reason": "My knee hurts."}}
    again = practice.wish(key_of(patient), at(3, 11), reason="My knee hurts.", idempotencyKey="the client's key")
    await owner.data(BOOK, input=again)

    await documented(clinic, practice.practitioner, patient)
    await uploaded(owner, patient)

    async def told() -> bool:
        inbox = await owner.data("{ notifications { nodes { id } } }")
        return bool(inbox["notifications"]["nodes"])

    await Clinic.until(told)
    found: dict[str, bytes] = {}
    async for place, content in databases(clinic, services):
        assert not {each for each in forbidden(place, MEDICAL) if each.encode() in content}, place
        found[place] = content
    assert b"Dawson" in found["patients.patient"]  # as it is looked for
    for source in (topics(clinic, "patients"), keys(clinic, "notifications")):
        places = 0
        async for place, content in source:
            assert not {each for each in forbidden(place, MEDICAL | PERSONAL) if each.encode() in content}, place
            places += 1
        assert places
    logged = "".join(capfd.readouterr())
    assert not {each for each in MEDICAL | PERSONAL | CODES if each in logged}
