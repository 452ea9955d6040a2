"""Control material is measured, judged beside what was measured before, and told of where it fails."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.ids import new_id
from tests.harness.databases import stored
from tests.harness.repeating import check_repeating
from tests.laboratory.conftest import Lab, technician
from tests.laboratory.inbound import Sender, sender

RUN = "qcRun { verdict rules values { level value deviations } }"


@pytest.fixture
async def analyzer(lab: Lab) -> Sender:
    return await sender(lab)


async def material(lab: Lab, analyzer: Sender, test: str, **fields: Any) -> str:
    """Control material with a mean of 5 and a standard deviation of 0.1."""
    given = {"analyzerId": analyzer.id, "labTestId": test, "level": "high", "mean": 5, "deviation": 0.1}
    saved = await lab.technician.did("saveQcMaterial", "qcMaterial { id version }", **given | fields)
    return str(saved["id"])


async def run(lab: Lab, *values: tuple[str, float]) -> dict[str, Any]:
    """A run of some materials."""
    measured = [{"qcMaterialId": each, "measured": value} for each, value in values]
    return await lab.technician.did("recordQcRun", RUN, values=measured)


async def test_runs_are_judged_beside_those_before(lab: Lab, analyzer: Sender) -> None:
    test = await lab.test()
    high, low = await material(lab, analyzer, test), await material(lab, analyzer, test, level="low", mean=1)
    first = await run(lab, (high, 5.25), (low, 1.0))
    assert first == {
        "verdict": "WARNING",
        "rules": ["R_1_2S"],
        "values": [
            {"level": "high", "value": 5.25, "deviations": 2.5},
            {"level": "low", "value": 1.0, "deviations": 0.0},
        ],
    }
    assert await lab.told("qc-failed") == []
    second = await run(lab, (high, 5.25), (low, 1.0))
    assert (second["verdict"], second["rules"]) == ("REJECTED", ["R_2_2S"])
    (told,) = await lab.told("qc-failed")
    assert told["rules"] == ["2-2s"]
    assert (await run(lab, (high, 5.0)))["verdict"] == "IN_CONTROL"
    other = await lab.test()
    of_other = await material(lab, analyzer, other)
    assert (await run(lab, (of_other, 5.25)))["verdict"] == "WARNING"
    query = """query($analyzer: ID!, $test: ID!) { qcRuns(analyzerId: $analyzer, labTestId: $test) {
        nodes { verdict staffMember { id } } } qcMaterials(analyzerId: $analyzer) { totalCount } }"""
    found = await lab.technician.caller.data(query, analyzer=analyzer.id, test=test)
    assert [each["verdict"] for each in found["qcRuns"]["nodes"]] == ["IN_CONTROL", "REJECTED", "WARNING"]
    assert found["qcMaterials"] == {"totalCount": 3}
    stranger = technician(lab.clinic, new_id())
    found = await stranger.caller.data(query, analyzer=analyzer.id, test=test)
    assert found == {"qcRuns": {"nodes": []}, "qcMaterials": {"totalCount": 0}}


async def test_runs_at_once_are_judged_one_after_the_other(lab: Lab, analyzer: Sender) -> None:
    test = await lab.test()
    high = await material(lab, analyzer, test)
    made = await asyncio.gather(*(run(lab, (high, 5.15)) for _ in range(10)))
    assert sorted(each["verdict"] for each in made) == ["IN_CONTROL"] * 3 + ["REJECTED"] * 7


async def test_what_cannot_be_judged_is_refused(lab: Lab, analyzer: Sender) -> None:
    test, words = await lab.test(), await lab.test(valueType="TEXT", unit=None)
    high = await material(lab, analyzer, test)
    of_other = {"qcMaterialId": await material(lab, analyzer, await lab.test()), "measured": 5}
    of_run = {"analyzerId": analyzer.id, "labTestId": test}
    value = {"qcMaterialId": high, "measured": 5}
    cases: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
        ("recordQcRun", {"values": [value, value]}, [{"path": ["values"], "code": "MATERIAL_REPEATED"}]),
        ("recordQcRun", {"values": [value, of_other]}, [{"path": ["values"], "code": "MATERIALS_DIFFER"}]),
    ]
    for name, given, problems in cases:
        assert (await lab.technician.does(name, **given))["fields"] == problems
    again = of_run | {"level": "high", "mean": 5, "deviation": 0.1}
    assert (await lab.technician.does("saveQcMaterial", **again))["code"] == "QC_LEVEL_TAKEN"
    of_words = again | {"labTestId": words}
    assert (await lab.technician.does("saveQcMaterial", **of_words))["fields"][0]["code"] == "NOT_NUMERIC"
    stranger = technician(lab.clinic, new_id())
    for name, given in (("saveQcMaterial", again), ("recordQcRun", {"values": [value]})):
        assert (await stranger.does(name, **given))["__typename"] == "NotFound"


async def test_runs_stay_as_they_were(lab: Lab, analyzer: Sender) -> None:
    test = await lab.test()
    await run(lab, (await material(lab, analyzer, test), 5.0))
    for statement in ("UPDATE qc_run SET verdict = 'REJECTED'", "DELETE FROM qc_run", "TRUNCATE qc_run"):
        with pytest.raises(DBAPIError, match="keeps what was said"):
            async with stored(lab.database) as session:
                await session.execute(text(statement))


async def test_saving_and_recording_are_repeatable(lab: Lab, analyzer: Sender) -> None:
    async def count(name: str) -> int:
        query = f"query($id: ID!) {{ {name}(analyzerId: $id) {{ totalCount }} }}"
        return int((await lab.technician.caller.data(query, id=analyzer.id))[name]["totalCount"])

    test = await lab.test()
    caller = lab.technician.caller
    given: dict[str, Any] = {"analyzerId": analyzer.id, "labTestId": test, "level": "x", "mean": 1, "deviation": 1}
    made = await check_repeating(
        caller, "saveQcMaterial", "qcMaterial { id }", given, {"level": "y"}, lambda: count("qcMaterials")
    )
    values = [{"qcMaterialId": made["qcMaterial"]["id"], "measured": 1}]
    given = {"values": values}
    other = {"values": [values[0] | {"measured": 2}]}
    await check_repeating(caller, "recordQcRun", "qcRun { id }", given, other, lambda: count("qcRuns"))
