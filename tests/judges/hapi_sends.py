"""What HAPI's analyzer sends, how it is answered, and what the graph says then (`python -m tests.judges hapi`)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.ids import new_id
from subgraphs.laboratory.listener import open_listener
from tests.harness.serving import free_socket
from tests.judges.hapi import Analyzer, Result, analyzer
from tests.laboratory.conftest import Lab, clinic, lab, loinc, shared_clinic
from tests.laboratory.inbound import Sender, outcome, sender
from tests.laboratory.test_results import analysis, released, shows, verified

__all__ = ["clinic", "lab", "shared_clinic"]

SPECIAL = "O|Hara^&~\\ Müller"


@pytest.fixture
async def known(lab: Lab) -> Sender:
    return await sender(lab)


@pytest.fixture
async def hapi(lab: Lab, known: Sender) -> AsyncIterator[Analyzer]:
    """Connected to a listener of the laboratory's service."""
    bound = free_socket()
    port = bound.getsockname()[1]
    bound.close()
    runtime = lab.clinic.service("laboratory").runtime
    settings = runtime.settings.model_copy(update={"laboratory_mllp_address": f"127.0.0.1:{port}"})
    async with open_listener(replace(runtime, settings=settings)), analyzer(port, known.application) as sends:
        yield sends


async def ordered(lab: Lab, *tests: str) -> tuple[str, dict[str, Any]]:
    """The number of a patient by which others know them, and an order of tests whose specimens are there."""
    patient, _ = await lab.patient()
    return str(patient), await lab.received(await lab.doctor(patient), patient, *tests)


def keys(order: dict[str, Any]) -> dict[str, str]:
    """An order's analyses by their tests."""
    return {each["labTest"]["id"]: each["id"] for each in order["analyses"]["nodes"]}


async def test_values_of_each_kind_arrive_as_they_were_meant(lab: Lab, hapi: Analyzer) -> None:
    codes = [loinc() for _ in range(4)]
    number = await lab.test(loinc=codes[0])
    less = await lab.test(loinc=codes[1])
    words = await lab.test(loinc=codes[2], valueType="TEXT", unit=None)
    allowed = [
        {"system": "http://snomed.info/sct", "code": code, "display": code, "abnormal": True} for code in ("POS", "NEG")
    ]
    coded = await lab.test(loinc=codes[3], valueType="CODED", unit=None, codes=allowed)
    patient, order = await ordered(lab, number, less, words, coded)
    answer = await hapi.send(
        "1",
        patient,
        order["number"],
        Result(codes[0], "5.10", unit="mmol/L", note=SPECIAL),
        Result(codes[1], "<0.3", "SN", unit="mmol/L"),
        Result(codes[2], f"{SPECIAL}\nsecond", "ST"),
        Result(codes[3], "POS\nNEG", "CWE"),
    )
    assert answer == ["AA", "1"]
    query = """query($id: ID!) { analysis(id: $id) { results { nodes {
      entered comparator text comment codes { code } } } } }"""
    said = {}
    for test, key in keys(order).items():
        found = await lab.technician.caller.data(query, id=key)
        (said[test],) = found["analysis"]["results"]["nodes"]
    assert (said[number]["entered"], said[number]["comment"]) == ("5.10", SPECIAL)
    assert (said[less]["entered"], said[less]["comparator"]) == ("0.3", "LESS")
    assert said[words]["text"] == f"{SPECIAL}\nsecond"
    assert [each["code"] for each in said[coded]["codes"]] == ["POS", "NEG"]


async def test_a_message_counts_once_and_a_control_id_too(lab: Lab, known: Sender, hapi: Analyzer) -> None:
    code = loinc()
    patient, order = await ordered(lab, await lab.test(loinc=code))
    result = Result(code, "4.4", unit="mmol/L")
    answers = [await hapi.send("7", patient, order["number"], result) for _ in range(3)]
    assert answers == [["AA", "7"]] * 3
    assert await hapi.send("7", patient, order["number"], replace(result, value="9.9")) == ["AE", "7", "205"]
    (found,) = await known.messages()
    assert (found["status"], outcome(found)) == ("APPLIED", [("APPLIED", None)])
    (key,) = keys(order).values()
    assert await shows(lab.technician.caller, key) == ["4.4 mmol/L"]


