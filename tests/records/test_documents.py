"""Documents: sent as they are, held to be what they are said to be, stored encrypted, and fetched by who may see them."""

import asyncio
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import jwt
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.auth.revocation import revoke_session
from shared.encryption.rotation import erase, rotate
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.records.codes import DocumentContentType
from subgraphs.records.consumers import PatientMerged
from subgraphs.records.documents.content_types import rejection
from subgraphs.records.models import Account, Model
from tests.harness.access import withheld
from tests.harness.caller import Caller
from tests.harness.ids import key_of
from tests.harness.repeating import check_repeating
from tests.records.asking import clinician, does, happened, of
from tests.records.conftest import Ward
from tests.records.files import PDF, REFUSED, TAKEN, TEXT
from tests.records.test_disclosures import MINE, looks
from tests.records.test_encounters import start
from tests.records.test_requests import asked, done

LETTER = {"title": "Discharge letter", "fileName": "Bericht Müller.pdf", "contentType": "PDF"}
SUMMARY = {"system": "http://loinc.org", "code": "18842-5", "display": "Discharge summary"}
ALL = """id status title type { code } category { code } date description fileName contentType size hash rejection malware
    uploadedAt scannedAt sharedAt downloadUrl uploadUrl version recorder { id }"""
DOCUMENT = f"query($id: ID!) {{ document(id: $id) {{ {ALL} }} }}"
LIST = "record { documents { totalCount nodes { id status } } timeline { nodes { entry { __typename id } } } }"
ENDINGS = {"PDF": "pdf", "JPEG": "jpg", "PNG": "png", "TIFF": "tif", "DICOM": "dcm", "TEXT": "txt", "CDA": "xml"}


async def announced(caller: Caller, patient: UUID, **fields: Any) -> dict[str, Any]:
    """A document whose content is still to come."""
    given = {"patientId": of("Patient", patient), **LETTER, **fields}
    payload = await does(caller, "uploadDocument", f"document {{ {ALL} }}", **given)
    assert payload["__typename"] == "UploadDocumentSuccess", payload
    return dict(payload["document"])


async def put(url: str, content: Any, **headers: str) -> httpx.Response:
    """What the service says to content."""
    async with httpx.AsyncClient() as http:
        return await http.put(url, content=content, headers=headers)


async def get(url: str) -> httpx.Response:
    """What the service gives at an address."""
    async with httpx.AsyncClient() as http:
        return await http.get(url)


async def document(caller: Caller, key: str) -> dict[str, Any]:
    """A document as somebody sees it; nothing if they do not."""
    return (await caller.data(DOCUMENT, id=key))["document"] or {}


async def sent(caller: Caller, patient: UUID, content: bytes = PDF, **fields: Any) -> dict[str, Any]:
    """A document with its content."""
    made = await announced(caller, patient, **fields)
    answer = await put(made["uploadUrl"], content)
    assert (answer.status_code, answer.json()) == (201, {"status": "AVAILABLE"}), answer.text
    return await document(caller, made["id"])


async def seen(ward: Ward, caller: Caller, patient: UUID) -> list[str]:
    """The ids of the documents that somebody sees in a record, which its timeline has too."""
    answer = await ward.clinic.entities("records", caller, "Patient", [of("Patient", patient)], LIST)
    record = answer["data"]["_entities"][0]["record"]
    if record is None:
        return []
    listed = [each["id"] for each in record["documents"]["nodes"]]
    timeline = [
        each["entry"]["id"] for each in record["timeline"]["nodes"] if each["entry"]["__typename"] == "Document"
    ]
    assert (record["documents"]["totalCount"], timeline) == (len(listed), listed)
    return listed


async def stored(ward: Ward, statement: str) -> int:
    async with ward.database.engine.connect() as connection:
        return int(await connection.scalar(text(statement)) or 0)


