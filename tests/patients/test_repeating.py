"""What is done again under one idempotency key to patients is done once."""

from shared.ids import new_id
from tests.harness.clinic import Clinic
from tests.harness.repeating import check_repeating
from tests.patients.conftest import JANE, named, register


async def test_patients_are_entered_and_merged_once(clinic: Clinic) -> None:
    async def told() -> int:
        return len(await clinic.published("patients"))

    clerk, other = clinic.caller("RECEPTIONIST"), named("Other", "Ada")
    first = await check_repeating(clerk, "registerPatient", "patient { id version }", JANE, other, told)
    me = clinic.caller("PATIENT", patient=new_id())
    await check_repeating(me, "registerMyself", "patient { id version }", JANE, other, told)
    third = (await register(clerk, **other))["patient"]
    keys = {
        "survivorId": first["patient"]["id"],
        "survivorVersion": 1,
        "duplicateId": third["id"],
        "duplicateVersion": 1,
    }
    merged = await check_repeating(clerk, "mergePatients", "patient { version }", keys, {"duplicateVersion": 2}, told)
    assert merged["patient"] == {"version": 2}
