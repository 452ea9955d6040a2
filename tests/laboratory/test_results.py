"""Results: entered, verified, released, corrected, and who sees what of them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from shared.database.model import utc_now
from shared.ids import global_id, new_id
from subgraphs.laboratory.consumers import PatientMerged
from subgraphs.laboratory.models import Analysis, LabResult
from subgraphs.laboratory.sentences import SENTENCES
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.laboratory.conftest import Lab, Member, technician
from tests.walls.test_translations import TRANSLATIONS

RESULT = """id number display entered value comparator unit flag text codes { code } correction replaces { display }
  interval { normalLow normalHigh } difference { previous difference exceeded } autoVerified verifiedAt releasedAt"""
OF_ANALYSIS = f"""query($id: ID!) {{ analysis(id: $id) {{ id version status retraction visibleAt
  results {{ nodes {{ {RESULT} }} }} }} }}"""
REPORTS = f"""query($id: ID!) {{ patient(id: $id) {{ labReports {{ nodes {{ id status correctedAt
  results {{ nodes {{ {RESULT} sentence german: sentence(language: "de") }} }} }} }} }} }}"""
TREND = """query($id: ID!, $loinc: String!, $from: DateTime) {
  resultTrend(patientId: $id, loinc: $loinc, from: $from) { nodes { value } } }"""
POTASSIUM: dict[str, Any] = {
    "plausibleLow": 0.5,
    "criticalLow": 2.5,
    "normalLow": 3.5,
    "normalHigh": 5.1,
    "criticalHigh": 6.5,
    "plausibleHigh": 15,
}
CHANGED = "subscription($id: ID!) { labReportChanged(patientId: $id) { status results { nodes { display } } } }"


async def analysis(caller: Caller, key: str) -> dict[str, Any]:
    """An analysis with its results, as somebody sees it."""
    return dict((await caller.data(OF_ANALYSIS, id=key))["analysis"] or {})


async def shows(caller: Caller, key: str) -> list[str]:
    """What somebody sees of an analysis's results, the newest first."""
    return [each["display"] for each in (await analysis(caller, key))["results"]["nodes"]]


async def entered(lab: Lab, key: str, **found: Any) -> dict[str, Any]:
    """An analysis whose result the technician has entered."""
    version = (await analysis(lab.technician.caller, key))["version"]
    await lab.technician.did("enterResult", id=key, version=version, **found)
    return await analysis(lab.technician.caller, key)


async def verified(lab: Lab, key: str) -> dict[str, Any]:
    """The same, verified by the other technician."""
    version = (await analysis(lab.technician.caller, key))["version"]
    await lab.second.did("verifyResult", id=key, version=version)
    return await analysis(lab.technician.caller, key)


async def released(lab: Lab, order: str) -> dict[str, Any]:
    """The report of an order, released."""
    version = (await lab.order(order))["version"]
    return await lab.second.did("releaseReport", "labReport { id status }", id=order, version=version)


async def one(lab: Lab, doctor: Member, patient: UUID, test: str, **fields: Any) -> tuple[str, str]:
    """The ids of an order of a test and of its analysis, whose specimen is there."""
    order = await lab.received(doctor, patient, test, **fields)
    return order["id"], order["analyses"]["nodes"][0]["id"]


@pytest.fixture
async def potassium(lab: Lab) -> str:
    test = await lab.test()
    await lab.range(test, **POTASSIUM)
    return test


