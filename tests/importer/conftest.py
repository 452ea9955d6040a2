"""A small export of another system, with what is odd in real ones, and its import into a clinic."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson
import pytest
from typer.testing import CliRunner

from shared.known import UNNAMED, Source
from stack.cli import app
from stack.importer.fhir import DOMAINS, Listener, Summary, import_fhir
from stack.importer.files import Failure, survey
from tests.harness.clinic import Clinic
from tests.harness.databases import key_provider

SYSTEM = "urn:example:clinic"
NPI = "http://hl7.org/fhir/sid/us-npi"


def identifier(value: str, system: str = SYSTEM) -> dict[str, Any]:
    return {"system": system, "value": value}


def resource(kind: str, key: str, **content: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": key, "identifier": [identifier(key)], **content}


ORGANIZATION = resource(
    "Organization",
    "org",
    name="Harbour Clinic",
    telecom=[{"system": "phone", "value": "978-555-9781 Or 978-555-9782"}],
    address=[{"line": ["1 Quay"], "city": "Boston", "state": "MA", "postalCode": "00000", "country": "US"}],
)
PLACE = resource(
    "Location",
    "place",
    name="Harbour Clinic, east wing",
    status="active",
    position={"latitude": 42.4, "longitude": -71.1},
    managingOrganization={"identifier": identifier("org")},
    extension=[{"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "America/New_York"}],
)
HOME = resource("Location", "home", description="Patient's home", mode="kind")
PRACTITIONER = resource(
    "Practitioner",
    "doctor",
    identifier=[identifier("9999900017", NPI)],
    name=[{"use": "official", "family": "Reilly981", "given": ["Gabriel934"], "prefix": ["Dr."]}],
)
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "role",
    "practitioner": {"identifier": identifier("9999900017", NPI)},
    "organization": {"reference": "Organization/org"},
    "location": [{"reference": f"Location?identifier={SYSTEM}|place"}],
    "specialty": [{"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "208D00000X"}]}],
}
PATIENT = resource(
    "Patient",
    "patient",
    identifier=[
        identifier("patient"),
        {**identifier("999-67-8669", "urn:ssn"), "type": {"coding": [{"code": "SS"}]}},
        {"system": "urn:without-a-value"},
    ],
    name=[
        {"use": "official", "family": "Swaniawski813", "given": ["Lindsey52", "Kim7"], "prefix": ["Mrs."]},
        {"use": "maiden", "family": "Okon12", "given": ["Lindsey52"]},
    ],
    gender="female",
    birthDate="1994-03-25",
    maritalStatus={"coding": [{"code": "M"}]},
    telecom=[
        {"system": "phone", "value": "617-555-0142 Or 617-555-0142", "use": "home"},
        {"system": "phone", "value": "(617) 555-0143", "use": "mobile"},
    ],
    address=[{"line": ["182 Mews", ""], "city": "Boston", "state": "MA", "postalCode": "00000", "country": "US"}],
    communication=[
        {"language": {"coding": [{"code": "en-US"}]}},
        {"language": {"coding": [{"code": "es"}]}, "preferred": True},
    ],
    contact=[
        {
            "relationship": [{"coding": [{"code": "PRN"}]}],
            "name": {"given": ["Ada3"], "family": "Okon12"},
            "telecom": [{"system": "phone", "value": "+1 617 555 0144"}],
        }
    ],
)


def encounter(key: str, *, status: str = "finished", **content: Any) -> dict[str, Any]:
    visit = {
        "type": [{"coding": [{"system": "http://snomed.info/sct", "code": "185347001", "display": "Visit"}]}],
        "subject": {"reference": "Patient/patient"},
        "participant": [
            {"individual": {"reference": "RelatedPerson/doctor"}},
            {"individual": {"reference": f"Practitioner?identifier={NPI}|9999900017"}},
        ],
        "period": {"start": "1995-01-11T18:11:26-05:00", "end": "1995-01-11T18:26:26-05:00"},
        "location": [{"location": {"reference": f"Location?identifier={SYSTEM}|place"}}],
    }
    return resource("Encounter", key, status=status, **{**visit, **content})


EXPORT = {
    "Organization.ndjson": [ORGANIZATION],
    "Location.1793491200000.ndjson": [PLACE, HOME],
    "Practitioner.ndjson": [PRACTITIONER],
    "PractitionerRole.ndjson": [ROLE],
    "Patient.ndjson": [PATIENT],
    "Encounter.000.ndjson": [encounter("visit"), encounter("missed", status="planned")],
    "Encounter.001.ndjson": [encounter("called-off", status="cancelled"), encounter("now", status="in-progress")],
    "Composition.ndjson": [resource("Composition", "a"), resource("Composition", "b")],
    "log.ndjson": [{"kickoff": True}],
}


def write(folder: Path, files: dict[str, list[Any]]) -> Path:
    """Write an export; bytes are lines as they are."""
    for name, lines in files.items():
        content = [line if isinstance(line, bytes) else orjson.dumps(line) for line in lines]
        (folder / name).write_bytes(b"\n".join(content) + b"\n")
    return folder


@dataclass
class Imported:
    """What an import did."""

    summary: Summary
    failures: list[Failure]
    done: Counter[str]

    def counts(self, resource_type: str) -> dict[str, int]:
        """What became of a type's resources."""
        return next(dict(row.counts) for row in self.summary.rows if row.resource_type == resource_type)

    def told(self, resource_type: str) -> dict[str, int]:
        """What was left out or changed of a type's resources, with how often."""
        return {what: count for (kind, what), count in self.summary.told.items() if kind == resource_type}

    @property
    def outcomes(self) -> set[str]:
        """All that resources became."""
        return {outcome for row in self.summary.rows for outcome in row.counts}


class Command(Protocol):
    """`caregraph import fhir` of the folder that `imports` writes to, with these options."""

    async def __call__(self, *options: str) -> Any:
        """Its exit code and output."""
        ...


class Import(Protocol):
    """Imports these files over those of before."""

    async def __call__(self, files: dict[str, list[Any]], source: Source = UNNAMED) -> Imported:
        """What an import did."""
        ...


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity", *DOMAINS)  # which has whom the laboratory names


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the clinic's services."""
    monkeypatch.setenv("KEY_PROVIDER", key_provider())


def databases(clinic: Clinic) -> dict[str, str]:
    """The addresses of its databases."""
    return {name: clinic.service(name).settings.database_url.get_secret_value() for name in DOMAINS}


@pytest.fixture
def command(clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, on the clinic's databases."""

    async def addresses(_: object) -> dict[str, str]:
        return databases(clinic)

    monkeypatch.setattr("stack.databases.find", addresses)
    monkeypatch.setenv("COLUMNS", "200")

    async def run(*options: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, app, ["import", "fhir", str(tmp_path), *options])

    return run


@pytest.fixture
def imports(clinic: Clinic, tmp_path: Path) -> Import:
    """Imports into the clinic."""

    async def run(files: dict[str, list[Any]], source: Source = UNNAMED) -> Imported:
        failures: list[Failure] = []
        done: Counter[str] = Counter()
        listener = Listener(lambda name, count: done.update({name: count}), failures.append)
        summary = await import_fhir(survey(write(tmp_path, files)), databases(clinic), listener, source)
        return Imported(summary, failures, done)

    return run
