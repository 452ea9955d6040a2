"""eGFR: what recorded creatinine speaks for, with its inputs, and why it speaks for nothing."""

from typing import Any

import pytest
from sqlalchemy import text

from subgraphs.records.codes import Section
from tests.harness.access import withheld
from tests.harness.databases import stored
from tests.records.asking import clinician, of
from tests.records.conftest import Ward
from tests.records.test_clinical import record, refused

RATES = """query($id: ID!) { patient(id: $id) { filtrationRates(first: 5) { totalCount nodes {
    name value stage gap creatinine age sex measuredAt entry { id } } } } }"""


def creatinine(value: float, unit: str, code: str = "2160-0") -> list[dict[str, Any]]:
    return [{"code": code, "value": value, "unit": unit}]


@pytest.mark.parametrize(
    ("gender", "born", "expected"),
    [
        ("female", {"birth_date": "1960-06-15"}, (65, "FEMALE", 38, "G3B", None)),
        ("male", {"birth_date": "1960-06-15"}, (65, "MALE", 51, "G3A", None)),
        ("other", {"birth_date": "1960-06-15"}, (65, None, None, None, "SEX_UNKNOWN")),
        ("male", {"birth_date": "2008-01-11"}, (17, "MALE", None, None, "UNDER_AGE")),
        ("male", {"partial_birth_date": "1960"}, (None, "MALE", None, None, "BIRTH_DATE_UNKNOWN")),
    ],
)
async def test_a_filtration_rate_comes_with_its_inputs(
    ward: Ward, gender: str, born: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    patient, jane = await ward.patient()
    async with stored(ward.clinic.service("patients").runtime.database) as session:
        given = {"birth_date": None, "partial_birth_date": None} | born
        change = text(
            "UPDATE patient SET gender = :gender, birth_date = CAST(CAST(:birth_date AS text) AS date),"
            " partial_birth_date = :partial_birth_date WHERE id = :id"
        )
        await session.execute(change, {"gender": gender, "id": patient, **given})
    doctor = await clinician(ward, patient)
    made = await record(
        doctor,
        patient,
        "recordVitalSigns",
        measurements=creatinine(132.6, "umol/L"),
        effectiveAt="2026-01-10T08:00:00Z",
    )
    await record(doctor, patient, "recordVitalSigns", effectiveAt="2026-01-11T08:00:00Z")  # of the heart alone
    rates = (await jane.data(RATES, id=of("Patient", patient)))["patient"]["filtrationRates"]
    (found,) = rates["nodes"]
    assert rates["totalCount"] == 1
    assert tuple(found[name] for name in ("age", "sex", "value", "stage", "gap")) == expected
    assert (found["name"], found["creatinine"]) == ("CKD-EPI creatinine 2021", 1.5)
    assert (found["measuredAt"], found["entry"]) == ("2026-01-10T08:00:00Z", {"id": made["id"]})


async def test_rates_are_of_blood_and_serum_the_newest_first_and_of_who_may_read_them(ward: Ward) -> None:
    patient, jane = await ward.patient()
    doctor, stranger = await clinician(ward, patient), await clinician(ward)
    for day, code in ((10, "2160-0"), (12, "38483-4")):
        given: dict[str, Any] = {
            "measurements": creatinine(day / 10, "mg/dL", code),
            "effectiveAt": f"2026-01-{day}T08:00:00Z",
        }
        await record(doctor, patient, "recordVitalSigns", **given)
    for value, unit, code in ((0, "mg/dL", "SIGN_LIMIT"), (10_000, "umol/L", "SIGN_LIMIT"), (1, "g/L", "SIGN_UNIT")):
        wrong = await refused(doctor, patient, "recordVitalSigns", measurements=creatinine(value, unit))
        assert wrong == [("measurements.0", code)]

    async def seen(who: Any) -> Any:
        rates = (await who.data(RATES, id=of("Patient", patient)))["patient"]["filtrationRates"]
        return rates and [each["creatinine"] for each in rates["nodes"]]

    assert [await seen(who) for who in (jane, doctor.caller, stranger.caller)] == [[1.2, 1.0], [1.2, 1.0], None]
    await ward.know(withheld(patient, Section.VITAL_SIGNS))
    assert [await seen(who) for who in (jane, doctor.caller)] == [[1.2, 1.0], []]
