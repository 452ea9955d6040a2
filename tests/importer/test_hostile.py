"""Nothing in one resource ends an import: each is counted once, whatever it is, and what is wrong is told."""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.encryption.rotation import erase
from stack.demo.load import SAMPLE
from stack.importer.files import survey
from tests.harness.clinic import Clinic
from tests.importer.conftest import PATIENT, Command, Import, resource
from tests.importer.laboratory import RICH
from tests.importer.record import HOSPITAL, clinical, concept
from tests.importer.test_problems import condition

DOSAGE = {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]}}, "doseAndRate": []}
NOTE = {"contentType": "text/plain", "data": "aGVsbG8=", "size": 5, "hash": "qvTGHdzF6KLavt4PO0gs2a6pQ00="}
MORE = [
    PATIENT,
    clinical("CarePlan", "plan", status="active", title="Plan", activity=[{"detail": {"description": "Rest"}}]),
    clinical("CareTeam", "team", status="active", participant=[{"member": {"reference": "Practitioner/prac-1"}}]),
    {"resourceType": "Medication", "id": "drug", "code": concept("1", "Drug")},
    clinical("MedicationStatement", "takes", medicationReference={"reference": "Medication/drug"}, dosage=[DOSAGE]),
    {"resourceType": "Bundle", "type": "batch", "entry": [{"fullUrl": "urn:uuid:1", "resource": PATIENT}]},
    clinical("DocumentReference", "note", status="current", content=[{"attachment": NOTE}]),
    {"resourceType": "Claim", "id": "claim"},
]
LINES: list[Any] = [orjson.loads(line) for path in SAMPLE.glob("*.ndjson") for line in path.read_bytes().splitlines()]
LINES += [*MORE, RICH[0], *RICH[-9:]]

# What JSON cannot say, and is put in after it was written.
RAW = {b'"@nan"': b"NaN", b'"@huge"': b"1e999", b'"@half"': b'"\\ud800"', b'"@low"': b'"\\udc00"', b"@byte": b"\xff"}
RAW |= {
    b'"@deep"': b"[" * 5000 + b"]" * 5000,
    b'"@long"': b"9" * 5000,
    b'"@nested"': b'{"x":' * 900 + b"1" + b"}" * 900,
}
TEXTS = [
    "",
    " ",
    "\x00",
    "\x1b[2J",
    "a\u202eb",
    "x" * 300_000,
    "pat-1",
    "#",
    "#x",
    "Patient/pat-1",
    "ä" * 70,
    "R5",
    "[x]",
]
DATES = [
    "0000",
    "2020-13",
    "2020-02-30",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2020-01-01T25:61:61Z",
]
NUMBERS = [0, -1, 2**31, 2**63, 1e308, -1e-308, True, None]
SHAPES: list[Any] = [[], {}, [[]], [None], [{}], {"reference": "Patient/pat-1"}, {"coding": [{}]}, ["x"] * 3000]
VALUES = st.sampled_from([*TEXTS, *DATES, *NUMBERS, *SHAPES, *(raw.decode().strip('"') for raw in RAW)])
MUTATIONS = st.tuples(st.integers(0, len(LINES) - 1), st.lists(st.integers(0, 9), min_size=1, max_size=6), VALUES)


def mutate(part: Any, path: list[int], value: Any) -> Any:
    """A part of a resource with another value at a path, which leads as far as there is something."""
    if not path or not isinstance(part, dict | list) or not part:
        return value
    keys = [*part] if isinstance(part, dict) else [*range(len(part))]
    key = keys[path[0] % len(keys)]
    found = part.copy()
    found[key] = mutate(part[key], path[1:], value)
    return found


def written(value: Any) -> bytes:
    content = orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    for mark, raw in RAW.items():
        content = content.replace(mark, raw)
    return content