async def test_a_result_is_seen_by_whom_it_is_for_when_it_is(lab: Lab, potassium: str) -> None:
    patient, me = await lab.patient()
    doctor = await lab.doctor(patient)
    order, key = await one(lab, doctor, patient, potassium)
    await lab.technician.did("assignAnalysis", id=key, version=(await analysis(lab.technician.caller, key))["version"])
    found = await entered(lab, key, value="5.94", comment="Not haemolyzed.")
    assert found["status"] == "RESULTED"
    (result,) = found["results"]["nodes"]
    assert (result["display"], result["entered"], result["flag"]) == ("5.9 mmol/L", "5.94", "HIGH")
    assert result["interval"] == {"normalLow": 3.5, "normalHigh": 5.1}
    for caller, sees in ((doctor.caller, []), (me, []), (lab.second.caller, ["5.9 mmol/L"])):
        assert await shows(caller, key) == sees

    own = await lab.technician.does("verifyResult", id=key, version=found["version"])
    assert own["code"] == "OWN_RESULT"
    assert (await verified(lab, key))["status"] == "VERIFIED"
    assert (await shows(doctor.caller, key), await shows(me, key)) == (["5.9 mmol/L"], [])
    report = await released(lab, order)
    assert report["status"] == "FINAL"
    assert (await lab.order(order))["status"] == "COMPLETED"
    (mine,) = (await me.data(REPORTS, id=global_id("Patient", patient)))["patient"]["labReports"]["nodes"]
    assert mine["results"]["nodes"][0]["sentence"] == (
        "Potassium is 5.9 mmol/L, above what is usual for you (3.5 mmol/L to 5.1 mmol/L)."
    )
    assert "über dem Bereich" in mine["results"]["nodes"][0]["german"]
    for name in ("result-verified", "report-released", "lab-order-ended"):
        (told,) = [each for each in await lab.told(name) if each["patientId"] == str(patient)]
        assert "5.9" not in str(told)


@pytest.mark.parametrize(
    ("found", "path", "code"),
    [
        ({"value": "1,5"}, "value", "RESULT_NUMBER"),
        ({"value": "1e400"}, "value", "RESULT_NUMBER"),
        ({"value": "NaN"}, "value", "RESULT_NUMBER"),
        ({"value": "4.1", "unit": "mg/dL"}, "unit", "RESULT_UNIT"),
        ({"value": "0.4"}, "value", "RESULT_IMPLAUSIBLE"),
        ({"value": "15.01"}, "value", "RESULT_IMPLAUSIBLE"),
        ({"text": "High"}, "text", "RESULT_KIND"),
        ({"codes": ["A"]}, "codes", "RESULT_KIND"),
        ({}, None, "RESULT_NEEDED"),
        ({"value": "4", "text": "High"}, None, "RESULT_NEEDED"),
    ],
)
async def test_what_is_no_result_is_refused(
    lab: Lab, potassium: str, found: dict[str, Any], path: str | None, code: str
) -> None:
    patient, _ = await lab.patient()
    _, key = await one(lab, await lab.doctor(patient), patient, potassium)
    version = (await analysis(lab.technician.caller, key))["version"]
    answer = await lab.technician.does("enterResult", id=key, version=version, **found)
    assert answer["fields"] == [{"path": [path] if path else [], "code": code}]


async def test_either_micro_is_the_unit(lab: Lab) -> None:
    patient, _ = await lab.patient()
    test = await lab.test(unit="umol/L")
    doctor = await lab.doctor(patient)
    for micro in "u\u00b5\u03bc":
        _, key = await one(lab, doctor, patient, test)
        assert (await entered(lab, key, value="80", unit=f"{micro}mol/L"))["status"] == "RESULTED"


async def test_codes_words_and_comparators_are_results(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)
    codes = [
        {"system": "http://snomed.info/sct", "code": "260385009", "display": "Negative"},
        {"system": "http://snomed.info/sct", "code": "10828004", "display": "Positive", "abnormal": True},
    ]
    coded = await lab.test(valueType="CODED", unit=None, codes=codes)
    words = await lab.test(valueType="TEXT", unit=None)
    for test, found, display, flag in (
        (coded, {"codes": ["260385009"]}, "Negative", "NORMAL"),
        (coded, {"codes": ["260385009", "10828004"]}, "Negative, Positive", "ABNORMAL"),
        (words, {"text": "Turbid."}, "Turbid.", None),
        (potassium, {"value": "2.50", "comparator": "LESS"}, "<2.5 mmol/L", "CRITICAL_LOW"),
        (potassium, {"value": "3.5", "comparator": "AT_MOST"}, "<=3.5 mmol/L", "NORMAL"),
    ):
        _, key = await one(lab, doctor, patient, test)
        (result,) = (await entered(lab, key, **found))["results"]["nodes"]
        assert (result["display"], result["flag"]) == (display, flag)
    _, key = await one(lab, doctor, patient, coded)
    version = (await analysis(lab.technician.caller, key))["version"]
    answer = await lab.technician.does("enterResult", id=key, version=version, codes=["other"])
    assert answer["fields"] == [{"path": ["codes"], "code": "RESULT_CODE"}]


