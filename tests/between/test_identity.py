"""Accounts of patients who are found twice."""

import pytest

from shared.ids import global_id, new_id
from subgraphs.identity.consumers import PatientMerged
from tests.harness.clinic import Clinic
from tests.identity.conftest import account, activity, log_in, logged_in, mailbox, quick, refused

__all__ = ["mailbox", "quick"]


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity",)


async def test_merged_patients_accounts_move_and_their_tokens_end(clinic: Clinic) -> None:
    ann = await account(clinic, "ann@example.org", "PATIENT")
    ben = await account(clinic, "ben@example.org", "PATIENT")
    assert ann.patient_id and ben.patient_id
    caller, other = await logged_in(clinic, "ann@example.org"), await logged_in(clinic, "ben@example.org")
    survivor = new_id()
    await clinic.publish(PatientMerged(patient_id=survivor, merged_patient_id=ann.patient_id))

    async def moved() -> bool:
        answer = await log_in(clinic, "ann@example.org")
        return bool(answer["account"]["patient"] == {"id": global_id("Patient", survivor)})

    await clinic.until(moved)
    assert await refused(clinic, caller)
    mine = (await other.data("{ me { patient { id } } }"))["me"]["patient"]
    assert mine == {"id": global_id("Patient", ben.patient_id)}
    again = await logged_in(clinic, "ann@example.org")
    assert "PATIENT_MERGED" in await activity(again)
