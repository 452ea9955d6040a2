"""Files as other systems write them: what is taken of them, and how it is told what is not."""

import codecs
import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from shared.known import Source
from stack.importer import files
from tests.harness.clinic import Clinic
from tests.importer.conftest import EXPORT, Command, Import, encounter, resource


def person(key: str, **content: Any) -> dict[str, Any]:
    return resource("Patient", key, name=[{"family": key}], **content)


def line(key: str) -> bytes:
    return orjson.dumps(person(key))


def bundle(kind: str, *resources: dict[str, Any]) -> dict[str, Any]:
    request = {"request": {"method": "PUT", "url": "Patient/x"}} if kind == "transaction" else {}
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": each, **request} for each in resources]}


async def families(clinic: Clinic) -> list[str]:
    nodes = (await clinic.caller("NURSE").data("{ patients { nodes { name { family } } } }"))["patients"]["nodes"]
    return sorted(node["name"]["family"] for node in nodes)


FORMS: list[tuple[str, bytes]] = [
    ("1.Patient.ndjson", line("A")),
    ("patient-2.NDJSON", line("A")),
    ("whatever.jsonl", line("A")),
    ("Patient.ndjson", codecs.BOM_UTF8 + line("A") + b"\r\n\r\n  \r\n"),
    ("Patient.ndjson", (line("A").decode() + "\r\n").encode("utf-16")),
    ("Patient.ndjson", line("A").decode().encode("utf-16") + b"\n"),
    ("Patient.ndjson", codecs.BOM_UTF16_BE + line("A").decode().encode("utf-16-be")),
    ("Patient.ndjson.gz", gzip.compress(line("A") + b"\n")),
    ("Patient.ndjson", gzip.compress((line("A").decode() + "\n").encode("utf-16"))),
    ("a.json", line("A")),
    ("a.json", orjson.dumps(person("A"), option=orjson.OPT_INDENT_2)),
    ("export.json", orjson.dumps(bundle("collection", person("A")), option=orjson.OPT_INDENT_2)),
    ("export.json.gz", gzip.compress(orjson.dumps(bundle("transaction", person("A"))))),
    ("Patient.ndjson", orjson.dumps(bundle("searchset", person("A")))),
    ("part/one/Patient.ndjson", line("A")),
]