async def test_a_range_is_for_the_age_at_collection_by_the_laboratorys_calendar(lab: Lab) -> None:
    test = await lab.test()
    await lab.range(test, normalLow=1, normalHigh=2, ageToDays=28)
    await lab.range(test, normalLow=3, normalHigh=4, ageFromDays=28)
    today = utc_now().date()
    for age, low in ((26, 1), (30, 3)):
        patient, _ = await lab.patient(birth_date=today - timedelta(days=age))
        _, key = await one(lab, await lab.doctor(patient), patient, test)
        (result,) = (await entered(lab, key, value="2"))["results"]["nodes"]
        assert result["interval"]["normalLow"] == low
    patient, _ = await lab.patient(partial_birth_date=f"{today.year}")
    _, key = await one(lab, await lab.doctor(patient), patient, test)
    (result,) = (await entered(lab, key, value="2"))["results"]["nodes"]
    assert (result["interval"], result["flag"]) == (None, None)


async def test_what_is_normal_and_like_the_last_one_verifies_itself(lab: Lab) -> None:
    test = await lab.test(autoVerify=True, delta={"days": 30, "absolute": 0.5})
    await lab.range(test, **POTASSIUM)
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)
    for value, status, difference in (
        ("4.0", "VERIFIED", None),
        ("4.5", "VERIFIED", {"previous": 4.0, "difference": 0.5, "exceeded": False}),
        ("5.1", "RESULTED", {"previous": 4.5, "difference": 0.6, "exceeded": True}),
        ("5.2", "RESULTED", {"previous": 4.5, "difference": 0.7, "exceeded": True}),
    ):
        _, key = await one(lab, doctor, patient, test)
        found = await entered(lab, key, value=value)
        (result,) = found["results"]["nodes"]
        assert (found["status"], result["difference"]) == (status, difference)
        assert result["autoVerified"] == (status == "VERIFIED")


async def test_of_another_method_nothing_is_compared(lab: Lab) -> None:
    test = await lab.test(method="Photometry", delta={"days": 30, "percent": 1})
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)
    for found, is_compared in (
        ({"value": "4"}, False),
        ({"value": "6", "method": "By hand"}, False),
        ({"value": "5"}, True),
    ):
        _, key = await one(lab, doctor, patient, test)
        (result,) = (await entered(lab, key, **found))["results"]["nodes"]
        assert (result["difference"] is not None) == is_compared
        await verified(lab, key)


