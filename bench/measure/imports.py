"""What `caregraph import fhir` takes: time, CPU time and the most memory, of exports and of one that is repeated, as others."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bench.measure.process import MeasurementError
from shared.encryption.providers import new_key
from stack.databases import migrate_all, prepare
from stack.importer.files import survey
from stack.secrets import KEY_ENCRYPTION_KEYS
from stack.servers.postgres import temporary
from stack.services import SUBGRAPHS

_VISITS = "Encounter.ndjson"
_OF_VISITS = ("Encounter", "Condition", "AllergyIntolerance", "Immunization", "Procedure", "MedicationRequest")
_PEOPLE = ("Patient", "Practitioner", "PractitionerRole", "Organization", "Location")


@dataclass(frozen=True)
class Import:
    """One import of an export into databases that hold nothing, or (`again`) the same: seconds, CPU seconds, peak MB."""

    export: str
    again: bool
    resources: int
    seconds: float
    cpu_seconds: float
    peak_mb: float


async def imports(folders: Sequence[Path], *, visits: int, report: Callable[[str], None]) -> list[Import]:
    """Each folder twice, then the first one with its visits, and what is of them, repeated until there are so many."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        grown = Path(scratch) / f"{visits} visits"
        _grow(folders[0], grown, visits)
        return [found for folder in (*folders, grown) for found in await _twice(folder, report)]


async def _twice(folder: Path, report: Callable[[str], None]) -> list[Import]:
    resources = survey(folder).counts.total()
    keys = {KEY_ENCRYPTION_KEYS: new_key("bench")}
    async with temporary() as server:
        await migrate_all(SUBGRAPHS, await prepare(server, SUBGRAPHS, {}))
        found = []
        for again in (False, True):
            report(f"{folder.name}: {resources} resources{', again' if again else ''}")
            found.append(Import(folder.name, again, resources, *await asyncio.to_thread(_import, folder, server, keys)))
    return found


def _import(folder: Path, server: str, keys: dict[str, str]) -> tuple[float, float, float]:
    """Import a folder in a process of its own."""
    command = [sys.executable, "-m", "stack", "import", "fhir", str(folder), "--source", "bench"]
    began = time.monotonic()
    environment = os.environ | {"DATABASE_URL": server, "KEY_PROVIDER": f"env:{KEY_ENCRYPTION_KEYS}", **keys}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)  # as Popen does not: with what it took
    if os.waitstatus_to_exitcode(status):
        raise MeasurementError(f"{folder} was not imported as a whole")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _grow(export: Path, grown: Path, visits: int) -> None:
    grown.mkdir()
    repeats = -(-visits // len((export / _VISITS).read_bytes().splitlines()))
    for path in export.glob("*.ndjson"):
        kind = path.name.split(".")[0]
        if kind in _PEOPLE:
            shutil.copy(path, grown)
        elif kind in _OF_VISITS:
            resources = [orjson.loads(line) for line in path.read_bytes().splitlines()]
            with (grown / path.name).open("wb") as file:
                for copy in range(repeats):
                    file.writelines(orjson.dumps(_other(each, copy)) + b"\n" for each in resources)


def _other(resource: Any, copy: int) -> Any:
    """A resource as another one, of another visit."""
    identifiers = [{**each, "value": f"{each.get('value')}-{copy}"} for each in resource.get("identifier", [])]
    encounter = resource.get("encounter", {}).get("reference")
    of_visit = {"encounter": {"reference": f"{encounter}-{copy}"}} if encounter else {}
    return {**resource, "id": f"{resource['id']}-{copy}", "identifier": identifiers, **of_visit}
