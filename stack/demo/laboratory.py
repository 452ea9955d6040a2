"""The laboratory's first days, made as people and an analyzer make them.

The catalogue, with LOINC's names unchanged, and ranges for demonstration; an analyzer under control; three orders of the demo's
patient with results, so that there is a trend, something abnormal and a correction, and one that is under way with a critical
result.
"""

import asyncio
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from shared.ids import parse_id
from stack.demo.accounts import DOMAIN
from stack.demo.calendar import Reception, until_known
from stack.errors import StackError
from stack.importer.fhir import open_domain
from subgraphs.laboratory.service.inbound import receive

_FOLDER = Path(__file__).parent
_SOURCE = "For demonstration only; each laboratory has ranges of its own"
_SENDER = ("DEMO-ANALYZER", "LAB")
_POTASSIUM, _CREATININE, _GLUCOSE, _TSH, _FREE_T4 = "2823-3", "2160-0", "2345-7", "3016-3", "3024-7"
_PANEL = ("Electrolytes and kidney", (_POTASSIUM, "2951-2", _CREATININE))
_NUMBERS = {"decimals", "turnaround", "ageFromDays", "ageToDays"}
_LIMITS = {"criticalLow", "normalLow", "normalHigh", "criticalHigh"}
_ACCESS_SECONDS = 60
_SEX = {"MALE": "M", "FEMALE": "F", "OTHER": "O"}

_ME = "query DemoLabMe { me { locations { id } } }"
_PATIENT = "query DemoLabPatient { myPatient { id } }"
_SUCCEEDED = "mutation Demo{kind}($input: {kind}Input!) {{ {name}(input: $input) {{ __typename {asked} }} }}"
_ORDER = """
query DemoLabOrder($id: ID!) {
  labOrder(id: $id) {
    id version status number born sex orderedAt
    specimens { nodes { id version status } }
    analyses { nodes { id version status labTest { loinc { code } } results(first: 1) { nodes { verifiedAt } } } }
  }
}
"""


@dataclass(frozen=True, slots=True)
class _Visit:
    """An order, how many days ago its specimens were collected, and what the analyzer says then, by LOINC codes."""

    name: str
    days: int
    results: Mapping[str, str]
    corrections: Mapping[str, str]
    is_released: bool = True
    more: tuple[str, ...] = ()


_VISITS = (
    _Visit("first", 28, {_POTASSIUM: "4.1", _CREATININE: "0.92"}, {}),
    _Visit("second", 14, {_POTASSIUM: "4.6", _CREATININE: "1.94"}, {_CREATININE: "0.94"}),
    _Visit("third", 1, {_POTASSIUM: "5.6", _CREATININE: "0.98"}, {}),
    _Visit("now", 0, {_GLUCOSE: "431"}, {}, is_released=False, more=(_TSH,)),
)


async def examine(databases: Mapping[str, str], url: str, password: str) -> None:
    """Enter the catalogue, and order, collect and examine."""
    clients = [httpx.AsyncClient(timeout=30) for _ in range(4)]
    try:
        roles = ("admin", "doctor", "lab-technician", "patient")
        people = [
            await Reception.logged_in(http, url, f"{role}@{DOMAIN}", password)
            for http, role in zip(clients, roles, strict=True)
        ]
        admin, doctor, technician, patient = people
        place = (await technician.ask(_ME))["me"]["locations"][0]["id"]
        tests = await _catalogue(admin)
        await _analyzer(admin, technician, place, tests)
        patient_id = (await patient.ask(_PATIENT))["myPatient"]["id"]
        for visit in _VISITS:
            await _Examination(databases["laboratory"], doctor, technician, visit).of(patient_id, place, tests)
    finally:
        for http in clients:
            await http.aclose()


async def _do(who: Reception, name: str, asked: str = "", /, **values: Any) -> dict[str, Any]:
    """What a mutation gives; a `Repeatable` one is sent by a key of its own."""
    kind = f"{name[0].upper()}{name[1:]}"
    wanted = f"... on {kind}Success {{ {asked} }}" if asked else ""
    return await until_known(who, _SUCCEEDED.format(kind=kind, name=name, asked=wanted), values)


async def _catalogue(admin: Reception) -> dict[str, str]:
    """The ids of the tests by LOINC code."""
    tests = {}
    for row in _rows("lab_tests.csv"):
        test = {**row, "valueType": "NUMERIC", "autoVerify": "autoVerify" in row}
        if test["autoVerify"]:
            test["delta"] = {"days": 90, "percent": 50}
        saved = await _do(admin, "saveLabTest", "labTest { id }", **test, idempotencyKey=f"demo-{row['loinc']}")
        tests[row["loinc"]] = saved["labTest"]["id"]
    for number, row in enumerate(_rows("lab_ranges.csv")):
        given = {"labTestId": tests[row.pop("loinc")], **row, "source": _SOURCE}
        await _do(admin, "saveReferenceRange", **given, idempotencyKey=f"demo-{number}")
    name, members = _PANEL
    await _do(admin, "saveLabPanel", name=name, testIds=[tests[each] for each in members], idempotencyKey="demo")
    rule = {"labTestId": tests[_TSH], "addedTestId": tests[_FREE_T4], "flags": ["LOW", "HIGH"]}
    await _do(admin, "saveReflexRule", **rule, idempotencyKey="demo")
    return tests


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {key: _value(key, value) for key, value in row.items() if value}