async def test_a_document_is_announced_sent_fetched_and_shared(ward: Ward) -> None:
    (patient, me), account = await ward.patient(), new_id()
    doctor = await clinician(ward, patient)
    await ward.know(Account(id=account, patient_id=patient, enabled=True, scopes=[]))
    me = ward.clinic.caller("PATIENT", patient=patient, subject=account)
    said = {"type": SUMMARY, "category": SUMMARY, "date": "2025-03", "description": "From St. Mary's."}

    async def count() -> int:
        return await stored(ward, "SELECT count(*) FROM document")

    given = {"patientId": of("Patient", patient), **LETTER, **said}
    again = await check_repeating(doctor.caller, "uploadDocument", "document { id }", given, {"title": "Other"}, count)
    made = await document(doctor.caller, again["document"]["id"])
    assert (made["status"], made["size"], made["hash"], made["downloadUrl"]) == ("PENDING", None, None, None)
    assert (made["title"], made["type"]["code"], made["date"]) == ("Discharge letter", "18842-5", "2025-03")
    assert made["recorder"] == {"id": of("Practitioner", doctor.practitioner)}
    assert await seen(ward, doctor.caller, patient) == []  # there is nothing to be read yet

    assert (await put(made["uploadUrl"], PDF, **{"content-type": "application/octet-stream"})).status_code == 201
    assert (await put(made["uploadUrl"], PDF)).json()["code"] == "DOCUMENT_UPLOADED"
    there = await document(doctor.caller, made["id"])
    assert (there["status"], there["size"], there["hash"]) == ("AVAILABLE", len(PDF), sha256(PDF).hexdigest())
    assert (there["uploadUrl"], there["scannedAt"], there["sharedAt"]) == (None, None, None)
    assert await seen(ward, doctor.caller, patient) == [made["id"]]

    fetched = await get(there["downloadUrl"])
    assert (fetched.status_code, fetched.content) == (200, PDF)
    headers = {name: fetched.headers[name] for name in fetched.headers if name not in ("date", "server")}
    assert headers == {
        "content-type": "application/pdf",
        "content-length": str(len(PDF)),
        "content-disposition": "attachment; filename=\"Bericht M_ller.pdf\"; filename*=UTF-8''Bericht%20M%C3%BCller.pdf",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, no-store",
        "referrer-policy": "no-referrer",
        "access-control-allow-origin": "*",
    }

    assert (await seen(ward, me, patient), await document(me, made["id"])) == ([], {})
    shared = await doctor.did("shareDocument", "document { sharedAt version }", id=made["id"], version=there["version"])
    assert shared["sharedAt"]
    assert await seen(ward, me, patient) == [made["id"]]
    assert (await get((await document(me, made["id"]))["downloadUrl"])).content == PDF
    conflict = await doctor.does("shareDocument", id=made["id"], version=there["version"])
    assert conflict["currentVersion"] == shared["version"]
    published = [event for event in await ward.clinic.published("records") if "document-shared" in event.type]
    assert [set(event.data) for event in published] == [{"documentId", "patientId", "sharedAt"}]
    assert (await happened(ward)).count("entry-changed") == 1

    await ward.account()
    opened = [look for look in await looks(me, MINE) if look["resource"] == "DocumentContent"]
    assert [(look["section"], look["bases"]) for look in opened] == [("DOCUMENTS", ["OWNER"]), ("DOCUMENTS", [])]
    trail = [entry for entry in await ward.clinic.audit("records") if entry.operation == "downloadDocument"]
    assert {entry.actor for entry in trail} == {doctor.account, account}