@pytest.mark.parametrize(("name", "content"), FORMS)
async def test_a_file_is_what_it_holds(
    clinic: Clinic, imports: Import, tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    done = await imports({})
    assert (done.failures, done.counts("Patient")) == ([], {"created": 1})
    assert done.summary.complete
    assert await families(clinic) == ["A"]


async def test_a_file_may_hold_several_types(clinic: Clinic, imports: Import) -> None:
    lines = [each for name, lines in EXPORT.items() if name != "log.ndjson" for each in lines]
    done = await imports({"everything.json": [bundle("collection", *reversed(lines))]})
    assert done.failures == []
    assert (done.counts("Patient"), done.counts("Encounter")) == ({"created": 1}, {"created": 2, "left out": 2})
    assert done.summary.homeless == {"Composition": 2}
    assert (await imports({"everything.json": [], "all.json": lines})).summary.written == 0


async def test_what_is_wrong_in_a_bundle_is_told_by_its_entry(imports: Import) -> None:
    entries = [
        {"resource": person("A")},
        {"response": {"status": "200"}},
        {"resource": {"id": "x"}},
        {"resource": person("B", gender="x")},
        {"resource": 7},
    ]
    done = await imports({"b.ndjson": [line("C"), {"resourceType": "Bundle", "entry": entries}, {"resourceType": 7}]})
    assert [(str(failure.place), failure.cause) for failure in done.failures] == [
        ("b.ndjson, line 2, entry[1]", "resource: This is needed."),
        ("b.ndjson, line 2, entry[2]", "resourceType: This is needed."),
        ("b.ndjson, line 2, entry[4]", "Expected `object`, got `int`"),
        ("b.ndjson, line 3", "resourceType: This is no value of this field."),
        ("b.ndjson, line 2, entry[3]", "gender: This is no value of this field."),
    ]
    assert (done.counts("Patient"), done.summary.unread) == ({"created": 2, "failed": 1}, 4)


async def test_a_file_that_breaks_off_is_taken_as_far_as_it_goes(
    clinic: Clinic, imports: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 100_000)
    wide = "\n".join([line("A").decode(), "\ud800", line("D").decode(), ""]).encode("utf-16-le", "surrogatepass")
    (tmp_path / "a.ndjson").write_bytes(codecs.BOM_UTF16_LE + wide + b"\x00\xd8\x00")
    whole = gzip.compress(b"\n".join([line("B"), b"\x00" * 50_000]), mtime=0)
    (tmp_path / "b.ndjson.gz").write_bytes(whole[:-12])
    (tmp_path / "c.ndjson").write_bytes(b"\n".join([line("C"), b" " * 100_001, line("X")]))
    (tmp_path / "d.json").write_bytes(b"{\n" * 100_000)
    done = await imports({})
    assert [str(failure.place) for failure in done.failures] == [
        "a.ndjson, line 2",
        "a.ndjson, line 5",
        "b.ndjson.gz, line 2",
        "c.ndjson, line 2",
        "d.json, line 1",
    ]
    assert await families(clinic) == ["A", "B", "C", "D"]


async def test_another_release_of_fhir_is_refused_by_its_name(imports: Import) -> None:
    fifth = encounter("five", status="completed", actualPeriod={"start": "2025-03-18T09:00:00Z"})
    profile = {"meta": {"profile": ["http://hl7.org/fhir/3.0/StructureDefinition/Patient"]}}
    done = await imports(
        EXPORT
        | {
            "Encounter.000.ndjson": [fifth, encounter("visit")],
            "Patient.ndjson": [*EXPORT["Patient.ndjson"], person("A", **profile), person("B", animal={})],
        }
    )
    assert [failure.cause for failure in done.failures] == [
        "meta.profile: It is of FHIR STU3; what is taken is FHIR R4.",
        "animal: It is of FHIR STU3; what is taken is FHIR R4.",
        "actualPeriod: It is of FHIR R5; what is taken is FHIR R4.",
    ]


async def test_files_that_are_no_fhirs_are_named(command: Command, tmp_path: Path) -> None:
    for name in ("Patient.ndjson", "manifest.json", "log.ndjson"):
        (tmp_path / name).write_bytes(line("A") if name == "Patient.ndjson" else b"{}")
    assert (await command()).exit_code == 0
    (tmp_path / "Patient[1].csv").write_bytes(b"family\nA\n")
    result = await command()
    assert result.exit_code == 1
    assert "Files not taken: Patient[1].csv." in result.output


UUID, OTHER_UUID = "b3f5c2a0-1111-4111-8111-000000000001", "b3f5c2a0-1111-4111-8111-000000000002"


@pytest.mark.parametrize(
    ("full_url", "key", "reference"),
    [
        (f"urn:uuid:{UUID}", None, f"urn:uuid:{UUID}"),
        (f"urn:uuid:{UUID}", "p", f"urn:uuid:{UUID}"),
        (f"urn:uuid:{UUID}", UUID, f"urn:uuid:{UUID}"),
        ("urn:oid:1.2.3", None, "urn:oid:1.2.3"),
        ("https://ehr.example.org/fhir/Patient/p", None, "Patient/p"),
    ],
)
async def test_entries_of_a_bundle_refer_to_each_other(
    clinic: Clinic, imports: Import, full_url: str, key: str | None, reference: str
) -> None:
    patient = {"resourceType": "Patient", **({"id": key} if key else {}), "name": [{"family": "A"}]}
    visit = encounter("visit", subject={"reference": reference})
    entries = [{"fullUrl": full_url, "resource": patient}, {"fullUrl": f"urn:uuid:{OTHER_UUID}", "resource": visit}]
    export = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    for outcome in ("created", "unchanged"):
        done = await imports({"export.json": [export]}, Source("hospital"))
        assert done.failures == []
        assert (done.counts("Patient"), done.counts("Encounter")) == ({outcome: 1}, {outcome: 1})
        assert not any("subject" in what for what in done.told("Encounter"))
    nodes = await clinic.caller("NURSE").data("{ appointments { nodes { patient { name { family } } } } }")
    assert nodes["appointments"]["nodes"] == [{"patient": {"name": {"family": "A"}}}]