async def test_corrections_count_in_the_order_in_which_they_were_made(lab: Lab, known: Sender, hapi: Analyzer) -> None:
    code = loinc()
    patient, order = await ordered(lab, await lab.test(loinc=code))
    (key,) = keys(order).values()

    async def send(control_id: str, value: str, status: str, minute: int) -> list[str]:
        result = Result(code, value, status=status, unit="mmol/L")
        at = f"202611301015{minute:02}+0100"
        return await hapi.send(control_id, patient, order["number"], result, reported=at)

    assert await send("1", "4.0", "F", 10) == ["AA", "1"]
    assert await send("2", "3.0", "P", 5) == ["AA", "2"], "an older word, which is kept"
    await verified(lab, key)
    await released(lab, order["id"])
    assert await send("3", "4.3", "C", 30) == ["AA", "3"]
    assert await send("4", "4.2", "C", 20) == ["AA", "4"], "an older correction comes later"
    assert await shows(lab.technician.caller, key) == ["4.3 mmol/L", "4.0 mmol/L"]
    kept = [outcome(each)[0] for each in await known.messages()]
    assert kept == [("KEPT", "OUTDATED"), ("APPLIED", None), ("KEPT", "OUTDATED"), ("APPLIED", None)]


async def test_somebody_elses_results_are_parked(lab: Lab, known: Sender, hapi: Analyzer) -> None:
    code = loinc()
    patient, order = await ordered(lab, await lab.test(loinc=code))
    result = Result(code, "4.4", unit="mmol/L")
    assert await hapi.send("1", patient, order["number"], result, born="19400202") == ["AE", "1", "204"]
    assert await hapi.send("2", patient, order["number"], result, sex="F") == ["AE", "2", "204"]
    assert await hapi.send("3", str(new_id()), order["number"], result) == ["AE", "3", "204"]
    assert await hapi.send("4", patient, "EXT-1", result) == ["AE", "4", "204"]
    assert await hapi.send("5", patient, order["number"], result, born="19400201") == ["AA", "5"]
    causes = [each["cause"] for each in await known.messages()]
    assert causes == [None, "UNKNOWN_ORDER", *["PATIENT_DISAGREES"] * 3]
    (key,) = keys(order).values()
    assert (await analysis(lab.technician.caller, key))["status"] == "RESULTED"


async def test_a_large_message_and_those_after_it_are_answered(lab: Lab, known: Sender, hapi: Analyzer) -> None:
    code, other = loinc(), loinc()
    patient, order = await ordered(lab, await lab.test(loinc=code))
    large = [Result(other, "x" * 4000, "ST") for _ in range(999)]
    answer = await hapi.send("1", patient, order["number"], Result(code, "4.4", unit="mmol/L"), *large)
    assert answer[:3] == ["AE", "1", "103"], "no test has that code"
    (found,) = await known.messages()
    assert found["status"] == "PARKED"
    (key,) = keys(order).values()
    assert await shows(lab.technician.caller, key) == ["4.4 mmol/L"], "the rest is applied"
    too_many = [Result(other, "1", "ST") for _ in range(1001)]
    assert await hapi.send("2", patient, order["number"], *too_many) == ["AR", "2", "207"]
    assert await hapi.send("3", patient, order["number"], Result(code, "4.4", unit="mmol/L")) == ["AA", "3"]
    assert len(await known.messages()) == 2


async def test_who_is_not_known_is_refused(lab: Lab, known: Sender, hapi: Analyzer) -> None:
    stranger = Analyzer(hapi._process, "STRANGER")
    assert await stranger.send("1", "x", "y", Result(loinc(), "1")) == ["AR", "1", "204"]
    assert await known.messages() == []