async def test_patients_send_their_own_documents_and_nobody_elses(ward: Ward) -> None:
    (patient, me), (other, _) = await ward.patient(), await ward.patient()
    doctor = await clinician(ward, patient)
    mine = await sent(me, patient, TEXT, contentType="TEXT", fileName="diary.txt", title="Diary")
    assert mine["sharedAt"] and await seen(ward, me, patient) == await seen(ward, doctor.caller, patient) == [
        mine["id"]
    ]
    fetched = await get(mine["downloadUrl"])
    assert (fetched.content, fetched.headers["content-type"]) == (TEXT, "text/plain; charset=utf-8")
    # neither another patient's record, nor an encounter, nor what is for staff
    for caller in (me, doctor.caller):
        refused = await does(caller, "uploadDocument", patientId=of("Patient", other), **LETTER)
        assert refused["__typename"] == "NotFound"
    visit = await start(doctor, patient)
    given = {"patientId": of("Patient", patient), "encounterId": visit["id"], **LETTER}
    assert (await does(me, "uploadDocument", **given))["__typename"] == "NotFound"
    # a proxy sees what is shared, and changes nothing
    proxy_id = new_id()
    await ward.let(patient, Basis.PROXY, proxy_id=proxy_id)
    proxy = ward.clinic.caller("PATIENT", patient=proxy_id)
    await sent(doctor.caller, patient)
    assert await seen(ward, proxy, patient) == [mine["id"]]
    refused = await does(proxy, "uploadDocument", patientId=of("Patient", patient), **LETTER)
    assert refused["__typename"] == "NotFound"
    for role in ("ADMIN", "RECEPTIONIST", "AUDITOR", "ANALYST", "PHARMACIST"):
        answer = await ward.clinic.caller(role).execute(DOCUMENT, id=mine["id"])
        assert answer["data"]["document"] is None, role


async def test_an_address_is_its_callers_alone_and_ends_with_what_lets_them_open_it(ward: Ward) -> None:
    (patient, me), account, session = await ward.patient(), new_id(), new_id()
    doctor = await clinician(ward, patient)
    made = await sent(doctor.caller, patient)
    nurse = ward.clinic.caller("NURSE", subject=account, session=session)
    granted = await done(me, "grant", await asked(nurse, patient, sections=["DOCUMENTS"]))
    url = (await document(nurse, made["id"]))["downloadUrl"]
    assert (await get(url)).content == PDF
    await ward.know(withheld(patient, "DOCUMENTS"))
    assert (await get(url)).status_code == 404
    await ward.let(patient, Basis.EMERGENCY, account_id=account)
    assert (await get(url)).content == PDF  # what is withheld, an emergency opens
    async with ward.database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM patient_access WHERE basis = 'EMERGENCY'"))
        await connection.execute(text("DELETE FROM withholding"))
    assert (await get(url)).content == PDF
    await done(me, "withdraw", granted)
    closed = await get(url)
    assert (closed.status_code, closed.json()["code"]) == (404, "DOCUMENT_ADDRESS")
    denied = [entry for entry in await ward.clinic.audit("records") if entry.outcome == "denied"]
    assert key_of(made["id"]) in denied[-1].resource_ids and denied[-1].actor == account

    # not another document's, another use's, another service's, none at all; and none of a session that has ended
    signed = urlsplit(url).path.rpartition("/")[2]
    running = ward.clinic.service("records")
    key = running.settings.records_address_key.get_secret_value()
    claims = jwt.decode(signed, key, ["HS256"], audience="download")
    assert claims["exp"] - claims["iat"] == 300 and set(claims["scope"].split()) == {"record:read"}
    theirs = urlsplit((await document(doctor.caller, made["id"]))["downloadUrl"]).path.rpartition("/")[2]
    good = jwt.decode(theirs, key, ["HS256"], audience="download")
    forged = {
        "expired": jwt.encode(good | {"exp": 1}, key),
        "another use": jwt.encode(good | {"aud": "upload"}, key),
        "another document": jwt.encode(good | {"document": str(new_id())}, key),
        "no document": jwt.encode(good | {"document": 7}, key),
        "another key": jwt.encode(good, "k" * 32),
        "no signature": jwt.encode(good, "", "none"),
        "an access token": str(doctor.caller.token),
        "no token": "x",
    }
    base = f"{running.url}/documents"
    assert (await get(f"{base}/{jwt.encode(good, key)}")).content == PDF
    for why, other in forged.items():
        assert (await get(f"{base}/{other}")).status_code == 404, why
        assert (await put(f"{base}/{other}", PDF)).status_code == 404, why
    await revoke_session(running.runtime.redis, UUID(good["sid"]))
    await ward.clinic.until(lambda: _is_closed(f"{base}/{theirs}"))