def _value(key: str, text: str) -> str | int | float:
    return int(text) if key in _NUMBERS else float(text) if key in _LIMITS else text


async def _analyzer(admin: Reception, technician: Reception, place: str, tests: Mapping[str, str]) -> None:
    """An analyzer that measures potassium as it should."""
    application, facility = _SENDER
    given = {"name": "Chemistry 1", "laboratoryId": place, "application": application, "facility": facility}
    saved = await _do(admin, "saveAnalyzer", "analyzer { id }", **given, idempotencyKey="demo")
    material = {"analyzerId": saved["analyzer"]["id"], "labTestId": tests[_POTASSIUM], "deviation": 0.1}
    values = []
    for level, mean in (("low", 3.0), ("high", 6.0)):
        given = material | {"level": level, "lot": "DEMO", "mean": mean}
        made = await _do(technician, "saveQcMaterial", "qcMaterial { id }", **given, idempotencyKey=f"demo-{level}")
        values.append({"qcMaterialId": made["qcMaterial"]["id"], "measured": mean + 0.05})
    await _do(technician, "recordQcRun", values=values, idempotencyKey="demo")


@dataclass(frozen=True, slots=True)
class _Examination:
    """What becomes of an order, step by step; what was done before stays."""

    address: str
    doctor: Reception
    technician: Reception
    visit: _Visit

    async def of(self, patient: str, place: str, tests: Mapping[str, str]) -> None:
        """All of it."""
        asked = [tests[each] for each in (*self.visit.results, *self.visit.more)]
        given = {"patientId": patient, "laboratoryId": place, "testIds": asked, "reason": "Check-up"}
        order = await self._ordered(given | {"idempotencyKey": f"demo-{self.visit.name}"})
        if order["status"] == "COMPLETED":
            return
        await self._bring(order)
        order = await self._now(order["id"])
        await self._send(order, patient, self.visit.results, "F")
        if self.visit.is_released:
            await self._release(order["id"])
            if self.visit.corrections:
                await self._send(order, patient, self.visit.corrections, "C")
                await self._verify(order["id"])

    async def _ordered(self, given: dict[str, Any]) -> dict[str, Any]:
        """The order, once the record has told the laboratory that the doctor treats the patient."""
        mutation = _SUCCEEDED.format(
            kind="OrderLabTests",
            name="orderLabTests",
            asked="... on OrderLabTestsSuccess { labOrder { id } } ... on UserError { code }",
        )
        for _ in range(_ACCESS_SECONDS * 5):
            (answer,) = (await self.doctor.ask(mutation, input=given)).values()
            if answer["__typename"] == "OrderLabTestsSuccess":
                return await self._now(answer["labOrder"]["id"], self.doctor)
            await asyncio.sleep(0.2)
        raise StackError(f"the demo data could not be made: {answer}")

    async def _now(self, key: str, who: Reception | None = None) -> dict[str, Any]:
        return dict((await (who or self.technician).ask(_ORDER, id=key))["labOrder"])

    async def _bring(self, order: dict[str, Any]) -> None:
        """Its specimens are collected, and come to the laboratory."""
        at = (datetime.now(UTC) - timedelta(days=self.visit.days)).isoformat()
        for each in order["specimens"]["nodes"]:
            step = {"id": each["id"], "version": each["version"]}
            if each["status"] == "PLANNED":
                await _do(self.doctor, "collectSpecimen", **step, collectedAt=at)
                step["version"] += 1
            if each["status"] in ("PLANNED", "COLLECTED"):
                await _do(self.technician, "receiveSpecimen", **step)

    async def _send(self, order: dict[str, Any], patient: str, results: Mapping[str, str], status: str) -> None:
        """The analyzer's message, which is the same one each time."""
        application, facility = _SENDER
        at = datetime.fromisoformat(order["orderedAt"]).strftime("%Y%m%d%H%M%S+0000")
        units = {row["loinc"]: row["unit"] for row in _rows("lab_tests.csv")}
        segments = [
            rf"MSH|^~\&|{application}|{facility}|CAREGRAPH|LAB|{at}||ORU^R01^ORU_R01|{order['number']}{status}|P|2.5.1",
            f"PID|||{parse_id(patient, 'Patient')}||||{order['born'].replace('-', '')}|{_SEX[order['sex']]}",
            f"OBR||{order['number']}||1^Tests^L" + "|" * 18 + at,
            *(
                f"OBX|{place}|NM|{code}^^LN||{value}|{units[code]}|||||{status}"
                for place, (code, value) in enumerate(results.items(), 1)
            ),
        ]
        async with open_domain("laboratory", self.address) as database:
            answer = await receive(database, "\r".join([*segments, ""]).encode())
        if b"MSA|AA" not in answer:
            raise StackError(f"the demo data could not be made: {answer.decode(errors='replace')}")

    async def _verify(self, key: str) -> None:
        for each in (await self._now(key))["analyses"]["nodes"]:
            newest = each["results"]["nodes"]
            if newest and newest[0]["verifiedAt"] is None:
                await _do(self.technician, "verifyResult", id=each["id"], version=each["version"])

    async def _release(self, key: str) -> None:
        await self._verify(key)
        order = await self._now(key)
        await _do(self.technician, "releaseReport", id=key, version=order["version"])