@settings(
    max_examples=int(os.environ.get("FUZZ", "12")),
    deadline=None,
    derandomize="FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(mutations=st.lists(MUTATIONS, min_size=20, max_size=200), doubled=st.integers(0, len(LINES) - 1))
@example(mutations=[], doubled=0)
async def test_each_resource_is_counted_once(
    imports: Import, tmp_path: Path, mutations: list[tuple[int, list[int], Any]], doubled: int
) -> None:
    lines = [*LINES, LINES[doubled]]
    for which, path, value in mutations:
        lines[which] = mutate(lines[which], path, value)
    done = await imports({"export.ndjson": [*map(written, lines)]}, HOSPITAL)
    summary, export = done.summary, survey(tmp_path)
    assert [row.counts.total() for row in summary.rows] == [export.counts[row.resource_type] for row in summary.rows]
    taken = {row.resource_type for row in summary.rows}
    assert summary.homeless == {kind: count for kind, count in export.counts.items() if kind not in taken}
    assert len(done.failures) == summary.failed
    assert done.done == export.counts
    assert summary.complete == (summary.failed == 0)
    assert mutations or summary.complete


async def test_what_is_of_an_erased_patient_is_left_out(clinic: Clinic, imports: Import) -> None:
    people = [PATIENT, resource("Patient", "other", name=[{"family": "Other"}])]
    of_other = {"subject": {"reference": "Patient/other"}}

    def files(code: str, *more: dict[str, Any]) -> dict[str, list[Any]]:
        lines = [condition(key, code=concept(code, "Asthma")) for key in ("a", "b")]
        return {"Patient.ndjson": people, "clinical.ndjson": [*lines, *more]}

    await imports(files("195967001"), HOSPITAL)
    await _erased(clinic)
    more = [condition("new"), condition("others", **of_other), clinical("Procedure", "p", status="completed")]
    done = await imports(files("1", *more), HOSPITAL)
    assert (done.failures, done.counts("Condition"), done.counts("Procedure")) == (
        [],
        {"left out": 3, "created": 1},
        {"left out": 1},
    )
    assert done.told("Condition") == {"left out, since the patient's data were erased for good": 3}
    wrong = condition("a", verificationStatus={"coding": [{"code": "entered-in-error"}]})
    back = await imports({"Patient.ndjson": people, "clinical.ndjson": [wrong]}, HOSPITAL)
    assert (back.failures, back.counts("Condition")) == ([], {"left out": 1})


async def _erased(clinic: Clinic) -> None:
    nodes = (await clinic.caller("ADMIN").data("{ patients { nodes { id name { family } } } }"))["patients"]["nodes"]
    assert [node["name"]["family"] for node in nodes] == ["Other", "Swaniawski813"]
    [key] = [UUID(node["id"].partition(":")[2]) for node in nodes if node["name"]["family"] != "Other"]
    await erase(clinic.service("records").runtime.database, key)


async def test_without_keys_an_import_says_what_is_missing(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "all.ndjson").write_bytes(b"\n".join(map(orjson.dumps, [PATIENT, condition("a")])))
    for provider, said in (("file:///nowhere/keys", "/nowhere/keys cannot be read"), ("none", "names no key provider")):
        monkeypatch.setenv("KEY_PROVIDER", provider)
        result = await command("--source", "hospital")
        assert (result.exit_code, type(result.exception)) == (1, SystemExit)
        assert said in result.output
        assert "run it again once that is mended" in result.output


async def test_files_are_named_and_counted_whatever_is_in_them(imports: Import, tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J\udcff.ndjson").write_bytes(b"{}\n")
    (tmp_path / "none.ndjson").mkdir(mode=0o700)
    entries = [
        {"fullUrl": 7, "resource": PATIENT},
        {"fullUrl": "urn:uuid:x", "resource": PATIENT},
        {"request": {"method": "DELETE", "url": "Nothing/1"}},
        {"request": {"method": "DELETE", "url": "Claim/1"}},
    ]
    others = [{"resourceType": kind, "id": "1"} for kind in ("Foo", "DeviceUsage", "ReferralRequest", "[red]")]
    done = await imports({"b.ndjson": [{"resourceType": "Bundle", "entry": entries}, *others]})
    assert [(str(failure.place), failure.cause) for failure in done.failures] == [
        ("a?[2J?.ndjson, line 1", "resourceType: This is needed."),
        ("b.ndjson, line 1, entry[0]", "fullUrl: This is no value of this field."),
        ("b.ndjson, line 1, entry[2]", "resourceType: This is no value of this field."),
        ("b.ndjson, line 2", "resourceType: This is no value of this field."),
        ("b.ndjson, line 3", "resourceType: It is of FHIR R5; what is taken is FHIR R4."),
        ("b.ndjson, line 4", "resourceType: It is of FHIR STU3; what is taken is FHIR R4."),
        ("b.ndjson, line 5", "resourceType: This is no value of this field."),
    ]
    assert (done.counts("Patient"), done.summary.homeless) == ({"created": 1}, {"Claim": 1})
