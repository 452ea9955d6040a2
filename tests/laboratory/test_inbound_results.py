"""What a sender says becomes the results of analyses as if a technician had entered it; an older word never hides a newer."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from subgraphs.laboratory.hl7.message import Message
from tests.laboratory.conftest import Lab, loinc
from tests.laboratory.hl7_messages import header, message, obx, segment
from tests.laboratory.inbound import BORN, SEX, Sender, outcome, potassium, sender
from tests.laboratory.test_quality import material, run
from tests.laboratory.test_results import POTASSIUM, analysis, shows, verified

EARLY, LATE = "20261130100000", "20261130110000"


@dataclass
class Case:
    """An order of potassium whose specimen is there, and an analyzer that sends of it."""

    lab: Lab
    analyzer: Sender
    patient: UUID
    code: str
    test: str
    order: dict[str, Any]

    @property
    def analysis(self) -> str:
        return str(self.order["analyses"]["nodes"][0]["id"])

    def says(self, value: str, status: str = "F", at: str = EARLY, **fields: Any) -> bytes:
        """A message of the result."""
        return message(
            header(**self.analyzer.head),
            segment("PID", _3=str(self.patient), _7=BORN, _8=SEX),
            segment("OBR", _2=self.order["number"], _22=at),
            potassium(self.code, value, _11=status, **fields),
            segment("NTE", _3="Seen twice."),
        )

    async def say(self, value: str, status: str = "F", at: str = EARLY, **fields: Any) -> list[tuple[str, str | None]]:
        """What became of the result."""
        content = self.says(value, status, at, **fields)
        await self.analyzer.send(content)
        control_id = Message(content).header.first(10).text
        (found,) = [each for each in await self.analyzer.messages() if each["controlId"] == control_id]
        return outcome(found)

    async def shown(self) -> tuple[str, list[str]]:
        """The state of the analysis, and its results as the technician sees them, the newest first."""
        seen = await analysis(self.lab.technician.caller, self.analysis)
        return seen["status"], [each["display"] for each in seen["results"]["nodes"]]

    async def released(self) -> None:
        """Let the result be verified and released."""
        await verified(self.lab, self.analysis)
        order = await self.lab.order(self.order["id"])
        await self.lab.technician.did("releaseReport", id=order["id"], version=order["version"])


@pytest.fixture
async def case(lab: Lab) -> Case:
    patient, _ = await lab.patient()
    code = loinc()
    test = await lab.test(loinc=code)
    await lab.range(test, **POTASSIUM)
    order = await lab.received(await lab.doctor(patient), patient, test)
    return Case(lab, await sender(lab), patient, code, test, order)


async def test_a_result_is_entered_as_by_a_technician(case: Case) -> None:
    content = case.says("5.3")
    assert await case.analyzer.send(content) == ("AA", [])
    seen = await analysis(case.lab.technician.caller, case.analysis)
    (result,) = seen["results"]["nodes"]
    assert (seen["status"], result["entered"], result["flag"]) == ("RESULTED", "5.3", "HIGH")
    assert [await case.analyzer.send(content) for _ in range(3)] == [("AA", [])] * 3
    assert await case.shown() == ("RESULTED", ["5.3 mmol/L"])
    await verified(case.lab, case.analysis)
    assert (await case.shown())[0] == "VERIFIED"


async def test_a_critical_result_is_told_of(case: Case) -> None:
    assert await case.say("7.1") == [("APPLIED", None)]
    (told,) = await case.lab.told("critical-raised")
    assert told["patientId"] == str(case.patient)


@pytest.mark.parametrize(
    ("value", "fields", "cause"),
    [
        ("1e400", {}, "VALUE"),
        ("NaN", {}, "VALUE"),
        ("high", {}, "VALUE"),
        ("99", {}, "VALUE"),
        ("5.1", {"_6": "mg/dL"}, "UNIT"),
        ("", {}, "VALUE"),
    ],
)
async def test_what_the_test_cannot_have_is_parked(case: Case, value: str, fields: Any, cause: str) -> None:
    assert await case.say(value, **fields) == [("PARKED", cause)]
    assert await case.shown() == ("PENDING", [])


async def test_a_comparator_comes_along(case: Case) -> None:
    content = message(
        header(**case.analyzer.head),
        segment("PID", _3=str(case.patient), _7=BORN, _8=SEX),
        segment("OBR", _3=case.order["specimens"]["nodes"][0]["barcode"]),
        obx(["<", "3.0"], kind="SN", _3=[case.code, "", "LN"]),
    )
    assert await case.analyzer.send(content) == ("AA", [])
    assert await case.shown() == ("RESULTED", ["<3.0 mmol/L"])


@pytest.mark.parametrize(
    ("said", "outcomes", "shown"),
    [
        ([("5.1", "P", EARLY), ("5.2", "F", LATE)], [None, None], ["5.2", "5.1"]),
        ([("5.2", "F", LATE), ("5.1", "P", EARLY)], [None, "OUTDATED"], ["5.2"]),
        ([("5.2", "F", EARLY), ("5.1", "P", LATE)], [None, "OUTDATED"], ["5.2"]),
        ([("5.2", "F", LATE), ("5.1", "F", EARLY)], [None, "OUTDATED"], ["5.2"]),
        ([("5.1", "F", EARLY), ("5.2", "F", LATE)], [None, None], ["5.2", "5.1"]),
        ([("5.1", "F", EARLY), ("5.2", "C", LATE)], [None, None], ["5.2", "5.1"]),
        ([("5.2", "C", LATE), ("5.1", "F", EARLY)], [None, "OUTDATED"], ["5.2"]),
        ([("5.1", "F", EARLY), ("5.1", "F", LATE)], [None, None], ["5.1"]),
    ],
)
async def test_an_older_word_never_hides_a_newer(
    case: Case, said: list[tuple[str, str, str]], outcomes: list[str | None], shown: list[str]
) -> None:
    found = [(await case.say(*each))[0][1] for each in said]
    assert found == outcomes
    assert await case.shown() == ("RESULTED", [f"{each} mmol/L" for each in shown])


async def test_messages_at_once_leave_the_newest(case: Case) -> None:
    said = [case.says(f"4.{number}", at=f"202611301000{number:02}") for number in range(10)]
    await asyncio.gather(*map(case.analyzer.send, said))
    _, shown = await case.shown()
    assert shown[0] == "4.9 mmol/L"


async def test_a_correction_of_a_released_result_is_a_new_version(case: Case) -> None:
    await case.say("5.0")
    await case.released()
    assert await case.say("5.2", at=LATE) == [("PARKED", "STATE")]
    assert await case.say("5.2", "C", at=LATE) == [("APPLIED", None)]
    assert (await shows(case.lab.technician.caller, case.analysis))[0] == "5.2 mmol/L"
    await verified(case.lab, case.analysis)
    assert await case.shown() == ("CORRECTED", ["5.2 mmol/L", "5.0 mmol/L"])


async def test_what_is_taken_back_or_cannot_be_had(case: Case) -> None:
    assert await case.say("", "W") == [("KEPT", "UNCHANGED")]
    await case.say("5.0")
    assert await case.say("", "X", at=LATE) == [("PARKED", "STATE")]
    assert await case.say("", "D", at=LATE) == [("APPLIED", None)]
    assert (await case.shown())[0] == "REPEAT"


async def test_a_released_result_is_taken_back(case: Case) -> None:
    await case.say("5.0")
    await case.released()
    assert await case.say("", "W", at=LATE) == [("APPLIED", None)]
    assert (await case.shown())[0] == "ENTERED_IN_ERROR"


async def test_what_cannot_be_had_is_cancelled(case: Case) -> None:
    assert await case.say("", "X") == [("APPLIED", None)]
    assert (await case.shown())[0] == "CANCELLED"


async def test_what_somebody_entered_is_not_replaced(case: Case) -> None:
    version = (await analysis(case.lab.technician.caller, case.analysis))["version"]
    await case.lab.technician.did("enterResult", id=case.analysis, version=version, value="4.0")
    assert await case.say("5.0") == [("PARKED", "STATE")]
    assert await case.say("4.0") == [("APPLIED", None)]
    assert await case.shown() == ("RESULTED", ["4.0 mmol/L"])


async def test_a_preliminary_result_does_not_verify_itself(lab: Lab) -> None:
    patient, _ = await lab.patient()
    code = loinc()
    test = await lab.test(loinc=code, autoVerify=True)
    await lab.range(test, **POTASSIUM)
    order = await lab.received(await lab.doctor(patient), patient, test)
    case = Case(lab, await sender(lab), patient, code, test, order)
    await case.say("4.0", "P")
    assert (await case.shown())[0] == "RESULTED"
    await case.say("4.1", "F", at=LATE)
    assert (await case.shown())[0] == "VERIFIED"


async def test_an_unmapped_code_is_mapped_and_the_rest_was_applied(case: Case) -> None:
    lab = case.lab
    sodium = await lab.test()
    order = await lab.received(await lab.doctor(case.patient), case.patient, case.test, sodium)
    content = case.analyzer.message(
        case.patient, potassium(case.code, "4.4"), obx("4.0", _3=["Na", "Natrium", "99L"]), order=order["number"]
    )
    parked = await case.analyzer.sent(content, "AE")
    assert outcome(parked) == [("APPLIED", None), ("PARKED", "UNMAPPED_CODE")]
    codes = [{"system": "99L", "code": "Na", "labTestId": sodium}]
    repaired = await case.analyzer.repaired(parked, codes=codes)
    assert (repaired["status"], outcome(repaired)) == ("REPAIRED", [("APPLIED", None)] * 2)
    assert await case.analyzer.send(content) == ("AA", [])
    again = case.analyzer.message(case.patient, obx("4.0", _3=["Na", "Natrium", "99L"]), order=order["number"])
    assert await case.analyzer.send(again) == ("AA", [])


async def test_a_message_of_nobodys_order_is_repaired_with_one(case: Case) -> None:
    content = case.analyzer.message(case.patient, potassium(case.code, "4.4"), order="")
    parked = await case.analyzer.sent(content, "AE")
    assert parked["cause"] == "UNSOLICITED"
    repaired = await case.analyzer.repaired(parked, orderId=case.order["id"])
    assert repaired["status"] == "REPAIRED"
    assert await case.shown() == ("RESULTED", ["4.4 mmol/L"])
    own = await analysis(case.lab.technician.caller, case.analysis)
    payload = await case.lab.technician.does("verifyResult", id=case.analysis, version=own["version"])
    assert payload["code"] == "OWN_RESULT"  # who repairs has entered it


async def test_an_analyzer_out_of_control_lets_no_result_out(case: Case) -> None:
    high = await material(case.lab, case.analyzer, case.test)
    await case.say("4.4")
    assert (await run(case.lab, (high, 5.5)))["verdict"] == "REJECTED"
    version = (await analysis(case.lab.second.caller, case.analysis))["version"]
    refused = await case.lab.second.does("verifyResult", id=case.analysis, version=version)
    assert refused == {"__typename": "InvalidState", "code": "OUT_OF_CONTROL"}
    assert (await run(case.lab, (high, 5.0)))["verdict"] == "IN_CONTROL"
    await verified(case.lab, case.analysis)
    assert (await run(case.lab, (high, 5.5)))["verdict"] == "REJECTED"
    order = await case.lab.order(case.order["id"])
    release = {"id": order["id"], "version": order["version"]}
    assert (await case.lab.second.does("releaseReport", **release))["code"] == "OUT_OF_CONTROL"
    await run(case.lab, (high, 5.0))
    await case.lab.second.did("releaseReport", **release)


async def test_a_result_of_an_analyzer_out_of_control_does_not_verify_itself(lab: Lab) -> None:
    patient, _ = await lab.patient()
    code = loinc()
    test = await lab.test(loinc=code, autoVerify=True)
    await lab.range(test, **POTASSIUM)
    order = await lab.received(await lab.doctor(patient), patient, test)
    case = Case(lab, await sender(lab), patient, code, test, order)
    high = await material(lab, case.analyzer, test)
    await run(lab, (high, 5.5))
    await case.say("4.0")
    assert (await case.shown())[0] == "RESULTED"


async def test_an_analyzer_of_another_laboratory_has_measured_nothing_here(case: Case, lab: Lab) -> None:
    version = (await analysis(lab.technician.caller, case.analysis))["version"]
    given = {"id": case.analysis, "version": version, "value": "4.0", "analyzerId": f"Analyzer:{case.patient}"}
    assert (await lab.technician.does("enterResult", **given))["fields"] == [
        {"path": ["analyzerId"], "code": "NOT_FOUND"}
    ]
    await lab.technician.did("enterResult", **given | {"analyzerId": case.analyzer.id})