async def _is_closed(url: str) -> bool:
    return (await get(url)).status_code == 404


async def test_each_type_is_taken_as_itself_and_as_no_other(ward: Ward) -> None:
    patient, me = await ward.patient()
    for kind, content in TAKEN.items():
        await sent(me, patient, content, contentType=kind, fileName=f"a.{ENDINGS[kind]}")
        assert [
            name for name in DocumentContentType.__members__ if not rejection(content, DocumentContentType[name])
        ] == [kind]


@pytest.mark.own_clinic
async def test_what_is_something_else_is_refused_and_not_kept(ward: Ward) -> None:
    patient, me = await ward.patient()
    for what, (kind, content, code) in REFUSED.items():
        made = await announced(me, patient, contentType=kind, fileName=f"a.{ENDINGS[kind]}")
        answer = await put(made["uploadUrl"], content)
        assert (answer.json()["code"], answer.headers["content-type"]) == (code, "application/problem+json"), what
        assert answer.status_code == (422 if code == "DOCUMENT_EMPTY" else 415)
        there = await document(me, made["id"])
        assert (there["status"], f"DOCUMENT_{there['rejection']}") == ("REJECTED", code)
        assert (there["uploadUrl"], there["downloadUrl"]) == (None, None)
    assert await seen(ward, me, patient) == []
    assert await stored(ward, "SELECT count(*) FROM document_content") == 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"fileName": "../etc/passwd.pdf"}, "fileName"),
    ({"fileName": "C:\\letter.pdf"}, "fileName"),
    ({"fileName": "a\x1b.pdf"}, "fileName"),
    ({"fileName": "a\r\nset-cookie: x.pdf"}, "fileName"),
    ({"fileName": 'a"; x=".pdf'}, "fileName"),
    ({"fileName": "\u202efdp.exe.pdf"}, "fileName"),
    ({"fileName": ".pdf"}, "fileName"),
    ({"fileName": "letter.pdf.exe"}, "fileName"),
    ({"fileName": "letter"}, "fileName"),
    ({"fileName": f"{'a' * 200}.pdf"}, "fileName"),
    ({"title": " "}, "title"),
    ({"type": {**SUMMARY, "code": "18842-6"}}, "type"),
    ({"date": "2999"}, "date"),
]


async def test_what_is_said_of_a_document_is_checked(ward: Ward) -> None:
    patient, me = await ward.patient()
    for fields, path in WRONG:
        refused = await does(me, "uploadDocument", patientId=of("Patient", patient), **LETTER | fields)
        assert refused["__typename"] == "InvalidInput", fields
        assert {each["path"][0] for each in refused["fields"]} == {path}


