"""Documents of other systems, whose content is in the resources."""

from base64 import b64encode
from hashlib import sha1, sha256
from typing import Any

import httpx
from sqlalchemy import text

from shared.encryption.rotation import erase
from subgraphs.records.jobs import scan_documents
from tests.harness.clinic import Clinic
from tests.importer.conftest import EXPORT, Import, resource
from tests.importer.record import HOSPITAL, bundle_of, clinical, concept, patient_key, seen
from tests.importer.test_taken_back import deletion
from tests.records.files import CDA, EICAR, PDF, REFUSED, TEXT

LOINC = "http://loinc.org"
ALL = """status title fileName contentType type { code } category { code } date description size hash sharedAt recordedAt
    encounter { id } downloadUrl version"""
PARTS = "SELECT count(*) FROM document_content"


def attached(content: bytes, kind: str = "text/plain; charset=utf-8", **fields: Any) -> dict[str, Any]:
    return {"attachment": {"contentType": kind, "data": b64encode(content).decode(), **fields}}


def document(key: str, *content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    given = {"status": "current", "content": [*content] or [attached(TEXT)], "date": "2020-03-03T09:00:00+01:00"}
    return clinical("DocumentReference", key, **{**given, **fields})


async def stored(clinic: Clinic, statement: str) -> int:
    async with clinic.service("records").runtime.database.engine.begin() as connection:
        return int(await connection.scalar(text(statement)) or 0)


async def fetched(url: str) -> bytes:
    async with httpx.AsyncClient() as http:
        return (await http.get(url)).content


async def test_documents_are_the_patients_with_what_is_in_them(clinic: Clinic, imports: Import) -> None:
    long, name = TEXT * 12_000, concept("34117-2", "History and physical note", LOINC)
    sha = {
        "size": len(PDF),
        "hash": b64encode(sha1(PDF, usedforsecurity=False).digest()).decode(),
        "creation": "2019-05",
    }
    lines = [
        document(
            "pdf",
            attached(PDF, "application/pdf", title="../Letter: a\u202e\n.PDF", **sha),
            author=[{"display": "Dr. A"}],
        ),
        document(
            "note",
            attached(long),
            type=name,
            category=[concept("clinical-note", None, "urn:c")],
            status="superseded",
            date="2021-01-01T00:00:00Z",
            context={"encounter": [{"reference": "Encounter/visit"}], "period": {"start": "2021"}},
        ),
        document(
            "cda",
            {"attachment": {"url": "a"}},
            attached(CDA, "text/xml"),
            description="Said",
            date="2022-01-01T00:00:00Z",
        ),
        document("secret", securityLabel=[concept("R", None, "urn:c")]),
        document("labelled", meta={"security": [{"code": "V"}]}),
        document("draft", docStatus="preliminary"),
    ]
    done = await imports(EXPORT | {"clinical.ndjson": lines}, HOSPITAL)
    assert (done.failures, done.counts("DocumentReference")) == ([], {"created": 6})
    assert done.told("DocumentReference") == {
        "content.attachment.title: taken without characters that are not shown": 1,
        "context.period: left out": 1,
        "content.attachment.url: left out": 1,
        "content: left out, but for the first of a type that is taken": 1,
        "securityLabel: left out, but for whether the patient sees the document": 1,
        "meta.security: left out": 1,
    }
    letter, note, cda = await seen(clinic, "documents", ALL)
    assert [await fetched(each["downloadUrl"]) for each in (letter, note, cda)] == [PDF, long, CDA]
    told = ["status", "title", "fileName", "contentType", "date", "description"]
    assert [tuple(each[what] for what in told) for each in (letter, note, cda)] == [
        ("AVAILABLE", "../Letter: a .PDF", "Letter a.pdf", "PDF", "2019-05", "Author: Dr. A"),
        (
            "AVAILABLE",
            name["coding"][0]["display"],
            "History and physical note.txt",
            "TEXT",
            "2021-01-01",
            "Status: superseded",
        ),
        ("AVAILABLE", "Said", "Said.xml", "CDA", "2022-01-01", "Said"),
    ]
    assert (note["size"], note["hash"]) == (len(long), sha256(long).hexdigest())
    assert (note["type"], note["category"]) == ({"code": "34117-2"}, {"code": "clinical-note"})
    assert note["encounter"] and note["sharedAt"] and letter["recordedAt"] == "2020-03-03T08:00:00Z"
    assert await stored(clinic, f"{PARTS} WHERE position('Befund' in content) = 0") == 3 + 5
    assert await stored(clinic, "SELECT count(*) FROM document WHERE shared_at IS NULL AND account_id IS NULL") == 3
    kinds = [event.type.split(".")[-2] for event in await clinic.published("records")]
    assert (kinds.count("entry-recorded"), kinds.count("document-shared")) == (6, 0)


async def test_what_a_source_says_again_holds_but_content_stays(clinic: Clinic, imports: Import) -> None:
    async def then(outcome: str, *lines: dict[str, Any], told: tuple[str, ...] = ()) -> tuple[Any, ...]:
        done = await imports(bundle_of(*lines), HOSPITAL)
        assert (done.failures, done.counts("DocumentReference")) == ([], {outcome: 1})
        assert tuple(each.partition(":")[0] for each in done.told("DocumentReference")) == told
        assert await stored(clinic, PARTS) == 1
        [row] = await seen(clinic, "documents(first: 5)", ALL) or [{"title": None, "version": 0}]
        return row["title"], row["version"]

    first = document("note", description="First")
    assert await then("created", first) == ("First", 1)
    assert await then("unchanged", first) == ("First", 1)
    second = document("note", description="Second")
    assert await then("updated", second) == ("Second", 2)
    assert await then("unchanged", document("note", attached(b"x"), description="Third"), told=("content",)) == (
        "Second",
        2,
    )
    assert await then("updated", document("note", status="entered-in-error")) == (None, 0)
    assert await then("unchanged", document("note", status="entered-in-error")) == (None, 0)
    assert await then("updated", second) == ("Second", 4)
    assert await then("updated", deletion("DocumentReference/note")) == (None, 0)
    assert await then("updated", second) == ("Second", 6)
    # another patient's now
    other = resource("Patient", "other", name=[{"family": "Other"}])
    moved = document("note", subject={"reference": "Patient/other"})
    for outcome in ("updated", "unchanged"):
        done = await imports(bundle_of(other, moved), HOSPITAL)
        assert done.counts("DocumentReference") == {outcome: 1}
        assert next(iter(done.told("DocumentReference"))).startswith("subject: closed as a mistake")
    assert await stored(clinic, "SELECT count(*) FROM document WHERE status = 'ENTERED_IN_ERROR'") == 1


async def test_what_is_not_taken_is_told_by_its_reason(clinic: Clinic, imports: Import, monkeypatch: Any) -> None:
    monkeypatch.setenv("RECORDS_DOCUMENT_BYTES", "500000")
    named = {"TEXT": "text/plain", "PDF": "application/pdf", "CDA": "application/cda+xml"}
    refused = [(named.get(kind), content, code) for kind, content, code in REFUSED.values() if kind in named]
    out = [
        {"attachment": {"contentType": "application/pdf", "url": "https://ehr.example/Binary/1"}},
        attached(b"<html/>", "text/html"),
        {"attachment": {"data": "aGVsbG8="}},
        attached(b"x" * 500_001),
        attached("ä".encode(), "text/plain; charset=ISO-8859-1"),
        *(attached(content, str(kind)) for kind, content, _ in refused),
    ]
    wrong = [
        attached(TEXT, data="no base64!"),
        attached(TEXT, data="ä"),
        attached(TEXT, data="aGVsbG8"),
        attached(TEXT, size=1, hash="qvTGHdzF6KLavt4PO0gs2a6pQ00="),
    ]
    taken = [
        attached(b"x" * 500_000),
        attached(b"ascii", "Text/Plain;charset=iso-8859-1"),
        attached(TEXT, data=" aGVs\nbG8= "),
    ]
    lines = [document(str(number), each) for number, each in enumerate([*out, *wrong, *taken])]
    done = await imports(bundle_of(*lines, document("planned", status="draft"), document("none", content=[])), HOSPITAL)
    assert done.counts("DocumentReference") == {"left out": len(out) + 2, "failed": 4, "created": 3}
    assert [failure.cause for failure in done.failures] == [
        *["content[0].attachment.data: This is no value of this field."] * 3,
        " ".join(f"content[0].attachment.{name}: This is no value of this field." for name in ("size", "hash")),
    ]
    data, codes = "content.attachment.data: left out, since", [code for _, _, code in refused]
    assert done.told("DocumentReference") == {
        f"{data} the content is not in the resource": 2,
        "content.attachment.contentType: left out, since it is none of those that are taken": 2,
        f"{data} it has more bytes than a document may have": 1,
        f"{data} it is empty": codes.count("DOCUMENT_EMPTY"),
        f"{data} it is not of the type that it is said to be": codes.count("DOCUMENT_OTHER_TYPE") + 1,
        f"{data} it is something else as well, such as HTML or an archive": codes.count("DOCUMENT_AMBIGUOUS"),
        "status: left out, since it is none of a document's": 1,
    }
    # nothing is written of who was erased
    await erase(clinic.service("records").runtime.database, await patient_key(clinic))
    parts = await stored(clinic, PARTS)
    again = await imports(bundle_of(document("new"), lines[-1] | {"description": "Changed"}), HOSPITAL)
    assert (again.failures, again.counts("DocumentReference")) == ([], {"left out": 2})
    assert await stored(clinic, PARTS) == parts


async def test_documents_wait_for_the_scanner_where_there_is_one(
    clinic: Clinic, imports: Import, monkeypatch: Any
) -> None:
    monkeypatch.setenv("RECORDS_CLAMD_ADDRESS", "tcp://127.0.0.1:1")
    await imports(bundle_of(document("a"), document("b", attached(EICAR))), HOSPITAL)
    assert [(each["status"], each["downloadUrl"]) for each in await seen(clinic, "documents", ALL)] == [
        ("UPLOADED", None)
    ] * 2
    wrong = [document(key, status="entered-in-error") for key in ("a", "b")]
    assert (await imports(bundle_of(*wrong), HOSPITAL)).counts("DocumentReference") == {"updated": 2}
    back = await imports(bundle_of(document("a"), document("b", attached(EICAR))), HOSPITAL)
    assert (back.failures, back.counts("DocumentReference")) == ([], {"updated": 2})
    await scan_documents(clinic.service("records").runtime)
    assert {each["status"] for each in await seen(clinic, "documents", "status")} == {"AVAILABLE"}
