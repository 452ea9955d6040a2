"""Documents are scanned before anybody opens them, and nobody does while nothing scans."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from subgraphs.records.codes import DocumentStatus
from subgraphs.records.documents import scanning
from subgraphs.records.documents.scanning import Clamd, NotScanned, verdict
from subgraphs.records.jobs import scan_documents
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.records.asking import clinician
from tests.records.clamd import FakeClamd, fake_clamd
from tests.records.conftest import Ward, open_ward_clinic
from tests.records.files import EICAR, TEXT
from tests.records.test_documents import announced, document, get, put, seen, stored

NOTE = {"contentType": "TEXT", "fileName": "note.txt"}


@pytest.fixture
async def clamd(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeClamd]:
    async with fake_clamd() as scanner:
        monkeypatch.setenv("RECORDS_CLAMD_ADDRESS", scanner.address)
        yield scanner


@pytest.fixture
async def clinic(clamd: FakeClamd, postgres_server: str, redis_url: str) -> AsyncIterator[Clinic]:
    """One that is told where the scanner is."""
    async with open_ward_clinic(postgres_server, redis_url) as opened:
        yield opened


async def job(ward: Ward) -> None:
    """The job, once the next scan of each document is due."""
    async with ward.database.engine.begin() as connection:
        await connection.execute(text("UPDATE document SET scan_at = now() WHERE status = 'UPLOADED'"))
    await scan_documents(ward.clinic.service("records").runtime)


async def uploaded(caller: Caller, patient: Any, content: bytes) -> tuple[int, dict[str, Any]]:
    """How sending a document went, and what became of it."""
    made = await announced(caller, patient, **NOTE)
    answer = await put(made["uploadUrl"], content)
    there = await document(caller, made["id"])
    assert answer.json() == {"status": there["status"]}
    return answer.status_code, there


async def test_what_is_found_is_in_quarantine_and_what_is_not_can_be_opened(ward: Ward, clamd: FakeClamd) -> None:
    patient, me = await ward.patient()
    doctor = await clinician(ward, patient)
    status, clean = await uploaded(me, patient, TEXT)
    assert (status, clean["status"], clean["malware"]) == (201, "AVAILABLE", None)
    assert clean["scannedAt"] and (await get(clean["downloadUrl"])).content == TEXT
    status, infected = await uploaded(me, patient, EICAR)
    assert (status, infected["status"], infected["malware"]) == (201, "QUARANTINED", "Eicar-Test-Signature")
    assert (infected["downloadUrl"], clamd.scanned) == (None, [TEXT, EICAR])
    shared = await doctor.does("shareDocument", id=infected["id"], version=infected["version"])
    assert shared["code"] == "DOCUMENT_STATUS"
    assert await seen(ward, doctor.caller, patient) == [infected["id"], clean["id"]]
    # what was found stands nowhere but in the encrypted row
    trail = [str(entry) for entry in await ward.clinic.audit("records")]
    published = [event.encode() for event in await ward.clinic.published("records")]
    assert "Eicar" not in str(trail) + str(published)
    assert await stored(ward, "SELECT count(*) FROM document WHERE position('Eicar' in facts) > 0") == 0


@pytest.mark.parametrize("does", ["FAIL", "HANG_UP", "STAY_SILENT"])
async def test_nobody_opens_what_was_not_scanned_until_it_is(
    ward: Ward, clamd: FakeClamd, does: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_SCAN_SECONDS", 0.5)
    (patient, me), clamd.does = await ward.patient(), does
    sent = [await uploaded(me, patient, content) for content in (TEXT, EICAR)]
    assert [(status, there["status"], there["downloadUrl"]) for status, there in sent] == [(202, "UPLOADED", None)] * 2
    text_, eicar = (there for _, there in sent)
    await job(ward)
    assert (await document(me, text_["id"]))["status"] == "UPLOADED"
    clamd.does = "SCAN"
    await job(ward)
    found = [await document(me, each["id"]) for each in (text_, eicar)]
    assert [each["status"] for each in found] == ["AVAILABLE", "QUARANTINED"]
    assert [each["version"] for each in found] == [each["version"] + 1 for each in (text_, eicar)]
    assert (await get(found[0]["downloadUrl"])).content == TEXT


async def test_what_waits_for_its_scan_may_be_a_mistake(ward: Ward, clamd: FakeClamd) -> None:
    (patient, me), clamd.does = await ward.patient(), "FAIL"
    doctor = await clinician(ward, patient)
    _, made = await uploaded(me, patient, TEXT)
    given = {"kind": "DOCUMENT", "id": made["id"], "version": made["version"], "reason": "Another patient's."}
    assert (await doctor.does("markEnteredInError", **given))["__typename"] == "MarkEnteredInErrorSuccess"
    clamd.does = "SCAN"
    await job(ward)
    assert await stored(ward, "SELECT count(*) FROM document WHERE status = 'ENTERED_IN_ERROR'") == 1


async def test_what_nobody_scans_in_the_end_is_rejected_and_what_was_erased_ends(ward: Ward, clamd: FakeClamd) -> None:
    (patient, me), (other, they) = await ward.patient(), await ward.patient()
    clamd.does = "FAIL"
    _, mine = await uploaded(me, patient, TEXT)
    _, theirs = await uploaded(they, other, TEXT)
    async with ward.database.engine.begin() as connection:
        erased = {"id": other}
        await connection.execute(text("UPDATE data_key SET wrapped = NULL WHERE patient_id = :id"), erased)
        ward.database.keyring.forget()
        attempts = {"id": patient}
        await connection.execute(text("UPDATE document SET scan_attempts = 29 WHERE patient_id = :id"), attempts)
    await job(ward)
    await job(ward)
    there = await document(me, mine["id"])
    assert (there["status"], there["rejection"], there["downloadUrl"]) == ("REJECTED", "NOT_SCANNED", None)
    assert await stored(ward, "SELECT count(*) FROM document WHERE status = 'REJECTED'") == 2
    assert theirs["id"] != mine["id"]


async def test_the_client_speaks_to_a_socket_and_bears_whatever_comes(tmp_path: Path) -> None:
    async with fake_clamd(tmp_path / "clamd.ctl") as scanner:
        client = Clamd(scanner.address)
        assert [await client.scan(each) for each in (b"x" * 1_000_000, EICAR)] == [None, "Eicar-Test-Signature"]
        scanner.does = "FAIL"
        with pytest.raises(NotScanned, match="ERROR"):
            await client.scan(TEXT)
    for address in (scanner.address, "tcp://127.0.0.1:9"):
        assert (await verdict(Clamd(address), TEXT)).status is DocumentStatus.UPLOADED
    assert (await verdict(None, EICAR)).status is DocumentStatus.AVAILABLE