@pytest.mark.own_clinic
async def test_too_much_is_refused_as_it_comes_and_who_hangs_up_begins_again(ward: Ward) -> None:
    patient, me = await ward.patient()
    most, given = 20 * 1024 * 1024, {"contentType": "TEXT", "fileName": "a.txt"}
    read = 0

    async def endless() -> Any:
        nonlocal read
        while read < 2 * most:
            read += 65536
            yield b"a" * 65536

    for content in (endless(), b"a" * (most + 1)):
        made = await announced(me, patient, **given)
        assert (await put(made["uploadUrl"], content)).json()["code"] == "DOCUMENT_TOO_LARGE"
        assert (await document(me, made["id"]))["rejection"] == "TOO_LARGE"
    whole = await sent(me, patient, b"a" * most, **given)
    assert (await get(whole["downloadUrl"])).content == b"a" * most
    parts = await stored(ward, "SELECT count(*) FROM document_content")
    assert parts == 80

    made = await announced(me, patient, **given)
    address = urlsplit(made["uploadUrl"])
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"PUT {address.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await stored(ward, "SELECT count(*) FROM document_content") == parts
    answers = await asyncio.gather(*(put(made["uploadUrl"], b"%d" % number) for number in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]
    (won,) = [number for number, answer in enumerate(answers) if answer.status_code == 201]
    assert (await get((await document(me, made["id"]))["downloadUrl"])).content == b"%d" % won


@pytest.mark.own_clinic
async def test_content_is_encrypted_rotated_moved_with_its_patient_and_erased(ward: Ward) -> None:
    (patient, me), (survivor, they) = await ward.patient(), await ward.patient()
    content = b"Planted marker. %d" % 1 + b"x" * 600_000  # of three rows
    made = await sent(me, patient, content, contentType="TEXT", fileName="a.txt", title="Planted marker")
    parts = await stored(ward, "SELECT count(*) FROM document_content WHERE position('Planted' in content) = 0")
    assert parts == 3 == await stored(ward, "SELECT count(*) FROM document_content")
    assert await rotate(ward.database, Model.metadata, lambda _, __: None) == 4
    assert (await get((await document(me, made["id"]))["downloadUrl"])).content == content
    await ward.hear(PatientMerged(patient_id=survivor, merged_patient_id=patient))
    url = (await document(they, made["id"]))["downloadUrl"]
    assert (await get(url)).content == content
    # its parts in another order are not what came
    for change in (
        "UPDATE document_content SET number = 9 - number RETURNING 1",
        "UPDATE document_content SET content = '' RETURNING 1",
        "DELETE FROM document_content RETURNING 1",
    ):
        with pytest.raises(DBAPIError, match="keeps"):
            await stored(ward, change)
    async with ward.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE document_content DISABLE TRIGGER USER"))
        await connection.execute(text("UPDATE document_content SET number = 9 - number"))
    assert (await get(url)).status_code == 500
    await erase(ward.database, survivor)
    assert (await get(url)).json()["code"] == "DOCUMENT_ERASED"


@pytest.mark.own_clinic
async def test_a_mistake_is_closed_and_a_locked_encounter_takes_no_content(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient)
    made = await sent(doctor.caller, patient)
    wrong = {"kind": "DOCUMENT", "id": made["id"], "version": made["version"], "reason": "Another patient's."}
    await doctor.did("markEnteredInError", **wrong)
    assert (await get(made["downloadUrl"])).status_code == 404
    there = await document(doctor.caller, made["id"])
    assert (there["status"], there["downloadUrl"]) == ("ENTERED_IN_ERROR", None)
    assert await seen(ward, doctor.caller, patient) == []
    refused = await doctor.does("shareDocument", id=made["id"], version=there["version"])
    assert refused["code"] == "DOCUMENT_STATUS"
    with pytest.raises(DBAPIError, match="does not lead to"):
        await stored(ward, "UPDATE document SET status = 'AVAILABLE' RETURNING 1")

    visit = await start(doctor, patient)
    late = await announced(doctor.caller, patient, encounterId=visit["id"])
    await doctor.did("finishEncounter", id=visit["id"], version=visit["version"])
    answer = await put(late["uploadUrl"], PDF)
    assert (answer.status_code, answer.json()["code"]) == (409, "ENCOUNTER_LOCKED")
    again = {"patientId": of("Patient", patient), "encounterId": visit["id"], **LETTER}
    assert (await doctor.does("uploadDocument", **again))["code"] == "ENCOUNTER_LOCKED"


async def test_a_hundred_documents_take_one_statement_and_no_content(ward: Ward) -> None:
    patient, me = await ward.patient()
    ids = [(await announced(me, patient, title=f"{number}"))["id"] for number in range(100)]
    await ward.clinic.entities("records", me, "Document", ids, "title")  # the patient's key is open then
    with ward.clinic.statements("records") as statements:
        answer = await ward.clinic.entities("records", me, "Document", ids, "title status uploadUrl downloadUrl")
    assert [each["title"] for each in answer["data"]["_entities"]] == [f"{number}" for number in range(100)]
    assert len(statements) == 1 and "document_content" not in statements[0]
