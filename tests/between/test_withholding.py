"""From what a patient withholds of the record to what other domains show."""

import asyncio
import time

import pytest

from tests.harness.access import let
from tests.harness.clinic import Clinic
from tests.pharmacy.prescribing import open_dispensary
from tests.records.conftest import answer
from tests.records.test_relations import RELEASE, WITHHOLD

PRESCRIPTIONS = "query($id: ID!) { prescriptions(patientId: $id) { nodes { id } } }"
REPORTS = "subscription($id: ID!) { labReportChanged(patientId: $id) { status } }"


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity", "directory", "patients", "records", "pharmacy", "laboratory")


async def test_what_is_withheld_closes_everywhere_and_opens_again(clinic: Clinic) -> None:
    dispensary = await open_dispensary(clinic)
    author, (other, practitioner) = await dispensary.doctor(), await dispensary.prescriber()
    await let(clinic.service("laboratory"), dispensary.patient, practitioner_id=practitioner)
    row, me, patient = await dispensary.signed(author), dispensary.of_patient(), str(dispensary.patient)

    async def sees(*expected: str) -> bool:
        found = (await other.data(PRESCRIPTIONS, id=patient))["prescriptions"]["nodes"]
        return [each["id"] for each in found] == list(expected)

    assert await sees(row["id"])
    async with other.subscribe(REPORTS, id=patient) as events:
        with clinic.statements("laboratory") as statements:
            over = asyncio.ensure_future(anext(events, None))

            async def reads() -> bool:
                return any("max(audit_entry.seal)" in statement for statement in statements)

            await clinic.until(reads)
        begin = time.monotonic()
        for section in ("MEDICATIONS", "RESULTS"):
            await answer(me, WITHHOLD, patientId=patient, section=section)
        assert await asyncio.wait_for(over, 5 - (time.monotonic() - begin)) is None
    await clinic.until(sees, 5)
    await answer(me, RELEASE, patientId=patient, section="MEDICATIONS")
    await clinic.until(lambda: sees(row["id"]), 5)