async def test_an_analysis_that_is_repeated_keeps_its_result_and_inherits_nothing(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    _, key = await one(lab, await lab.doctor(patient), patient, potassium)
    found = await entered(lab, key, value="3.0", comparator="LESS")
    await lab.technician.did("repeatAnalysis", id=key, version=found["version"])
    found = await entered(lab, key, value="4.1")
    newest, old = found["results"]["nodes"]
    assert (newest["display"], newest["comparator"], old["display"]) == ("4.1 mmol/L", None, "<3.0 mmol/L")
    assert (newest["number"], newest["replaces"]) == (2, None)


async def test_without_a_specimen_there_is_no_result(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    order = await lab.ordered(await lab.doctor(patient), patient, potassium)
    key = order["analyses"]["nodes"][0]["id"]
    for name, found in (("enterResult", {"value": "4"}), ("assignAnalysis", {})):
        assert (await lab.technician.does(name, id=key, version=1, **found))["code"] == "SPECIMEN_NEEDED"


async def test_of_fifty_who_verify_at_once_one_does(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    _, key = await one(lab, await lab.doctor(patient), patient, potassium)
    version = (await entered(lab, key, value="4.2"))["version"]
    tries = [lab.second.does("verifyResult", id=key, version=version) for _ in range(50)]
    names = [each["__typename"] for each in await asyncio.gather(*tries)]
    assert (names.count("VerifyResultSuccess"), names.count("VersionConflict")) == (1, 49)
    told = [each for each in await lab.told("result-verified") if each["patientId"] == str(patient)]
    assert len(told) == 1


async def test_a_correction_keeps_the_old_and_comes_to_open_streams(lab: Lab, potassium: str) -> None:
    patient, me = await lab.patient()
    doctor = await lab.doctor(patient)
    order, key = await one(lab, doctor, patient, potassium)
    await entered(lab, key, value="4.2")
    await verified(lab, key)
    async with me.subscribe(CHANGED, id=str(patient)) as events:
        with lab.clinic.statements("laboratory") as statements:
            first = asyncio.ensure_future(anext(events))

            async def reads() -> bool:
                return any("max(audit_entry.seal)" in statement for statement in statements)

            await lab.clinic.until(reads)
        await released(lab, order)
        assert (await first)["labReportChanged"] == {
            "status": "FINAL",
            "results": {"nodes": [{"display": "4.2 mmol/L"}]},
        }
        version = (await analysis(lab.technician.caller, key))["version"]
        await lab.technician.did("correctResult", id=key, version=version, value="2.4", reason="Mixed up.")
        assert await shows(me, key) == ["4.2 mmol/L"]
        assert (await verified(lab, key))["status"] == "CORRECTED"
        async with asyncio.timeout(10):
            event = (await anext(events))["labReportChanged"]
    assert event == {"status": "CORRECTED", "results": {"nodes": [{"display": "2.4 mmol/L"}]}}
    newest, old = (await analysis(me, key))["results"]["nodes"]
    assert (newest["correction"], newest["replaces"], old["display"]) == (
        "Mixed up.",
        {"display": "4.2 mmol/L"},
        "4.2 mmol/L",
    )
    (told,) = [each for each in await lab.told("report-corrected") if each["patientId"] == str(patient)]
    assert "Mixed" not in str(told)


async def test_a_released_result_that_was_a_mistake_stays_to_be_seen_as_one(lab: Lab, potassium: str) -> None:
    patient, me = await lab.patient()
    order, key = await one(lab, await lab.doctor(patient), patient, potassium)
    await entered(lab, key, value="4.2")
    await verified(lab, key)
    await released(lab, order)
    version = (await analysis(lab.technician.caller, key))["version"]
    await lab.second.did("retractResult", id=key, version=version, reason="Another patient's.")
    found = await analysis(me, key)
    assert (found["status"], found["retraction"]) == ("ENTERED_IN_ERROR", "Another patient's.")
    loinc = (await me.data("query($id: ID!) { labTest(id: $id) { loinc { code } } }", id=potassium))["labTest"]
    given = {"id": global_id("Patient", patient), "loinc": loinc["loinc"]["code"]}
    assert (await me.data(TREND, **given))["resultTrend"]["nodes"] == []


async def test_a_trend_has_the_results_of_one_code_as_they_stand(lab: Lab, potassium: str) -> None:
    patient, me = await lab.patient()
    doctor = await lab.doctor(patient)
    for value in ("4.0", "4.5", "5.0"):
        order, key = await one(lab, doctor, patient, potassium)
        await entered(lab, key, value=value)
        await verified(lab, key)
        if value != "5.0":
            await released(lab, order)
    loinc = (await me.data("query($id: ID!) { labTest(id: $id) { loinc { code } } }", id=potassium))["labTest"]
    given = {"id": global_id("Patient", patient), "loinc": loinc["loinc"]["code"]}

    async def values(caller: Caller, **more: Any) -> list[float]:
        return [each["value"] for each in (await caller.data(TREND, **given, **more))["resultTrend"]["nodes"]]

    assert await values(me) == [4.0, 4.5]
    assert await values(doctor.caller) == [4.0, 4.5, 5.0]
    assert await values(me, **{"from": utc_now().isoformat()}) == []
    assert await values((await lab.patient())[1]) == []


async def test_a_report_is_partial_until_all_is_released(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    other = await lab.test(chargeCode="84295")
    order = await lab.received(await lab.doctor(patient), patient, potassium, other)
    for place, (each, status) in enumerate(zip(order["analyses"]["nodes"], ("PARTIAL", "FINAL"), strict=True)):
        await entered(lab, each["id"], value="4.2")
        await verified(lab, each["id"])
        assert (await released(lab, order["id"]))["status"] == status
        assert ((await lab.order(order["id"]))["status"] == "COMPLETED") == bool(place)
    version = (await lab.order(order["id"]))["version"]
    assert (await lab.second.does("releaseReport", id=order["id"], version=version))["code"] == "LAB_STATUS"
    codes = [each["chargeCodes"] for each in await lab.told("tests-performed") if each["patientId"] == str(patient)]
    assert codes == [[], ["84295"]]


async def test_a_delayed_result_says_from_when_on_it_is_seen(lab: Lab) -> None:
    test = await lab.test(delay=3)
    patient, me = await lab.patient()
    doctor = await lab.doctor(patient)
    order, key = await one(lab, doctor, patient, test)
    await entered(lab, key, value="4.2")
    await verified(lab, key)
    await released(lab, order)
    found = await analysis(me, key)
    assert (found["status"], found["results"]["nodes"]) == ("RELEASED", [])
    assert found["visibleAt"][:10] == (utc_now() + timedelta(days=3)).date().isoformat()
    assert await shows(doctor.caller, key) == ["4.2 mmol/L"]
    (mine,) = (await me.data(REPORTS, id=global_id("Patient", patient)))["patient"]["labReports"]["nodes"]
    assert mine["results"]["nodes"] == []


async def test_a_result_adds_the_tests_that_it_leads_to(lab: Lab, potassium: str) -> None:
    reflex, blood = await lab.test(), await lab.test(specimenType="BLOOD")
    await lab.admin.did("saveReflexRule", labTestId=potassium, addedTestId=reflex, flags=["HIGH", "CRITICAL_HIGH"])
    above = {"comparator": "GREATER", "threshold": 6}
    await lab.admin.did("saveReflexRule", labTestId=potassium, addedTestId=blood, **above)
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)
    for value, added in (("4.0", []), ("5.9", [reflex]), ("6.1", [reflex, blood])):
        order, key = await one(lab, doctor, patient, potassium)
        await entered(lab, key, value=value)
        await verified(lab, key)
        found = await lab.order(order)
        assert sorted(each["labTest"]["id"] for each in found["analyses"]["nodes"][1:]) == sorted(added)
        assert len(found["specimens"]["nodes"]) == (2 if blood in added else 1)
        assert (await released(lab, order))["status"] == ("PARTIAL" if added else "FINAL")


async def test_what_a_correction_or_a_repeat_first_leads_to_is_added_once(lab: Lab, potassium: str) -> None:
    added = await lab.test()
    above = {"comparator": "GREATER", "threshold": 6}
    await lab.admin.did("saveReflexRule", labTestId=potassium, addedTestId=added, **above)
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)

    async def orders() -> list[tuple[str, list[str]]]:
        query = """query($id: ID!) { patient(id: $id) { labOrders { nodes { status
          analyses { nodes { labTest { id } } } } } } }"""
        found = (await doctor.caller.data(query, id=global_id("Patient", patient)))["patient"]["labOrders"]["nodes"]
        return [(each["status"], [one["labTest"]["id"] for one in each["analyses"]["nodes"]]) for each in found]

    _, key = await one(lab, doctor, patient, potassium)
    await entered(lab, key, value="4.0")
    found = await verified(lab, key)
    for _ in range(2):
        await lab.technician.did("repeatAnalysis", id=key, version=found["version"])
        await entered(lab, key, value="6.1")
        found = await verified(lab, key)
    assert await orders() == [("IN_PROGRESS", [potassium, added])]

    order, key = await one(lab, doctor, patient, potassium)
    await entered(lab, key, value="4.0")
    await verified(lab, key)
    assert (await released(lab, order))["status"] == "FINAL"
    for value in ("6.1", "6.2"):
        version = (await analysis(lab.technician.caller, key))["version"]
        await lab.technician.did("correctResult", id=key, version=version, value=value, reason="Mixed up.")
        await verified(lab, key)
    follow_up, *rest = await orders()
    assert follow_up == ("ORDERED", [added])
    assert rest == [("COMPLETED", [potassium]), ("IN_PROGRESS", [potassium, added])]
    told = [each for each in await lab.told("lab-ordered") if each["patientId"] == str(patient)]
    assert len(told) == 3


async def test_a_result_of_a_rejected_specimen_is_not_released(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    order, key = await one(lab, await lab.doctor(patient), patient, potassium)
    await entered(lab, key, value="4.2")
    await verified(lab, key)
    (specimen,) = (await lab.order(order))["specimens"]["nodes"]
    await lab.technician.did("rejectSpecimen", id=specimen["id"], version=specimen["version"], reason="LABEL")
    found = await analysis(lab.technician.caller, key)
    assert (found["status"], len(found["results"]["nodes"])) == ("PENDING", 1)
    version = (await lab.order(order))["version"]
    assert (await lab.second.does("releaseReport", id=order, version=version))["code"] == "NOTHING_TO_RELEASE"


async def test_a_released_version_never_changes(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    order, key = await one(lab, await lab.doctor(patient), patient, potassium)
    await entered(lab, key, value="4.2")
    mine = col(LabResult.patient_id) == patient
    for values in ({"number": 7}, {"entered_by": patient}):
        with pytest.raises(DBAPIError, match="keeps what was said"):
            async with stored(lab.database) as session:
                await session.execute(update(LabResult).where(mine).values(**values))
    await verified(lab, key)
    await released(lab, order)
    with pytest.raises(DBAPIError, match="keeps what was said"):
        async with stored(lab.database) as session:
            await session.execute(update(LabResult).where(mine).values(verified_by=patient))
    with pytest.raises(DBAPIError, match="times"):
        async with stored(lab.database) as session:
            early = utc_now() - timedelta(days=1)
            await session.execute(update(Analysis).where(col(Analysis.patient_id) == patient).values(released_at=early))


async def test_a_merged_patients_results_are_the_survivors(lab: Lab, potassium: str) -> None:
    (merged, _), (survivor, me) = await lab.patient(), await lab.patient()
    order, key = await one(lab, await lab.doctor(merged), merged, potassium)
    await entered(lab, key, value="6.9")
    await verified(lab, key)
    await released(lab, order)
    await lab.hear(PatientMerged(patient_id=survivor, merged_patient_id=merged))
    assert await shows(me, key) == ["6.9 mmol/L"]
    async with stored(lab.database) as session:
        assert await session.scalar(select(LabResult).where(col(LabResult.patient_id) == merged)) is None


async def test_a_hundred_results_are_one_statement(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    _, key = await one(lab, await lab.doctor(patient), patient, potassium)
    await entered(lab, key, value="4.2")
    async with stored(lab.database) as session:
        row = await session.scalar(select(LabResult).where(col(LabResult.analysis_id) == key_of(key)))
    assert row is not None
    keys = [global_id("LabResult", row.id)] * 100
    with lab.clinic.statements("laboratory") as statements:
        answer = await lab.clinic.entities("laboratory", lab.technician.caller, "LabResult", keys, "display flag")
    assert answer["data"]["_entities"] == [{"display": "4.2 mmol/L", "flag": "NORMAL"}] * 100
    assert len(statements) <= 2


def test_each_sentence_is_there_in_german() -> None:
    assert [each for each in SENTENCES if not TRANSLATIONS.has("de", each)] == []


async def test_what_cannot_be_examined_keeps_no_order_open(lab: Lab, potassium: str) -> None:
    patient, me = await lab.patient()
    doctor = await lab.doctor(patient)
    urine = await lab.test(name="Urine protein", specimenType="URINE")
    order = await lab.ordered(doctor, patient, potassium, urine)
    serum, _ = order["specimens"]["nodes"]
    await doctor.did("collectSpecimen", id=serum["id"], version=1)
    await lab.technician.did("receiveSpecimen", id=serum["id"], version=2)
    key, last = (each["id"] for each in order["analyses"]["nodes"])
    await entered(lab, key, value="4.2")
    await verified(lab, key)
    assert (await released(lab, order["id"]))["status"] == "PARTIAL"
    foreign = technician(lab.clinic, new_id())
    given = {"id": last, "version": 1, "reason": "The patient could not."}
    assert (await foreign.does("cancelAnalysis", **given))["__typename"] == "NotFound"
    await lab.technician.did("cancelAnalysis", **given)
    now = await lab.order(order["id"], me)
    assert (now["status"], [each["status"] for each in now["analyses"]["nodes"]]) == (
        "COMPLETED",
        ["RELEASED", "CANCELLED"],
    )
    assert [each["status"] for each in now["specimens"]["nodes"]] == ["RECEIVED", "DISPOSED"]
    (mine,) = (await me.data(REPORTS, id=global_id("Patient", patient)))["patient"]["labReports"]["nodes"]
    assert mine["status"] == "FINAL"
    query = "query($id: ID!) { analysis(id: $id) { cancellation } }"
    assert (await me.data(query, id=last))["analysis"]["cancellation"] == "The patient could not."


async def test_of_an_order_something_is_examined_or_it_is_rejected(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    _, key = await one(lab, await lab.doctor(patient), patient, potassium)
    version = (await analysis(lab.technician.caller, key))["version"]
    answer = await lab.technician.does("cancelAnalysis", id=key, version=version, reason="No reagent.")
    assert answer["code"] == "LAST_ANALYSIS"
    assert (await analysis(lab.technician.caller, key))["status"] == "PENDING"
    await entered(lab, key, value="4.2")
    version = (await analysis(lab.technician.caller, key))["version"]
    answer = await lab.technician.does("cancelAnalysis", id=key, version=version, reason="No reagent.")
    assert answer["code"] == "LAB_STATUS"


async def test_an_analysis_is_of_the_part_that_it_is_assigned_to(lab: Lab, potassium: str) -> None:
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)
    order, key = await one(lab, doctor, patient, potassium)
    (whole,) = (await lab.order(order))["specimens"]["nodes"]
    await lab.technician.did("splitSpecimen", id=whole["id"], version=whole["version"], parts=2)
    _, _, second = (await lab.order(order))["specimens"]["nodes"]
    stranger = (await lab.order((await one(lab, doctor, patient, potassium))[0]))["specimens"]["nodes"][0]
    version = (await analysis(lab.technician.caller, key))["version"]
    for wrong in (stranger["id"], whole["id"], global_id("Specimen", new_id())):
        answer = await lab.technician.does("assignAnalysis", id=key, version=version, specimenId=wrong)
        assert answer["fields"] == [{"path": ["specimenId"], "code": "OTHER_SPECIMEN"}]
    await lab.technician.did("assignAnalysis", id=key, version=version, specimenId=second["id"])
    query = "query($id: ID!) { analysis(id: $id) { specimen { id } } }"
    assert (await lab.technician.caller.data(query, id=key))["analysis"]["specimen"] == {"id": second["id"]}
