"""A record as a file."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from shared.database.model import utc_now
from shared.datatypes import AdministrativeGender
from shared.files import File
from shared.ids import new_id
from subgraphs.records.codes import RecordExportFormat
from subgraphs.records.summary.bundle import bundle
from subgraphs.records.summary.document import document
from subgraphs.records.summary.resources import person as resource_of
from subgraphs.records.summary.sections import Content


@dataclass(frozen=True, slots=True)
class Person:
    """Whose record it is, as the patients' domain has them; `birth_date` is a date of FHIR."""

    key: UUID
    name: str
    birth_date: str | None
    gender: AdministrativeGender | None


async def file_of(person: Person, contents: Sequence[Content], form: RecordExportFormat) -> File:
    """A record in a format."""
    made_at = utc_now().replace(microsecond=0)
    if form is RecordExportFormat.PDF:
        facts = {"Name": person.name, "Date of birth": person.birth_date or "not known"}
        content = await asyncio.to_thread(document, facts, contents, made_at)  # it takes a moment
        return File("patient-summary.pdf", "application/pdf", content)
    patient = resource_of(str(person.key), person.name, person.birth_date, person.gender)
    content = orjson.dumps(bundle(new_id(), patient, contents, made_at))
    return File("patient-summary.json", "application/fhir+json", content)
